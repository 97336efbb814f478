"""The base that is trained on: the very GGUF that is served, de-quantised once and cached.

So there is no second download and what is trained is what is served, up to the rounding of the
quantised weights to bfloat16. A folder with a safetensors checkpoint may be given instead.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import shutil
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.errors import BaseMissing, BaseUnsupported, NoRoom

ARCHITECTURES = {
    "llama": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "gemma3_text": "gemma3",
    "gemma3": "gemma3",
}
"""Model type of transformers -> architecture of llama.cpp, as far as adapters can be exported."""

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The layers that get an adapter; the same names in all four architectures."""

_DIGITS_APART = frozenset({"smollm", "starcoder", "refact", "command-r", "codeshell"})
"""Names of llama.cpp for splitting text into single digits and GPT-2's pieces."""

_BLOCK = 1 << 22
_ROOM = 1.1
"""Disk asked for beyond the weights themselves."""


@dataclass(frozen=True, slots=True)
class Base:
    """A checkpoint that transformers loads, and the digest of the file it was made from."""

    folder: Path
    digest: str
    architecture: str

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        return config


def prepare(source: Path, cache: Path) -> Base:
    """The base of a GGUF file, de-quantised into `cache` unless it is there, or of a folder.

    De-quantising takes a minute for each half a billion parameters, and twice their number in
    bytes of disk. Raises BaseMissing, BaseUnsupported and NoRoom.
    """
    if source.is_dir():
        return _of_folder(source, digest_of(_weights_of(source)))
    if not source.is_file():
        raise BaseMissing(f"There is no model {source} to train from; run `lifelore setup`.")
    digest = digest_of([source])
    folder = cache / f"base-{digest[:16]}"
    if not (folder / "config.json").is_file():
        _dequantise(source, folder)
    return _of_folder(folder, digest)


def digest_of(files: list[Path]) -> str:
    """SHA-256 over the bytes of the files."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _weights_of(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.safetensors"))
    if not files or not (folder / "config.json").is_file():
        raise BaseMissing(f"{folder} holds no safetensors checkpoint with its config.json.")
    return files


def _of_folder(folder: Path, digest: str) -> Base:
    kind = json.loads((folder / "config.json").read_text()).get("model_type")
    if kind not in ARCHITECTURES:
        known = ", ".join(sorted(set(ARCHITECTURES.values())))
        raise BaseUnsupported(
            f"Adapters cannot be made for models of the kind {kind!r}, only for {known}."
        )
    return Base(folder, digest, ARCHITECTURES[kind])


def _quiet() -> None:
    """No progress bars of transformers: they would be written across a screen."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]


def _dequantise(source: Path, folder: Path) -> None:
    """Write the folder as a whole or not at all."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    _quiet()

    part = folder.with_name(f"{folder.name}.part{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        named = {"gguf_file": source.name}
        # Its reader of GGUF draws a progress bar on stderr whatever it is told.
        with redirect_stderr(io.StringIO()):
            model = AutoModelForCausalLM.from_pretrained(
                source.parent,
                dtype=torch.bfloat16,
                quantization_config=GgufConfig(dequantize=True),
                **named,
            )
        size = 2 * sum(p.numel() for p in model.parameters())
        if shutil.disk_usage(part).free < _ROOM * size:
            raise NoRoom(f"De-quantising {source.name} needs {size / 1e9:.1f} GB of disk.")
        # The tokenizer of a GGUF is complete, its chat template included.
        tokenizer = AutoTokenizer.from_pretrained(source.parent, **named)
        _split_as_served(tokenizer, source)
        tokenizer.save_pretrained(part)
        model.save_pretrained(part)
        part.rename(folder)
    except (ValueError, KeyError, RuntimeError, NotImplementedError) as error:
        raise BaseUnsupported(
            f"{source.name} cannot be read for training ({error}); give a safetensors checkpoint."
        ) from error
    except MemoryError as error:
        raise NoRoom(f"De-quantising {source.name} needs more memory than there is.") from error
    except OSError as error:
        raise NoRoom(f"{source.name} cannot be de-quantised to {folder}: {error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _split_as_served(tokenizer: Any, source: Path) -> None:
    """Split text before byte-pair merging as llama.cpp does for this file.

    transformers splits as GPT-2 does whatever the file names; these split each digit off first,
    so that white space before a number makes other tokens.
    """
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers

    field = GGUFReader(source).get_field("tokenizer.ggml.pre")
    if field is not None and field.contents() in _DIGITS_APART:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )


def load_model(base: Base, dtype: str, device: str, *, four_bit: bool = False) -> Any:
    """The frozen base as a transformers model on the device."""
    import torch
    from transformers import AutoModelForCausalLM

    _quiet()
    options: dict[str, Any] = {"dtype": getattr(torch, dtype), "attn_implementation": "sdpa"}
    if four_bit:
        options |= {"quantization_config": _nf4(), "device_map": {"": device}}
    try:
        model = AutoModelForCausalLM.from_pretrained(base.folder, local_files_only=True, **options)
    except torch.OutOfMemoryError as error:
        raise NoRoom("The base does not fit the memory of the GPU; train in four bits.") from error
    model.config.use_cache = False
    model.requires_grad_(False)
    placed: Any = model
    return placed if four_bit else placed.to(device)


def _nf4() -> Any:
    """QLoRA's four-bit weights; the library is wanted only where memory is short."""
    import torch
    from transformers import BitsAndBytesConfig

    if importlib.util.find_spec("bitsandbytes") is None:
        raise NoRoom(
            "The base does not fit the memory of the GPU; `pip install bitsandbytes` lets it "
            "train in four bits."
        )
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def load_tokenizer(base: Base) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(base.folder, local_files_only=True)
