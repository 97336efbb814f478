"""Choose the next token with llama.cpp's samplers, within a grammar when there is one.

Holding every token of the vocabulary against a grammar takes as long as evaluating a small model.
So, as llama.cpp's own tools do, a token is first chosen freely and only that one is held against
the grammar; the whole vocabulary is, only where that one is refused.
"""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np

_DRY_ALLOWED = 6
"""Tokens of a stretch that may be said again freely."""
_DRY_WINDOW = 1024
"""Tokens of the answer that are looked back on."""


class Sampler:
    """The samplers of one completion. `lib` is llama.cpp's C API; `close` frees them."""

    def __init__(
        self, lib: Any, vocab: Any, *, temperature: float, seed: int, grammar: bytes | None
    ) -> None:
        """Raises ValueError when llama.cpp does not accept the grammar."""
        self._lib = lib
        self._size = int(lib.llama_vocab_n_tokens(vocab))
        self._constraint = None
        if grammar is not None:
            self._constraint = lib.llama_sampler_init_grammar(vocab, grammar, b"root")
            if not self._constraint:
                raise ValueError("the JSON schema has no grammar that llama.cpp accepts")
        self._chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        steps = [] if grammar is not None else [_unlooped(lib, vocab)]
        if temperature <= 0:
            steps += [lib.llama_sampler_init_greedy()]
        else:
            steps += [
                lib.llama_sampler_init_top_k(40),
                lib.llama_sampler_init_top_p(0.95, 1),
                lib.llama_sampler_init_min_p(0.05, 1),
                lib.llama_sampler_init_temp(temperature),
                lib.llama_sampler_init_dist(seed),
            ]
        for step in steps:
            lib.llama_sampler_chain_add(self._chain, step)

    def sample(self, context: Any) -> int:
        """The next token, after a decode; the grammar, if any, has moved past it."""
        token = int(self._lib.llama_sampler_sample(self._chain, context, -1))
        if self._constraint is None:
            return token
        if not self._allowed(token):
            token = self._sample_constrained(context)
        self._lib.llama_sampler_accept(self._constraint, token)
        return token

    def close(self) -> None:
        self._lib.llama_sampler_free(self._chain)
        if self._constraint is not None:
            self._lib.llama_sampler_free(self._constraint)

    def _allowed(self, token: int) -> bool:
        one = (self._lib.llama_token_data * 1)(self._lib.llama_token_data(token, 1.0, 0.0))
        self._lib.llama_sampler_apply(self._constraint, ctypes.byref(self._array(one, 1)))
        return not math.isinf(one[0].logit)

    def _sample_constrained(self, context: Any) -> int:
        every = (self._lib.llama_token_data * self._size)()
        view = np.frombuffer(every, dtype=[("id", "i4"), ("logit", "f4"), ("p", "f4")])
        view["id"] = np.arange(self._size)
        logits = self._lib.llama_get_logits_ith(context, -1)
        view["logit"] = np.ctypeslib.as_array(logits, shape=(self._size,))
        array = self._array(every, self._size)
        self._lib.llama_sampler_apply(self._constraint, ctypes.byref(array))
        self._lib.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _array(self, data: Any, size: int) -> Any:
        pointer = ctypes.cast(data, ctypes.POINTER(self._lib.llama_token_data))
        return self._lib.llama_token_data_array(pointer, size, -1, False)


def _unlooped(lib: Any, vocab: Any) -> Any:
    """The "don't repeat yourself" sampler (p-e-w, 2024) over the answer alone.

    Small models fall into saying one sentence for ever. A stretch said before in this answer
    becomes less likely the longer it grows; short ones, as names and dates, cost nothing.
    """
    return lib.llama_sampler_init_dry(
        vocab,
        0.8,  # multiplier
        1.75,  # base
        _DRY_ALLOWED,
        _DRY_WINDOW,
        None,  # sequence breakers
        0,
    )
