"""Chroma as the vector index: ids and vectors only, never text, in a folder that may be lost.

Chroma's embedded store is for one process, so a lock file beside the folder decides who opens it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock, Timeout
from ulid import ULID

from memory.errors import VectorIndexBroken
from memory.ports import Vectors

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_COLLECTION = "turns"
T = TypeVar("T")


class ChromaIndex:
    """A VectorIndex in `folder`. Use `open_exclusively`; the lock is held until `close`."""

    def __init__(self, folder: Path, identity: str, lock: FileLock) -> None:
        self._folder = folder
        self._identity = identity
        self._lock = lock
        self._client: ClientAPI | None = None
        self._open_collection: Collection | None = None
        self._store: Path | None = None

    @classmethod
    def open_exclusively(cls, folder: Path, identity: str) -> ChromaIndex | None:
        """The index, or None while another process has it."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{folder}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return cls(folder, identity, lock)

    def close(self) -> None:
        self._disconnect()
        self._lock.release()

    def add(self, numbers: Sequence[int], vectors: Vectors) -> None:
        self._guarded(
            lambda: self._collection().upsert(
                ids=[str(number) for number in numbers], embeddings=vectors
            )
        )

    def count(self) -> int:
        return self._guarded(lambda: self._collection().count())

    def query(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        def ask() -> list[tuple[int, float]]:
            collection = self._collection()
            k_held = min(k, collection.count())
            if k_held == 0:
                return []
            found = collection.query(
                query_embeddings=vector, n_results=k_held, include=["distances"]
            )
            distances = found["distances"]
            assert distances is not None
            return [
                (int(number), 1.0 - distance)
                for number, distance in zip(found["ids"][0], distances[0], strict=True)
            ]

        return self._guarded(ask)

    def clear(self) -> None:
        # Deleting in Chroma leaves bytes in its queue, its freelist and its graph files; removing
        # the folder leaves none.
        self._disconnect()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._store = None

    def _disconnect(self) -> None:
        client, self._client, self._open_collection = self._client, None, None
        if client is not None:
            # A client of a damaged store fails to stop; there is nothing of it worth keeping.
            with suppress(Exception):
                client.close()  # type: ignore[attr-defined]  # missing in its interface alone

    def _collection(self) -> Collection:
        if self._client is None or self._store is None or not self._store.exists():
            self._disconnect()
            self._connect()
        assert self._open_collection is not None
        return self._open_collection

    def _connect(self) -> None:
        import chromadb
        from chromadb.config import Settings

        self._store = self._newest_store()
        self._client = chromadb.PersistentClient(
            path=str(self._store), settings=Settings(anonymized_telemetry=False)
        )
        collection = self._client.get_or_create_collection(
            _COLLECTION,
            embedding_function=None,
            metadata={"embedder": self._identity},
            # A wide search: the few hundred candidates that fusion wants must be the real ones.
            configuration={"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 400}},
        )
        if (collection.metadata or {}).get("embedder") != self._identity:
            raise VectorIndexBroken("The vector index belongs to another embedding model.")
        self._open_collection = collection

    def _newest_store(self) -> Path:
        """The store's own folder inside ours.

        Chroma remembers a path for the life of the process, broken or not, so that each fresh
        start needs a path of its own.
        """
        stores = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        return stores[-1] if stores else self._folder / str(ULID())

    def _guarded(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except VectorIndexBroken:
            raise
        except BaseException as error:
            # Chroma's Rust core reports a damaged file by a panic, which is no Exception.
            if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                raise VectorIndexBroken(f"The vector index is damaged ({error}).") from error
            raise
