"""What of the user enters this prompt: which lines of the profile, and why.

A question with an answer of its own gets no line, so that it is answered alike for everybody. What
is recommended, planned, chosen or asked about oneself gets the few lines on which the answer
hinges. Wishes for the manner of answers are kept apart: they are rules of style. The user's name
is never chosen and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from memory.ports import Vectors
from memory.user.lines import Line, Section
from memory.user.profile import usable
from memory.user.relevance import Prototypes, Relevance, Request, ranked, request_of

MOST = 5
"""Lines that enter a prompt; more mislead a small model."""
_ENOUGH = 0.25
"""Score below which a line is no help."""
_BESIDE_BEST = 0.45
"""Share of the best line's score that another needs to enter beside it."""
_SURE = 3
"""The best lines, which need half of that."""
_OUTRIGHT = 15
"""Lines for someone who asks what is known of them."""
_UNNAMED = frozenset({"name", "nickname", "pronouns"})
"""Who is asked for something by which name changes nothing of what is chosen."""
_EVEN_FACTS = frozenset({"language", "nickname", "pronouns"})
"""Manner that holds for facts too: brevity and tone may cost a worked answer its steps."""


class Kind(StrEnum):
    """What a request hinges on."""

    FACT = "fact"
    """It has an answer of its own, whoever asks: facts, technical matters, maths, exercises."""
    TASK = "task"
    """A text to be written or worked on, with a form of its own."""
    ADVICE = "advice"
    """Something to be recommended, planned or chosen for the user."""
    ABOUT_USER = "about the user"
    """It asks what is known of the user."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line that enters the prompt."""

    line: Line
    why: str
    score: float


@dataclass(frozen=True, slots=True)
class Held:
    """A line that would have entered, but for the user's word."""

    line: Line
    why: str


@dataclass(frozen=True, slots=True)
class Gated:
    """What of the user enters this prompt."""

    kind: Kind
    lines: tuple[Chosen, ...]
    """Best first."""
    manner: tuple[Chosen, ...]
    """Rules for how to answer, in the order of the profile."""
    held: tuple[Held, ...]
    """Relevant, but sensitive and without the user's yes."""
    why: str
    """One sentence on the whole choice."""


def gate(
    text: str,
    vector: Vectors,
    lines: Sequence[Line],
    vectors: Vectors,
    prototypes: Prototypes,
    most: int = MOST,
) -> Gated:
    """Choose for a request; `vector` (d,) is its own, `vectors` has a row for each line.

    Lines that ceased to hold do not enter.
    """
    request = request_of(text, vector, prototypes)
    kind, why = kind_of(request)
    manner = tuple(
        Chosen(line, _why_manner(line), line.belief)
        for line in lines
        if _holds(line)
        and usable(line)
        and line.section is Section.MANNER
        and (kind is not Kind.FACT or line.attribute in _EVEN_FACTS)
    )
    if kind in (Kind.FACT, Kind.TASK):
        return Gated(kind, (), manner, (), why)
    if kind is Kind.ABOUT_USER and (asked := _ASKED_OUTRIGHT.search(text)):
        named = asked["name"] is not None
        told = _outright([line for line in lines if not named or line.attribute in _UNNAMED])
        return Gated(kind, told, manner, (), why)
    found = [each for each in _ranked(request, lines, vectors, prototypes) if each.score >= _ENOUGH]
    allowed = [each for each in found if usable(each.line)]
    held = [Held(each.line, _why_held(each.line)) for each in found[:most] if not usable(each.line)]
    best = allowed[0].score if allowed else 0.0
    chosen = [
        Chosen(each.line, _why(each), each.score)
        for place, each in enumerate(allowed[:most])
        if each.score >= best * _BESIDE_BEST / (2 if place < _SURE else 1)
    ]
    return Gated(kind, tuple(chosen), manner, tuple(held), why)


def _outright(lines: Sequence[Line]) -> tuple[Chosen, ...]:
    """What one is told who asks what is known of them: the surest lines."""
    allowed = [
        line
        for line in lines
        if _holds(line) and usable(line) and line.section is not Section.MANNER
    ]
    surest = sorted(allowed, key=lambda line: -line.belief)[:_OUTRIGHT]
    return tuple(Chosen(line, "it is known of you", line.belief) for line in surest)


def _ranked(
    request: Request, lines: Sequence[Line], vectors: Vectors, prototypes: Prototypes
) -> list[Relevance]:
    places = [
        place
        for place, line in enumerate(lines)
        if _holds(line) and line.section is not Section.MANNER and line.attribute not in _UNNAMED
    ]
    return ranked(request, [lines[place] for place in places], vectors[places], prototypes)


