"""Tokens a second of training, beside a plain loop of transformers and PEFT in the same run.

    python -m benchmarks.train_speed                      # the 135M shape, CPU or CUDA
    python -m benchmarks.train_speed --shape 7b --tokens 8192 --batch 8

Random weights of the right shape need no download. The plain loop is what a tutorial writes:
shuffled, padded batches with a mask, labels of -100 on prompts, all logits, PEFT as it comes. Both
loops have the same base, precision, adapter, optimiser, recomputation and examples, take turns, and
count real tokens only, padding never.

Model FLOPs are those that LoRA needs: 4 N a token for the N frozen weights of the blocks (forward,
and the gradient by activations; none by weights), 4 d v for each answer token's output, 6 a
adapter weight, and causal attention. MFU divides by the bfloat16 peak of the GPU.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from benchmarks.report import machine
from finetune import adapter, batches, likelihood
from finetune.arguments import Arguments, resolved
from finetune.base import LINEAR
from finetune.encode import Encoded


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a llama-like model."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int

    @property
    def block_weights(self) -> int:
        kv = self.hidden // self.heads * self.kv_heads
        return self.layers * self.hidden * (2 * self.hidden + 2 * kv + 3 * self.inner)


SHAPES = {
    "tiny": Shape(64, 128, 2, 4, 2, 512),
    "135m": Shape(576, 1536, 30, 9, 3, 49152),
    "0.5b": Shape(896, 4864, 24, 14, 2, 151936),
    "1.5b": Shape(1536, 8960, 28, 12, 2, 151936),
    "7b": Shape(3584, 18944, 28, 28, 4, 152064),
}

PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "4090": 165e12}
"""Dense bfloat16 FLOPs a second, from the makers' data sheets."""


def random_model(shape: Shape, arguments: Arguments) -> Any:
    """A frozen model of the shape with random weights, on the device of the arguments."""
    from transformers import AutoModelForCausalLM, Qwen2Config

    config = Qwen2Config(
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        vocab_size=shape.vocabulary,
        tie_word_embeddings=shape.hidden < 2048,
        use_cache=False,
    )
    torch.manual_seed(0)
    make: Callable[..., Any] = AutoModelForCausalLM.from_config
    with torch.device(arguments.device):
        model = make(config, dtype=getattr(torch, arguments.dtype), attn_implementation="sdpa")
    model.requires_grad_(False)
    return model


def random_examples(count: int, mean: int, vocabulary: int, seed: int = 0) -> list[Encoded]:
    """Examples whose lengths are spread as those of mails are: many short, few long."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        length = int(min(max(chance.lognormvariate(0, 0.6) * mean, 16), 6 * mean))
        ids = tuple(chance.randrange(5, vocabulary) for _ in range(length))
        made.append(Encoded(ids, min(32, length // 2)))
    return made


def ours(
    adapted: Any, optimiser: Any, examples: Sequence[Encoded], arguments: Arguments
) -> Callable[[], int]:
    """One epoch by the parts of finetune; returns a function that trains it and counts tokens."""
    lengths = [len(example) for example in examples]
    steps = batches.steps_of_epoch(
        lengths,
        0,
        arguments.seed,
        examples_per_step=arguments.examples_per_step,
        tokens_per_batch=arguments.tokens_per_batch,
        pack=arguments.batching == "pack",
    )
    model = adapted.get_base_model()

    def epoch() -> int:
        for step in steps:
            for batch in step:
                made = batches.tensors(batch, examples, 0, arguments.device)
                (-(made.weights * likelihood.token_logprobs(model, made)).sum()).backward()
            _finish(adapted, optimiser)
        return sum(lengths)

    return epoch


def plain(
    adapted: Any, optimiser: Any, examples: Sequence[Encoded], arguments: Arguments
) -> Callable[[], int]:
    """One epoch as a tutorial writes it, with micro-batches of the same mean size."""
    order = list(range(len(examples)))
    random.Random(arguments.seed).shuffle(order)
    mean = statistics.mean(len(example) for example in examples)
    rows = max(1, min(arguments.examples_per_step, int(arguments.tokens_per_batch / mean)))

    def epoch() -> int:
        done = 0
        for start in range(0, len(order), rows):
            part = [examples[n] for n in order[start : start + rows]]
            width = max(map(len, part))
            ids = torch.zeros((len(part), width), dtype=torch.long)
            labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
            for line, example in enumerate(part):
                ids[line, : len(example)] = torch.tensor(example.ids)
                labels[line, example.start : len(example)] = torch.tensor(example.answer)
                mask[line, : len(example)] = 1
            on = arguments.device
            adapted(
                input_ids=ids.to(on), attention_mask=mask.to(on), labels=labels.to(on)
            ).loss.backward()
            done += len(part)
            if done % arguments.examples_per_step < rows or start + rows >= len(order):
                _finish(adapted, optimiser)
        return sum(len(example) for example in examples)

    return epoch


def _finish(adapted: Any, optimiser: Any) -> None:
    parameters = list(adapter.parameters(adapted).values())
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)


def set_casting(adapted: Any, allowed: bool) -> None:
    """Whether PEFT raises activations to the adapter's precision, as it does by default."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in adapted.modules():
        if isinstance(module, BaseTunerLayer):
            layer: Any = module
            layer.cast_input_dtype_enabled = allowed


