from __future__ import annotations

import pytest

from assistant.errors import SettingsInvalid
from assistant.models.catalog import (
    HubSource,
    IndexSource,
    ModelEntry,
    parse_catalog,
    recommend,
    shipped_catalog,
)

GB = 10**9
ENTRY = """
[[model]]
name = "tiny"
role = "llm"
title = "Tiny"
files = [{ path = "tiny.gguf", bytes = 10%s }]
memory_bytes = 1
context_tokens = 8
licence = "MIT"
sources = [%s]
"""
INDEX = '{ kind = "index", parts = ["a==1"], members = ["a/x"] }'
HUB = '{ kind = "hub", repo = "who/what" }'
SHA = ', sha256 = "' + "0" * 64 + '"'


@pytest.mark.parametrize(
    ("gigabytes", "name"),
    [
        (1, None),
        (2, "qwen2.5-coder-0.5b"),
        (4, "qwen2.5-coder-1.5b"),
        (8, "qwen3-4b"),
        (64, "qwen3-4b"),
    ],
)
def test_recommends_the_best_that_fits(gigabytes: int, name: str | None) -> None:
    found = recommend(gigabytes * GB, "llm")
    assert (found and found.name) == name


def test_recommends_an_embedding_model_on_a_small_machine() -> None:
    found = recommend(1 * GB, "embedding")
    assert found is not None
    assert found.name == "all-minilm-l6-v2"


def test_a_test_only_model_is_listed_but_never_recommended() -> None:
    catalog = shipped_catalog()
    assert catalog.find("smollm2-135m").test_only
    assert "smollm2-135m" not in [model.name for model in catalog.candidates(999 * GB, "llm")]


@pytest.mark.parametrize("entry", shipped_catalog().models, ids=lambda entry: entry.name)
def test_shipped_entries_try_the_hub_first_and_are_complete(entry: ModelEntry) -> None:
    kinds = [source.kind for source in entry.sources]
    assert kinds == sorted(kinds)
    assert entry.licence
    for source in entry.sources:
        if isinstance(source, IndexSource) and source.members:
            assert len(source.members) == len(source.parts)
            for part, member in zip(source.parts, source.members, strict=True):
                package = part.split("==")[0].replace("-", "_")
                assert member.startswith(f"{package}/")
        if isinstance(source, HubSource):
            assert source.repo.count("/") == 1


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SettingsInvalid, match=r"qwen2\.5-coder-0\.5b"):
        shipped_catalog().find("gpt")


def test_only_a_hub_model_may_leave_the_checksum_to_its_source() -> None:
    assert parse_catalog(ENTRY % ("", HUB)).models[0].files[0].sha256 is None
    assert parse_catalog(ENTRY % (SHA, f"{HUB}, {INDEX}")).models
    with pytest.raises(ValueError, match="sha256"):
        parse_catalog(ENTRY % ("", f"{HUB}, {INDEX}"))


def test_a_path_cannot_leave_the_models_folder() -> None:
    for path in ("../x", "/etc/x", "a/../../x", ""):
        with pytest.raises(ValueError, match="path"):
            parse_catalog((ENTRY % (SHA, INDEX)).replace("tiny.gguf", path))


def test_two_entries_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="share"):
        parse_catalog((ENTRY % (SHA, INDEX)) * 2)
