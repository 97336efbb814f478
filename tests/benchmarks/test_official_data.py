"""Each recall benchmark over small files in its official format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import beam, locomo, prefeval, realmem
from benchmarks.report import Report
from benchmarks.retrieval import systems
from benchmarks.runner import RECALL, run
from memory.errors import RefusedInput
from memory.fakes import HashEmbedder
from memory.ports import no_progress

CONVERSATION: dict[str, Any] = {
    "sample_id": "conv-1",
    "conversation": {
        "speaker_a": "Ann",
        "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [{"speaker": "Ann", "dia_id": "D1:1", "text": "My kiln stands in Graz."}],
        "session_2_date_time": "1:14 pm on 25 May, 2023",
        "session_2": [
            {"speaker": "Ann", "dia_id": "D2:1", "text": "I sold the kiln."},
            {"speaker": "Bob", "dia_id": "D2:2", "text": "Too bad!"},
        ],
    },
    "qa": [
        {"question": "kiln, where and sold?", "category": 1, "evidence": ["D1:1; D2:1"]},
        {"question": "Who sold the boat?", "category": 5, "evidence": ["D2:1"]},
        {"question": "Nothing known", "category": 3, "evidence": []},
    ],
}
CHAT = [
    {
        "batch_number": 1,
        "turns": [
            [
                {"role": "user", "id": 0, "time_anchor": "March-15-2024", "content": "My kiln"},
                {"role": "assistant", "id": 1, "content": "Graz suits it."},
                {"role": "user", "id": 2, "content": "A violin"},
            ]
        ],
    }
]
KINDS = {
    "abstention": [{"question": "Which boat?"}],
    "event_ordering": [{"question": "kiln then violin", "source_chat_ids": [0, [2]]}],
    "knowledge_update": [{"question": "Graz?", "source_chat_ids": {"old": [1], "new": [[1]]}}],
}
TOPICS = {
    "pets": {
        "explicit": [{"preference": "I dislike dogs.", "question": "Which dog should I get?"}]
    },
    "food": {"explicit": [{"preference": '"I avoid nuts."', "question": "What nuts can I eat?"}]},
}


def session(name: str, day: int, *turns: tuple[str, str], gold: tuple[str, ...] = ()) -> Any:
    """A RealMem session; its first turn is a query where gold is given."""
    said = [{"speaker": who, "content": text, "is_query": False} for who, text in turns]
    if gold:
        said[0] |= {"is_query": True, "category_name": "Static"}
        said[1] |= {"memory_session_uuids": list(gold)}
    return {
        "session_uuid": name,
        "current_time": f"2025-12-{day} (Monday)",
        "dialogue_turns": said,
    }


PERSON = {
    "dialogues": [
        session("aa", 10, ("User", "Early?"), ("Assistant", "No."), gold=("aa",)),
        session("bb", 11, ("User", "My kiln is in Graz."), ("Assistant", "Fine.")),
        session("cc", 12, ("User", "Where is my kiln?"), ("Assistant", "Graz"), gold=("bb", "cc")),
        *(session(f"d{n}", 13, ("User", "Where is my kiln? Where?")) for n in range(6)),
    ]
}


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(content).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def value(report: Report, system: str, metric: str, category: str, k: int | None) -> Any:
    [row] = [
        row
        for row in report.rows
        if (row.system, row.metric, row.category, row.k) == (system, metric, category, k)
    ]
    return row.value, row.n


def test_locomo_files_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.json", [CONVERSATION])
    write(tmp_path / "b.json.gz", CONVERSATION)
    report = locomo.run(tmp_path, HashEmbedder(), no_progress)
    assert value(report, "lifelore", "turn_recall", "all", 5) == (1.0, 4)
    assert value(report, "bm25", "turn_recall", "multi_hop", 5) == (1.0, 2)
    assert value(report, "dense", "session_recall", "adversarial", 5) == (1.0, 2)
    assert value(report, "dense", "abstention_auc", "all", None)[1] == 6
    assert list(dict.fromkeys(row.system for row in report.rows)) == list(systems())


def test_beam_in_one_file_and_in_the_official_folders(tmp_path: Path) -> None:
    one = beam.run(
        write(tmp_path / "1.json.gz", {"chat": CHAT, "questions": KINDS}),
        HashEmbedder(),
        no_progress,
    )
    assert value(one, "lifelore", "turn_recall", "all", 5) == (1.0, 2)
    assert value(one, "dense", "turn_recall", "event_ordering", 10) == (1.0, 1)
    assert value(one, "bm25", "turn_recall", "knowledge_update", 5) == (1.0, 1)
    assert value(one, "lifelore", "abstention_auc", "all", None)[1] == 3

    folder = tmp_path / "chats" / "100K" / "1"
    write(folder / "chat.json", CHAT)
    write(folder / "probing_questions" / "probing_questions.json", KINDS)
    official = beam.run(tmp_path / "chats", HashEmbedder(), no_progress)
    assert official.rows == one.rows


def test_realmem_asks_before_the_session_of_the_query_is_known(tmp_path: Path) -> None:
    write(tmp_path / "Ada.json", PERSON)
    report = realmem.run(tmp_path, HashEmbedder(), no_progress)
    # Later sessions would take all five places; "aa" asks of nothing that was before.
    assert value(report, "dense", "session_recall", "all", 5) == (1.0, 1)
    assert value(report, "lifelore", "session_recall", "Static", 5) == (1.0, 1)
    assert value(report, "data", "questions_skipped", "all", None) == (1, 2)


def test_prefeval_asks_users_who_hold_one_preference_of_each_topic(tmp_path: Path) -> None:
    report = prefeval.run(write(tmp_path / "p.json", TOPICS), HashEmbedder(512), no_progress)
    assert value(report, "lifelore", "preference_recall", "all", 3) == (1.0, 2)
    assert value(report, "recall", "preference_recall", "pets", 10) == (1.0, 1)
    for topic, kinds in TOPICS.items():
        write(tmp_path / "official" / f"{topic}.json", kinds["explicit"])
    official = prefeval.run(tmp_path / "official", HashEmbedder(512), no_progress)
    assert value(official, "dense", "preference_recall", "food", 5) == (1.0, 1)


@pytest.mark.parametrize("module", [locomo, beam, realmem, prefeval])
def test_data_of_another_kind_is_refused(tmp_path: Path, module: Any) -> None:
    with pytest.raises(RefusedInput):
        module.run(write(tmp_path / "x.json", {"a": 1}), HashEmbedder(), no_progress)


@pytest.mark.parametrize("name", RECALL)
def test_the_report_as_json(tmp_path: Path, name: str) -> None:
    content = {
        "locomo": CONVERSATION,
        "beam": {"chat": CHAT, "questions": KINDS},
        "realmem": PERSON,
        "prefeval": TOPICS,
    }[name]
    module = {"locomo": locomo, "beam": beam, "realmem": realmem, "prefeval": prefeval}[name]
    report = module.run(write(tmp_path / "x.json", content), HashEmbedder(), no_progress).json()
    assert report["benchmark"] == name
    assert len(report["data_sha256"]) == 64
    assert {"machine", "versions", "rows"} <= set(report)
    row_keys = {"system", "metric", "category", "k", "value", "n"}
    assert all(set(row) == row_keys for row in json.loads(json.dumps(report))["rows"])


def test_the_runner_asks_for_data(tmp_path: Path) -> None:
    from assistant.settings import Settings

    for name in RECALL:
        with pytest.raises(RefusedInput, match=f"lifelore bench {name} --data PATH"):
            run(name, tmp_path / "missing", Settings(), no_progress)
