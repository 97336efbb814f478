"""Understanding a query before anything is searched: who, when, whose words, what kind of answer.

By surface form alone: it costs microseconds and never fails. What is not understood only loses a
hint; nothing is filtered away by it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import Literal

from memory.anchor import Anchor, anchor_of
from memory.marks import Marks, asks, wanted
from memory.span import Span, span_of
from memory.text import STOPWORDS, words

State = Literal["now", "before"]


@dataclass(frozen=True, slots=True)
class Query:
    """What a query says about what it looks for."""

    text: str
    terms: tuple[str, ...]
    """Words that carry meaning, without the names of speakers: who speaks is not in their words."""
    searched: tuple[str, ...]
    """What full text is searched for: the terms, and phrases."""
    meaning: str
    """What is embedded: a named speaker says "I" where the query says their name."""
    speakers: frozenset[str]
    """Those whom the query names."""
    of_user: bool
    """It asks about the asker: "I", "my"."""
    of_assistant: bool
    """It asks for what the assistant said."""
    wants: Marks
    span: Span | None
    lists: bool
    """It asks for several things ("what books", "list all"): one session does not hold them all."""
    everything: bool
    """It asks for all that there is of something ("list all", "how many times")."""
    of_memory: bool
    """It asks after someone it names, which only memory can tell; not for advice or help."""
    state: State | None = None
    """It asks how something is now, or how it was before that."""
    anchor: Anchor | None = None
    """The event that it gives its time by, where it names no time."""


_READ = 500
"""Words of a query that are searched for; what follows in a pasted text says no more."""
_QUOTES = 20
_SENTENCE = re.compile(r"\S[^.!?\n]*[.!?]*")
_OWN = frozenset({"my", "our"})
_FIRST_PERSON = frozenset(
    {"i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "we", "our", "us"}
)
_OF_ASSISTANT = re.compile(
    r"\b(did|had|have) you\b|\byou (\w+ )?(said|say|told|tell|suggested|recommended|mentioned|"
    r"advised|explained|gave|wrote|answered|proposed)\b|\byour (\w+ )?(answer|advice|suggestion|"
    r"recommendation|explanation|reply)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'["“]([^"”]{2,80})["”]')
_TELLS_TO = re.compile(
    r"^\W*(?:(?:please|can you|could you) )*"
    r"(?:list|enumerate|tell|show|give|name|count|find|collect)\b",
    re.IGNORECASE,
)
_EVERYTHING = re.compile(
    r"^\W*(?:(?:please|can you|could you) )*(?:list|enumerate)\b"
    r"|\bhow (?:many (?!(?:years|months|weeks|days|hours|minutes)\b)|often\b)"
    r"|\b(?:all|each) (?:of )?(?:the|my|our|your|those|these)\b"
    r"|\ball (?:\w+ )?(?!\w+ss\b)\w{3,}s\b|\bevery (?!day\b|week\b|month\b|year\b|time\b|"
    r"morning\b|evening\b|night\b|now\b|other\b)\w+|\beverything\b",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"\b(list|all|every|each|how many|how often)\b"
    r"|^(what|which|whose) ((?!is\b|was\b|does\b|has\b|did\b)\w+ ){0,2}"
    r"(?!is\b|was\b|does\b|has\b|this\b)\w{2,}s\b"
    r"|^what (are|were|have)\b",
    re.IGNORECASE,
)


_ASKS = re.compile(
    r"^\W*(?:and |so |but )?(?:what|who|whom|whose|which|when|where|why|how)\b", re.I
)
_DID = re.compile(r"^\W*(?:did|do|does|have|has|had|am|is|are|was|were)\b", re.I)
_FOR_ADVICE = re.compile(
    r"\b(should|shall|could|can|would|might|will|how (?:do|to)|need to|"
    r"(?:want|like|love) (?:to|you)|help|suggest|recommend|explain|best|better|good)\b",
    re.I,
)


_ONCE = re.compile(
    r"\b(?:previous|previously|former|formerly|originally|used to (?!it\b|the\b)|back then)\b"
    r"|\bdid \w+(?: \w+)? use to\b|\b(?:my|our|his|her|their|\w+['’]s) (?:old|earlier|first)\b"
    r"|^\W*(?!(?:have|has|had)\b).*\bbefore\W*$",
    re.IGNORECASE,
)
_PRESENT = frozenset({"now", "nowadays", "currently", "current", "presently", "latest", "newest"})
"""Words of a question about how something is; the newest memory of it need not hold them."""
_NOW = re.compile(
    r"(?<!until )(?<!till )(?<!from )\bnow\b|\b(?:nowadays|currently|current|presently|latest|"
    r"newest|most recent|these days|at the moment|at present|still)\b"
    r"|^\W*(?:what|who|where|which)(?: \w+)?(?: is|['’]s| are) (?:my|our)\b"
    r"|^\W*(?:what|who|where|which)(?: \w+){0,2} do (?:i|we)\b",
    re.IGNORECASE,
)


def asks_for_everything(text: str) -> bool:
    """Whether a few memories cannot answer this: it counts, or wants every one named."""
    demands = asks(text) or _ASKS.search(text) or _TELLS_TO.search(text)
    return bool(demands) and _EVERYTHING.search(text) is not None


def state_of(text: str) -> State | None:
    """What is so now, or was so before; neither where nothing says so."""
    if _ONCE.search(text):
        return "before"
    return "now" if asks(text) and _NOW.search(text) else None


def asks_memory(text: str) -> bool:
    """Whether it asks what is, was or happened; a wish for advice or help does not."""
    asked = asks(text) and (_ASKS.search(text) or _DID.search(text))
    return bool(asked) and not _FOR_ADVICE.search(text)


def understand(
    text: str, speakers: Collection[str], now: datetime, last: datetime | None = None
) -> Query:
    """Read a query asked at `now` in a home where these names speak, at `last` the last time."""
    said = words(text.replace("’", "'"))[:_READ]
    bare = {word.removesuffix("'s") for word in said}
    named = frozenset(name for name in speakers if bare & _parts(name))
    names = {part for name in named for part in _parts(name)}
    content = _owners([word for word in said if word not in STOPWORDS])
    terms = list(dict.fromkeys([word for word in content if word not in names] or content))
    question = _question(text)
    span = span_of(question, now, last)
    state = None if span else state_of(question)
    if state == "now":
        terms = [word for word in terms if word not in _PRESENT] or terms
    return Query(
        text=text,
        terms=tuple(terms),
        searched=tuple(dict.fromkeys([*terms, *_phrases(text, said)])),
        meaning=_in_first_person(text, names),
        speakers=named,
        of_user=bool(_FIRST_PERSON & set(said)),
        of_assistant=_OF_ASSISTANT.search(text) is not None,
        wants=wanted(text),
        span=span,
        lists=_LISTS.search(text.strip()) is not None,
        everything=asks_for_everything(text),
        of_memory=bool(named) and asks_memory(text),
        state=state,
        anchor=anchor_of(question) if span is None else None,
    )


def _parts(name: str) -> set[str]:
    """The words of a speaker's name that name them: of "Anna from the Office" not "the".

    A name that is all function words ("Will", "You") names nobody in a question.
    """
    said = words(name.replace("’", "'"))
    return {word for word in said if word not in STOPWORDS and len(word) > 1}


def _owners(said: Sequence[str]) -> list[str]:
    """The words without a possessive "'s": full text would look for it as a word of its own."""
    return [bare for word in said if (bare := word.removesuffix("'s")) not in STOPWORDS]


def _question(text: str) -> str:
    """The sentences that ask, or the only sentence: a time told along the way is no question."""
    sentences = _SENTENCE.findall(text)
    asking = [sentence for sentence in sentences if sentence.rstrip().endswith("?")]
    return " ".join(asking) if asking or len(sentences) > 1 else text


def _phrases(text: str, said: Sequence[str]) -> list[str]:
    """Quoted words, and "my sister": whose she is, is said by a word too common to search for."""
    quoted = [" ".join(words(match[1])) for match in islice(_QUOTED.finditer(text), _QUOTES)]
    owned = [
        f"{whose} {what}"
        for whose, what in pairwise(word.removesuffix("'s") for word in said)
        if whose in _OWN and what not in STOPWORDS
    ]
    return [phrase for phrase in [*quoted, *owned] if phrase]


def _in_first_person(text: str, names: Collection[str]) -> str:
    """The text with the names of speakers turned to "I" and "my", as they speak of themselves.

    An embedding of a question with the name is nearest to words that address that person.
    """
    if not names:
        return text
    name = rf"(?:{'|'.join(re.escape(name) for name in sorted(names))})"
    owns = r"['’]s\b|(?<=s)['’](?=\s)"
    pattern = re.compile(rf"\b{name}(?:\s+{name})*\b({owns})?", re.IGNORECASE)
    return pattern.sub(lambda match: "my" if match[1] else "I", text)