def _holds(line: Line) -> bool:
    return line.until is None


# -- what kind of request it is ---------------------------------------------------------------

_FACT = re.compile(
    r"\bwhich of the following\b|\bwhich (?:one )?of these\b|\baccording to\b|\btrue or false\b"
    r"|\bhow (?:many|much|long|far|tall|old|fast|big|heavy) (?!should|can i|could i|do you (?:think"
    r"|recommend)|would you)\b[^?]*\?"
    r"|^(?:please )?(?:define|calculate|compute|solve|prove|convert|simplify|evaluate|derive|debug"
    r"|factor|differentiate|integrate)\b|\bmost likely to\b|\bis an example of\b|\brefers? to\b"
    r"|\b(?:is|are|was|were) (?:best )?(?:defined|described|known|called|characteri[sz]ed)\b"
    r"|_{2,}|\(a\).*\(b\)",
    re.I | re.S,
)
_FACT_WEAK = re.compile(
    r"^(?:so |and |ok,? |please )*(?:who|whose|whom|when|why|what (?:does|did|year|date|happens"
    r"|happened|causes|caused|was|were)|is it|is there|are there|was|were|did|does|has|explain"
    r"|describe|list|name|what(?:'s| is| are) (?:the|an?) (?!best|good|right|ideal|perfect|nice"
    r"|cheapest|most|safest|healthiest|easiest|nicest|must|top|recommended|best[- ]))\b",
    re.I,
)
_TECHNICAL = re.compile(
    r"```|\b(?:python|javascript|typescript|java|c\+\+|sql|regex|html|css|api|compiler|stack trace"
    r"|segfault|exception|null pointer|function returns?|docker|kubernetes|git (?:commit|rebase"
    r"|merge|push)|unit tests?|equation|theorem|integral|matrix|polynomial|hypotenuse|derivative"
    r"|molecule|protein|enzyme|plaintiff|defendant|statute|null hypothesis)\b",
    re.I,
)
_TASK = re.compile(
    r"^(?:please |can you |could you |i want you to |i need you to |help me |now )*(?:write|rewrite"
    r"|re-?write|translate|proofread|summari[sz]e|paraphrase|compose|draft|edit|correct|generate"
    r"|create an? (?:poem|story|rap|song|haiku|limerick|ad|advert\w*|resume|letter|e-?mail|blog)"
    r"|brainstorm|rephrase|transcribe|make an? (?:tweet|riddle|rubric|rap|poem|resume)"
    r"|first,? repeat|repeat|given the sentence|edit the following)\b"
    r"|\b(?:your (?:entire |whole |final )?(?:response|answer|output|reply) (?:should|must)|in your"
    r" (?:entire )?response|wrap (?:your|the) |json format|all (?:lowercase|capital|uppercase)"
    r"|at least \d+ (?:words|sentences|times)|without using (?:any )?commas|placeholders?)\b",
    re.I,
)
_ADVICE = re.compile(
    r"\b(?:what|which) (?:[\w-]+ ){0,4}?(?:can|could|would|might) (?:i|we)\b|"
    r"\b(?:recommend\w*|suggest(?:ions?)?|advice|advise me|tips|inspiration|alternatives"
    r"|(?:any|some|gift|good|more|other|new|your|need|nice|what) (?:\w+ )?(?:ideas|options)"
    r"|options (?:for|to)"
    r"|itinerary|should (?:i|we)|shall (?:i|we)|must-\w+|worth (?:a|\w+ing|it)|good for (?:me|us)"
    r"|for (?:me|us|myself)\b|would you (?:choose|pick|buy|get|do|go|travel|take|use)|you'd"
    r"|help (?:me|us) (?:find|choose|decide|pick|plan|with|get|identify|set|figure|select|create"
    r"|make|prepare|improve|redo)|(?:i'm|i am|we're|we are) (?:\w+ )?(?:looking|planning"
    r"|visiting|thinking"
    r"|considering|trying|going|travell?ing|hoping|moving|relocating|redoing|preparing|struggling"
    r"|interested|in the market|in the mood|hosting|attending|training)|(?:i|we)(?:'ll"
    r"| will) be (?:visiting"
    r"|travell?ing|going|in|staying)|i(?:'d| would) (?:like|love)|i(?:'ve| have) been (?:looking"
    r"|thinking)"
    r"|(?:i|we) (?:need|want) (?:an?|some|something|to|new|somewhere)|where (?:can|could|would"
    r"|to)"
    r"|what (?:can|could|would|shall) (?:i|we|you)|how (?:can|could|would|might) (?:i|we|you)"
    r"|what to (?:\w+)|might (?:enjoy|like)|i (?:can|could) (?:try|do|use|watch|read|play|take)"
    r"|plan (?:a|an|my|our|the|me|us)|book (?:a|me|us)|any(?:thing|where) (?:good|nice"
    r"|interesting))\b",
    re.I,
)
_ADVICE_WEAK = re.compile(
    r"\b(?:how (?:do|to)|i|my|me|we|our|us|best|good|great|nice|popular|top|trendy|unique|fun"
    r"|favou?rite|some|near|tonight|weekend|which)\b",
    re.I,
)
_ABOUT_USER = re.compile(
    r"\b(?:what|which|who|where|when|how old|how many) (?:\w+ ){0,3}?(?:(?:is|are|was|were"
    r"|'s) my|(?:do|did) i"
    r" (?:usually |always )?(?:live|work|like|prefer|have|hate|own|say|tell|want|love|mention"
    r"|do for))\b|\bdo you (?:know|remember) (?:my|what i|where i|who i|if i|about me)"
    r"|\bwho am i\b|\bwhat(?:'s| is) my (?:\w+ )?name\b|\bwhat do you know about me\b"
    r"|\b(?:tell me|what) about (?:me|myself)\b|\babout me\b",
    re.I,
)
_ASKED_OUTRIGHT = re.compile(
    r"\b(?P<name>my (?:\w+ )?name\b|(?:am i|i(?:'m| am)) called)|\bwho am i\b"
    r"|\b(?:know|remember|learnt|learned|tell me|say|(?:what|anything|everything)) (?:[\w ]{0,20})?"
    r"about (?:me|myself)\b",
    re.I,
)
_HOW_DO_I = re.compile(r"\b(?:how|what|which|where)\b[^?.]{0,60}\bdo (?:i|we)\b", re.I)
_LONG = 120
"""Words beyond which a text is material, and only its end may be a request."""
_END = 300


