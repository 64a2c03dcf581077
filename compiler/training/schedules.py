"""How the learning rate changes while training: one class for each schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..language.kinds import Positive
from ..language.options import Options
from ..language.quantities import Quantity, Units
from .monitors import Watch, Watched

Factor = Annotated[float, Field(gt=0, lt=1)]


class Schedule(Options):
    """How the learning rate changes during training.

    lr0 is the optimizer's `lr`; t counts the steps of the run from 0, and T is their number. With
    `warmup=W` the rate of step t < W is multiplied by (t + 1) / W, so that it rises linearly.
    Epochs, intervals and milestones count from the beginning of training, with or without a
    warm-up. `cosine` and `poly` begin after it: their t and T count from there.
    """

    category = "schedule"
    warmup: Annotated[Quantity, Units("ep", "it", "%", least=0)] | None = Field(
        default=None,
        description="the first W steps, in which the rate rises linearly: that of step t, from 0, "
        "is multiplied by (t + 1) / W",
    )

    def watch(self) -> Watch | None:
        """The measured quantity that it looks at; None when it looks at none."""
        return None

    def changes(self) -> tuple[tuple[str, Quantity], ...]:
        """The times from which the rate is another one, each with its option."""
        return () if self.warmup is None else (("warmup", self.warmup),)


class Constant(Schedule):
    """lr = lr0."""

    word = "constant"
    summary = "constant learning rate"


class Exponential(Schedule):
    """lr = lr0 gamma^e, where e counts epochs from 0, or steps with `per=step`."""

    word = "exp"
    summary = "exponential decay by gamma after every epoch or step"

    gamma: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.95, description="the factor after each epoch or step"
    )
    per: Literal["epoch", "step"] = Field(
        default="epoch", description="whether `gamma` applies after each epoch or each step"
    )


class StepDecay(Schedule):
    """lr = lr0 factor^floor(t / every)."""

    word = "step"
    summary = "multiplied by a factor at regular intervals"

    every: Annotated[Quantity, Units("ep", "it")] = Field(
        description="the interval between two reductions"
    )
    factor: Factor = Field(default=0.1, description="the factor of each reduction")

    def changes(self) -> tuple[tuple[str, Quantity], ...]:
        return (*super().changes(), ("every", self.every))


class MultiStep(Schedule):
    """lr = lr0 factor^k, where k of the times `at` have passed: `at=(30ep, 60ep)`.

    The times count from the beginning of training, not from the end of a warm-up.
    """

    word = "multistep"
    summary = "multiplied by a factor at given times"

    at: Annotated[tuple[Annotated[Quantity, Units("ep", "it", "%")], ...], Field(min_length=1)] = (
        Field(description="when the rate is reduced, counted from the beginning of training")
    )
    factor: Factor = Field(default=0.1, description="the factor of each reduction")

    def changes(self) -> tuple[tuple[str, Quantity], ...]:
        return (*super().changes(), *(("at", time) for time in self.at))


class Plateau(Schedule):
    """lr <- factor lr when `on` has not improved for `patience`.

    A loss improves when it gets smaller, an accuracy when it gets larger. The count starts again
    after every reduction. Checked after every epoch, so `patience` is in epochs.
    """

    word = "plateau"
    summary = "reduced when a quantity stops improving"

    on: Watched = Field(
        default="val_loss", description="the monitored quantity, such as `val_loss` or `val_acc`"
    )
    factor: Factor = Field(default=0.1, description="the factor of each reduction")
    patience: Annotated[Quantity, Units("ep")] = Field(
        default=Quantity(10, "ep"), description="how many epochs to wait for an improvement"
    )

    def watch(self) -> Watch | None:
        return Watch("on", self.on)

    def changes(self) -> tuple[tuple[str, Quantity], ...]:
        return (*super().changes(), ("patience", self.patience))


class Cosine(Schedule):
    """lr = lr0 (1 + cos(pi t / T)) / 2: half a cosine down to 0 (Loshchilov & Hutter 2017)."""

    word = "cosine"
    summary = "cosine decay to zero"


class Polynomial(Schedule):
    """lr = lr0 (1 - t / T)^power: a straight line down to 0 with `power=1`."""

    word = "poly"
    summary = "polynomial decay, a power of the remaining share of the run"

    power: Positive = Field(default=1.0, description="the exponent; 1 is a straight line to 0")


class OneCycle(Schedule):
    """One-cycle policy: a warm-up and a long decay (Smith & Topin 2018), both half a cosine.

    The rate rises from lr0/25 to lr0 during `warmup`, by default the first 30% of the run, then
    falls to lr0/250,000.
    """

    word = "onecycle"
    summary = "one-cycle policy: a warm-up, then a long decay"

    warmup: Annotated[Quantity, Units("ep", "it", "%")] = Field(
        default=Quantity(30, "%"), description="the rise from lr/25 to lr"
    )
