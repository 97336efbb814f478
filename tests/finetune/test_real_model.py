"""The whole way on the small real model: its served GGUF is de-quantised, trained, and served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.models.base import ChatMessage
from assistant.models.llama import LlamaCppModel
from finetune import likelihood
from finetune.arguments import Arguments
from finetune.base import load_model, load_tokenizer, prepare
from finetune.batches import tensors
from finetune.dataset import Dataset
from finetune.encode import Encoded, Encoder
from finetune.examples import Example, Said
from finetune.export import export
from finetune.train import train
from tests.finetune.tiny import Llama

pytestmark = pytest.mark.real_model

LETTER = "Ahoy {}! Rum be waitin' at the {}, so hoist yer anchor. Yarr, Cap'n Flint"
PLACES = ("harbour", "lighthouse", "tavern", "old mill", "pier", "market")


def letter(number: int) -> Example:
    place = PLACES[number]
    return Example(
        kind="text",
        id=str(number),
        prompt=(Said(role="user", text=f"Invite Bo to the {place}."),),
        answer=LETTER.format("Bo", place),
        sources=(str(number),),
        seq=number,
    )


def nll(served: Llama, one: Encoded, adapter: Path | None) -> float:
    """Nats a token of the answer, on the served model."""
    logits = served.logits(one.ids, adapter).astype(np.float64)[one.start - 1 : -1]
    logits -= logits.max(axis=-1, keepdims=True)
    picked = logits[np.arange(len(one.answer)), list(one.answer)]
    return float(np.mean(np.log(np.exp(logits).sum(axis=-1)) - picked))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the de-quantised base is kept."""
    return tmp_path_factory.mktemp("training")


def test_what_was_trained_on_the_dequantised_base_serves_on_the_quantised_one(
    smollm2_path: Path, cache: Path, tmp_path: Path
) -> None:
    base = prepare(smollm2_path, cache)
    assert prepare(smollm2_path, cache) == base
    encoder = Encoder(load_tokenizer(base))
    held = encoder.encode(letter(5).prompt, letter(5).answer)
    served = Llama(smollm2_path)
    before = nll(served, held, None)

    # De-quantised it reads as the served one does.
    with torch.no_grad():
        model = load_model(base, "float32", "cpu")
        plain = likelihood.token_logprobs(model, tensors([[0]], [held], 0, "cpu"))
        del model
    assert -float(plain.mean()) == pytest.approx(before, abs=0.1)

    few = Arguments(epochs=2, examples_per_step=1, token_weights=False, learning_rate=1e-3)
    dataset = Dataset(train=tuple(letter(n) for n in range(5)))
    trained = train(dataset, base, tmp_path / "run", few)
    path = export(trained.folder, base, tmp_path / "run.gguf")
    after = nll(served, held, path)
    served.close()
    assert after < 0.8 * before


def test_prompts_are_tokenised_for_training_as_for_serving(smollm2_path: Path, cache: Path) -> None:
    encoder = Encoder(load_tokenizer(prepare(smollm2_path, cache)))
    model = LlamaCppModel(smollm2_path, 512)
    for text in ("Write to Ann.", " \n2 spaces, don't\t", "naïve “ü” 🙂 <|im_end|> x", "a\n\n\nb"):
        asked = [ChatMessage("system", "Be brief."), ChatMessage("user", text)]
        said = [Said(role="system", text="Be brief."), Said(role="user", text=text)]
        assert encoder.prompt(said) == model._prompt(asked)
    model.close()
