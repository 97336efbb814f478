"""Chroma as the vector index: ids and vectors only, never text, and all of it may be lost.

Embedded, it is a folder for one process, and a lock file beside the folder decides who opens it.
On a server it is a collection that every process of the home shares.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from ulid import ULID

from memory.errors import (
    RefusedInput,
    VectorIndexAway,
    VectorIndexBroken,
    VectorIndexReplaced,
)
from memory.heap import cleared_memory
from memory.ports import Vectors

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

_COLLECTION = "turns"
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "ef_construction": 100,
    # A wide search: the few hundred candidates that fusion wants must be the real ones.
    "ef_search": 800,
    # Each sync rewrites the table of all ids, and what came since is inserted again at the next
    # start: rarely enough that a large import is not slowed, often enough that a start is not.
    "batch_size": 1000,
    "sync_threshold": 2000,
}
_LAYOUT = "cleared"
"""An index of another layout is emptied and filled again."""
_SERVER_SECONDS = 20.0
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
        return self._guarded(lambda: _nearest(self._collection(), vector, k))

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
            metadata={"embedder": self._identity, "layout": _LAYOUT},
            configuration={"hnsw": _HNSW},
        )
        held = collection.metadata or {}
        if (held.get("embedder"), held.get("layout")) != (self._identity, _LAYOUT):
            raise VectorIndexBroken("The vector index is of another embedding model or layout.")
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
            with cleared_memory():
                return act()
        except VectorIndexBroken:
            raise
        except BaseException as error:
            # Chroma's Rust core reports a damaged file by a panic, which is no Exception.
            if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                raise VectorIndexBroken(f"The vector index is damaged ({error}).") from error
            raise


class ChromaServer:
    """A VectorIndex in a collection of its own on a Chroma server that the user set up.

    The server is sent numbers and vectors, never text. `clear` deletes the collection; when the
    server then frees its bytes is the server's affair.
    """

    def __init__(self, url: str, home_id: str, identity: str) -> None:
        address = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise RefusedInput(f"{url} is no address of a Chroma server; http://host:8000 is one.")
        self._url = f"{address.scheme}://{address.netloc}"
        self._host = address.hostname
        self._port = address.port or (443 if address.scheme == "https" else 8000)
        self._secure = address.scheme == "https"
        slug = hashlib.sha256(identity.encode()).hexdigest()[:12]
        self.collection_name = f"lifelore-{home_id}-{slug}".lower()
        self._client: ClientAPI | None = None
        self._open_collection: Collection | None = None

    def close(self) -> None:
        client, self._client, self._open_collection = self._client, None, None
        if client is not None:
            client.close()  # type: ignore[attr-defined]  # missing in its interface alone

    def add(self, numbers: Sequence[int], vectors: Vectors) -> None:
        self._guarded(
            lambda collection: collection.upsert(
                ids=[str(number) for number in numbers], embeddings=vectors
            )
        )

    def count(self) -> int:
        return self._guarded(lambda collection: collection.count())

    def query(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        return self._guarded(lambda collection: _nearest(collection, vector, k))

    def clear(self) -> None:
        from chromadb.errors import NotFoundError

        try:
            self._collection()
            with suppress(NotFoundError):
                self._connected().delete_collection(self.collection_name)
        except Exception as error:
            raise self._away(error) from error
        finally:
            self._open_collection = None

    def _collection(self) -> Collection:
        if self._open_collection is None:
            self._open_collection = self._connected().get_or_create_collection(
                self.collection_name, embedding_function=None, configuration={"hnsw": _HNSW}
            )
        return self._open_collection

    def _connected(self) -> ClientAPI:
        if self._client is None:
            import chromadb
            from chromadb.config import Settings

            self._client = chromadb.HttpClient(
                self._host,
                self._port,
                ssl=self._secure,
                settings=Settings(anonymized_telemetry=False),
            )
            # Chroma waits for ever otherwise, and offers no setting; a turn must not.
            self._client._server._session.timeout = _SERVER_SECONDS  # type: ignore[attr-defined]
        return self._client

    def _guarded(self, act: Callable[[Collection], T]) -> T:
        from chromadb.errors import ChromaError, NotFoundError

        try:
            return act(self._collection())
        except NotFoundError as error:
            self._open_collection = None
            raise VectorIndexReplaced("Another process emptied the vector index.") from error
        except ChromaError as error:
            raise VectorIndexBroken(f"The vector index is damaged ({error}).") from error
        except Exception as error:
            # The boundary to a server: whatever it says, the vectors in SQLite are enough.
            raise self._away(error) from error

    def _away(self, error: Exception) -> VectorIndexAway:
        return VectorIndexAway(
            f"the Chroma server at {self._url} does not answer ({error}); start it, or take "
            "chroma_url out of the settings."
        )


def _nearest(collection: Collection, vector: Vectors, k: int) -> list[tuple[int, float]]:
    found = collection.query(query_embeddings=vector, n_results=k, include=["distances"])
    distances = found["distances"]
    assert distances is not None
    return [
        (int(number), 1.0 - distance)
        for number, distance in zip(found["ids"][0], distances[0], strict=True)
    ]