def kind_of(request: Request) -> tuple[Kind, str]:
    """What a request hinges on, with the reason in words."""
    text = " ".join(request.text.replace("’", "'").split())
    advice = bool(_ADVICE.search(_end(text)))
    if _TASK.search(text):
        return Kind.TASK, "A text is to be made as it is told, so no line is used."
    if _FACT.search(text) and not (advice and re.search(r"\b(?:I|me|my|we|us)\b", text, re.I)):
        return Kind.FACT, "It has an answer of its own, whoever asks, so no line is used."
    if _TECHNICAL.search(text) and request.near < request.plain + 0.1:
        return Kind.FACT, "It is a technical question, so no line is used."
    if _ABOUT_USER.search(text) and not advice:
        return Kind.ABOUT_USER, "It asks about the user."
    if advice and not (request.near < 0.2 and request.plain > request.near):
        return Kind.ADVICE, "Something is to be recommended, planned or chosen."
    margin = request.near - request.plain
    if _HOW_DO_I.search(text) and margin > 0:
        return Kind.ADVICE, "It asks how the user should go about something."
    needed = 0.15 if _ADVICE_WEAK.search(text) else 0.3
    if _FACT_WEAK.search(text):
        needed = 0.4
    if margin > needed and request.near > 0.35 and len(text.split()) < _LONG:
        return Kind.ADVICE, "It is like requests whose answer is a matter of taste."
    return Kind.FACT, "Nothing in it is a matter of the user's taste or life, so no line is used."


def _end(text: str) -> str:
    return text if len(text.split()) < _LONG else text[-_END:]


# -- reasons ----------------------------------------------------------------------------------


def _why(found: Relevance) -> str:
    if found.eats > 0.3:
        return f"it is about eating or drinking, and this {found.line.attribute} bears on it"
    if found.words and found.shared < 0.3:
        return f"both speak of {', '.join(found.words[:3])}"
    if found.shared >= 0.3:
        return f"both are about {found.area}"
    return "its meaning is near to the request"


def _why_manner(line: Line) -> str:
    return (
        "you asked to be answered so" if line.polarity >= 0 else "you asked not to be answered so"
    )


def _why_held(line: Line) -> str:
    topic = line.topic.value if line.topic else "sensitive"
    if line.consent is False:
        return f"you said no to using it ({topic})"
    return f"it is sensitive ({topic}) and you have not been asked yet"
