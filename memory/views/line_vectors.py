"""Vectors of the lines of the profile, held in memory for as long as the lines have their words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from threading import Lock

import numpy as np

from memory.ports import Embedder, Vectors
from memory.projection import Views
from memory.user.lines import Line

_SQL_VARIABLES = 500
_MADE = (("statements", "text"), ("patches", "text"), ("facts", "statement"))
"""Tables, with the column of the words, whose vectors are made in the background."""


class LineVectors:
    """Reads what was made in the background; makes what is missing, and holds it."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._lock = Lock()
        self._embedder = ""
        self._held: dict[str, Vectors] = {}

    def keep(self, texts: Collection[str]) -> None:
        """Let go of the vectors of all other texts."""
        with self._lock:
            self._held = {text: self._held[text] for text in texts if text in self._held}

    def of(self, lines: Sequence[Line], embedder: Embedder) -> Vectors:
        """Unit vectors of the lines' texts, shape (len(lines), d).

        Raises EmbedderUnavailable when some are missing and cannot be made.
        """
        if not lines:
            return np.zeros((0, 1), dtype=np.float32)
        with self._lock:
            held = self._held if self._embedder == embedder.identity else {}
        texts = list(dict.fromkeys(line.text for line in lines))
        held = held | self._stored([text for text in texts if text not in held], embedder.identity)
        if missing := [text for text in texts if text not in held]:
            held |= zip(missing, embedder.embed(missing), strict=True)
        with self._lock:
            self._held, self._embedder = held, embedder.identity
        return np.stack([held[line.text] for line in lines])

    def _stored(self, texts: Sequence[str], embedder: str) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        with self._views.reading() as db:
            for start in range(0, len(texts), _SQL_VARIABLES):
                part = texts[start : start + _SQL_VARIABLES]
                places = ",".join("?" * len(part))
                for table, text in _MADE:
                    rows = db.conn.execute(
                        f"SELECT {text}, vector FROM {table} "
                        f"WHERE embedder = ? AND {text} IN ({places})",
                        (embedder, *part),
                    )
                    found.update((words, _unpacked(vector)) for words, vector in rows)
        return found


def _unpacked(vector: bytes) -> Vectors:
    return np.frombuffer(vector, dtype=np.float16).astype(np.float32)
