"""What is trained with PEFT is what llama.cpp serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model

from finetune import adapter
from finetune.arguments import Arguments
from finetune.base import Base, load_model, prepare
from finetune.errors import BaseUnsupported, ExportFailed
from finetune.export import check, export, gguf_tensors, interleaved
from tests.finetune.tiny import ARCHITECTURES, Llama, make_checkpoint, write_gguf

TOLERANCE = 2e-3
"""Of logits that are around 10 in size; both sides compute in float32."""
TOKENS = [1, *range(20, 60), 5, 5, 9]


def adapted(base: Base, folder: Path, size: float = 0.3) -> torch.nn.Module:
    """A LoRA with both matrices random, as after some training."""
    model = adapter.attach(load_model(base, "float32", "cpu"), Arguments(rank=4, alpha=6))
    with torch.no_grad():
        for parameter in adapter.parameters(model).values():
            parameter.copy_(size * torch.randn_like(parameter))
    adapter.save(model, folder)
    assert isinstance(model, torch.nn.Module)
    return model.eval()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_agree_with_and_without_the_adapter(tmp_path: Path, architecture: str) -> None:
    base = prepare(make_checkpoint(tmp_path / "base", architecture), tmp_path)
    served = Llama(write_gguf(base.folder, tmp_path / "base.gguf", architecture))
    model = adapted(base, tmp_path / "adapter")
    path = export(tmp_path / "adapter", base, tmp_path / "adapter.gguf")
    with torch.no_grad():
        trained = model(input_ids=torch.tensor([TOKENS])).logits[0].numpy()
        with model.disable_adapter():  # type: ignore[operator]
            plain = model(input_ids=torch.tensor([TOKENS])).logits[0].numpy()
    try:
        np.testing.assert_allclose(served.logits(TOKENS), plain, atol=TOLERANCE)
        np.testing.assert_allclose(served.logits(TOKENS, path), trained, atol=TOLERANCE)
    finally:
        served.close()
    assert np.abs(trained - plain).max() > 100 * TOLERANCE


def test_rows_of_rotary_heads_are_interleaved() -> None:
    rows = np.arange(12, dtype=np.float32).reshape(12, 1)
    order = interleaved(rows, heads=2)[:, 0].astype(int).tolist()
    assert order == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    base = prepare(make_checkpoint(tmp_path / "base"), tmp_path)
    adapted(base, tmp_path / "adapter")
    path = export(tmp_path / "adapter", base, tmp_path / "adapter.gguf")
    from safetensors.numpy import load_file

    tensors = gguf_tensors(load_file(tmp_path / "adapter" / "adapter_model.safetensors"), base)
    check(path, "llama", 6.0, tensors)
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(data)
    with pytest.raises(ExportFailed):
        check(path, "llama", 6.0, tensors)


def test_what_gguf_cannot_express_is_refused(tmp_path: Path) -> None:
    base = prepare(make_checkpoint(tmp_path / "base"), tmp_path)
    for refused in (
        LoraConfig(r=2, target_modules=["q_proj"], use_dora=True),
        LoraConfig(r=2, target_modules=["embed_tokens"]),
    ):
        get_peft_model(load_model(base, "float32", "cpu"), refused).save_pretrained(
            str(tmp_path / "adapter"), save_embedding_layers=False
        )
        with pytest.raises(BaseUnsupported):
            export(tmp_path / "adapter", base, tmp_path / "adapter.gguf")
    assert not list(tmp_path.glob("adapter.*"))


def test_rank_stabilised_scaling_is_kept(tmp_path: Path) -> None:
    base = prepare(make_checkpoint(tmp_path / "base"), tmp_path)
    config = LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj"], use_rslora=True)
    model = get_peft_model(load_model(base, "float32", "cpu"), config)
    model.save_pretrained(str(tmp_path / "adapter"))
    from gguf import GGUFReader

    field = GGUFReader(export(tmp_path / "adapter", base, tmp_path / "a.gguf")).get_field(
        "adapter.lora.alpha"
    )
    assert field is not None
    assert field.contents() / 4 == pytest.approx(6 / 2)


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "base")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"llama"', '"gpt_neox"'))
    with pytest.raises(BaseUnsupported, match="gpt_neox"):
        prepare(folder, tmp_path)
