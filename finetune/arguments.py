"""What a training run is told, and how that is resolved; saved whole beside each adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Arguments(BaseModel):
    """Settings of one run. What is "auto" is decided by the machine and saved as decided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    epochs: int = Field(default=5, ge=1)
    learning_rate: float = Field(default=4e-4, gt=0)
    warmup: float = 0.05
    """Share of the run in which the learning rate rises."""
    weight_decay: float = 0.0
    clip: float = 1.0
    """Largest norm of the gradient."""
    examples_per_step: int = Field(default=8, ge=1)
    tokens_per_batch: int = Field(default=1024, ge=16)
    """Tokens that go through the model at once; a step takes as many batches as it needs."""
    max_tokens: int = Field(default=1024, ge=16)
    """Longer examples are left out, and counted."""
    batching: Literal["bucket", "pack"] = "bucket"

    rank: int = Field(default=8, ge=1)
    alpha: float = 16.0
    dropout: float = Field(default=0.0, ge=0, lt=1)

    token_weights: bool = True
    """NextQuill's weights; without them every token of an answer counts the same."""

    preference_epochs: int = 1
    """Passes over the preference pairs after the others (DPO); 0 leaves them out."""
    preference_rate: float = 5e-5
    beta: float = 0.1
    least_pairs: int = 8
    """Fewer pairs are left out: they would teach their wording, not a preference."""

    minutes: float | None = None
    """Time for all of it, as a quiet machine takes it (see finetune.clock); the learning rate
    comes to rest when the time is over."""
    checkpoint_seconds: float = 60.0
    threads: int | None = None

    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    four_bit: Literal["auto", "yes", "no"] = "auto"
    recompute: Literal["auto", "yes", "no"] = "auto"
    """Gradient checkpointing: activations are computed twice to save memory."""

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=2) + "\n")


def resolved(arguments: Arguments, parameters: int, layers: int, hidden: int) -> Arguments:
    """The arguments with every "auto" decided for a base of this size on this machine."""
    import torch

    device = arguments.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = arguments.dtype
    if dtype == "auto":
        dtype = "bfloat16" if device == "cuda" or _cpu_has_bfloat16() else "float32"
    four_bit, recompute = arguments.four_bit, arguments.recompute
    if device == "cpu":
        four_bit = "no"
        recompute = "no" if recompute == "auto" else recompute
    else:
        free = torch.cuda.mem_get_info()[0]
        weights = parameters * 2
        activations = arguments.tokens_per_batch * layers * hidden * _BYTES_A_HIDDEN_UNIT
        if four_bit == "auto":
            four_bit = "yes" if weights * 1.2 > free else "no"
        held = weights * (0.3 if four_bit == "yes" else 1.0)
        if recompute == "auto":
            recompute = "yes" if held + activations > 0.8 * free else "no"
    return arguments.model_copy(
        update={"device": device, "dtype": dtype, "four_bit": four_bit, "recompute": recompute}
    )


_BYTES_A_HIDDEN_UNIT = 60
"""Activations kept for the backward pass, for each token, layer and unit of the hidden state, in
bfloat16 without recomputation; some thirty values of two bytes in these architectures."""


def _cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 itself; where it does not, float32 is faster."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
