"""How samples are changed. Needs no NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, Literal, get_args

from ..arguments import check_choice, real_number, shown, whole_number

AttackMethod = Literal["fgsm", "pgd"]
AttackNorm = Literal["linf", "l2"]


@dataclass(frozen=True, slots=True)
class AttackOptions:
    """How samples are changed."""

    method: AttackMethod = "fgsm"
    norm: AttackNorm = "linf"
    steps: int = 10
    """Of pgd."""
    seed: int = 0
    """Of the random starts of pgd."""


def attack_options(method: Any, norm: Any, steps: Any, seed: Any) -> AttackOptions:
    """The options of a program. Raises TypeError and ValueError for others."""
    check_choice("method", method, get_args(AttackMethod))
    check_choice("norm", norm, get_args(AttackNorm))
    steps = whole_number("steps", steps, least=1)
    return AttackOptions(method, norm, steps, whole_number("seed", seed, least=0))


def check_eps(eps: Any) -> float:
    """The size of an attack. Raises TypeError and ValueError for what is none."""
    size = real_number("eps", eps)
    if not 0 <= size < inf:
        raise ValueError(f"eps must be at least 0, not {shown(eps)}")
    return size
