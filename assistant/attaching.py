"""Reading a file that is put into a conversation: text, Markdown and the like, PDFs, pictures."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.pictures import MOST_PAGES, SUFFIXES, PictureReader
from memory.errors import RefusedInput
from memory.ports import Progress, no_progress

if TYPE_CHECKING:
    from pypdf import PdfReader

MOST_BYTES = 50_000_000
MOST_CHARACTERS = 2_000_000
"""Longer texts belong imported, not attached: about 700 pages."""


@dataclass(frozen=True, slots=True)
class Document:
    """The words of a file."""

    name: str
    text: str


def read_document(path: Path, progress: Progress = no_progress) -> Document:
    """The words of this file; those in pictures too, also in the scanned pages of a PDF.

    Raises RefusedInput with why there are none to be had.
    """
    path = path.expanduser()
    try:
        if path.is_dir():
            raise RefusedInput(f"{path} is a folder; attach the files in it one by one.")
        if path.stat().st_size > MOST_BYTES:
            raise RefusedInput(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
        kind = path.suffix.lower()
        if kind in SUFFIXES:
            text = PictureReader().words(path.name, path)
        elif kind == ".pdf" or _begins_as_pdf(path):
            text = _of_pdf(path, progress)
        else:
            text = _of_text(path)
    except OSError as error:
        raise RefusedInput(f"{path} cannot be read: {error.strerror or error}.") from error
    if not text.strip():
        raise RefusedInput(f"There are no words in {path.name}.")
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


_DAMAGED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotImplementedError)
"""Damaged files break pypdf in many ways."""


def _has_pictures(reader: PdfReader, page: int) -> bool:
    try:
        return bool(reader.pages[page].images)
    except _DAMAGED:
        return False


def _of_pictures(reader: PdfReader, page: int, pictures: PictureReader) -> str:
    """The words in the pictures of a page; those that cannot be decoded have none."""
    from pypdf.errors import DependencyError, PyPdfError

    found = []
    for number in range(len(reader.pages[page].images)):
        with suppress(RefusedInput, PyPdfError, DependencyError, OSError, *_DAMAGED):
            image = reader.pages[page].images[number]
            found.append(pictures.words(f"Page {page + 1}", image.data))
    return "\n".join(found)


def _of_pdf(path: Path, progress: Progress) -> str:
    """The text of its pages, an empty line between them; of a page without any, the words in its
    pictures.
    """
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    # It writes what it makes of damaged files to the screen.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise RefusedInput(f"{path.name} is locked with a password.")
        texts = [page.extract_text() for page in reader.pages]
        scans = [n for n, text in enumerate(texts) if not text.strip() and _has_pictures(reader, n)]
        if len(scans) > MOST_PAGES and not any(map(str.strip, texts)):
            raise RefusedInput(
                f"{path.name} has {len(scans)} scanned pages, and {MOST_PAGES} can be read."
            )
        # Beside written pages, pictures are mostly covers and figures.
        pictures = PictureReader() if scans else None
        for done, number in enumerate(scans[:MOST_PAGES]):
            assert pictures is not None
            progress(f"Reading {path.name}", done, len(scans[:MOST_PAGES]))
            texts[number] = _of_pictures(reader, number, pictures)
        return "\n\n".join(texts)
    except RefusedInput:
        raise
    except (PyPdfError, *_DAMAGED) as error:
        raise RefusedInput(f"{path.name} cannot be read as a PDF: it may be damaged.") from error
