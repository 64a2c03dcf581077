"""Arguments of a program that have the wrong Python type, or no sensible value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ...compiler.ir import Model as Ir
from ...compiler.language.frozen import change
from ...compiler.training.tuners import MOST_TRIALS
from ..training.spec import DeviceChoice, EngineChoice, PrecisionChoice, TorchRequest

CHOICES = EngineChoice, DeviceChoice, PrecisionChoice


def whole_number(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    """An argument that is a whole number; NumPy's are, too."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    number: int = value.__index__()
    if number < least:
        raise ValueError(f"{name} cannot be {number}")
    if most is not None and number > most:
        raise ValueError(f"{name} cannot be more than {most:,}")
    return number


def search_numbers(trials: Any, workers: Any) -> tuple[int | None, int]:
    """The trials of a search, None for those of its spec, and its processes."""
    if trials is not None:
        trials = whole_number("trials", trials, least=1, most=MOST_TRIALS)
    return trials, whole_number("workers", workers, least=1)


def check_beside(call: str, x: Any, **beside: Any) -> None:
    """Refuses what only says something about samples, where there are none."""
    for name, given in beside.items():
        if x is None and given is not None:
            raise TypeError(f"{call} needs `x` if `{name}` is given")


def check_engine(engine: object, torch: TorchRequest, resume: object = None) -> None:
    """Refuses other engines, devices and precisions than there are, what needs another engine, and
    all of them for a run that goes on with its own."""
    asked = {"engine": engine, "device": torch.device, "precision": torch.precision}
    for (name, value), choices in zip(asked.items(), CHOICES, strict=True):
        known = get_args(choices)
        if value is not None and value not in known:
            listed = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
            raise ValueError(f"{name} must be {listed}, not {value!r}")
    given = [name for name, value in asked.items() if value is not None]
    given += ["compile"] * torch.compiles
    if given and resume is not None:
        raise TypeError(f"`resume` goes on with the engine of its run: `{given[0]}` is not allowed")
    for name, value in torch.only_torch().items():
        if engine != "torch":
            raise TypeError(f"{name}={value!r} needs engine='torch'")


def check_goes_on(torch: TorchRequest, ir: Ir) -> None:
    """Refuses another precision for a training that goes on."""
    precision = ir.train.precision
    if torch.train_precision() not in (None, precision):
        raise ValueError(f"precision must stay {precision!r} where `partial_fit` goes on")


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
        if name != "precision" and (name, value) != ("batch", "all"):
            changes[name] = whole_number(name, value, least=0 if name == "seed" else 1)
    return change(ir, train=change(ir.train, **changes))
