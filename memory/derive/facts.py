"""From one turn to facts: what is worth asking a model about, the asking, and the checking.

One turn is one question to the model. Given a dozen turns at once a small model mixes up the
speakers and repeats its examples; given the sentences of one turn in which someone speaks of
themselves, it rewrites them nearly without fault. That also makes a turn the unit that can be
stopped, resumed and forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from memory.derive.asking import Asked, ask
from memory.derive.ground import (
    fault,
    in_first_person,
    in_third_person,
    readable,
    speaker_of,
    support,
)
from memory.events import Event, Message, Note, Origin
from memory.own_words import without_others
from memory.ports import Example, Extractor
from memory.text import sentences, stem, stems, words
from memory.when import resolve

DERIVER = "facts/1"
"""Name and version of this way to facts; it stands beside each one."""

ATTRIBUTES = (
    *("name", "birthday", "age", "home", "origin", "job", "study", "partner", "family", "friend"),
    *("pet", "health", "owns", "likes", "dislikes", "hobby", "skill", "goal", "plan", "event"),
    *("opinion", "feeling", "other"),
)

SINGLE = frozenset({"name", "birthday", "age", "home", "job", "partner"})
"""Attributes of which one has one at a time: a newer one ends the older."""

CUES: dict[str, str] = {
    "name": r"names?|called|calls",
    "birthday": r"birthday|born",
    "age": r"age|years? old|turn(?:s|ed|ing)?|birthday",
    "home": r"live[sd]?|living|mov(?:e|ed|es|ing)|home|house|flat|apartment|resid\w+|settled",
    "origin": r"from|born|grew up|raised|roots|native",
    "job": r"jobs?|work(?:s|ed|ing)?|hired|promot\w+|career|employ\w+|profession|position|boss",
    "study": r"stud\w+|school|college|university|degree|course|class(?:es)?|exam\w*|educat\w+"
    r"|graduat\w+|edu",
    "partner": r"partner|husband|wife|boyfriend|girlfriend|fianc\w+|married|engaged|dat(?:e|es|ing)"
    r"|spouse|single|divorced|relationship",
    "family": r"famil\w+|mother|father|mom|mum|dad|parents?|sisters?|brothers?|sons?|daughters?"
    r"|kids?|child\w*|grand\w+|aunt\w*|uncle|cousins?|niece|nephew|baby|adopt\w*|twins",
    "friend": r"friend\w*|buddy|pals?|mates?",
    "pet": r"pets?|dogs?|cats?|pupp\w+|kittens?|rabbits?|hamsters?|parrots?|horses?|turtles?|fish",
    "health": r"health\w*|allerg\w+|sick|ill\w*|pain\w*|doctor|hospital|injur\w+|hurt|diagnos\w+"
    r"|asthma|therap\w+|medic\w+|diabet\w+|migraines?|surgery|broke",
    "likes": r"lik(?:e|es|ed)|lov(?:e|es|ed|ing)|enjoy\w*|favou?rites?|fan|fond|prefer\w*|into",
    "dislikes": r"dislike\w*|hat(?:e|es|ed)|not like|n['’]t (?:like|stand|enjoy)|not stand|avoid\w*"
    r"|annoy\w*",
}
"""Words without which a text cannot be about these.

