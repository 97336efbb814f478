"""Plans, reminders, dates, open loops and habits in the user's own words, found without a model.

By the grammar of the sentence alone ("I want to …", "remind me to …", "every Sunday I …"), so that
little is found that was not meant. What is said to the assistant ("I want to know …"), denied,
asked or put under a condition is no plan; without a time only errands are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from memory.endings import is_past
from memory.future import WEEKDAYS, Future, future
from memory.own_words import without_others
from memory.text import STOPWORDS, sentences, words

Kind = Literal["reminder", "plan", "event", "birthday", "follow_up", "habit"]

_EXAMINED = 4000
"""Characters of a turn that are looked at; longer ones are pasted texts, seldom plans."""
_SENTENCE = 300
"""Characters of a sentence that can hold a plan."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that the user means to do or to be reminded of."""

    kind: Kind
    action: str
    """What it is, spoken to the user and without its time: "call your sister"."""
    sentence: str
    first: date | None
    """The local days that were meant, both included; None where none was said."""
    last: date | None
    at: time | None
    weekdays: tuple[int, ...] = ()
    """For a habit: the days of the week, Monday 0."""


# -- the sentences ---------------------------------------------------------------------------

_ADVERBS = (
    r"(?:\s+(?:really|also|still|just|finally|definitely|probably|actually|absolutely|do|now|then"
    r"|maybe|perhaps|seriously|urgently|always|usually|often|normally))*"
)
_INTENDS = (
    r"(?:\s+(?:want|need|have|plan|intend|hope|mean|ought|aim)\s+to"
    r"|\s+wanna|\s+must|\s+should|\s+will|['’]ll"
    r"|(?:\s+am|\s+are|['’]m|['’]re)\s+(?:going|planning|hoping|meaning|intending|supposed)\s+to"
    r"|(?:\s+am|['’]m)\s+gonna|(?:\s+have|['’]ve)\s+got\s+to|(?:\s+would|['’]d)\s+(?:like|love)\s+to)"
)
_THEN = _ADVERBS.replace("|do|", "|")
_PLAN = re.compile(
    rf"\b(?:I|we){_ADVERBS}{_INTENDS}{_THEN}\s+(?P<action>\w.*)", re.IGNORECASE | re.DOTALL
)
_REMINDER = re.compile(
    r"\b(?:remind\s+me\b(?P<when>[^,.;]{0,30}?)\s*\b(?:to|about|that)\b"
    r"|(?:do\s+not|don['’]t)\s+let\s+me\s+forget(?P<when2>)\s+(?:to|about|that))\s+(?P<action>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
_REMINDS = re.compile(r"\b(?:they|these|those|that|not|n['’]t|to|always)\s+$", re.IGNORECASE)
_FOLLOW_UP = re.compile(
    r"\b(?:I|we)(?:\s+will|['’]ll)\s+(?:let\s+you\s+know|tell\s+you|report(?:\s+back)?(?:\s+on)?)"
    r"\s+(?:how|about)\s+(?P<action>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
_LUCK = re.compile(
    r"\b(?:wish\s+me\s+luck|fingers\s+crossed)\s+(?:for|with|at|on)\s+(?P<action>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
_WENT = re.compile(
    r"\s+(?:went|goes|will\s+go|is\s+going|was|turns?\s+out|works?\s+out)\b.*", re.IGNORECASE
)
_BIRTHDAY = re.compile(
    r"\b(?P<who>(?:[Mm]y|[Oo]ur)(?:\s+[\w’'-]+){0,4}|[A-Z]\w+['’]s?)\s+"
    r"(?P<what>birthday|anniversary|name\s+day)(?:['’]s|\s+is|\s+falls|\s+comes)?\s+(?P<when>.+)",
    re.DOTALL,
)
_EVENT = re.compile(
    r"\b(?:I|we)(?:\s+have(?:\s+got)?|['’]ve\s+got)\s+(?P<action>(?:an?|my|our|the)\s+\w.*)"
    r"|\b(?P<mine>(?:my|our)\s+(?:[\w’'-]+\s+){1,5}?)(?:is|starts|takes\s+place)\s+(?P<when>.+)"
    r"|\b(?:I|we)(?:\s+am|\s+are|['’]m|['’]re)\s+(?P<doing>(?!going\s+to\s+(?!the\b|an?\b|my\b|our\b))[a-z]{2,}ing\s+\w.*)",
    re.IGNORECASE | re.DOTALL,
)
_DAY = "|".join(WEEKDAYS)
_EVERY = (
    rf"(?:every|each)\s+(?:single\s+)?(?P<{{0}}>{_DAY}|day|morning|evening|night|weekend)"
    rf"|on\s+(?P<{{1}}>{_DAY})s|on\s+(?P<{{2}}>weekend)s"
)
_HABIT_FIRST = re.compile(
    rf"^(?:and\s+|so\s+)?(?:{_EVERY.format('a', 'b', 'c')}),?\s+(?:I|we){_ADVERBS}"
    r"\s+(?P<action>.+)",
    re.IGNORECASE | re.DOTALL,
)
_HABIT_LAST = re.compile(
    rf"\b(?:I|we){_ADVERBS}\s+(?P<action>[a-z]\w+(?:\s+[\w’'-]+){{0,8}}?)\s+"
    rf"(?:{_EVERY.format('a', 'b', 'c')})\b",
    re.IGNORECASE | re.DOTALL,
)
_DAILY = tuple(range(7))

_CLAUSE_END = re.compile(
    r"\s*(?:[;(–—,!?\n]|[.:](?!\d)|\b(?:because|but|so\s+that|since|although|though|if|unless|while|which"
    r"|and\s+(?:I|then|we|maybe|also)|as\s+(?:I|soon)|when\s+I|before\s+I|after\s+I)\b).*",
    re.IGNORECASE | re.DOTALL,
)
_DENIED = re.compile(
    r"\b(?:if|unless|whether|wish|says?|said|told|thinks?|suppose|when(?:ever)?|pretend|imagine"
    r"|because|since|what|where|which|how|who|why)\s+(?:that\s+|\w+\s+)?$",
    re.IGNORECASE,
)
_HABITUAL_NO_TEXT = """
am are was were have had has could would should might may can can't cannot don't didn't never hate
wish want need will must think know feel see hear get used felt
"""
_HABITUAL_NO = frozenset(_HABITUAL_NO_TEXT.split())
_REQUESTS_TEXT = """
know ask understand hear say tell thank be have discuss talk share mention clarify find learn
think believe hope admit add point note emphasize get see look agree like love prefer keep feel
remember use let give it you the a an this that my your
"""
_REQUESTS = frozenset(_REQUESTS_TEXT.split())
"""What such a sentence says to the assistant or about oneself, and no deed."""
_DATED_ANYWAY_TEXT = """
see get give have talk learn look find ask tell keep use thank
"""
_DATED_ANYWAY = frozenset(_DATED_ANYWAY_TEXT.split())
"""Verbs of those that are deeds all the same where a day is said."""
_ERRANDS_TEXT = """
call phone ring text email visit buy book pay renew pick collect schedule arrange contact water
wash mow paint invite reply bake hang donate unpack tidy vacuum iron cancel order
"""
_ERRANDS = frozenset(_ERRANDS_TEXT.split())
"""Verbs of open loops: things done once, and soon."""
_OWN_ERRANDS_TEXT = """
fix clean repair return finish sort replace update submit print pack sell exchange post send write
register apply organise organize declutter change answer file message sign
"""
_OWN_ERRANDS = frozenset(_OWN_ERRANDS_TEXT.split())
"""The same where the thing is the user's own; "sort a list" is a task for the assistant."""
_OWN = re.compile(r"^\w+\s+(?:up\s+|out\s+|to\s+|for\s+)?(?:my|our)\b", re.IGNORECASE)
_HAS_OBJECT = re.compile(r"^\w+\s+(?!(?:this|that|these|it|you)\b)\w", re.IGNORECASE)


def find(text: str, said: datetime) -> list[Found]:
    """What a text that the user said at `said` (local time, aware) plans; in order."""
    found: list[Found] = []
    for sentence in sentences(without_others(text[:_EXAMINED])):
        if len(sentence) <= _SENTENCE and sentence.count('"') < 2:
            found += _of_sentence(sentence, said)
    return found


def _of_sentence(sentence: str, said: datetime) -> Iterator[Found]:
    """The first reading that fits: from the explicit ones to the vague."""
    for reading in (_reminder, _follow_up, _birthday, _habit, _plan, _event):
        if (found := reading(sentence, said)) is not None:
            yield found
            return


def _reminder(sentence: str, said: datetime) -> Found | None:
    match = _REMINDER.search(sentence)
    if match is None or _REMINDS.search(sentence[: match.start()]):
        return None
    # "Remind me on Friday to …": the time may stand before the deed.
    before = future(match["when"] or "", said)
    when = before or future(match["action"], said)
    if when is None:
        tomorrow = said.date() + timedelta(days=1)
        when = Future(tomorrow, tomorrow, None, match["action"])
    return _made("reminder", match["action"] if before else when.rest, sentence, when)


def _follow_up(sentence: str, said: datetime) -> Found | None:
    match = _FOLLOW_UP.search(sentence) or _LUCK.search(sentence)
    if match is None:
        return None
    what = _WENT.sub("", _clause(match["action"]))
    when = future(what, said)
    if when is None:
        after = future(match["action"], said)
        day = after.first if after else said.date()
        return Found("follow_up", spoken_to(what), sentence, day, day, None) if what else None
    return _made("follow_up", when.rest, sentence, when)


def _birthday(sentence: str, said: datetime) -> Found | None:
    match = _BIRTHDAY.search(sentence)
    if match is None or sentence.endswith("?"):
        return None
    when = future(match["when"], said)
    if when is None or when.first != when.last:
        return None
    return _made("birthday", f"{match['who']} {match['what']}", sentence, when)


def _habit(sentence: str, said: datetime) -> Found | None:
    match = _HABIT_FIRST.search(sentence) or _HABIT_LAST.search(sentence)
    if match is None or sentence.endswith("?"):
        return None
    if _DENIED.search(sentence[: match.start()]):
        return None
    action = _clause(match["action"])
    verb = action.split()[0].lower() if action else ""
    if not verb or verb in _HABITUAL_NO or is_past(verb) or re.search(r"['’]", verb):
        return None
    said_day = (match["a"] or match["b"] or match["c"]).lower()
    days = (
        (WEEKDAYS.index(said_day),)
        if said_day in WEEKDAYS
        else (5,)
        if said_day == "weekend"
        else _DAILY
    )
    at = {"morning": time(8), "evening": time(18), "night": time(20)}.get(said_day)
    return Found("habit", spoken_to(action), sentence, None, None, at, days)


def _plan(sentence: str, said: datetime) -> Found | None:
    if sentence.endswith("?"):
        return None
    for match in _PLAN.finditer(sentence):
        if _DENIED.search(sentence[: match.start()]):
            continue
        clause = _clause(match["action"])
        verb = clause.split()[0].lower() if clause else "the"
        when = future(clause, said)
        if when is None:
            # "Call the dentist. This week" may have the time before: "This week I want to …".
            when = future(sentence[: match.start()], said)
            when = Future(when.first, when.last, when.at, clause) if when else None
        if when is None:
            own = verb in _OWN_ERRANDS and _OWN.match(clause)
            if own or (verb in _ERRANDS and _HAS_OBJECT.match(clause)):
                return Found("plan", spoken_to(clause), sentence, None, None, None)
        elif verb not in _REQUESTS or verb in _DATED_ANYWAY:
            return _made("plan", when.rest, sentence, when)
    return None


def _event(sentence: str, said: datetime) -> Found | None:
    match = _EVENT.search(sentence)
    if match is None or sentence.endswith("?") or _DENIED.search(sentence[: match.start()]):
        return None
    what = match["mine"] or _clause(match["action"] or match["doing"])
    when = future(match["when"] if match["mine"] else what, said)
    if when is None or when.first != when.last or when.first <= said.date():
        return None
    name = match["mine"].strip() if match["mine"] else when.rest
    name = re.sub(r"^(?:an?|the|our)\s+", "my ", name, flags=re.IGNORECASE)
    return _made("event", name, sentence, when)


def _made(kind: Kind, action: str, sentence: str, when: Future) -> Found | None:
    action = _clause(action)
    if not action or not any(word not in STOPWORDS for word in words(action)):
        return None
    return Found(kind, spoken_to(action), sentence, when.first, when.last, when.at)


def _clause(text: str) -> str:
    return " ".join(_CLAUSE_END.sub("", text).split())


# -- speaking to the user --------------------------------------------------------------------

_SECOND = {
    **{"i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself"},
    **{"we": "you", "us": "you", "our": "your", "ours": "yours", "ourselves": "yourselves"},
    **{"am": "are", "i'm": "you're", "i'll": "you'll", "i've": "you've", "i'd": "you'd"},
}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def spoken_to(text: str) -> str:
    """The user's own words with the first person turned into the second."""
    return _WORD.sub(
        lambda match: _SECOND.get(match[0].lower().replace("’", "'"), match[0]), text
    ).strip()
