"""What each schedule is in PyTorch: a scheduler that steps after every step of the optimizer.

`steps` is the number of steps of the run and `epoch_steps` that of an epoch, variables of the
function that makes the scheduler. Where PyTorch has no scheduler with the same rates, it is a
`LambdaLR` of the formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from ..language.quantities import Quantity
from ..training.monitors import Watched
from ..training.schedules import (
    Constant,
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    Plateau,
    Polynomial,
    Schedule,
    StepDecay,
)
from .layer import NoCounterpartError, constant_text

_LR = "torch.optim.lr_scheduler"


@dataclass(frozen=True, slots=True)
class TorchSchedule:
    """A schedule in PyTorch."""

    scheduler: str = ""
    """The construction of a scheduler; empty: there is a formula, or nothing to do."""
    factor: str = ""
    """The factor of the learning rate at `step`, from 0; after a warm-up where one is."""
    watches: Watched | None = None
    """What the scheduler is told after every epoch."""


@singledispatch
def torch_schedule(schedule: Schedule, warm: bool) -> TorchSchedule:
    """The schedule, which begins after a warm-up where it is `warm`; then `step - warmup` and
    `steps - warmup` count. Raises NoCounterpartError."""
    raise NoCounterpartError(
        "",
        f"there is no PyTorch code for `schedule {schedule.word}`",
        "register its PyTorch form with `netc.compiler.torch.schedules.torch_schedule.register`",
    )


def steps_text(quantity: Quantity) -> str:
    """A time as a number of steps."""
    value = quantity.value
    if quantity.unit == "it":
        return str(int(value))
    if quantity.unit == "ep":
        return "epoch_steps" if value == 1 else f"{int(value)} * epoch_steps"
    return f"math.ceil({constant_text(value)} * steps / 100)".replace(".0 *", " *")


@torch_schedule.register
def _(schedule: Constant, warm: bool) -> TorchSchedule:
    return TorchSchedule()


@torch_schedule.register
def _(schedule: Exponential, warm: bool) -> TorchSchedule:
    gamma = constant_text(schedule.gamma)
    if not warm and schedule.per == "step":
        return TorchSchedule(f"{_LR}.ExponentialLR(optimizer, gamma={gamma})")
    if not warm:
        return TorchSchedule(f"{_LR}.StepLR(optimizer, step_size=epoch_steps, gamma={gamma})")
    time = "step" if schedule.per == "step" else "(step // epoch_steps)"
    return TorchSchedule(factor=f"{gamma} ** {time}")


@torch_schedule.register
def _(schedule: StepDecay, warm: bool) -> TorchSchedule:
    factor, every = constant_text(schedule.factor), steps_text(schedule.every)
    if warm:
        every = f"({every})" if "*" in every else every
        return TorchSchedule(factor=f"{factor} ** (step // {every})")
    return TorchSchedule(f"{_LR}.StepLR(optimizer, step_size={every}, gamma={factor})")


@torch_schedule.register
def _(schedule: MultiStep, warm: bool) -> TorchSchedule:
    factor, times = constant_text(schedule.factor), ", ".join(map(steps_text, schedule.at))
    if warm:
        return TorchSchedule(factor=f"{factor} ** sum(step >= time for time in [{times}])")
    return TorchSchedule(f"{_LR}.MultiStepLR(optimizer, milestones=[{times}], gamma={factor})")


@torch_schedule.register
def _(schedule: Cosine, warm: bool) -> TorchSchedule:
    if warm:
        return TorchSchedule(factor="(1 + math.cos(math.pi * done)) / 2")
    return TorchSchedule(f"{_LR}.CosineAnnealingLR(optimizer, T_max=steps)")


@torch_schedule.register
def _(schedule: Polynomial, warm: bool) -> TorchSchedule:
    power = constant_text(schedule.power)
    if warm:
        return TorchSchedule(factor=f"(1 - done) ** {power}")
    return TorchSchedule(f"{_LR}.PolynomialLR(optimizer, total_iters=steps, power={power})")


@torch_schedule.register
def _(schedule: OneCycle, warm: bool) -> TorchSchedule:
    return TorchSchedule(
        f"{_LR}.OneCycleLR(optimizer, max_lr=rates, total_steps=steps, "
        "pct_start=warmup / steps, cycle_momentum=False)"
    )


@torch_schedule.register
def _(schedule: Plateau, warm: bool) -> TorchSchedule:
    factor, patience = constant_text(schedule.factor), int(schedule.patience.value) - 1
    return TorchSchedule(
        f'{_LR}.ReduceLROnPlateau(optimizer, mode="MODE", factor={factor}, '
        f"patience={patience}, threshold=0, eps=0)",
        watches=schedule.on,
    )
