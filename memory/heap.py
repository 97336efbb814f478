"""Memory that a library writes to disk unfilled must not hold what was in it before."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_MALLOPT = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
_M_PERTURB = -6
_COMPLEMENT_OF_ZERO = 0xFF
"""Blocks are filled with the complement of what is given when they are taken."""

_lock = Lock()
_within = 0


@contextmanager
def cleared_memory() -> Iterator[None]:
    """Within, every block of memory that the process takes is cleared.

    hnswlib, inside Chroma, takes memory for a hundred vectors at once and writes all of it to
    disk, whatever is filled. The rest would hold what was freed there before: a user's words,
    temporary and forgotten ones among them. See M_PERTURB in mallopt(3) of glibc; other C
    libraries are left as they are.
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _within
    with _lock:
        before, _within = _within, _within + change
        if _MALLOPT is not None and bool(before) != bool(_within):
            _MALLOPT(_M_PERTURB, _COMPLEMENT_OF_ZERO if _within else 0)
