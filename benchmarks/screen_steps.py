"""The steps of the benchmark of the screen, each in a process of its own.

Everything goes through the app's driver: keys are given to it, and a frame counts when it has been
written. A thread plays the user, as the thread does that reads a real terminal.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import psutil
from rich.cells import cell_len
from textual.app import App
from textual.events import Key
from textual.widgets import Input

from assistant.build import stay_local
from benchmarks.made_life import Life, MadeEmbedder
from benchmarks.screen_stage import SIZE, Bare, Recorder, conversation, markdown, open_scripted
from memory.store import VIEWS_FILE, MemoryStore
from memory.text import words
from tui.app import LifeloreApp
from tui.screens.chat import ChatScreen
from tui.screens.search import MOST
from tui.widgets.prompt import Prompt
from tui.widgets.session_list import SessionList

T = TypeVar("T")

TOKENS_A_SECOND = 100
LONG, SHORT = "long", "short"
"""The conversations of the home, by which their last message is marked."""
_ANSWER_TOKENS = 800
_KEYS = 60
_LINE = 40
_GAPS = (0.06, 0.14)
"""Seconds between a key's paint and the next key."""
_OPENINGS = 8
_TURNS_WEIGHED = (200, 400, 600, 800, 1000)
_ASKED_OF_EACH_KIND = 15
_TIMES = 3
_PATIENCE = 120.0


def mark(session_id: str) -> str:
    return f"Endof{session_id}"  # one word, which is not broken between lines


class Player:
    """The user of a running app, in a thread beside it."""

    def __init__(self, app: App[None]) -> None:
        self.app = app

    @property
    def driver(self) -> Recorder:
        assert isinstance(self.app._driver, Recorder)
        return self.app._driver

    def do(self, act: Callable[[], Any]) -> Any:
        """In the app's own thread."""
        return self.app.call_from_thread(act)

    def press(self, key: str, character: str | None = None) -> None:
        self.driver.process_message(Key(key, character))

    def seconds_until_painted(self, text: str, key: str, character: str | None = None) -> float:
        self.driver.await_paint(text)
        started = time.perf_counter()
        self.press(key, character)
        return self.driver.painted() - started

    def until(self, true: Callable[[], object], every: float = 0.02) -> None:
        end = time.monotonic() + _PATIENCE
        while not true():
            if time.monotonic() > end:
                raise RuntimeError("what was waited for did not happen")
            time.sleep(every)


def played(app: App[None], play: Callable[[Player], T]) -> T:
    """Run the app while the player plays; what that gives."""

    def begin() -> T:
        player = Player(app)
        player.until(lambda: app.is_running and app.screen_stack and app.focused)
        try:
            return play(player)
        finally:
            if app.is_running:
                player.do(app.exit)

    async def both() -> T:
        app.driver_class = Recorder
        playing = asyncio.get_running_loop().run_in_executor(None, begin)
        await app.run_async(size=SIZE)
        return await playing

    return asyncio.run(both())


# -- keys


def bare_keys(home: Path) -> dict[str, Any]:
    def play(player: Player) -> list[float]:
        field = player.app.query_one(Input)
        keys, random_ = _letters(), random.Random(1)
        return [_type(player, next(keys), random_, field.clear, n) for n in range(_KEYS)]

    return {"seconds": played(Bare(), play)}


