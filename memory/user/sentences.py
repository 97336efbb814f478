"""The sentences of a text in which its author may speak of themselves.

What is asked, supposed, quoted or told of others is no statement: it is dropped here, by the
form of the sentence alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory.own_words import without_others

EXAMINED = 20_000
"""Characters of a text that are looked at: several pages, and a bound on the work."""
LONGEST = 600
"""A longer sentence is pasted, not said."""

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|vs|st|approx|no)|\b[A-Z])\.$", re.I)
_END = re.compile(r"(?<=[.!?…])[\"'”’)]?\s+|\n+")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»")
_SPACES = re.compile(r"\s+")

_ASKS = re.compile(
    r"(?:what|what's|which|who|whom|whose|where|where's|when|why|how|can|could|would|will|shall"
    r"|should|do|does|did|is|are|am|was|were|have|has|may|might|any)\b",
    re.I,
)
_ASKS_LATER = re.compile(
    r"(?:,|;|:|\s[-–—])\s*(?:so|and|but|then|well|now)?,?\s*"
    r"(?=(?:what|what's|which|who|where|when|why|how|can|could|would|should|do|is|are|any|please"
    r"|recommend|suggest|help|tell|give|find)\b)"
    r"|\s+(?:so|and|but)\s+"
    r"(?=(?:what|which|who|where|how|can you|could you|would you|should I|do you|is there"
    r"|are there|any)\b)",
    re.I,
)
_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|hey there|oh|well|ok|okay|so|and|but|also|plus|yes|yeah|no|nope|sure|hmm"
    r"|actually|honestly|frankly|anyway|by the way|btw|fyi|for the record|you know|look|listen"
    r"|just so you know|just to let you know|to be honest|tbh|in fact|as you know|as i said"
    r"|in general|personally|for me|i mean|please note|note"
    r"|one thing|another thing|thanks|thank you|great|speaking of which|unfortunately|sadly|luckily"
    r"|fun fact|quick note|for context|full disclosure|that said|besides|funnily enough)"
    r"\s*(?:[,:;–—-]+|\.\.\.|…)\s*"
    r"|(?:oh|and|but|so|also|well|yes|btw|anyway|actually|honestly|because|plus|besides) "
    r"(?=(?:i|i'm|i've|i'd|my|we|we're|it|as|due)\b)"
    r"|(?:just )?(?:so|to let) you know,? (?:that )?(?=i|my|we)"
    r"|(?:i (?:should|have to|must|need to|want to|might) (?:mention|add|say|admit|tell you"
    r"|confess|warn you)"
    r"|i(?:'d| would) (?:like to )?(?:add|say|mention)"
    r"|i (?:think|guess|suppose|know|realized?|realised|feel like|find that|find"
    r"|forgot to (?:mention|say|tell you))"
    r"|as (?:i|you) (?:said|know|mentioned|told you)|did i mention|it's true|the thing is"
    r"|the truth is"
    r"|(?:you should|please|just) know|let me (?:add|tell you)|i told you),?"
    r" (?:that )?(?=(?:i|i'm|i've|i'd|i'll|my|we|we're)\b))",
    re.I,
)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text in order, on one line each, without bullets, code and pasted mail."""
    plain = without_others(_CODE.sub("\n", text[:EXAMINED])).replace("’", "'").replace("‘", "'")
    held = ""
    for piece in _END.split(plain):
        piece = _SPACES.sub(" ", _BULLET.sub("", piece)).strip()
        if not piece or piece.startswith((">", "|", "#")):
            held = ""
            continue
        held = f"{held} {piece}" if held else piece
        if _ABBREVIATION.search(held):
            continue
        yield held
        held = ""
    if held:
        yield held


def asserted(sentence: str) -> str | None:
    """The part of a sentence that asserts something, or None where all of it asks or is pasted.

    Of "I'm vegan, what should I eat?" it is "I'm vegan".
    """
    if len(sentence) > LONGEST:
        return None
    if sentence.rstrip("\"'”) ").endswith("?"):
        if _ASKS.match(opened(sentence)):
            return None
        asks = _ASKS_LATER.search(sentence)
        return sentence[: asks.start()].strip() if asks else None
    return sentence


def plays_a_part(text: str) -> bool:
    """Whether the text gives a part to play or a text to work on: its "I" may be anyone."""
    return bool(_PART.search(text[:EXAMINED]))


_PART = re.compile(
    r"\b(?:you are (?:now )?an? (?!bit|little|great|good|star|genius|life)|act as"
    r"|pretend (?:to be|that"
    r"|you)|imagine (?:that |you|i)|role-?play|let's play|play the (?:part|role)|in the style of"
    r"|from the (?:perspective|point of view) of|(?:translate|proofread|rewrite|paraphrase|correct"
    r"|summari[sz]e)(?: the following| this)?(?: \w+){0,4}?:)",
    re.I,
)


def unquoted(sentence: str) -> str:
    """The sentence with words in quotation marks blanked: they may be anyone's."""
    return _QUOTED.sub(lambda found: " " * len(found[0]), sentence)


def opened(sentence: str) -> str:
    """The sentence without what only leads up to it ("By the way, …", "I should say that …")."""
    for _ in range(3):
        found = _OPENING.match(sentence)
        if not found or found.end() == len(sentence):
            break
        sentence = sentence[found.end() :]
    return sentence


_SUPPOSED = re.compile(
    r"\b(?:if|whether|unless|suppose|supposing|imagine|pretend|wish|hypothetically|would|as though"
    r"|let's say|say that|assuming|assume|what about|character|persona|act as|you are|role)\b",
    re.I,
)
_TOLD = re.compile(
    r"\b(?:say|says|said|saying|think|thinks|thought|claims?|claimed|told|tells|tell"
    r"|believes?|believed|jokes?|joked|insists|insisted|asks?|asked|writes?|wrote|write|swears?"
    r"|lyrics|song|quote|titled|called|translate|rewrite|summari[sz]e|sentence|phrase|correct)\b",
    re.I,
)


def others_or_supposed(before: str) -> bool:
    """Whether words before "I" make what follows somebody else's words or only supposed."""
    return bool(_SUPPOSED.search(before) or _TOLD.search(before))
