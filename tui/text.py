"""Words from outside made safe and short enough to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LONG_CHARACTERS = 4_000
LONG_LINES = 60
"""A turn longer than either is shown as an excerpt with its size: laying out a megabyte of text
would stop the screen for seconds, and nobody reads it here."""

_EXCERPT_CHARACTERS = 700
_EXCERPT_LINES = 10


def _harmless() -> Mapping[int, str]:
    """What stands for each character that a terminal would obey instead of show.

    C0 controls get their Unicode pictures; C1 controls (which open escape sequences too) and the
    two overrides that can make text read backwards get the replacement character, like lone
    surrogates, which cannot be written to a terminal at all.
    """
    table = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"}
    table[0x7F] = "\u2421"
    for code in (*range(0x80, 0xA0), 0x202D, 0x202E, *range(0xD800, 0xE000)):
        table[code] = "\ufffd"
    table[0x85] = table[0x2028] = table[0x2029] = "\n"
    return table


_TABLE = _harmless()


def visible(text: str) -> str:
    """The text with nothing left in it that steers the terminal; line ends are all newlines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, cut at `limit` characters."""
    line = " ".join(visible(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def is_long(text: str) -> bool:
    return len(text) > LONG_CHARACTERS or text.count("\n") > LONG_LINES


def excerpt(text: str) -> str:
    """The beginning of a long text."""
    lines = visible(text[:_EXCERPT_CHARACTERS]).split("\n")[:_EXCERPT_LINES]
    return "\n".join(lines).rstrip() + " …"


def size(text: str) -> str:
    """How long a text is, for people: '1.0 MB, 12,345 lines'."""
    length = len(text.encode("utf-8", "replace"))
    lines = text.count("\n") + 1
    amount = (
        f"{length / 1_000_000:.1f} MB" if length >= 1_000_000 else f"{max(1, length // 1000)} kB"
    )
    return amount if lines == 1 else f"{amount}, {lines:,} lines"


def tokens(count: int) -> str:
    """A token count in four characters or so: 950, 2.1k, 131k."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 10_000 else f"{count // 1000}k"


def milliseconds(value: float) -> str:
    """A duration: 340 ms, 2.1 s."""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def bar(fraction: float, cells: int = 5) -> str:
    """A small bar of `cells` characters; anything above zero shows at least one full cell."""
    fraction = min(1.0, max(0.0, fraction))
    full = round(fraction * cells) or (1 if fraction > 0 else 0)
    return "▮" * full + "▯" * (cells - full)


def around(text: str, words: Sequence[str], limit: int) -> str:
    """One line of a text, from shortly before the first of these words (lower case)."""
    lowered = text.lower()
    places = [place for word in words if (place := lowered.find(word)) >= 0]
    place = min(places, default=0)
    start = max(0, place - limit // 4)
    if start and (gap := text.find(" ", start - 1, place)) >= 0:
        start = gap + 1  # not in the middle of a word
    if start == 0 or len(lowered) != len(text):
        return one_line(text, limit)
    return "…" + one_line(text[start:], limit - 1)
