"""The visible text of an HTML mail, line by line, quotes marked as in plain mail."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_INVISIBLE = frozenset(
    {"script", "style", "head", "title", "template", "noscript", "svg", "object"}
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
)
_BLOCKS_TEXT = """
address article aside blockquote center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header
li main nav ol pre section table tr ul
"""
_BLOCKS = frozenset(_BLOCKS_TEXT.split())
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?![.\d])"
    r"|(?:font-size|max-height|max-width|line-height)\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_OPEN = re.compile(r"<(?![^<>]{1,20000}>)")
"""What begins like a tag and never ends; the parser's time would grow with the square of these."""
_PADDING = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u2060\ufeff]")
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0]+")


def visible_text(html: str) -> str:
    """What a reader of the mail sees, without scripts, styles and hidden lines of preview."""
    parser = _Visible()
    parser.feed(_OPEN.sub("&lt;", _without_comments(html)))
    parser.close()
    return parser.text()


def _without_comments(html: str) -> str:
    kept, end = [], 0
    while (start := html.find("<!--", end)) >= 0:
        kept.append(html[end:start])
        end = html.find("-->", start)
        if end < 0:
            return "".join(kept)
        end += 3
    return "".join((*kept, html[end:]))


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._hidden_by: str | None = None
        self._hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden_by is not None:
            # Only the tag that hides is counted: others may never be closed.
            self._hidden_depth += tag == self._hidden_by
            return
        if tag not in _VOID and (tag in _INVISIBLE or _hides(dict(attrs))):
            self._hidden_by, self._hidden_depth = tag, 1
            return
        if tag == "br":
            self._break()
        elif tag == "p":
            self._break(blank=True)
        elif tag in _BLOCKS and self._line:
            self._break()
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "li":
            self._line.append("- ")
        elif tag in ("td", "th"):
            self._line.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden_by is not None:
            self._hidden_depth -= tag == self._hidden_by
            if self._hidden_depth == 0:
                self._hidden_by = None
            return
        if tag == "p":
            self._break(blank=True)
        elif tag in _BLOCKS and self._line:
            self._break()
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)

    def handle_data(self, data: str) -> None:
        if self._hidden_by is None and (self._line or data.strip()):
            self._line.append(data)

    def _break(self, *, blank: bool = False) -> None:
        words = _SPACES.sub(" ", _PADDING.sub("", "".join(self._line))).strip()
        self._line.clear()
        mark = "> " if self._quotes else ""
        if words or not blank:
            self._lines.append(f"{mark}{words}".rstrip())
        if blank:
            self._lines.append(mark.rstrip())

    def text(self) -> str:
        if self._line:
            self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()


def _hides(attributes: dict[str, str | None]) -> bool:
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
