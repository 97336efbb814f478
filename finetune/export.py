"""A PEFT adapter as a GGUF LoRA that llama.cpp serves, checked tensor by tensor after writing.

Names follow the GGUF specification: `blk.0.attn_q.weight.lora_a` of shape (rank, in) and
`.lora_b` of shape (out, rank). llama.cpp scales by alpha / rank. In its llama architecture the
two halves of each rotary head are interleaved, so rows of `lora_b` for q and k are permuted as
the base's rows were; qwen2, qwen3 and gemma3 keep the order of the checkpoint. Norms and
embeddings carry no adapter, so gemma3's shifted norms are no concern here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from finetune.base import Base
from finetune.errors import BaseUnsupported, ExportFailed, NoRoom

Matrix = npt.NDArray[np.float32]

_TENSORS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Module of a block -> tensor of llama.cpp; the same in all four architectures."""

_KEY = re.compile(r"\.layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])\.weight$")


def export(folder: Path, base: Base, path: Path) -> Path:
    """Write the adapter in PEFT's `folder` to `path` for the GGUF of the same base.

    Raises BaseUnsupported for an adapter that GGUF cannot express, NoRoom, and ExportFailed when
    what is read back differs; then nothing is at `path` that was not there before.
    """
    config = json.loads((folder / "adapter_config.json").read_text())
    _require_plain(config)
    tensors = gguf_tensors(_read_peft(folder), base)
    alpha = float(config["lora_alpha"])
    if config.get("use_rslora"):
        # PEFT then scales by alpha / sqrt(rank), llama.cpp always by alpha / rank.
        alpha *= float(config["r"]) ** 0.5
    temporary = path.with_suffix(".part")
    try:
        _write(temporary, base.architecture, alpha, tensors)
        check(temporary, base.architecture, alpha, tensors)
        temporary.replace(path)
    except OSError as error:
        raise NoRoom(f"The adapter cannot be written to {path}: {error}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def gguf_tensors(peft: dict[str, Matrix], base: Base) -> dict[str, Matrix]:
    """PEFT's tensors under the names and in the row order of llama.cpp.

    Raises BaseUnsupported for one that belongs to no linear layer of a block.
    """
    config = base.config
    heads = int(config["num_attention_heads"])
    kv_heads = int(config.get("num_key_value_heads") or heads)
    result: dict[str, Matrix] = {}
    for name, tensor in sorted(peft.items()):
        found = _KEY.search(name)
        if found is None or found[2] not in _TENSORS:
            raise BaseUnsupported(f"An adapter on {name} cannot be served; train linear layers.")
        target = _TENSORS[found[2]]
        if found[3] == "B" and base.architecture == "llama" and target in ("attn_q", "attn_k"):
            tensor = interleaved(tensor, heads if target == "attn_q" else kv_heads)
        result[f"blk.{found[1]}.{target}.weight.lora_{found[3].lower()}"] = tensor
    return result


def interleaved(rows: Matrix, heads: int) -> Matrix:
    """(heads * head size, n) with each head's two halves interleaved: 0, d/2, 1, d/2 + 1, …

    Transformers rotates a head's first half against its second, llama.cpp's llama architecture
    neighbouring rows.
    """
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, rows.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))


def check(path: Path, architecture: str, alpha: float, tensors: dict[str, Matrix]) -> None:
    """Read the file back and compare everything. Raises ExportFailed at the first difference."""
    from gguf import GGUFReader

    reader = GGUFReader(path)
    values = {name: field.contents() for name, field in reader.fields.items()}
    expected: dict[str, Any] = {
        "general.type": "adapter",
        "general.architecture": architecture,
        "adapter.type": "lora",
        "adapter.lora.alpha": np.float32(alpha),
    }
    wrong = [name for name, value in expected.items() if values.get(name) != value]
    found = {tensor.name: tensor.data for tensor in reader.tensors}
    wrong += sorted(found.keys() ^ tensors.keys())
    wrong += [
        name
        for name, tensor in tensors.items()
        if name in found and not np.array_equal(found[name], tensor)
    ]
    if wrong:
        raise ExportFailed(
            f"The written adapter differs from the trained one in {wrong[0]} and "
            f"{len(wrong) - 1} other places; it was removed. Export it again."
        )


def _require_plain(config: dict[str, Any]) -> None:
    """Raise BaseUnsupported for what llama.cpp's LoRA does not have."""
    for key in ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "lora_bias"):
        if config.get(key):
            raise BaseUnsupported(f"An adapter with {key} cannot be served by llama.cpp.")
    if config.get("bias", "none") != "none":
        raise BaseUnsupported("An adapter that trains biases cannot be served by llama.cpp.")


def _read_peft(folder: Path) -> dict[str, Matrix]:
    from safetensors.torch import load_file

    held = load_file(folder / "adapter_model.safetensors")
    return {name: tensor.float().numpy() for name, tensor in held.items()}


def _write(path: Path, architecture: str, alpha: float, tensors: dict[str, Matrix]) -> None:
    from gguf import GGUFType, GGUFWriter, Keys

    writer = GGUFWriter(path, architecture)
    writer.add_type(GGUFType.ADAPTER)
    writer.add_string(Keys.Adapter.TYPE, "lora")
    writer.add_float32(Keys.Adapter.LORA_ALPHA, alpha)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
