"""Reading a file that is put into a conversation: text, Markdown and the like, or a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from memory.errors import RefusedInput

MOST_BYTES = 50_000_000
MOST_CHARACTERS = 2_000_000
"""Longer texts belong imported, not attached: about 700 pages."""
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".tiff", ".bmp", ".heic")


@dataclass(frozen=True, slots=True)
class Document:
    """The words of a file."""

    name: str
    text: str


def read_document(path: Path) -> Document:
    """The words of this file. Raises RefusedInput with why there are none to be had."""
    path = path.expanduser()
    try:
        if path.is_dir():
            raise RefusedInput(f"{path} is a folder; attach the files in it one by one.")
        if path.stat().st_size > MOST_BYTES:
            raise RefusedInput(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
        if path.suffix.lower() in _PICTURES:
            raise RefusedInput(f"{path.name} is a picture, and words in pictures are not read.")
        pdf = path.suffix.lower() == ".pdf" or _begins_as_pdf(path)
        text = _of_pdf(path) if pdf else _of_text(path)
    except OSError as error:
        raise RefusedInput(f"{path} cannot be read: {error.strerror or error}.") from error
    if not text.strip():
        raise RefusedInput(
            f"There are no words in {path.name}"
            + ("; its pages may be pictures, which are not read." if pdf else ".")
        )
    if len(text) > MOST_CHARACTERS:
        raise RefusedInput(
            f"{path.name} has {len(text):,} characters, and {MOST_CHARACTERS:,} can be attached."
        )
    return Document(path.name, text)


def _begins_as_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"


def _of_text(path: Path) -> str:
    data = path.read_bytes()
    if b"\x00" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedInput(f"{path.name} is neither text nor a PDF.")
    try:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _of_pdf(path: Path) -> str:
    """The text of its pages, an empty line between them."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    # It writes what it makes of damaged files to the screen.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise RefusedInput(f"{path.name} is locked with a password.")
        return "\n\n".join(page.extract_text() for page in reader.pages)
    except RefusedInput:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # Damaged files break its parser in many ways.
        raise RefusedInput(f"{path.name} cannot be read as a PDF: it may be damaged.") from error
