"""What a run measures and a spec may name: in `expect`, in `stop` and in `schedule plateau`.

| quantity | known | where |
|---|---|---|
| `params` | when checked: how many numbers are learnt | `expect` |
| `macs` | when checked: multiply-adds for one sample | `expect` |
| `loss`, `acc` and every metric of one number | after the run, on the test part | `expect` |
| the same with `val_` | after every epoch, on the validation part | everywhere |
| the same with `train_` | after every epoch, on the training part | everywhere |

A bare `acc` is that of the test part, which nothing may look at while training: so `stop` and
`plateau` name the part.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from ..language.kinds import Misread, Ruled, refused
from ..language.values import Value, Word

Part = Literal["static", "train", "val", "test"]

STATIC = ("params", "macs")
"""What `check` knows."""

BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "loss": (None, None),
    "acc": (0, 1),
    "top5": (0, 1),
    "error": (0, 1),
    "precision": (0, 1),
    "recall": (0, 1),
    "f1": (0, 1),
    "auc": (0, 1),
    "mae": (0, None),
    "rmse": (0, None),
    "r2": (None, 1),
    "params": (0, None),
    "macs": (0, None),
}
"""Every quantity with the least and the most that it can be. The measured ones are the loss and
the metrics that are one number (`confusion` is a table)."""

SMALLER_IS_BETTER = ("loss", "error", "mae", "rmse")

MEASURED = tuple(name for name in BOUNDS if name not in STATIC)


class Measure(NamedTuple):
    """A quantity and the part of the data that it is measured on."""

    part: Part
    name: str

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        return BOUNDS[self.name]

    @property
    def larger_is_better(self) -> bool:
        return self.name not in SMALLER_IS_BETTER


def measure(name: str) -> Measure | None:
    """What a name stands for, or None: `val_acc` is the accuracy on the validation part."""
    if name in STATIC:
        return Measure("static", name)
    for part in ("val", "train"):
        bare = name.removeprefix(f"{part}_")
        if bare != name and bare in MEASURED:
            return Measure("val" if part == "val" else "train", bare)
    return Measure("test", name) if name in MEASURED else None


def expectable() -> tuple[str, ...]:
    """What `expect` may name."""
    return (*STATIC, *MEASURED, *watchable())


def watchable() -> tuple[str, ...]:
    """What `stop` and `plateau` may name: what is known after every epoch."""
    return tuple(f"{part}_{name}" for part in ("val", "train") for name in MEASURED)


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

    def read(self, value: Value) -> Any:
        return value.text if isinstance(value, Word) else Misread()

    def check(self, value: str) -> str:
        if value not in self.words():
            raise refused("kind")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"enum": list(self.words())}

    def words(self) -> tuple[str, ...]:
        return watchable()

    def hint(self, value: Value) -> str:
        if not isinstance(value, Word):
            return ""
        if value.text in MEASURED:
            return f"name the part: `val_{value.text}`"
        from ..suggest.foreign import translate_quantity

        foreign = translate_quantity(value.text, watchable())
        return foreign.note if foreign else ""


Watched = Annotated[str, AfterEpochs()]
