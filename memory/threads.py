"""A conversation as it reads: a fork begins with what it was forked from, and of several answers
to one message the newest stands.

The log only ever grows, so both are ways of reading it: nothing is copied, and nothing that was
said is lost to an edit.
"""

from __future__ import annotations

from memory.events import Event, Message, Origin, SessionOpened
from memory.log import Log


def conversation(log: Log, session_id: str, upto: str | None = None) -> list[Event]:
    """The messages of a session, oldest first, up to and with the message `upto`.

    Answers without words are among them: they say that none was given.
    """
    read: list[Event] = []
    for events, last in reversed(_parts(log, session_id, upto)):
        read = _upto(_newest_answers([*read, *events]), last)
    return read


def end_of(log: Log, session_id: str, count: int) -> tuple[list[Event], bool]:
    """The last messages of a conversation, as `conversation` ends with them, without reading the
    rest: those of `count` events at most, and at least of half as many. Where that cannot be, all
    of it; and whether it is all.
    """
    events = log.latest(session_id, count)
    whole = len(events) < count
    while not whole:
        known = {event.id for event in events}
        # An answer to older words stands further up, and with it what was said before it.
        strange = [n for n, e in enumerate(events) if (_answered(e) or e.id) not in known]
        if not strange:
            return _newest_answers(events), False
        events = events[strange[-1] + 1 :]
        whole = len(events) < count // 2
    return conversation(log, session_id), True


def _parts(log: Log, session_id: str, upto: str | None) -> list[tuple[list[Event], Event | None]]:
    """What the conversation is made of, each part as it was when the next one left it, with the
    last event that belongs to it; the newest part first.
    """
    [*last] = log.get([upto]) if upto else []
    parts = [(log.session(session_id), last[0] if last else None)]
    seen = {session_id}
    while (opened := _fork(parts[-1][0])) is not None:
        [*origin] = log.get([opened[1]])
        if not origin or origin[0].session_id in seen:  # a log written by hand may go in circles
            break
        seen.add(origin[0].session_id)
        events = [e for e in log.session(origin[0].session_id) if e.seq < opened[0]]
        parts.append((events, origin[0]))
    return parts


def _fork(events: list[Event]) -> tuple[int, str] | None:
    """Where in the log the session was forked, and from which message."""
    for event in events:
        if isinstance(event.payload, SessionOpened) and event.payload.forked_from:
            return event.seq, event.payload.forked_from
    return None


def _upto(events: list[Event], last: Event | None) -> list[Event]:
    if last is None:
        return events
    for place, event in enumerate(events):
        if event.id == last.id:
            return events[: place + 1]
    return [event for event in events if event.seq < last.seq]  # it was erased since


def answers(log: Log, message_id: str, session_id: str) -> list[Event]:
    """Every answer that a message got in this session, oldest first."""
    return [
        event
        for event in log.session(session_id)
        if isinstance(event.payload, Message) and event.payload.reply_to == message_id
    ]


def _answered(event: Event) -> str | None:
    """The message that this is an answer to."""
    payload = event.payload
    if event.origin is Origin.ASSISTANT and isinstance(payload, Message):
        return payload.reply_to
    return None


def _newest_answers(events: list[Event]) -> list[Event]:
    """Each message once; an answer given later takes the place of the one before it."""
    read: list[Event] = []
    place: dict[str, int] = {}
    for event in events:
        payload = event.payload
        if not isinstance(payload, Message):
            continue
        answered = _answered(event)
        if answered is not None and answered in place:
            if payload.text.strip():
                read[place[answered]] = event
            continue
        if answered is not None:
            place[answered] = len(read)
        read.append(event)
    return read
