"""Tiny random models of the four architectures: as checkpoints, and as GGUF files of the same
weights, so that what transformers and llama.cpp compute can be compared without any download."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma3")
HIDDEN, HEADS, KV_HEADS, HEAD, INNER, LAYERS, VOCABULARY = 64, 4, 2, 32, 96, 3, 300

_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_attention_layernorm": "ffn_norm",
}
_GEMMA = {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def make_checkpoint(folder: Path, architecture: str = "llama", seed: int = 0) -> Path:
    """A random model of three layers in float32, with a byte-level tokenizer; returns folder."""
    import torch
    import transformers as hf

    torch.manual_seed(seed)
    shape: dict[str, Any] = {
        "hidden_size": HIDDEN,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD if architecture in ("qwen3", "gemma3") else HIDDEN // HEADS,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": architecture in ("llama", "gemma3"),
        "initializer_range": 0.2,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    makers: dict[str, Any] = {
        "llama": lambda: hf.LlamaConfig(**shape),
        "qwen2": lambda: hf.Qwen2Config(**shape),
        "qwen3": lambda: hf.Qwen3Config(**shape),
        "gemma3": lambda: hf.Gemma3TextConfig(
            **shape, query_pre_attn_scalar=HEAD, sliding_window=512
        ),
    }
    config = makers[architecture]()
    model = hf.AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    with torch.no_grad():  # norms and biases at their defaults would hide a mistake
        for name, parameter in model.named_parameters():
            if "norm" in name or name.endswith("bias"):
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def make_tokenizer() -> Any:
    """Bytes as tokens, with the control tokens of ChatML."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "<|im_end|>", "<|im_start|>"]
    letters = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )


def write_gguf(checkpoint: Path, path: Path, architecture: str) -> Path:
    """The checkpoint as a float32 GGUF without a vocabulary; returns path."""
    from gguf import GGUFWriter
    from safetensors.numpy import load_file

    config = json.loads((checkpoint / "config.json").read_text())
    writer = GGUFWriter(path, architecture)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(config["head_dim"] if "head_dim" in config else HIDDEN // HEADS)
    writer.add_value_length(config["head_dim"] if "head_dim" in config else HIDDEN // HEADS)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(_rope_base(config))
    writer.add_vocab_size(VOCABULARY)
    if architecture == "gemma3":
        writer.add_sliding_window(config["sliding_window"])
    writer.add_tokenizer_model("none")
    for name, tensor in load_file(checkpoint / "model.safetensors").items():
        writer.add_tensor(*_gguf(name, tensor.astype(np.float32), architecture))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _rope_base(config: dict[str, Any]) -> float:
    rope = config["rope_parameters"]
    return float(rope.get("full_attention", rope)["rope_theta"])


def _gguf(
    name: str, tensor: npt.NDArray[np.float32], architecture: str
) -> tuple[str, npt.NDArray[np.float32]]:
    whole = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if architecture == "gemma3" and "norm" in name:
        tensor = tensor + 1.0
    if name in whole:
        return whole[name], tensor
    _, _, layer, module = name.split(".", 3)
    module, _, kind = module.rpartition(".")
    parts = {**_PARTS, **_GEMMA} if architecture == "gemma3" else _PARTS
    if architecture == "llama" and module in ("self_attn.q_proj", "self_attn.k_proj"):
        # Row 2i of a head is row i of its first half, row 2i + 1 row i of its second.
        heads = tensor.reshape(-1, HIDDEN // HEADS, tensor.shape[1])
        order = [i // 2 + (i % 2) * (HIDDEN // HEADS // 2) for i in range(HIDDEN // HEADS)]
        tensor = np.ascontiguousarray(heads[:, order].reshape(tensor.shape))
    return f"blk.{layer}.{parts[module]}.{kind}", tensor


@dataclass
class Llama:
    """A GGUF in llama.cpp, for its logits alone."""

    path: Path

    def __post_init__(self) -> None:
        from llama_cpp import llama_cpp as lib

        from assistant.models.llama import _library, _load_model

        _library()
        self._lib: Any = lib
        self._model = _load_model(lib, self.path)

    def logits(self, tokens: Sequence[int], adapter: Path | None = None) -> npt.NDArray[np.float32]:
        """(tokens, vocabulary) for a text from its beginning, in float32 throughout."""
        lib = self._lib
        params = lib.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = 2048
        params.n_threads = params.n_threads_batch = 2
        params.type_k = params.type_v = lib.GGML_TYPE_F32
        params.flash_attn_type = 0
        context = lib.llama_init_from_model(self._model, params)
        loaded = None
        if adapter is not None:
            loaded = lib.llama_adapter_lora_init(self._model, os.fsencode(adapter))
            assert loaded, "llama.cpp refuses the adapter"
            pointers = (lib.llama_adapter_lora_p_ctypes * 1)(loaded)
            assert lib.llama_set_adapters_lora(context, pointers, 1, (ctypes.c_float * 1)(1.0)) == 0
        batch = lib.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.logits[i] = token, i, 1
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
        assert lib.llama_decode(context, batch) == 0
        size = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(self._model))
        rows = [
            np.ctypeslib.as_array(lib.llama_get_logits_ith(context, i), shape=(size,)).copy()
            for i in range(len(tokens))
        ]
        lib.llama_batch_free(batch)
        lib.llama_free(context)
        if loaded is not None:
            lib.llama_adapter_lora_free(loaded)
        return np.stack(rows)

    def close(self) -> None:
        self._lib.llama_model_free(self._model)
