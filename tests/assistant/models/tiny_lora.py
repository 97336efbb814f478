"""Write a GGUF LoRA for the small test model, so that adapter tests need no training.

The layout is the GGUF specification's version 3, little-endian; the `gguf` package is not needed
for the two tensors written here.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

STRING, FLOAT32 = 8, 6
ALIGNMENT = 32


def write_lora(
    path: Path, *, architecture: str = "llama", size: float = 4.0, rows: int = 576
) -> Path:
    """A rank-2 LoRA on the last feed-forward layer (1536 -> 576) of SmolLM2-135M; returns path.

    A large `size` changes what the model says; a wrong `rows` makes it fit no tensor.
    """
    random = np.random.default_rng(0)
    layer = "blk.29.ffn_down.weight"
    tensors = {
        f"{layer}.lora_a": random.normal(size=(2, 1536)).astype("<f4"),
        f"{layer}.lora_b": (size * random.normal(size=(rows, 2))).astype("<f4"),
    }
    values = [
        _pair("general.type", STRING, _string("adapter")),
        _pair("general.architecture", STRING, _string(architecture)),
        _pair("adapter.type", STRING, _string("lora")),
        _pair("adapter.lora.alpha", FLOAT32, struct.pack("<f", 2.0)),
    ]
    infos, data = b"", b""
    for name, tensor in tensors.items():
        data += b"\0" * (-len(data) % ALIGNMENT)
        # GGUF lists the fastest-varying dimension first, numpy last.
        sizes = struct.pack("<2Q", *reversed(tensor.shape))
        infos += _string(name) + struct.pack("<I", 2) + sizes + struct.pack("<IQ", 0, len(data))
        data += tensor.tobytes()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)) + b"".join(values) + infos
    path.write_bytes(head + b"\0" * (-len(head) % ALIGNMENT) + data)
    return path


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _pair(key: str, kind: int, value: bytes) -> bytes:
    return _string(key) + struct.pack("<I", kind) + value
