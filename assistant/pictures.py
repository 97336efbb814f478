"""Words in pictures, read on this machine: RapidOCR with the models that come in its package."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.errors import RefusedInput

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".tiff", ".tif", ".bmp")

MOST_PAGES = 60
"""Pages that are read as pictures, at a second or more each."""


class PictureReader:
    """Reads pictures one by one. Takes a second to make and some 200 MB while it is kept."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._read: Any = RapidOCR(params={"Global.log_level": "critical"})
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)

    def words(self, name: str, picture: Path | bytes) -> str:
        """The lines of a picture, from top to bottom; empty where there are none.

        Raises RefusedInput for what is no picture, naming it `name`.
        """
        return "\n\n".join(filter(None, map(self._page, _pages(name, picture))))

    def _page(self, page: Image) -> str:
        found = self._read(page)
        if found.txts is None:
            return ""
        spans = [(float(box[:, 1].min()), float(box[:, 1].max())) for box in found.boxes]
        return _lines(found.txts, spans)


def _pages(name: str, picture: Path | bytes) -> Iterator[Image]:
    """The picture as it is to be looked at; of a scan in several pages each."""
    from PIL import Image, ImageOps, ImageSequence

    try:
        with Image.open(BytesIO(picture) if isinstance(picture, bytes) else picture) as opened:
            # The frames of other formats move; one of them says it all.
            frames = ImageSequence.Iterator(opened) if opened.format == "TIFF" else [opened]
            for number, frame in enumerate(frames):
                if number == MOST_PAGES:
                    raise RefusedInput(f"{name} has more than {MOST_PAGES} pages.")
                upright = ImageOps.exif_transpose(frame).convert("RGBA")
                # What is transparent is seen on white.
                paper = Image.new("RGBA", upright.size, "white")
                yield Image.alpha_composite(paper, upright).convert("RGB")
    except (OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the file, not what is in it
        raise RefusedInput(f"{name} cannot be read as a picture: it may be damaged.") from error


def _lines(texts: Sequence[str], spans: Sequence[tuple[float, float]]) -> str:
    """Pieces in reading order, with the top and bottom of each; those beside one another are one
    line.
    """
    lines: list[list[str]] = []
    end = float("-inf")
    for text, (top, bottom) in zip(texts, spans, strict=True):
        if (top + bottom) / 2 < end:
            lines[-1].append(text)
        else:
            lines.append([text])
            end = bottom
    return "\n".join("   ".join(line) for line in lines)
