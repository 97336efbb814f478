"""Choosing the model: the setting that is written, and the assistant that changes to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import build
from assistant.choosing import Models
from assistant.errors import ModelBroken, SettingsInvalid, SetupNeeded
from assistant.models.base import LanguageModel
from assistant.models.fakes import ScriptedModel
from assistant.models.slot import ModelSlot
from assistant.settings import Settings, load_settings, write_setting
from assistant.turn import TurnLimits
from memory.errors import RefusedInput
from tests.assistant.builders import answer_to, open_scripted


def here(settings: Settings, name: str) -> None:
    """Files of this model's sizes, with nothing in them."""
    from assistant.models.catalog import shipped_catalog

    for file in shipped_catalog().find(name).files:
        path = settings.models / name / file.path
        path.parent.mkdir(parents=True)
        with path.open("wb") as made:
            made.truncate(file.bytes)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(home=tmp_path / "home", models=tmp_path / "models")
    found.home.mkdir()
    here(found, "qwen2.5-coder-0.5b")
    here(found, "qwen2.5-coder-1.5b")
    return found


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> dict[str, LanguageModel]:
    """What is loaded for each file, by the name of its folder; a missing one is broken."""
    made: dict[str, LanguageModel] = {}

    def local(settings: Settings, path: Path | None) -> LanguageModel:
        assert path is not None
        if path.parent.name not in made:
            raise ModelBroken(f"{path.name} is damaged.")
        return made[path.parent.name]

    monkeypatch.setattr(build, "local", local)
    return made


def test_what_is_here_and_what_can_be_fetched_is_told(settings: Settings) -> None:
    choices = {one.name: one for one in Models(settings).choices()}
    assert choices["qwen2.5-coder-1.5b"].in_use, "the best that is here"
    assert choices["qwen2.5-coder-0.5b"].here
    assert not choices["qwen3-4b"].here
    assert "smollm2-135m" not in choices
    assert "whisper-base" not in choices


def test_an_own_file_is_listed_first(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF")
    own = Models(settings.model_copy(update={"model": str(path)})).choices()[0]
    assert (own.name, own.here, own.in_use, own.bytes) == ("mine", True, True, 4)


def test_an_open_assistant_goes_on_with_the_chosen_model(
    settings: Settings, loads: dict[str, LanguageModel]
) -> None:
    loads["qwen2.5-coder-0.5b"] = ScriptedModel(lambda messages: "From the small one.")
    models = Models(settings)
    assistant = models.attend(open_scripted(settings.home, lambda messages: "From the first."))
    try:
        answered = answer_to(assistant, "Hello, who is there today?")
        assert answered.text == "From the first."
        said = models.choose("qwen2.5-coder-0.5b")
        assert said == "qwen2.5-coder-0.5b answers from now on."
        assert assistant.model_name == "qwen2.5-coder-0.5b"
        [session] = assistant.sessions()
        again = answer_to(assistant, "And who is there now?", session.id)
        assert again.text == "From the small one."
        assert len(assistant.session(session.id).turns()) == 4
    finally:
        assistant.close()
    assert load_settings(settings.home).model == "qwen2.5-coder-0.5b"
    assert [one.name for one in models.choices() if one.in_use] == ["qwen2.5-coder-0.5b"]


def test_a_model_that_cannot_be_loaded_changes_nothing(
    settings: Settings, loads: dict[str, LanguageModel]
) -> None:
    models = Models(settings)
    assistant = models.attend(open_scripted(settings.home, lambda messages: "From the first."))
    try:
        with pytest.raises(ModelBroken):
            models.choose("qwen2.5-coder-0.5b")
        assert answer_to(assistant, "Hello, who is there today?").text == "From the first."
    finally:
        assistant.close()
    assert load_settings(settings.home).model is None


def test_what_is_not_here_and_what_a_server_answers_is_refused(settings: Settings) -> None:
    with pytest.raises(SetupNeeded, match="not here yet"):
        Models(settings).choose("qwen3-4b")
    served = settings.model_copy(update={"server_url": "http://127.0.0.1:1/v1"})
    with pytest.raises(RefusedInput, match="server_url"):
        Models(served).choose("qwen2.5-coder-0.5b")
    assert not any(one.in_use for one in Models(served).choices())


def test_a_variable_that_outranks_the_file_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFELORE_MODEL", "qwen2.5-coder-1.5b")
    assert "LIFELORE_MODEL outranks" in Models(settings).choose("qwen2.5-coder-0.5b")


def test_a_slot_that_is_taken_over_lets_go_of_its_model_first() -> None:
    order: list[str] = []

    class Told(ScriptedModel):
        def close(self) -> None:
            order.append(f"{self.name} closed")

    def load(name: str) -> LanguageModel:
        order.append(f"{name} loaded")
        return Told([], name=name)

    slot = ModelSlot("a", 512, lambda: load("a"))
    slot.get()
    slot.take_over(ModelSlot("b", 1024, lambda: load("b")))
    assert order == ["a loaded", "a closed", "b loaded"]
    assert (slot.name, slot.context_tokens) == ("b", 1024)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'model = "new"\n'),
        (
            '# mine\nmodel = "old"  # why\nthreads = 2\n',
            '# mine\nmodel = "new"  # why\nthreads = 2\n',
        ),
        ("threads = 2", 'threads = 2\nmodel = "new"\n'),
        ('threads = 2\n\n[keys]\nsearch = "ctrl+k"\n', None),
        ("model = 'C:\\old'\n", 'model = "new"\n'),
    ],
)
def test_one_setting_is_written_and_the_rest_stays(
    tmp_path: Path, before: str, after: str | None
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(before)
    write_setting(tmp_path, "model", "new")
    expected = after or 'threads = 2\n\nmodel = "new"\n[keys]\nsearch = "ctrl+k"\n'
    assert file.read_text() == expected
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "before", ['speech_language = """\nmodel = "x"\n"""\n', "model = \n", 'model = """x"""\n']
)
def test_a_file_that_cannot_be_edited_safely_stays_as_it_is(tmp_path: Path, before: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(before)
    with pytest.raises(SettingsInvalid):
        write_setting(tmp_path, "model", "new")
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def test_limits_follow_the_model(settings: Settings) -> None:
    small = build.turn_limits(settings.model_copy(update={"model": "qwen2.5-coder-0.5b"}))
    large = build.turn_limits(settings.model_copy(update={"model": "qwen2.5-coder-1.5b"}))
    assert isinstance(small, TurnLimits)
    assert small.memories < large.memories
