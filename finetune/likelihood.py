"""Log-probabilities of answer tokens, computed where they are needed and nowhere else.

The output layer is the largest matrix of a small model. It is applied only to the places that
predict a token of an answer, and, being frozen, its gradient by the hidden state is computed in
the same pass, a piece at a time: logits are never kept, whatever the vocabulary.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from finetune.batches import Tensors

PIECE = 1024
"""Answer tokens whose logits exist at one time."""


class _TokenLogprobs(torch.autograd.Function):
    """(n, d) hidden states, (v, d) frozen output weights, (n,) targets -> (n,) log-probabilities.

    d log p(target) / d hidden = W[target] - softmax(W hidden) W, kept as (n, d).
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, wants: bool) -> Tensor:
        logprobs = torch.empty(len(targets), dtype=torch.float32, device=hidden.device)
        gradient = torch.empty_like(hidden) if wants else None
        for start in range(0, len(targets), PIECE):
            part = slice(start, start + PIECE)
            logits = (hidden[part] @ weight.T).float()  # (piece, v)
            total = logits.logsumexp(dim=-1, keepdim=True)
            picked = logits.gather(-1, targets[part, None])
            logprobs[part] = (picked - total).squeeze(-1)
            if gradient is not None:
                shares = logits.sub_(total).exp_().to(weight.dtype)
                gradient[part] = weight[targets[part]] - shares @ weight
        if gradient is not None:
            ctx.save_for_backward(gradient)
        return logprobs

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        scaled = gradient * upstream[0][:, None].to(gradient.dtype)
        return scaled, None, None, None


def token_logprobs(model: Any, batch: Tensors) -> Tensor:
    """Natural-log probability of each answer token of the batch, float32, differentiable.

    `model` is a causal language model of transformers whose output layer is frozen and has no
    bias, soft cap or scale, as in llama, qwen2, qwen3 and gemma3.
    """
    weight = model.get_output_embeddings().weight
    # The float32 adapter is multiplied in the base's bfloat16; `attach` stops PEFT from raising
    # the base's activations to float32 instead, which costs a fifth of the time.
    mixed = weight.dtype == torch.bfloat16
    with torch.autocast(weight.device.type, dtype=torch.bfloat16, enabled=mixed):
        hidden = model.model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False)
        states = hidden.last_hidden_state.flatten(0, 1).index_select(0, batch.at)
        wants = torch.is_grad_enabled() and states.requires_grad
        logprobs = _TokenLogprobs.apply(states, weight, batch.targets, wants)  # type: ignore[no-untyped-call]
    return torch.as_tensor(logprobs)


def summed_by_example(logprobs: Tensor, batch: Tensors, count: int) -> Tensor:
    """(count,): the log-probability of each example's answer; 0 where it is not in the batch."""
    zeros = torch.zeros(count, dtype=logprobs.dtype, device=logprobs.device)
    return zeros.index_add(0, batch.owner, logprobs)
