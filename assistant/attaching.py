"""Reading a file that is put into a conversation: text, Markdown and the like, PDFs, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.pictures import SUFFIXES, PictureReader
from memory.errors import RefusedInput
from memory.ports import Progress, no_progress

MOST_BYTES = 50_000_000
MOST_CHARACTERS = 2_000_000
"""Longer texts belong imported, not attached: about 700 pages."""
_MOST_SCANS = 60
"""Pages that are read as pictures, at a second or more each."""


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
        scans = [n for n, text in enumerate(texts) if not text.strip() and reader.pages[n].images]
        if len(scans) > _MOST_SCANS:
            raise RefusedInput(
                f"{path.name} has {len(scans)} scanned pages, and {_MOST_SCANS} can be read."
            )
        pictures = PictureReader() if scans else None
        for done, number in enumerate(scans):
            assert pictures is not None
            progress(f"Reading {path.name}", done, len(scans))
            found = [
                pictures.words(f"Page {number + 1}", image.data)
                for image in reader.pages[number].images
            ]
            texts[number] = "\n".join(found)
        return "\n\n".join(texts)
    except RefusedInput:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # Damaged files break its parser in many ways.
        raise RefusedInput(f"{path.name} cannot be read as a PDF: it may be damaged.") from error
