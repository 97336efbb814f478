"""Whether derived words say only what their sources say: the check that keeps inventions out.

A derived sentence is only another way to the turns it came from, so it may rephrase but not add:
every name and number must stand in the sources, and so must most words that carry meaning. What
this cannot see is a wrong relation between right words; the sources are therefore always shown
with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from memory.events import Event, Message, Origin
from memory.text import STOPWORDS, sentences, stem, stems, words
from memory.when import annotate

SUPPORT = 0.6
"""Share of a sentence's meaningful words that its sources must hold."""
_QUOTED_PHRASE = re.compile(r' \("[^"\n]{1,40}"\)')
_PICTURE = re.compile(r"\[shares a photo: [^\]]*\]")
_FIRST_PERSON = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our|ours|ourselves)\b", re.IGNORECASE)
_FIRST_PERSON_WORDS = re.compile(
    r"\b(?:i (?:am|was|wasn['’]t)|i['’]m|we['’]re|(?:i|we)(?:['’](?:ve|ll|d))?"
    r"|me|my|mine|myself|us|ours?|ourselves)\b",
    re.IGNORECASE,
)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SAID_FIRST = frozenset({"i", "i'm", "i'd", "i'll", "i've"})
_LINKING_TEXT = """
went gone going goes came made making makes took takes gave given said says told feels felt
wants wanted likes liked loves loved enjoys enjoyed plans planned planning mentions mentioned
talks talked shares shared thinks thought believes found keen interested started named called
person people someone something things lot lots together currently new recently also one user
experience experienced discuss discussed express expressed expresses
"""
_LINKING = frozenset(_LINKING_TEXT.split())
"""Words with which a sentence is put together; they neither support it nor speak against it."""


def speaker_of(event: Event) -> str:
    """The name under which a derived sentence speaks of who said this."""
    if isinstance(event.payload, Message) and event.payload.speaker:
        return event.payload.speaker
    return "The user" if event.origin is Origin.USER else event.origin.value.capitalize()


def readable(text: str, at: datetime) -> str:
    """A turn for a prompt and for checking: one line, relative dates replaced, no double quotes.

    Small models end a JSON string at the first quotation mark that they copy.
    """
    plain = _QUOTED_PHRASE.sub("", annotate(_PICTURE.sub("", text), at))
    return " ".join(plain.replace('"', "'").split())


def in_first_person(text: str) -> bool:
    """Whether someone speaks of themselves."""
    return _FIRST_PERSON.search(text) is not None


_THIRD = {
    **{"i": "they", "i am": "they are", "i'm": "they are", "i was": "they were"},
    **{"i wasn't": "they weren't", "i've": "they have", "i'll": "they will", "i'd": "they would"},
    **{"me": "them", "my": "their", "mine": "theirs", "myself": "themselves"},
    **{"we": "they", "we're": "they are", "we've": "they have", "we'll": "they will"},
    **{"we'd": "they would", "us": "them", "our": "their", "ours": "theirs"},
    "ourselves": "themselves",
}


def in_third_person(sentence: str) -> str:
    """What a speaker says of themselves, told of them: small models leave every third "my".

    Only the speaker can be meant by these words, so that nothing is guessed.
    """

    def told(match: re.Match[str]) -> str:
        said = " ".join(match[0].lower().replace("’", "'").split())
        word = _THIRD.get(said, match[0])
        return word[0].upper() + word[1:] if match.start() == 0 else word

    return _FIRST_PERSON_WORDS.sub(told, sentence)


def fault(sentence: str, sources: Iterable[str], names: Iterable[str] = ()) -> str | None:
    """Why the sentence must not be kept, in a word; None where its sources bear it out.

    `sources` are texts as `readable` gives them; `names` may be said beside what stands there.
    """
    held = [word for text in sources for word in words(text)]
    known = {word for name in names for word in words(name)}
    exact = {*held, *(word.removesuffix("'s") for word in held)} | known
    if in_first_person(sentence):
        return "first-person"
    if _SECOND_PERSON.search(sentence):
        return "second-person"
    for name in names_in(sentence):
        if name not in exact:
            return "name"
    for number in numbers_in(sentence):
        if number not in exact:
            return "number"
    if len(_own(sentence, held, known)) < 2:
        return "thin"
    if support(sentence, held, known) < SUPPORT:
        return "support"
    return None


def support(sentence: str, held: Iterable[str], known: Iterable[str] = ()) -> float:
    """The share, 0 to 1, of the sentence's meaningful words that stand among the words held.

    Names that are known beside the sources count for nothing: they are in every sentence.
    """
    there = {stem(word) for word in held}
    own = _own(sentence, there, known)
    return sum(word in there for word in own) / len(own) if own else 0.0


def _own(sentence: str, held: Iterable[str], known: Iterable[str]) -> list[str]:
    """The stems by which the sentence stands or falls."""
    there, names = {stem(word) for word in held}, {stem(word) for word in known}
    return [
        word
        for word in dict.fromkeys(stems(sentence))
        if word not in names and (word in there or word not in _LINKING_STEMS)
    ]


def names_in(sentence: str) -> list[str]:
    """Words written as names, in lower case; a common word that begins a sentence is none."""
    found = []
    for one in sentences(sentence):
        for place, match in enumerate(_WORD.finditer(one)):
            word = match.group()
            plain = word.lower().replace("’", "'")
            plain = plain.removesuffix("'s")
            if not word[0].isupper() or plain in STOPWORDS or plain in _SAID_FIRST:
                continue
            if place == 0 and plain == "user":
                continue
            found.append(plain)
    return found


_NUMBER_WORDS_TEXT = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
thousand million first second third
"""
_NUMBER_WORDS = frozenset(_NUMBER_WORDS_TEXT.split())


def numbers_in(sentence: str) -> list[str]:
    """Words of the sentence that are numbers, in figures or in letters."""
    return [w for w in words(sentence) if w in _NUMBER_WORDS or any(c.isdigit() for c in w)]


_LINKING_STEMS = frozenset(map(stem, _LINKING))
