"""What a run measures and a spec may name: in `expect`, in `stop` and in `schedule plateau`.

| quantity | known | where |
|---|---|---|
| `params` | when checked: the number of trainable parameters | `expect` |
| `macs` | when checked: multiply-adds for one sample | `expect` |
| `loss`, `acc` and every metric of one number | after the run, on the test part | `expect` |
| the same with `val_` | after every epoch, on the validation part | everywhere |
| the same with `train_` | after every epoch, on the training part | everywhere |

A bare `acc` is that of the test part, which nothing may look at while training: so `stop` and
`plateau` name the part.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from ..language.kinds import Misread, Ruled, refused
from ..language.values import WordValue, WrittenValue

if TYPE_CHECKING:
    from .metrics import Metric

Part = Literal["static", "train", "val", "test"]

COMPARE = {"=": eq, ">=": ge, "<=": le, ">": gt, "<": lt}
"""What the operator of a comparison means."""

STATIC = ("params", "macs")
"""What `check` knows."""

PREFIXES: dict[str, Part] = {"val_": "val", "train_": "train", "": "test"}


def metric(name: str) -> type[Metric] | None:
    """The metric with this name, if it is one number: `confusion` is a table."""
    return next((cls for cls in _numbers() if cls.word == name), None)


def measured() -> tuple[str, ...]:
    """The loss and every metric that is one number."""
    return ("loss", *(cls.word for cls in _numbers()))


def _numbers() -> Iterator[type[Metric]]:
    from .metrics import METRICS

    return (cls for cls in METRICS if cls.larger_is_better is not None)


class Measure(NamedTuple):
    """A quantity and the part of the data that it is measured on."""

    part: Part
    name: str

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The smallest and the largest possible value."""
        if self.part == "static":
            return (0, None)
        cls = metric(self.name)
        return (None, None) if cls is None else cls.bounds

    @property
    def larger_is_better(self) -> bool:
        cls = metric(self.name)
        return cls is not None and cls.larger_is_better is True


def measure(name: str) -> Measure | None:
    """What a name means, or None: `val_acc` is the accuracy on the validation part."""
    if name in STATIC:
        return Measure("static", name)
    for prefix, part in PREFIXES.items():
        bare = name.removeprefix(prefix)
        if bare != name or not prefix:
            return Measure(part, bare) if bare == "loss" or metric(bare) else None
    return None


def expectable(known: tuple[str, ...]) -> tuple[str, ...]:
    """What `expect` may name, of the measures of a run."""
    return (*STATIC, *known, *_by_part(known))


def watchable() -> tuple[str, ...]:
    """What `stop` and `plateau` may name: what is known after every epoch."""
    return _by_part(measured())


def _by_part(known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{part}_{name}" for part in ("val", "train") for name in known)


class Watch(NamedTuple):
    """The quantity that a `stop` or a schedule looks at after every epoch."""

    option: str
    """Which option names it."""
    quantity: str
    bound: float | None = None
    """What it is compared with, where it is."""


class AfterEpochs(Ruled):
    """A quantity that is known after every epoch."""

    python = str

    def describe(self) -> str:
        return "a quantity of the validation or training part such as `val_loss` or `train_acc`"

    def read(self, value: WrittenValue) -> Any:
        return value.text if isinstance(value, WordValue) else Misread()

    def check(self, value: str) -> str:
        known = measure(value)
        if known is None or known.part not in ("val", "train"):
            raise refused("kind")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"enum": list(self.words())}

    def words(self) -> tuple[str, ...]:
        return watchable()

    def hint(self, value: WrittenValue) -> str:
        if not isinstance(value, WordValue):
            return ""
        if value.text in measured():
            return f"name the part: `val_{value.text}`"
        from ..suggest.foreign import translate_quantity

        foreign = translate_quantity(value.text, watchable())
        return foreign.note if foreign else ""


Watched = Annotated[str, AfterEpochs()]
