"""Random lives against a plain model: append, import, redact, crash, lose views, rebuild."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from memory.events import Draft, Message, Origin
from memory.fakes import HashEmbedder
from memory.store import MemoryStore

WORDS = st.sampled_from(["amber", "bassoon", "cobalt", "dahlia", "ember", "fjord", "gneiss"])
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
RAW = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=20
).filter(str.strip)


class Life(RuleBasedStateMachine):
    """The store beside a dict of what must be remembered."""

    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = self.open()
        self.remembered: dict[str, tuple[str, str]] = {}
        self.order: list[str] = []
        self.keys: dict[int, str] = {}

    def open(self) -> MemoryStore:
        return MemoryStore(self.folder / "home", HashEmbedder())

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def keep(self, text: str, session: str, key: str | None = None) -> str | None:
        draft = Draft(
            payload=Message(text=text), session_id=session, origin=Origin.USER, import_key=key
        )
        events = self.store.append([draft])
        if not events:
            return None
        self.remembered[events[0].id] = (session, text)
        self.order.append(events[0].id)
        return events[0].id

    @rule(target=said, text=TEXTS | RAW, session=st.sampled_from("xyz"))
    def append(self, text: str, session: str) -> str:
        event_id = self.keep(text, session)
        assert event_id is not None
        return event_id

    @rule(number=st.integers(0, 5), text=TEXTS)
    def import_line(self, number: int, text: str) -> None:
        event_id = self.keep(text, "imported", f"key {number}")
        assert (event_id is None) == (number in self.keys)
        if event_id is not None:
            self.keys[number] = event_id

    @rule(event_id=consumes(said))
    def redact(self, event_id: str) -> None:
        plan = self.store.plan_forgetting(ids=[event_id])
        assert [event.id for event in plan.asked] == [event_id]
        self.store.forget(plan)
        del self.remembered[event_id]

    @rule()
    def catch_up(self) -> None:
        assert self.store.catch_up() is None

    @rule()
    def crash(self) -> None:
        # Nothing is flushed or closed properly: the files are copied as they stand.
        copy = self.folder / "copy"
        shutil.copytree(self.folder / "home", copy)
        self.store.close()
        shutil.rmtree(self.folder / "home")
        copy.rename(self.folder / "home")
        self.store = self.open()

    @rule()
    def lose_views(self) -> None:
        self.store.close()
        for path in (self.folder / "home").glob("views.sqlite3*"):
            path.unlink()
        self.store = self.open()

    @rule()
    def lose_chroma(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder / "home" / "chroma", ignore_errors=True)
        self.store = self.open()

    @rule(view=st.sampled_from([None, *MemoryStore.VIEWS]))
    def rebuild(self, view: str | None) -> None:
        assert self.store.rebuild(view) is None

    @rule(word=WORDS)
    def recall(self, word: str) -> None:
        self.store.catch_up()
        holding = {i for i, (_, text) in self.remembered.items() if word in text.split()}
        recalled = [memory.id for memory in self.store.recall(word, 1000).memories]
        assert holding <= set(recalled)
        assert set(recalled) <= set(self.remembered)
        assert len(recalled) == len(set(recalled))

    @invariant()
    def nothing_is_lost_changed_or_doubled(self) -> None:
        events = self.store.log.read_after(0, 10_000)
        live = {e.id: (e.session_id, e.text) for e in events if e.text is not None}
        assert live == self.remembered
        assert [e.id for e in events if e.id in live] == [i for i in self.order if i in live]
        assert self.store.verify().ok


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