def needed_flops(shape: Shape, rank: int, examples: Sequence[Encoded]) -> float:
    """FLOPs that one epoch cannot do without; see the head of this file."""
    kv = shape.hidden // shape.heads * shape.kv_heads
    sizes = {
        "q_proj": (shape.hidden, shape.hidden),
        "k_proj": (shape.hidden, kv),
        "v_proj": (shape.hidden, kv),
        "o_proj": (shape.hidden, shape.hidden),
        "gate_proj": (shape.hidden, shape.inner),
        "up_proj": (shape.hidden, shape.inner),
        "down_proj": (shape.inner, shape.hidden),
    }
    lora = shape.layers * rank * sum(sum(sizes[name]) for name in LINEAR)
    total = 0.0
    for example in examples:
        n = len(example)
        # Two products a head forward and four backward, each over half a square.
        attention = 6 * shape.layers * shape.hidden * n * n
        output = 4 * shape.hidden * shape.vocabulary * len(example.answer)
        total += n * (4 * shape.block_weights + 6 * lora) + attention + output
    return total


def peak_flops() -> float | None:
    if not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name()
    return next((peak for key, peak in PEAKS.items() if key in name), None)


def measure(
    shape: Shape, arguments: Arguments, count: int, mean: int, rounds: int
) -> list[dict[str, Any]]:
    """Time both loops in turns; the first round warms up and is not counted."""
    model = random_model(shape, arguments)
    adapted = adapter.attach(model, arguments)
    optimiser = torch.optim.AdamW(list(adapter.parameters(adapted).values()), lr=1e-5, fused=True)
    examples = random_examples(count, mean, shape.vocabulary)
    loops = {
        "finetune": ours(adapted, optimiser, examples, arguments),
        "plain": plain(adapted, optimiser, examples, arguments),
    }
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    memory: dict[str, float] = dict.fromkeys(loops, 0.0)
    for turn in range(rounds + 1):
        for name, epoch in loops.items():
            set_casting(adapted, name == "plain" or arguments.dtype == "float32")
            with _counted_memory(name, memory):
                started = time.perf_counter()
                epoch()
                _wait()
                if turn:
                    seconds[name].append(time.perf_counter() - started)
    tokens = sum(len(example) for example in examples)
    flops, peak = needed_flops(shape, arguments.rank, examples), peak_flops()
    return [
        {
            "system": name,
            "tokens_per_second": round(tokens / statistics.median(took), 1),
            "fastest": round(tokens / min(took), 1),
            "tflops": round(flops / statistics.median(took) / 1e12, 3),
            "mfu": None if peak is None else round(flops / statistics.median(took) / peak, 3),
            "peak_gb": round(memory[name] / 1e9, 2) or None,
        }
        for name, took in seconds.items()
    ]


def _counted_memory(name: str, memory: dict[str, float]) -> Any:
    """Notes the peak of the GPU's memory; nothing on a CPU."""
    if not torch.cuda.is_available():
        return nullcontext()
    return _Peak(name, memory)


class _Peak:
    def __init__(self, name: str, memory: dict[str, float]) -> None:
        self._name, self._memory = name, memory

    def __enter__(self) -> None:
        torch.cuda.reset_peak_memory_stats()

    def __exit__(self, *_: object) -> None:
        peak = float(torch.cuda.max_memory_allocated())
        self._memory[self._name] = max(self._memory[self._name], peak)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="135m")
    parser.add_argument("--examples", type=int, default=48)
    parser.add_argument("--mean", type=int, default=120, help="tokens of a typical example")
    parser.add_argument("--tokens", type=int, default=1024, help="tokens at once")
    parser.add_argument("--batch", type=int, default=8, help="examples a step")
    parser.add_argument("--batching", choices=["bucket", "pack"], default="bucket")
    parser.add_argument("--recompute", choices=["auto", "yes", "no"], default="auto")
    parser.add_argument("--dtype", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    told = parser.parse_args(argv)
    shape = SHAPES[told.shape]
    arguments = resolved(
        Arguments(
            examples_per_step=told.batch,
            tokens_per_batch=told.tokens,
            batching=told.batching,
            recompute=told.recompute,
            dtype=told.dtype,
            four_bit="no",
        ),
        shape.block_weights + shape.hidden * shape.vocabulary,
        shape.layers,
        shape.hidden,
    )
    rows = measure(shape, arguments, told.examples, told.mean, told.rounds)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    report = {
        "benchmark": "train_speed",
        "machine": f"{machine()}, {device}",
        "versions": {name: version(name) for name in ("torch", "transformers", "peft")},
        "shape": told.shape,
        "examples": told.examples,
        "mean": told.mean,
        "arguments": arguments.model_dump(),
        "rows": rows,
    }
    text = json.dumps(report, indent=1)
    if told.out:
        told.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
