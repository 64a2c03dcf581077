"""When training ends before its last epoch: one class for each `stop`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..language.numbers import Percent
from ..language.options import Options
from ..language.quantities import Quantity, Units
from .monitors import Watch, Watched

Operator = Literal[">=", "<=", ">", "<"]
OPERATORS: tuple[Operator, ...] = (">=", "<=", ">", "<")


class Stop(Options):
    """When training ends before its last epoch.

    A spec may have several; the first that holds ends the training. If one of them monitors a
    quantity, the weights of the best epoch by it are kept, not the last ones.
    """

    category = "stop"

    def watch(self) -> Watch | None:
        """The measured quantity that it looks at; None when it looks at none."""
        return None


class Patience(Stop):
    """Early stopping: stops when `on` has not improved for `patience`.

    `stop patience=5ep on=val_loss`. A loss improves when it gets smaller, an accuracy when it
    gets larger. With `ep` the patience counts epochs, with `it` batches; both are checked after
    every epoch.
    """

    word = "patience"
    summary = "stops when a quantity no longer improves (early stopping)"

    patience: Annotated[Quantity, Units("ep", "it")] = Field(
        description="how long training goes on without improvement, checked after each epoch"
    )
    on: Watched = Field(
        default="val_loss", description="the monitored quantity, such as `val_loss` or `val_acc`"
    )

    def watch(self) -> Watch | None:
        return Watch("on", self.on)


class When(Stop):
    """Stops when a quantity reaches a bound: `stop when val_acc>=99%`.

    Checked after every epoch.
    """

    word = "when"
    summary = "stops when a quantity reaches a bound"
    positional = ("quantity", "operator", "bound")

    quantity: Watched = Field(description="the monitored quantity, such as `val_acc`")
    operator: Operator = Field(description="how it is compared")
    bound: Annotated[float, Percent] = Field(
        description="the value that it is compared with; `99%` is 0.99"
    )

    def watch(self) -> Watch | None:
        return Watch("quantity", self.quantity, self.bound)


class After(Stop):
    """Stops after a time or a number of batches: `stop after 10min`.

    The current epoch is not finished. `train epochs=` is the maximum number of epochs.
    """

    word = "after"
    summary = "stops after a time or a number of batches"
    positional = ("limit",)

    limit: Annotated[Quantity, Units("min", "h", "s", "it")] = Field(
        description="a time, or a number of batches"
    )
