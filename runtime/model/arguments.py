"""Arguments of a program that have the wrong Python type, or no sensible value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...compiler.ir import Model as Ir
from ...compiler.language.frozen import change


def whole_number(name: str, value: Any, *, least: int) -> int:
    """An argument that is a whole number; NumPy's are, too."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    number: int = value.__index__()
    if number < least:
        raise ValueError(f"{name} cannot be {number}")
    return number


def check_beside(call: str, x: Any, **beside: Any) -> None:
    """Refuses what only says something about samples, where there are none."""
    for name, given in beside.items():
        if x is None and given is not None:
            raise TypeError(f"{call} needs `x` if `{name}` is given")


def check_engine(engine: object, resume: object = None) -> None:
    """Refuses other engines than there are, and one for a run that goes on with its own."""
    if engine not in (None, "numpy", "native", "auto", "torch"):
        raise ValueError(f"engine must be 'numpy', 'native', 'auto' or 'torch', not {engine!r}")
    if engine is not None and resume is not None:
        raise TypeError("`resume` goes on with the engine of its run: `engine` is not allowed")


def check_kept(keep: object, resume: object, *, warm_start: bool) -> None:
    """Refuses what contradicts a training that goes on."""
    if resume is None:
        return
    if keep is not None:
        raise TypeError("fit takes either `keep` or `resume`: what goes on stays in its folder")
    if warm_start:
        raise TypeError("fit takes either `warm_start` or `resume`, which has weights of its own")


def check_validation(given: Any) -> None:
    """Refuses what is neither a share nor a tuple of samples, targets and maybe sample weights."""
    if given is None or (isinstance(given, tuple) and len(given) in (2, 3)):
        return
    if isinstance(given, tuple):
        raise ValueError(
            "validation must be a share, or a tuple of samples, targets and their weights"
        )
    if isinstance(given, bool) or not hasattr(given, "__float__") or getattr(given, "ndim", 0) != 0:
        kind = type(given).__name__
        raise TypeError(
            f"validation must be a share, or a tuple of samples and targets, not {kind}"
        )
    if not 0 <= given < 1:
        raise ValueError(f"validation must be at least 0 and less than 1, not {given!r}")


def with_train(ir: Ir, given: Mapping[str, Any]) -> Ir:
    """The model with other options of `train`, as far as they are given."""
    changes = {name: value for name, value in given.items() if value is not None}
    for name, value in changes.items():
        if name != "batch" or value != "all":
            changes[name] = whole_number(name, value, least=0 if name == "seed" else 1)
    return change(ir, train=change(ir.train, **changes))
