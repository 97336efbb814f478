"""Words in pictures, read on this machine: RapidOCR with the models that come in its package."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.errors import RefusedInput

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".tiff", ".tif", ".bmp")


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
        found = self._read(_upright(name, picture))
        if found.txts is None:
            return ""
        spans = [(float(box[:, 1].min()), float(box[:, 1].max())) for box in found.boxes]
        return _lines(found.txts, spans)


def _upright(name: str, picture: Path | bytes) -> Image:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(picture) if isinstance(picture, bytes) else picture) as opened:
            return ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
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