A model's word for it is not enough: a wrong attribute would end the truth of another fact.
"""

_NAMED = frozenset({"name", "home", "birthday"})
"""Attributes whose value is a name, or has a figure in it."""
_RELATED = ("family", "friend", "pet", "partner", "name")

MOST_FACTS = 4
"""Facts of one turn at most."""
_ANSWER_TOKENS = 240
_TURN_CHARACTERS = 900
_NAME = re.compile(r"(?<=[\w;:] )[A-Z][a-z]+")
_TO_THE_OTHER = re.compile(r"\b(?:your|yours|yourself|you['’](?:re|ve|ll|d))\b", re.IGNORECASE)
_ADDRESSED = re.compile(r"(?P<before>\w+)?, (?:[A-Z][a-z]+)(?P<end>[.!])$|^(?:[A-Z][a-z]+, )+")
_SPEAKER_ACTS = re.compile(r"\b(?:i|we|gonna|wanna|gotta)\b|^(?:been|just|so|can['’]t)\b", re.I)
_SPEAKER_OWNS = re.compile(
    r"\b(?:my|our|mine|ours)\b|\b(?:i|we) (?:have|had|got|own)\b|['’]ve\b", re.I
)
_UNREAL = re.compile(
    r"(?:['’]ll|\bwill)\b(?! (?:always remember|never forget))|\b(?:gonna|going to|might|should|if"
    r"|hop(?:e|es|ed|ing)|wish(?:es|ed)?|want(?:s|ed|ing)?|plan(?:s|ned|ning)?|wanna|dream\w*)\b",
    re.I,
)
"""What has not happened is wished, planned or doubted in words like these, and so must be told."""
_NEGATION = re.compile(r"\b(?:not|never|no longer|nothing|nobody|hardly|cannot|\w+n['’]t)\b", re.I)
_CONTEXT = re.compile(
    r"\b(?:at (?:work|home|school|night|the office|university|church|the gym)"
    r"|(?:on|at) (?:weekdays|weekends|the weekend|holidays?|vacation)"
    r"|in (?:the )?(?:mornings?|evenings?|afternoons?|summers?|winters?|spring|autumn|fall)"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)days"
    r"|when (?:travell?ing|working|driving|alone|stressed|tired|cooking|studying)"
    r"|while (?:travell?ing|working|driving|cooking|studying)|with (?:the )?(?:kids|children))\b",
    re.IGNORECASE,
)

_INSTRUCTION = (
    'You turn what people say about themselves into short notes. Each note ("fact") is one '
    'sentence that stands alone: the name instead of "I" and "my", and every name, number and '
    "date exactly as it was said. Say nothing that was not said."
)
_EXAMPLES = (
    Example(
        "Tom: I moved to Ghent on 3 May 2021 with my dog Rex.",
        '{"facts": [{"fact": "Tom moved to Ghent on 3 May 2021.", "who": "Tom", "about": "home", '
        '"value": "Ghent"}, {"fact": "Tom has a dog named Rex.", "who": "Tom", "about": "pet", '
        '"value": "dog Rex"}]}',
    ),
    Example(
        "Eva: My sister Ann just got a job as a nurse. I'm so proud of her!",
        '{"facts": [{"fact": "Eva\'s sister Ann got a job as a nurse.", "who": "Ann", '
        '"about": "job", "value": "nurse"}, {"fact": "Eva is proud of her sister Ann.", '
        '"who": "Eva", "about": "feeling", "value": "proud of Ann"}]}',
    ),
    Example(
        "Tom: Yeah, we went camping with the kids in August 2022 and loved it.",
        '{"facts": [{"fact": "Tom went camping with the kids in August 2022.", "who": "Tom", '
        '"about": "event", "value": "camping with the kids"}]}',
    ),
    Example("Eva: I'll let you know, take care!", '{"facts": []}'),
)


class Candidate(BaseModel):
    """One fact as a model gives it."""

    model_config = ConfigDict(extra="forbid")

    fact: Annotated[str, StringConstraints(min_length=8, max_length=240, strip_whitespace=True)]
    who: Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
    about: str
    value: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)]


class Candidates(BaseModel):
    model_config = ConfigDict(extra="forbid")

    facts: list[Candidate]


@dataclass(frozen=True, slots=True)
class Found:
    """A fact that its source bears out."""

    subject: str
    attribute: str
    context: str
    value: str
    statement: str
    valid_from: datetime | None
    valid_to: datetime | None
    learnt_at: datetime
    confidence: float
    origin: Origin
    source: int


@dataclass(slots=True)
class Extraction:
    """What one turn gave: the facts kept, and why the others were dropped."""

    found: list[Found] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """One word each: second-person, name, number, thin, support, subject, mood, negation, again."""


def worth_asking(event: Event) -> str | None:
    """The part of a turn that may hold facts, ready for a prompt; None where nothing may.

    Questions, the assistant's words and words about nobody in particular hold none. Of a third
    party only what they say about themselves counts.
    """
    payload = event.payload
    if event.text is None or event.origin not in (Origin.USER, Origin.THIRD_PARTY):
        return None
    text = readable(without_others(event.text), event.at)
    if isinstance(payload, Note):
        return text[:_TURN_CHARACTERS] or None
    if not isinstance(payload, Message) or (
        event.origin is Origin.THIRD_PARTY and not payload.speaker
    ):
        return None
    told = [_unaddressed(sentence) for sentence in sentences(text)]
    kept = [sentence for sentence in told if _tells(sentence, event.origin)]
    return " ".join(kept)[:_TURN_CHARACTERS] or None


def _tells(sentence: str, origin: Origin) -> bool:
    if sentence.rstrip("\"' )").endswith("?") or len(sentence.split()) < 4:
        return False
    if _TO_THE_OTHER.search(sentence):
        # "I'm glad your son is well": whose son, a small model does not see.
        return False
    named = origin is Origin.USER and _NAME.search(sentence) is not None
    return (in_first_person(sentence) or named) and len(stems(sentence)) >= 2


def _unaddressed(sentence: str) -> str:
    """The sentence without the name of the one it is said to; "my sister, Ann" stays."""

    def plain(match: re.Match[str]) -> str:
        before = match["before"] or ""
        related = any(re.fullmatch(CUES[name], before, re.IGNORECASE) for name in _RELATED)
        return match[0] if related else before + (match["end"] or "")

    return _ADDRESSED.sub(plain, sentence)


def extract(
    event: Event, extractor: Extractor, may_be_about: Callable[[Event], bool]
) -> Extraction:
    """The facts of one turn. Raises what the extractor raises when it cannot be used at all.

    `may_be_about` says whether a third party's turn is from a conversation of two, where what they
    say about themselves may be kept as theirs.
    """
    text = worth_asking(event)
    if text is None or (event.origin is Origin.THIRD_PARTY and not may_be_about(event)):
        return Extraction()
    most = min(len(sentences(text)) + 1, MOST_FACTS)
    asked = Asked(
        _INSTRUCTION, _EXAMPLES, f"{speaker_of(event)}: {text}", _schema(most), _ANSWER_TOKENS
    )
    answer = ask(extractor, asked, Candidates)
    if answer is None:
        return Extraction(dropped=["unreadable"])
    return checked(event, text, answer.facts)


def checked(event: Event, text: str, candidates: Sequence[Candidate]) -> Extraction:
    """What of the candidates the turn bears out."""
    result = Extraction()
    said = set[tuple[str, ...]]()
    for candidate in candidates:
        statement = _told(candidate, speaker_of(event))
        key = tuple(stems(statement))
        reason = "again" if key in said else _objection(event, text, statement, candidate)
        said.add(key)
        if reason is not None:
            result.dropped.append(reason)
            continue
        result.found.append(_fact(event, text, statement, candidate))
    return result


def _objection(event: Event, text: str, statement: str, candidate: Candidate) -> str | None:
    speaker = speaker_of(event)
    if (reason := fault(statement, [text], [speaker])) is not None:
        return reason
    if _took_the_place(speaker, text, candidate.fact):
        return "subject"
    subject = _subject(candidate.who, speaker)
    own = subject == speaker.lower()
    if not own and event.origin is Origin.THIRD_PARTY:
        return "subject"
    if not own and not _stands_in(subject, text):
        return "subject"
    # Whose fact it is must be said in it, or the name of one would stand over the deeds of another.
    if not _stands_in(subject if not own else speaker, statement):
        return "subject"
    if _UNREAL.search(_nearest(text, statement)) and not _UNREAL.search(statement):
        return "mood"
    if bool(_NEGATION.search(statement)) and not _NEGATION.search(text):
        return "negation"
    if _NEGATION.search(text) and len(sentences(text)) == 1 and not _NEGATION.search(statement):
        return "negation"
    return None


def _took_the_place(speaker: str, text: str, statement: str) -> bool:
    """Whether the name stands where something else stood: "It helps me" as "Ann helps me"."""
    if not in_first_person(text):
        return False
    nearest = _nearest(text, statement)
    if re.match(rf"{re.escape(speaker)}['’]s\b", statement):
        return not _SPEAKER_OWNS.search(nearest)
    if not re.match(rf"{re.escape(speaker)} (?!and\b)", statement):
        return False
    if re.match(rf"{re.escape(speaker)} (?:.*\bme\b|is my\b)", statement):
        return True
    return not _SPEAKER_ACTS.search(nearest)


def _nearest(text: str, statement: str) -> str:
    """The sentence of the text that the statement is most likely made from."""
    wanted = set(stems(statement))
    return max(sentences(text), key=lambda sentence: len(wanted & set(stems(sentence))))


def _fact(event: Event, text: str, statement: str, candidate: Candidate) -> Found:
    speaker = speaker_of(event)
    start, end = _when(event, statement)
    attribute = candidate.about if candidate.about in ATTRIBUTES else "other"
    cue = CUES.get(attribute)
    if cue and not re.search(rf"\b(?:{cue})\b", statement, re.IGNORECASE):
        attribute = "other"
    held = words(text)
    stated = words(statement)
    value = candidate.value if candidate.value and support(candidate.value, stated) >= 1 else ""
    if attribute in SINGLE and (not value or (attribute in _NAMED and value.islower())):
        attribute = "other"
    # What happened once happened where it happened; only what lasts is narrowed by a context.
    context = None if attribute == "event" else _CONTEXT.search(statement)
    subject = _subject(candidate.who, speaker)
    return Found(
        subject=_canonical(event, speaker) if subject == speaker.lower() else subject,
        attribute=attribute,
        context=" ".join(context[0].lower().split()) if context else "",
        value=value,
        statement=statement,
        valid_from=start,
        valid_to=end if attribute == "event" else None,
        learnt_at=event.at,
        confidence=round(support(statement, held, words(speaker)), 3),
        origin=event.origin,
        source=event.seq,
    )


def _subject(who: str, speaker: str) -> str:
    """The subject in lower case, without "my" and "the speaker's"."""
    plain = " ".join(who.lower().replace("’", "'").split())
    for before in (f"{speaker.lower()}'s ", "the user's ", "my ", "our ", "his ", "her ", "the "):
        plain = plain.removeprefix(before)
    first = speaker.lower().removeprefix("the ")
    if plain in ("i", "me", "we", "us", "user", "speaker", first, first.split()[0]):
        return speaker.lower()
    return plain


def _canonical(event: Event, speaker: str) -> str:
    """The user is one person under whatever name a conversation gave them."""
    return "user" if event.origin is Origin.USER else speaker.lower()


def _stands_in(name: str, text: str) -> bool:
    there = {stem(word) for word in words(text)}
    return all(stem(word) in there for word in words(name))


def _when(event: Event, statement: str) -> tuple[datetime | None, datetime | None]:
    """The time that the statement names, where it is one of the turn's relative times."""
    for each in resolve(event.text or "", event.at):
        if each.text.lower() in statement.lower():
            return each.start, each.end
    return None, None


def _told(candidate: Candidate, speaker: str) -> str:
    """The fact as a sentence of its own, with the speaker's name where it is about them."""
    statement = in_third_person(_whole(candidate.fact))
    if _subject(candidate.who, speaker) == speaker.lower() and not _stands_in(speaker, statement):
        return f"{speaker}: {statement}"
    return statement


def _whole(statement: str) -> str:
    line = " ".join(statement.split())
    return line if line.endswith((".", "!")) else f"{line}."


def _schema(most: int) -> dict[str, Any]:
    def text(length: int) -> dict[str, Any]:
        return {"type": "string", "maxLength": length}

    item = {
        "type": "object",
        "properties": {
            # The sentence first: a model that has said it whole labels it better.
            "fact": text(200),
            "who": text(40),
            "about": {"enum": list(ATTRIBUTES)},
            "value": text(60),
        },
        "required": ["fact", "who", "about", "value"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"facts": {"type": "array", "maxItems": most, "items": item}},
        "required": ["facts"],
        "additionalProperties": False,
    }
