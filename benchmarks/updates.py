"""Is a question answered with what holds now, after it was otherwise, and with what was before?

A life of two years: things that the user said of themselves and later overtook, weeks apart, among
small talk. Each is asked after in a conversation of its own: how it is, and for some
how it was before. The product answers with the local model. An answer counts as right that names
what is asked for and does not name the other; one that names both or neither is told apart.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.build import open_assistant
from assistant.session import Assistant
from assistant.settings import Settings
from assistant.updates import Answered, Recalled
from benchmarks.report import Report, Row
from benchmarks.small_talk import small_talk
from memory.events import Draft, Message, Origin
from memory.ports import Progress
from memory.user.statements import statements

_ANSWER_TOKENS = 60
_TALK = 400
"""Turns of small talk, half of them the user's."""
_FIRST = datetime(2024, 1, 8, 18, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """What was said, what overtook it, the question, and the words that tell the answers apart."""

    before: str
    after: str
    question: str
    now: str
    then: str
    asked_before: str = ""


CHANGES = (
    Change(
        "I live in Ghent, near the canal.",
        "I moved from Ghent to Lyon.",
        "Where do I live?",
        "Lyon",
        "Ghent",
        "Where did I live before?",
    ),
    Change(
        "I work as a nurse at St. Luke's.",
        "I left St. Luke's and started at a small clinic in Bruges.",
        "Where do I work?",
        "clinic|Bruges",
        "Luke",
        "Where did I work before?",
    ),
    Change(
        "I drive a red Volvo.",
        "I sold the Volvo and bought a small Fiat.",
        "What car do I drive?",
        "Fiat",
        "Volvo",
        "What car did I have before?",
    ),
    Change(
        "My dentist appointment is on the 3rd of March.",
        "The dentist has put off my appointment to the 10th of March.",
        "When is my dentist appointment?",
        "10",
        "3rd|March 3",
    ),
    Change(
        "My dog is called Rex.",
        "Rex died last week. Our new dog is called Luna.",
        "What is my dog called?",
        "Luna",
        "Rex",
        "What was my dog called before?",
    ),
    Change(
        "My girlfriend is called Anna.",
        "Anna and I have split up. My new girlfriend is called Clara.",
        "What is my girlfriend's name?",
        "Clara",
        "Anna",
    ),
    Change(
        "My phone number is 555 1234.",
        "I have a new phone number: 555 9876.",
        "What is my phone number?",
        "9876",
        "1234",
        "What was my phone number before?",
    ),
    Change(
        "I take two sugars in my coffee.",
        "I no longer take sugar in my coffee.",
        "Do I take sugar in my coffee?",
        "no|not",
        "two",
    ),
    Change(
        "My rent is 700 euros a month.",
        "My rent went up to 820 euros a month.",
        "How much rent do I pay?",
        "820",
        "700",
        "How much was my rent before?",
    ),
    Change(
        "The wifi password at home is bluewhale7.",
        "I changed the wifi password at home to redfox12.",
        "What is the wifi password at home?",
        "redfox12",
        "bluewhale7",
    ),
    Change(
        "My boss is Peter Lang.",
        "Peter Lang has retired and Ines Moor is my boss now.",
        "Who is my boss?",
        "Ines|Moor",
        "Peter|Lang",
        "Who was my boss before?",
    ),
    Change(
        "Our choir meets in the school on Fridays.",
        "Our choir meets in the old mill from now on.",
        "Where does our choir meet?",
        "mill",
        "school",
    ),
    Change(
        "I am learning Spanish.",
        "I gave up Spanish and am learning Italian now.",
        "Which language am I learning?",
        "Italian",
        "Spanish",
        "Which language did I learn before?",
    ),
    Change(
        "My sister Eva lives in Porto.",
        "Eva moved to Bergen last month.",
        "Where does my sister Eva live?",
        "Bergen",
        "Porto",
    ),
    Change(
        "I go swimming on Tuesdays.",
        "I go swimming on Thursdays now.",
        "On which day do I go swimming?",
        "Thursday",
        "Tuesday",
    ),
    Change(
        "My doctor is Dr Weiss.",
        "I have changed my doctor: it is Dr Amara now.",
        "Who is my doctor?",
        "Amara",
        "Weiss",
        "Who was my doctor before?",
    ),
    Change(
        "My favourite tea is Earl Grey.",
        "I have gone off Earl Grey; my favourite tea is rooibos now.",
        "What is my favourite tea?",
        "rooibos",
        "Earl",
    ),
    Change(
        "We are going to Norway in the summer.",
        "We have cancelled Norway and are going to Crete in the summer.",
        "Where are we going in the summer?",
        "Crete",
        "Norway",
    ),
    Change(
        "I weigh 84 kilos.",
        "I am down to 79 kilos.",
        "How much do I weigh?",
        "79",
        "84",
        "How much did I weigh before?",
    ),
    Change(
        "My son Tom is in the first grade.",
        "Tom started in the second grade today.",
        "Which grade is my son Tom in?",
        "second",
        "first",
    ),
)


LATER = (
    Change(
        "I play the viola in the town orchestra.",
        "I left the town orchestra and now play in a quartet.",
        "Where do I play the viola?",
        "quartet",
        "town|orchestra",
        "",
    ),
    Change(
        "Our house is painted green.",
        "We had the house painted blue last week.",
        "What colour is our house?",
        "blue",
        "green",
        "What colour was our house before?",
    ),
    Change(
        "The spare key is under the flower pot.",
        "I gave the spare key to our neighbour Lena instead.",
        "Where is the spare key?",
        "Lena|neighbour",
        "flower|pot",
        "",
    ),
    Change(
        "My flight leaves at 7:15 on Monday.",
        "They have moved my flight to 9:40 on Monday.",
        "When does my flight leave?",
        "9:40",
        "7:15",
        "When did my flight leave before?",
    ),
    Change(
        "I am reading Moby Dick at the moment.",
        "I finished Moby Dick and started Middlemarch.",
        "Which book am I reading?",
        "Middlemarch",
        "Moby",
        "Which book did I read before?",
    ),
    Change(
        "My brother works at the harbour.",
        "My brother got a job at the airport.",
        "Where does my brother work?",
        "airport",
        "harbour",
        "",
    ),
    Change(
        "I have two cats, Mia and Otto.",
        "Otto has run away, so only Mia is left.",
        "How many cats do I have?",
        "one|Mia",
        "two",
        "",
    ),
    Change(
        "I get up at six every day.",
        "Since I changed jobs I get up at eight.",
        "When do I get up?",
        "eight|8",
        "six|6",
        "When did I get up before?",
    ),
    Change(
        "My gym costs 30 euros a month.",
        "My gym now costs 45 euros a month.",
        "How much does my gym cost?",
        "45",
        "30",
        "How much did my gym cost before?",
    ),
    Change(
        "The password of my laptop is Tulip44.",
        "My laptop password is Cactus71 from today on.",
        "What is the password of my laptop?",
        "Cactus71",
        "Tulip44",
        "",
    ),
    Change(
        "I am married to Jan.",
        "Jan and I got divorced.",
        "Am I married?",
        "no|not|divorced",
        "yes",
        "",
    ),
    Change(
        "My team at work is called Falcon.",
        "They renamed my team at work to Heron.",
        "What is my team at work called?",
        "Heron",
        "Falcon",
        "What was my team called before?",
    ),
)
"""Written after the others were worked on. Two rules came of looking at them: what a statement is
about, and which words say that something is over."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was asked and answered; `sort` is right, stale, both or neither."""

    question: str
    answer: str
    sort: str
    read: bool
    """Whether the words that it takes stood in the prompt."""


def run(settings: Settings, progress: Progress) -> Report:
    """Ask after every change. Raises SetupNeeded without a local model."""
    report = Report("updates", None)
    for name, changes in (("", CHANGES), (", later cases", LATER)):
        report.rows += _measured(name, changes, settings, progress)
    return report


def _measured(
    of: str, changes: Sequence[Change], settings: Settings, progress: Progress
) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as home:
        used = settings.model_copy(update={"home": Path(home), "answer_tokens": _ANSWER_TOKENS})
        assistant = open_assistant(used)
        try:
            assistant.store.append(list(_life(changes)))
            assistant.store.catch_up(progress)
            name = assistant.model_name
            replies = list(_replies(changes, assistant, progress))
        finally:
            assistant.close()
    for kind in ("now", "before"):
        found = [reply for asked, reply in replies if asked == kind]
        sorts = Counter(reply.sort for reply in found)
        n = len(found)
        for sort in ("right", "stale", "both", "neither"):
            yield Row(name, sort, kind + of, None, round(sorts[sort] / n, 4), n)
        read = sum(reply.read for reply in found) / n
        yield Row(name, "in_prompt", kind + of, None, round(read, 4), n)


def _life(changes: Sequence[Change]) -> Iterator[Draft]:
    """What was said first in the first year, what overtook it in the second, talk around it."""
    said = [change.before for change in changes] + [change.after for change in changes]
    # What small talk says of the one who talks would speak against them.
    talk = [turn for turn in small_talk(0, 2 * _TALK) if not (turn[0] and statements(turn[1]))]
    around = iter(talk[:_TALK])
    each = _TALK // len(said)
    for day, text in enumerate(said):
        at = _FIRST + timedelta(days=18 * day)
        yield _draft(True, text, f"told {day}", at)
        for turn in range(each):
            by_user, words = next(around)
            yield _draft(by_user, words, f"talk {day}", at + timedelta(days=7, minutes=turn))


def _draft(by_user: bool, text: str, session: str, at: datetime) -> Draft:
    origin = Origin.USER if by_user else Origin.ASSISTANT
    return Draft(payload=Message(text=text), session_id=session, origin=origin, at=at)


def _replies(
    changes: Sequence[Change], assistant: Assistant, progress: Progress
) -> Iterator[tuple[str, Reply]]:
    """(kind, reply) for each question, every one in a conversation of its own."""
    asked = [("now", c.question, c.now, c.then) for c in changes]
    asked += [("before", c.asked_before, c.then, c.now) for c in changes if c.asked_before]
    for done, (kind, question, wanted, other) in enumerate(asked):
        progress("questions", done, len(asked))
        answer, read = "", ""
        for update in assistant.session().send(question):
            if isinstance(update, Recalled):
                told = [*(m.text for m in update.memories), *(line.text for line in update.lines)]
                read = "\n".join(told)
            elif isinstance(update, Answered):
                answer = update.text
        yield kind, Reply(question, answer, _sort(answer, wanted, other), _names(read, wanted))


def _sort(answer: str, wanted: str, other: str) -> str:
    """Both are alternatives of a regular expression, found as whole beginnings of words."""
    found = _names(answer, wanted), _names(answer, other)
    return {(True, False): "right", (False, True): "stale", (True, True): "both"}.get(
        found, "neither"
    )


def _names(text: str, words: str) -> bool:
    return re.search(rf"\b(?:{words})", text, re.IGNORECASE) is not None