def chat_keys(home: Path) -> dict[str, Any]:
    """Keys typed while an answer comes in, at the end of a long conversation."""
    assistant = open_scripted(home, markdown(_ANSWER_TOKENS), TOKENS_A_SECOND)
    app = LifeloreApp(lambda: assistant, LONG)

    def play(player: Player) -> dict[str, Any]:
        chat, prompt = _awake(player)
        random_, letters = random.Random(1), _letters()
        seconds: list[float] = []
        paces: list[float] = []
        while len(seconds) < _KEYS:
            player.do(lambda: prompt.insert("And then?"))
            player.press("enter")
            player.until(lambda: _streaming(chat))
            began, count = time.perf_counter(), len(_answer(chat).text.split())
            typed, pace = 0, 0.0
            while len(seconds) < _KEYS:
                one = _type(player, next(letters), random_, prompt.clear, typed)
                if not _streaming(chat):
                    break
                seconds.append(one)
                typed += 1
                pace = (len(_answer(chat).text.split()) - count) / (time.perf_counter() - began)
            if typed:
                paces.append(pace)
            player.press("escape")
            player.until(lambda: chat.outbox.running is None)
            player.do(prompt.clear)
        return {"seconds": seconds, "tokens_a_second": min(paces)}

    found: dict[str, Any] = played(app, play)
    app.close_assistant()
    return found


def _type(
    player: Player, letter: str, random_: random.Random, clear: Callable[[], object], typed: int
) -> float:
    time.sleep(random_.uniform(*_GAPS))
    if typed % _LINE == _LINE - 1:
        player.do(clear)
        time.sleep(_GAPS[1])
    return player.seconds_until_painted(letter, letter, letter)


def _letters() -> Iterator[str]:
    """Letters that stand nowhere else on the screen, each once: what is painted is the new one."""
    codes = (*range(0x100, 0x250), *range(0x391, 0x3CA), *range(0x410, 0x450))
    return (chr(code) for code in codes if chr(code).isalpha() and cell_len(chr(code)) == 1)


def _awake(player: Player) -> tuple[ChatScreen, Prompt]:
    """Once everything that was asked for at the start is there."""
    chat = player.app.screen_stack[0]
    assert isinstance(chat, ChatScreen)
    current = player.do(lambda: chat.conversations.current)
    player.until(lambda: chat.awake and current.ready and not current.growing)
    player.until(lambda: not len(chat.in_flight))
    return chat, player.do(lambda: chat.query_one(Prompt))


def _answer(chat: ChatScreen) -> Any:
    running = chat.outbox.running
    return running.answer if running is not None else None


def _streaming(chat: ChatScreen) -> bool:
    answer = _answer(chat)
    return answer is not None and bool(answer.text)


# -- opening a conversation


