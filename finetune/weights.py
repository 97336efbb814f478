"""Token weights: learn most where knowing the user changes what is likely (NextQuill).

For each token of a text that the user wrote, the base is asked twice how likely it is: after the
instruction alone, and with some earlier texts of the user as notes beside it. Where the history
raises the likelihood the token carries manner; elsewhere it is what anybody would have written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from finetune.batches import tensors
from finetune.encode import Encoded, Encoder
from finetune.errors import Stopped
from finetune.examples import Example
from finetune.ports import NeverStop, OnProgress, Progress, StopFlag, no_progress

WEIGHTS_FILE = "token_weights.safetensors"
MOST = 2.0
"""Gain in log-probability (nats) above which a token counts no more."""
_HISTORY_CHARACTERS = 1200


def with_weights(
    examples: Sequence[Example],
    encoded: Sequence[Encoded],
    encoder: Encoder,
    model: Any,
    cache: Path,
    *,
    base_digest: str,
    stop: StopFlag | None = None,
    progress: OnProgress = no_progress,
) -> list[Encoded]:
    """The encoded examples with a weight a token, mean 1 over each example.

    Computed once with the frozen base and kept in `cache`, which holds numbers under digests and
    only those of today's examples. Raises Stopped, having saved what was computed.
    """
    stop = stop or NeverStop()
    known = _load(cache)
    used: dict[str, Any] = {}
    result = list(encoded)
    jobs = [
        (index, _with_history(example, examples, encoder))
        for index, example in enumerate(examples)
        if example.kind in ("text", "approved")
    ]
    try:
        for done, (index, informed) in enumerate(jobs):
            if informed is None:
                continue
            if stop.is_set():
                raise Stopped("Training made room; it goes on where it was.")
            progress(Progress("token weights", done, len(jobs), None, None, None))
            plain = encoded[index]
            key = _key(base_digest, plain, informed)
            if key not in known:
                known[key] = _gains(model, plain, informed)
            used[key] = known[key]
            result[index] = replace(plain, weights=weights_of(used[key].tolist()))
    except Stopped:
        used = known
        raise
    finally:
        _save(used, cache)
    return result


def weights_of(gains: Sequence[float]) -> tuple[float, ...]:
    """1 for a token that history leaves alone or makes less likely, up to 1 + MOST for one it
    brings about; divided by their mean, so that an example counts as much as before."""
    raised = [1.0 + min(max(gain, 0.0), MOST) for gain in gains]
    mean = sum(raised) / len(raised)
    return tuple(weight / mean for weight in raised)


def _with_history(
    example: Example, examples: Sequence[Example], encoder: Encoder
) -> Encoded | None:
    """The example after what the user wrote just before it; None for the first of all."""
    earlier = [e for e in examples if e.kind == "text" and e.seq < example.seq]
    shown: list[str] = []
    room = _HISTORY_CHARACTERS
    for before in sorted(earlier, key=lambda e: -e.seq):
        if len(before.answer) > room:
            break
        shown.insert(0, before.answer)
        room -= len(before.answer)
    if not shown:
        return None
    return encoder.encode(example.prompt, example.answer, (*example.notes, *reversed(shown)))


def _gains(model: Any, plain: Encoded, informed: Encoded) -> Any:
    """(answer tokens,) float32: log p with the history minus log p without."""
    import torch

    from finetune.likelihood import token_logprobs

    device = str(next(model.parameters()).device)
    with torch.no_grad():
        without, with_it = (
            token_logprobs(model, tensors([[0]], [one], 0, device)) for one in (plain, informed)
        )
    return (with_it - without).cpu()


def _key(base_digest: str, plain: Encoded, informed: Encoded) -> str:
    text = f"{base_digest} {plain.ids} {informed.ids}"
    return hashlib.sha256(text.encode()).hexdigest()


def _load(cache: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not cache.exists():
        return {}
    try:
        return dict(load_file(cache))
    except (SafetensorError, OSError):
        return {}


def _save(gains: dict[str, Any], cache: Path) -> None:
    from safetensors.torch import save_file

    cache.parent.mkdir(parents=True, exist_ok=True)
    temporary = cache.with_suffix(".tmp")
    save_file(gains, temporary)
    temporary.replace(cache)
