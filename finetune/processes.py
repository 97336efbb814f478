"""One process or several: all that training needs to know of the others.

A LoRA's gradients are a few megabytes, so they are summed over the processes once a step, as one
tensor; the model is not wrapped, and the processes may have unequal numbers of batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol


class Processes(Protocol):
    @property
    def rank(self) -> int: ...

    @property
    def count(self) -> int: ...

    def sum(self, tensor: Any) -> Any:
        """The sum of this tensor over all processes; each of them calls this."""

    def wait(self) -> None:
        """Return when all processes have come here."""


class Alone:
    """The only process."""

    rank = 0
    count = 1

    def sum(self, tensor: Any) -> Any:
        return tensor

    def wait(self) -> None:
        return


class Launched:
    """One of the processes that `accelerate launch` started."""

    def __init__(self, *, cpu: bool = False) -> None:
        from accelerate import PartialState

        self._state = PartialState(cpu=cpu)

    @property
    def rank(self) -> int:
        return int(self._state.process_index)

    @property
    def count(self) -> int:
        return int(self._state.num_processes)

    @property
    def device(self) -> str:
        return str(self._state.device)

    def sum(self, tensor: Any) -> Any:
        from accelerate.utils import reduce

        return reduce(tensor, reduction="sum")

    def wait(self) -> None:
        self._state.wait_for_everyone()


@contextmanager
def one_first(processes: Processes) -> Iterator[None]:
    """The first process does it, and writes what the others then find done."""
    if processes.rank > 0:
        processes.wait()
    yield
    if processes.rank == 0:
        processes.wait()


def sum_gradients(processes: Processes, parameters: Sequence[Any]) -> None:
    """Add up the gradients of all processes in place; one without any counts as zeros."""
    import torch

    if processes.count == 1:
        return
    flat = torch.cat([_gradient(p).flatten() for p in parameters])
    pieces = processes.sum(flat).split([p.numel() for p in parameters])
    for parameter, piece in zip(parameters, pieces, strict=True):
        parameter.grad = piece.view_as(parameter).clone()


def _gradient(parameter: Any) -> Any:
    import torch

    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