def opening(home: Path) -> dict[str, Any]:
    """From Enter in the list of sessions until the last words are painted, and until as much of
    the conversation is there as is shown at first. The two take turns.
    """
    assistant = open_scripted(home, "Yes.")
    app = LifeloreApp(lambda: assistant)

    def play(player: Player) -> dict[str, list[list[float]]]:
        chat, _ = _awake(player)
        listing = player.do(lambda: chat.query_one(SessionList))
        player.until(lambda: len(listing.sessions) >= 2)
        found: dict[str, list[list[float]]] = {LONG: [], SHORT: []}
        for number in range(2 * (_OPENINGS + 1)):
            session_id = (LONG, SHORT)[(number + number // 2) % 2]
            player.do(listing.focus)
            player.do(lambda s=session_id: _highlight(listing, s))  # type: ignore[misc]
            gc.collect()
            time.sleep(0.3)
            started = time.perf_counter()
            shown = player.seconds_until_painted(mark(session_id), "enter")
            opened = player.do(lambda: chat.conversations.current)
            player.until(lambda o=opened: not o.growing, every=0.001)  # type: ignore[misc]
            whole = time.perf_counter() - started
            if number > 1:  # the first of each also warms the files
                found[session_id].append([shown, whole])
            player.do(chat.action_new_session)
            player.do(opened.remove)
        return found

    found = played(app, play)
    app.close_assistant()
    return found


def _highlight(listing: SessionList, session_id: str) -> None:
    listing.highlighted = listing.get_option_index(session_id)


# -- memory


def grown_screen(home: Path) -> dict[str, Any]:
    """Megabytes of the process after so many turns typed into one conversation."""
    assistant = open_scripted(home, markdown(40))
    assistant.store.append(list(conversation(SHORT, 2, "")))  # else it would begin with a welcome
    app = LifeloreApp(lambda: assistant)

    def play(player: Player) -> dict[str, float]:
        chat, prompt = _awake(player)
        found = {}
        for turn in range(1, _TURNS_WEIGHED[-1] + 1):
            player.do(lambda: prompt.insert(_question(turn)))  # noqa: B023
            player.press("enter")
            player.until(lambda: _answered(chat) == turn, every=0.005)  # noqa: B023
            if turn in _TURNS_WEIGHED:
                time.sleep(1)
                found[str(turn)] = _megabytes()
            print(json.dumps(["progress", "turns", turn, _TURNS_WEIGHED[-1]]), flush=True)
        return found

    answered = 0

    def _answered(chat: ChatScreen) -> int:
        nonlocal answered
        if chat.outbox.running is None and not len(chat.outbox):
            answered = len(assistant.model.get().calls)  # type: ignore[attr-defined]
        return answered

    found = played(app, play)
    app.close_assistant()
    return found


def grown_alone(home: Path) -> dict[str, Any]:
    """The same turns without a screen."""
    assistant = open_scripted(home, markdown(40))
    list(assistant.warm_up())
    session, found = assistant.session(), {}
    for turn in range(1, _TURNS_WEIGHED[-1] + 1):
        list(session.send(_question(turn)))
        if turn in _TURNS_WEIGHED:
            found[str(turn)] = _megabytes()
        print(json.dumps(["progress", "turns", turn, _TURNS_WEIGHED[-1]]), flush=True)
    assistant.close()
    return found


def _question(turn: int) -> str:
    return f"Here is thing number {turn} of this long day; what do you say to it?"


def _megabytes() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1e6


# -- search


def search(home: Path) -> dict[str, Any]:
    """What the search screen asks, beside the bare FTS5 query for the same words."""
    store = MemoryStore(home, MadeEmbedder())
    found: dict[str, list[list[float]]] = {}
    with closing(sqlite3.connect(home / VIEWS_FILE)) as db:
        asked = list(_asked())
        for number, (kind, typed) in enumerate(asked):
            print(json.dumps(["progress", "searches", number, len(asked)]), flush=True)
            *whole, last = words(typed)
            match = " ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])
            both: list[Callable[[], object]] = [
                partial(store.find, typed, MOST),
                partial(_bare_find, db, match),
            ]
            for ask in both:
                ask()  # what is read from the disk is read for both
            for time_ in range(_TIMES):
                pair = [0.0, 0.0]
                for place in ((0, 1), (1, 0))[(number + time_) % 2]:
                    started = time.perf_counter()
                    both[place]()
                    pair[place] = time.perf_counter() - started
                found.setdefault(kind, []).append(pair)
    store.close()
    return found


def _bare_find(db: sqlite3.Connection, match: str) -> None:
    query = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rank LIMIT ?"
    db.execute(query, (match, MOST)).fetchall()


def _asked() -> Iterator[tuple[str, str]]:
    """Words that were said in one turn, in some ways of looking for it."""
    random_ = random.Random(3)
    texts = list(islice(Life().texts(200_000), 0, None, 997))
    random_.shuffle(texts)
    for text in islice(texts, _ASKED_OF_EACH_KIND):
        said = sorted(set(words(text)), key=lambda word: (-len(word), word))
        yield "a long word", said[0]
        yield "two words", " ".join(said[:2])
        yield "three words", " ".join(said[:3])
        yield "a word begun", said[0][:4]


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "bare_keys": bare_keys,
    "chat_keys": chat_keys,
    "opening": opening,
    "grown_screen": grown_screen,
    "grown_alone": grown_alone,
    "search": search,
}


if __name__ == "__main__":
    stay_local()
    print(json.dumps(["found", STEPS[sys.argv[1]](Path(sys.argv[2]))]), flush=True)
