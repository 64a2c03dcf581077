"""Schedules: against PyTorch's where it has the same, and at the points that the words name."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.quantities import Quantity
from netc.compiler.training import schedules as words
from netc.runtime.training.loop.schedules import PlateauWatch, rate_of

EPOCH, EPOCHS = 7, 6
RUN = EPOCH * EPOCHS
LR = 0.4


def rates(schedule: words.Schedule | None, losses: list[float] | None = None) -> list[float]:
    """The rate of every step of a run."""
    rate = rate_of(schedule, LR, epoch_steps=EPOCH, run_steps=RUN)
    found = []
    for epoch in range(EPOCHS):
        found += [rate.at(epoch * EPOCH + step) for step in range(EPOCH)]
        rate.epoch_ended({"val_loss": losses[epoch] if losses else 0.0})
    return found


def torch_rates(make: Any, *, every_step: bool) -> list[float]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=LR)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    found = []
    for step in range(RUN):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < RUN and (every_step or (step + 1) % EPOCH == 0):
            scheduler.step()
    return found


@pytest.mark.parametrize(
    ("schedule", "make", "every_step"),
    [
        (words.Constant(), lambda s, o: s.ConstantLR(o, 1.0), True),
        (words.Exponential(gamma=0.9), lambda s, o: s.ExponentialLR(o, 0.9), False),
        (words.Exponential(gamma=0.9, per="step"), lambda s, o: s.ExponentialLR(o, 0.9), True),
        (
            words.StepDecay(every=Quantity(2, "ep"), factor=0.3),
            lambda s, o: s.StepLR(o, 2, 0.3),
            False,
        ),
        (
            words.StepDecay(every=Quantity(5, "it"), factor=0.3),
            lambda s, o: s.StepLR(o, 5, 0.3),
            True,
        ),
        (
            words.MultiStep(at=(Quantity(4, "ep"), Quantity(2, "ep")), factor=0.5),
            lambda s, o: s.MultiStepLR(o, [2, 4], 0.5),
            False,
        ),
        (
            words.MultiStep(at=(Quantity(50, "%"),)),
            lambda s, o: s.MultiStepLR(o, [21], 0.1),
            True,
        ),
        (words.Cosine(), lambda s, o: s.CosineAnnealingLR(o, RUN), True),
        (words.Polynomial(), lambda s, o: s.PolynomialLR(o, RUN, 1.0), True),
        (words.Polynomial(power=2.0), lambda s, o: s.PolynomialLR(o, RUN, 2.0), True),
        (
            words.OneCycle(warmup=Quantity(14, "it")),
            lambda s, o: s.OneCycleLR(
                o, LR, total_steps=RUN, pct_start=14 / RUN, cycle_momentum=False
            ),
            True,
        ),
    ],
)
def test_rates_are_those_of_pytorch(schedule: Any, make: Any, every_step: bool) -> None:
    np.testing.assert_allclose(rates(schedule), torch_rates(make, every_step=every_step), rtol=1e-9)


def test_a_plateau_cuts_when_pytorch_does() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    losses = [5.0, 4.0, 4.0, 4.5, 3.0, 3.0, 3.0, 3.0, 3.0, 2.0, 2.5, 2.5]
    for patience in (1, 2, 3):
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([weight], lr=1.0)
        # PyTorch's patience counts the epochs that it still forgives
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.5, patience=patience - 1, threshold=0.0
        )
        watch = PlateauWatch("val_loss", patience)
        for loss in losses:
            scheduler.step(loss)
            watch.see(loss)
            assert 0.5**watch.cuts == optimizer.param_groups[0]["lr"]


def test_a_plateau_acts_from_the_next_epoch_on() -> None:
    schedule = words.Plateau(factor=0.1, patience=Quantity(2, "ep"))
    found = rates(schedule, [1.0, 1.0, 1.0, 1.0, 1.0, 0.5])
    expected = [LR] * 3 * EPOCH + [LR * 0.1] * 2 * EPOCH + [LR * 0.01] * EPOCH
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("seen", range(6))
def test_a_plateau_goes_on_with_what_it_has_seen(seen: int) -> None:
    schedule = words.Plateau(factor=0.1, patience=Quantity(2, "ep"))
    losses = [3.0, 2.0, 2.0, 2.5, 1.0, 2.0]
    unbroken, first, second = (
        rate_of(schedule, LR, epoch_steps=EPOCH, run_steps=RUN) for _ in range(3)
    )
    for loss in losses[:seen]:
        unbroken.epoch_ended({"val_loss": loss})
        first.epoch_ended({"val_loss": loss})
    second.resume(first.watch)
    for loss in losses[seen:]:
        assert second.at(0) == unbroken.at(0)
        unbroken.epoch_ended({"val_loss": loss})
        second.epoch_ended({"val_loss": loss})
    assert second.at(0) == unbroken.at(0) == pytest.approx(LR * 0.1)
    second.resume(None)
    assert second.at(0) == unbroken.at(0)


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (words.StepDecay, {"every": Quantity(1, "ep"), "factor": 1.0}),
        (words.StepDecay, {"every": Quantity(1, "ep"), "factor": 0.0}),
        (words.StepDecay, {"every": Quantity(0, "ep")}),
        (words.MultiStep, {"at": ()}),
        (words.Exponential, {"gamma": 1.01}),
        (words.Exponential, {"gamma": 0.0}),
        (words.Polynomial, {"power": 0.0}),
        (words.Cosine, {"warmup": Quantity(-1, "it")}),
        (words.OneCycle, {"warmup": Quantity(0, "it")}),
    ],
)
def test_options_have_bounds(cls: type[words.Schedule], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(reversed(options))):
        cls(**options)


def test_a_warmup_of_nothing_is_none() -> None:
    assert rates(words.Cosine(warmup=Quantity(0, "it"))) == rates(words.Cosine())
    with pytest.raises(ValueError, match="the least is `0it`"):
        words.Cosine(warmup=Quantity(-1, "it"))


def test_no_schedule_is_a_constant_rate() -> None:
    assert rates(None) == [LR] * RUN


WARMED = {
    "constant": (words.Constant, {}, lambda s, o: s.ConstantLR(o, 1.0), True),
    "step": (
        words.StepDecay,
        {"every": Quantity(2, "ep"), "factor": 0.3},
        lambda s, o: s.StepLR(o, 2 * EPOCH, 0.3),
        True,
    ),
    "multistep": (
        words.MultiStep,
        {"at": (Quantity(2, "ep"), Quantity(30, "it"), Quantity(5, "it")), "factor": 0.5},
        lambda s, o: s.MultiStepLR(o, [5, 2 * EPOCH, 30], 0.5),
        True,
    ),
    "exp": (
        words.Exponential,
        {"gamma": 0.9, "per": "step"},
        lambda s, o: s.ExponentialLR(o, 0.9),
        True,
    ),
}


@pytest.mark.parametrize("name", WARMED)
@pytest.mark.parametrize("warmup", [2, 7, 20])
def test_epochs_and_milestones_count_from_the_beginning_also_with_a_warmup(
    name: str, warmup: int
) -> None:
    """As PyTorch's ChainedScheduler multiplies a LinearLR with the other; a SequentialLR would
    count from the end of the warm-up."""
    cls, options, make, every_step = WARMED[name]

    def chained(s: Any, o: Any) -> Any:
        rise = s.LinearLR(o, start_factor=1 / warmup, total_iters=warmup - 1)
        return s.ChainedScheduler([rise, make(s, o)], optimizer=o)

    found = rates(cls(**options, warmup=Quantity(warmup, "it")))
    np.testing.assert_allclose(found, torch_rates(chained, every_step=every_step), rtol=1e-9)


def test_a_factor_per_epoch_is_exp_also_with_a_warmup() -> None:
    warmup = Quantity(10, "it")
    step = words.StepDecay(every=Quantity(1, "ep"), factor=0.9, warmup=warmup)
    assert rates(step) == rates(words.Exponential(gamma=0.9, warmup=warmup))


@pytest.mark.parametrize(
    ("schedule", "fall"),
    [
        (words.Cosine(warmup=Quantity(1, "ep")), lambda share: (1 + np.cos(np.pi * share)) / 2),
        (words.Polynomial(power=2, warmup=Quantity(1, "ep")), lambda share: (1 - share) ** 2),
    ],
)
def test_what_falls_to_zero_begins_after_the_warmup(schedule: Any, fall: Any) -> None:
    found = rates(schedule)
    np.testing.assert_allclose(found[:EPOCH], LR * np.arange(1, EPOCH + 1) / EPOCH)
    rest = RUN - EPOCH
    np.testing.assert_allclose(found[EPOCH:], LR * fall(np.arange(rest) / rest))


@pytest.mark.parametrize("share", [1, 4, 30, 100])
def test_one_cycle_starts_low_peaks_and_ends_lower(share: int) -> None:
    found = rates(words.OneCycle(warmup=Quantity(share, "%")))
    rise = ceil(RUN * share / 100)
    assert max(found) == found[rise - 1] == pytest.approx(LR)
    assert found == sorted(found[:rise]) + sorted(found[rise:], reverse=True)
    if rise > 1:
        assert found[0] == pytest.approx(LR / 25)
    if share < 100:
        assert found[-1] == pytest.approx(LR / 250_000)


@pytest.mark.parametrize(
    ("schedule", "last"),
    [
        (words.Cosine(), 0.0),
        (words.Polynomial(), 0.0),
        (words.Polynomial(power=0.5, warmup=Quantity(1, "ep")), 0.0),
        (words.OneCycle(), 1 / 250_000),
    ],
)
def test_what_falls_stays_down_when_the_run_is_over(schedule: Any, last: float) -> None:
    rate = rate_of(schedule, LR, epoch_steps=EPOCH, run_steps=RUN)
    found = [rate.at(step) for step in (RUN, RUN + 1, 2 * RUN)]
    np.testing.assert_allclose(found, [LR * last] * 3)


def test_every_schedule_of_the_language_has_a_rate() -> None:
    examples: dict[str, dict[str, Any]] = {
        "step": {"every": Quantity(1, "ep")},
        "multistep": {"at": (Quantity(1, "ep"),)},
    }
    for cls in words.Schedule.__subclasses__():
        found = rates(cls(**examples.get(cls.word, {})))
        assert len(found) == RUN
        assert all(0 <= rate <= LR * (1 + 1e-12) for rate in found)
