"""Choosing the model that answers."""

from __future__ import annotations

from textual.widgets import OptionList, Static

from assistant.errors import ModelBroken
from tests.tui.conftest import Stage, stage
from tests.tui.fake_models import FakeModels
from tests.tui.fakes import FakeAssistant, full_assistant
from tui.screens.models import ModelsScreen


async def open_models(standing: Stage) -> list[str]:
    await standing.pilot.press("f9")
    await standing.rest()
    assert isinstance(standing.app.screen, ModelsScreen)
    listing = standing.app.screen.query_one(OptionList)
    return [str(listing.get_option_at_index(at).prompt) for at in range(listing.option_count)]


def told(standing: Stage) -> str:
    return str(standing.app.screen.query_one("#models-status", Static).render())


async def test_models_are_listed_with_size_and_need_and_the_one_in_use() -> None:
    async with stage(FakeAssistant(), models=FakeModels()) as standing:
        in_use, other, small = await open_models(standing)
        assert in_use == (
            "● Qwen3 4B Instruct\n  2.5 GB, here, needs 4.2 GB of memory\n"
            "  The best that runs on an ordinary computer."
        )
        assert other.endswith("can be fetched, needs 4.6 GB of memory, more than there is")
        assert small.endswith("0.5 GB, here, needs 0.9 GB of memory")
        await standing.pilot.press("enter")
        await standing.pilot.pause()
        assert told(standing) == "qwen3-4b is in use already."
        await standing.pilot.press("escape")
        await standing.pilot.pause()
        assert len(standing.app.screen_stack) == 1


async def test_the_conversation_goes_on_with_the_model_that_was_chosen() -> None:
    assistant = full_assistant()
    models = FakeModels(assistant)
    async with stage(assistant, session_id="cake", models=models) as standing:
        before = standing.chat.conversations.current
        await open_models(standing)
        await standing.pilot.press("down", "down", "enter")
        await standing.rest()
        assert models.chosen == ["small-0.5b"]
        assert standing.texts("#model") == ["small-0.5b"]
        assert standing.status == "small-0.5b answers from now on."
        assert standing.chat.conversations.current is before
        await standing.say("And the oven")
        await standing.rest()
        assert assistant.sent == [("cake", "And the oven")]


async def test_a_model_that_cannot_be_loaded_leaves_the_one_before() -> None:
    assistant = FakeAssistant()
    models = FakeModels(assistant, ModelBroken("This file is damaged."))
    async with stage(assistant, models=models) as standing:
        await open_models(standing)
        await standing.pilot.press("end", "enter")
        await standing.rest()
        assert standing.status == "The model was not changed. This file is damaged."
        assert standing.texts("#model") == ["qwen3-4b"]


async def test_a_model_is_fetched_once_that_is_confirmed() -> None:
    models = FakeModels()
    async with stage(FakeAssistant(), models=models) as standing:
        await open_models(standing)
        await standing.pilot.press("down", "enter")
        await standing.asked()
        about = str(standing.app.screen.query_one("#confirm Static", Static).render())
        assert "2.5 GB come from the internet" in about
        assert "more memory than this machine has" in about
        await standing.pilot.press("y")
        await standing.until(lambda: "1.2 GB of 2.5 GB" in told(standing))
        await standing.pilot.press("enter")
        await standing.pilot.pause()
        models.gate.open()
        await standing.until(lambda: told(standing) == "Gemma 3 4B is here. Enter uses it.")
        await standing.pilot.press("enter")
        await standing.rest()
        assert models.chosen == ["gemma-3-4b"]


async def test_a_download_is_broken_off_by_esc_and_by_leaving() -> None:
    models = FakeModels()
    async with stage(FakeAssistant(), models=models) as standing:
        await open_models(standing)
        await standing.pilot.press("down", "enter")
        await standing.asked()
        await standing.pilot.press("y")
        await standing.reach(models.gate)
        await standing.pilot.press("escape")
        await standing.until(lambda: "broken off" in told(standing))
        assert isinstance(standing.app.screen, ModelsScreen)
        models.gate.reached.clear()
        await standing.pilot.press("enter")
        await standing.asked()
        await standing.pilot.press("y")
        await standing.reach(models.gate)
        # Leaving the app ends the download; the test would hang here otherwise.


async def test_where_a_server_answers_nothing_can_be_chosen() -> None:
    models = FakeModels()
    models.served_elsewhere = "A server answers for this home."
    async with stage(FakeAssistant(), models=models) as standing:
        await open_models(standing)
        assert told(standing) == "A server answers for this home."
        await standing.pilot.press("end", "enter")
        await standing.rest()
        assert models.chosen == []
        assert isinstance(standing.app.screen, ModelsScreen)


async def test_without_models_there_is_a_hint() -> None:
    async with stage(FakeAssistant()) as standing:
        await standing.say("/models")
        await standing.pilot.pause()
        assert standing.status == "There is no choice of models here."
