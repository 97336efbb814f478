"""The LoRA on the frozen base: attaching it, and its weights as a plain dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finetune.arguments import Arguments
from finetune.base import LINEAR
from finetune.errors import NoRoom


def attach(model: Any, arguments: Arguments) -> Any:
    """The base with a fresh LoRA on every linear layer of its blocks (PEFT's model).

    A starts random by the seed and B at zero, so that training begins at the base itself. The
    adapter is float32 whatever the base is: its updates are too small for bfloat16.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from peft.tuners.tuners_utils import BaseTunerLayer

    torch.manual_seed(arguments.seed)
    config = LoraConfig(
        r=arguments.rank,
        lora_alpha=arguments.alpha,  # type: ignore[arg-type]
        lora_dropout=arguments.dropout,
        target_modules=list(LINEAR),
        bias="none",
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, config)
    if arguments.recompute == "yes":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    if arguments.dtype == "bfloat16":
        for module in adapted.modules():
            if isinstance(module, BaseTunerLayer):
                layer: Any = module
                layer.cast_input_dtype_enabled = False  # see token_logprobs
    adapted.train()
    return adapted


def parameters(adapted: Any) -> dict[str, Any]:
    """Name -> trainable parameter, in a fixed order."""
    return {name: p for name, p in adapted.named_parameters() if p.requires_grad}


def weights(adapted: Any) -> dict[str, Any]:
    """A copy of the adapter's weights on the CPU."""
    return {name: p.detach().to("cpu", copy=True) for name, p in parameters(adapted).items()}


def restore(adapted: Any, held: dict[str, Any]) -> None:
    """Put weights back that `weights` gave."""
    import torch

    with torch.no_grad():
        for name, parameter in parameters(adapted).items():
            parameter.copy_(held[name])


def save(adapted: Any, folder: Path) -> None:
    """Write PEFT's own format, which `export` and every other tool reads. Raises NoRoom."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        adapted.save_pretrained(folder, save_embedding_layers=False)
    except OSError as error:
        raise NoRoom(f"The adapter cannot be written to {folder}: {error}.") from error
