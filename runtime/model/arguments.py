"""Arguments of a program that have the wrong Python type, or no sensible value."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from operator import index
from pathlib import Path
from typing import Any, get_args

from ...compiler.ir import Model as Ir
from ...compiler.language.frozen import change
from ...compiler.training.tuners import MOST_TRIALS
from ...grammar.source import Source
from ...grammar.text import shortened
from ...grammar.tokens import LARGEST_WHOLE
from ..events import Event
from ..training.spec import DeviceChoice, EngineChoice, PrecisionChoice, TorchRequest
from .warning import warn_of_data

CHOICES = EngineChoice, DeviceChoice, PrecisionChoice


MOST_SHOWN = 60
"""Characters of a wrong value in a sentence."""


def shown(value: Any) -> str:
    """A wrong value in a sentence."""
    return shortened(" ".join(repr(value).split()), MOST_SHOWN)


def whole_number(name: str, value: Any, *, least: int, most: int = LARGEST_WHOLE) -> int:
    """An argument that is a whole number; NumPy's are, too."""
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"{name} must be a whole number, not {shown(value)}")
    if number < least:
        raise ValueError(f"{name} cannot be {shown(number)}")
    if number > most:
        raise ValueError(f"{name} cannot be more than {most:,}")
    return number


def real_number(name: str, value: Any, what: str = "a number") -> float:
    """An argument that is a number; NumPy's are, too. One that no float can hold is infinite."""
    given = value.item() if getattr(value, "ndim", None) == 0 else value
    if isinstance(given, bool) or hasattr(given, "ndim") or not hasattr(given, "__float__"):
        raise TypeError(f"{name} must be {what}, not {shown(value)}")
    try:
        return float(given)
    except OverflowError:
        return inf if given > 0 else -inf


def flag(name: str, value: Any) -> bool:
    """An argument that is True or False; NumPy's are, too."""
    given = value.item() if getattr(value, "ndim", None) == 0 else value
    if not isinstance(given, bool):
        raise TypeError(f"{name} must be True or False, not {shown(value)}")
    return given


def check_choice(name: str, value: Any, known: tuple[str, ...]) -> None:
    """Raises ValueError for a value that is not one of the known words."""
    if not isinstance(value, str) or value not in known:
        listed = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
        raise ValueError(f"{name} must be {listed}, not {shown(value)}")


def as_path(name: str, value: Any) -> Path:
    """An argument that is the path of a file or a folder."""
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str):
        raise TypeError(f"{name} must be a path, not {shown(value)}")
    return Path(path)


def reporter_of(reporter: Any, source: Source) -> Callable[[Event], None]:
    """What is told of a training; where a program names nothing, Python's warnings."""
    if reporter is None:
        return partial(warn_of_data, source=source)
    if not callable(reporter):
        raise TypeError(f"reporter must be a function or None, not {shown(reporter)}")
    found: Callable[[Event], None] = reporter
    return found


def search_arguments(
    trials: Any, workers: Any, storage: Any, study: Any, prune: Any, lets: Any
) -> tuple[int | None, int]:
    """The trials of a search, None for those of its spec, and its processes. Raises TypeError and
    ValueError where one of the arguments is wrong."""
    if storage is not None:
        as_path("storage", storage)
    if not isinstance(study, str):
        raise TypeError(f"study must be a text, not {shown(study)}")
    if prune is not None:
        flag("prune", prune)
    if lets is not None and not isinstance(lets, Mapping):
        raise TypeError(f"lets must be a dict of values by name, not {shown(lets)}")
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
        if value is not None:
            check_choice(name, value, get_args(choices))
    given = [name for name, value in asked.items() if value is not None]
    given += ["compile"] * flag("compile", torch.compiles)
    if given and resume is not None:
        raise TypeError(
            f"`resume` continues with the engine of its run: `{given[0]}` is not allowed"
        )
    for name, value in torch.only_torch().items():
        if engine != "torch":
            raise TypeError(f"{name}={value!r} needs engine='torch'")


def check_goes_on(torch: TorchRequest, ir: Ir) -> None:
    """Refuses another precision for a training that goes on."""
    precision = ir.train.precision
    if torch.train_precision() not in (None, precision):
        raise ValueError(f"precision must stay {precision!r} when `partial_fit` continues")


def check_kept(keep: object, resume: object, *, warm_start: bool) -> None:
    """Refuses what contradicts a training that goes on."""
    if resume is None:
        return
    if keep is not None:
        raise TypeError("fit takes either `keep` or `resume`: a continued run stays in its folder")
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
    share = real_number("validation", given, "a share, or a tuple of samples and targets")
    if not 0 <= share < 1:
        raise ValueError(f"validation must be at least 0 and less than 1, not {shown(given)}")


def with_train(ir: Ir, given: Mapping[str, Any]) -> Ir:
    """The model with other options of `train`, as far as they are given."""
    changes = {name: value for name, value in given.items() if value is not None}
    for name, value in changes.items():
        is_all = name == "batch" and isinstance(value, str) and value == "all"
        if name != "precision" and not is_all:
            changes[name] = whole_number(name, value, least=0 if name == "seed" else 1)
    return change(ir, train=change(ir.train, **changes))
