"""The strength at which an adapter serves: as it was trained, or weaker where that cost skill.

A LoRA that is scaled stands on the straight line between the base and the trained model. Points in
between keep most of what was learnt and lose less of everything else (WiSE-FT, Wortsman et al.
2022). That mends lost skill. What was learnt by heart is only hidden by it, for the weights hold it
at every strength: an adapter that recites, or brings up the user's affairs, is not weakened.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from finetune.errors import NoRoom
from finetune.gate import Decision, Rules, decide
from finetune.scores import Measured

STRENGTHS = (1.0, 0.7, 0.5)
"""Tried one after the other."""
_SKILL = frozenset({"capability", "validity"})


@dataclass(frozen=True, slots=True)
class Tried:
    """An adapter at one strength, with the verdict on it."""

    weights: Path
    strength: float
    measured: Measured
    decision: Decision


def strongest(
    weights: Path, measure: Callable[[Path], Measured], rules: Rules | None = None
) -> Tried:
    """At the greatest strength that passes the gate; else as the last one that was tried.

    A weaker one is tried only where all that spoke against the stronger was lost skill, so the
    held-out words never choose; the tests of skill are passed at one of three tries. Raises NoRoom
    and what `measure` raises.
    """

    def at(strength: float) -> Tried:
        made = weakened(weights, strength)
        measured = measure(made)
        return Tried(made, strength, measured, decide(measured, rules))

    first, *weaker = STRENGTHS
    tried = at(first)
    for strength in weaker:
        codes = {reason.code for reason in tried.decision.reasons}
        if not codes or not codes <= _SKILL:
            break
        tried = at(strength)
    return tried


def weakened(weights: Path, strength: float) -> Path:
    """A GGUF LoRA beside this one that serves at this strength. Raises NoRoom."""
    from gguf import GGUFReader, Keys

    if strength == 1.0:
        return weights
    made = weights.with_name(f"{weights.stem}-{strength:.0%}{weights.suffix}".replace("%", ""))
    part = made.with_suffix(".part")
    try:
        shutil.copyfile(weights, part)
        reader = GGUFReader(part, "r+")
        alpha = reader.fields[Keys.Adapter.LORA_ALPHA]
        alpha.parts[alpha.data[0]][0] *= strength
        reader.data.flush()
        part.replace(made)
    except OSError as error:
        raise NoRoom(f"The adapter cannot be written to {made}: {error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return made
