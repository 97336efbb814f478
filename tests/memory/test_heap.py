"""What was freed in memory must not reach the disk by way of the vector index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from memory import chroma_index, heap
from memory.chroma_index import ChromaIndex
from memory.errors import VectorIndexBroken

SECRET = b"the tulips are buried under the pear tree. "

INDEXING = f"""
import contextlib, sys, threading
from pathlib import Path
import numpy as np
import memory.chroma_index as chroma_index

if sys.argv[2] == "as the C library likes":
    chroma_index.cleared_memory = contextlib.nullcontext
kept, gate = [], threading.Barrier(64)

def say_and_forget():  # in many threads, each of which has a heap of its own
    gate.wait()
    said = [{SECRET!r} * (2300 if n % 3 else 900) for n in range(60)]
    kept.append(said[::5])
    del said
    gate.wait()

threads = [threading.Thread(target=say_and_forget) for _ in range(64)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
index = chroma_index.ChromaIndex.open_exclusively(Path(sys.argv[1]), "made@1")
vectors = np.eye(384, dtype=np.float32)[:20]
index.add(range(1, 21), vectors)
assert index.query(vectors[:1], 1)[0][0] == 1
index.close()
"""


def secrets_on_disk(folder: Path, how: str) -> int:
    subprocess.run([sys.executable, "-c", INDEXING, str(folder), how], check=True)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.name == "data_level0.bin" for file in files)
    return sum(file.read_bytes().count(SECRET) for file in files)


@pytest.mark.skipif(heap._MALLOPT is None, reason="the C library has no mallopt")
def test_freed_words_do_not_reach_the_index_on_disk(tmp_path: Path) -> None:
    assert secrets_on_disk(tmp_path / "cleared", "cleared") == 0
    # What would be without: else this test would pass for another reason.
    assert secrets_on_disk(tmp_path / "plain", "as the C library likes") > 0


def test_an_index_of_another_layout_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.eye(8, dtype=np.float32)
    monkeypatch.setattr(chroma_index, "_LAYOUT", "before")
    index = ChromaIndex.open_exclusively(tmp_path / "chroma", "made@1")
    assert index is not None
    index.add([1], vectors[:1])
    index.close()
    monkeypatch.undo()
    later = ChromaIndex.open_exclusively(tmp_path / "chroma", "made@1")
    assert later is not None
    with pytest.raises(VectorIndexBroken):
        later.count()
    later.clear()
    assert later.count() == 0
    later.close()
