"""A program on a terminal of its own, that can be typed into, resized and closed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Terminal:
    """What the program tells comes through a pipe, for the terminal is full of the screen.

    The number of the pipe is the last argument of the program.
    """

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self._told, pipe = os.pipe()
        environ = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, *arguments, str(pipe)],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            pass_fds=[pipe],
            start_new_session=True,
        )
        os.close(slave)
        os.close(pipe)
        self.screen = b""

    def wait_for(self, word: str | None) -> str:
        """What is told until this word, or until the end; the screen is drawn off meanwhile."""
        told, watched = "", [self._told, self.master]
        while word is None or word not in told:
            ready, _, _ = select.select(watched, [], [], 60)
            assert ready, f"never told {word!r}, only {told!r}"
            if self.master in ready:
                self._draw_off(watched)
            elif piece := os.read(self._told, 4096):
                told += piece.decode()
            else:
                assert word is None, f"ended without {word!r}: {self.screen[-2000:]!r}"
                break
        return told

    def wait_to_see(self, text: bytes) -> None:
        """Wait until this has been painted in one piece."""
        watched = [self.master]
        while text not in self.screen:
            ready, _, _ = select.select(watched, [], [], 60)
            assert ready, f"{text!r} was never painted: {self.screen[-2000:]!r}"
            self._draw_off(watched)

    def type(self, keys: bytes) -> None:
        """Write all of it, however much, and draw off what is painted meanwhile."""
        left, watched = memoryview(keys), [self.master]
        while left:
            ready, writable, _ = select.select(watched, [self.master], [], 60)
            assert ready or writable, "the program takes no keys"
            if ready:
                self._draw_off(watched)
            elif writable:
                left = left[os.write(self.master, left[:1024]) :]

    def resize(self, columns: int, rows: int) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)
        self.process.send_signal(signal.SIGWINCH)

    def _draw_off(self, watched: list[int]) -> None:
        try:
            self.screen += os.read(self.master, 65536)
        except OSError:  # how Linux says that the other side has closed
            watched.remove(self.master)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left running by a test that fails."""
        self.process.kill()
        self.process.wait(60)

    def close_window(self) -> None:
        os.close(self.master)
        self.master = -1

    def end(self) -> tuple[int, str]:
        """The exit code, and what was told until then."""
        if self.master == -1:
            told = ""
            while piece := os.read(self._told, 4096):
                told += piece.decode()
        else:
            told = self.wait_for(None)
        os.close(self._told)
        return self.process.wait(60), told
