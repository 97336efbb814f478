"""sentence-transformers as the embedder, from a folder on this machine, never from the network."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from memory.errors import EmbedderUnavailable
from memory.ports import Vectors

_BATCH = 32


class SentenceEmbedder:
    """Loads the model at the first use; `identity` is known before."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder
        self._identity = identity
        self._model: Any = None
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        return self._identity

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            if self._model is None:
                self._model = self._load()
            try:
                vectors = self._model.encode(
                    list(texts),
                    batch_size=_BATCH,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
            except Exception as error:
                # The boundary to torch: being without vectors never breaks anything.
                raise EmbedderUnavailable(f"The embedding model failed ({error}).") from error
        return np.asarray(vectors, dtype=np.float32)

    def _load(self) -> Any:
        if not self._folder.is_dir():
            raise EmbedderUnavailable("The embedding model is missing; run `lifelore setup`.")
        # Its weight-loading bars would draw over a terminal UI.
        logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
        except Exception as error:
            raise EmbedderUnavailable(
                f"The embedding model in {self._folder} cannot be loaded ({error}); "
                "run `lifelore setup` to fetch it again."
            ) from error
