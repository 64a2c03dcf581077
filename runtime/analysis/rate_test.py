"""A learning rate range test: the rate grows with every step, and the loss tells which rates train.

Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.optimizers.optimizer import Stepping
from ..array_types import Doubles
from ..events import Reporter, StepDone
from ..plots.curves import Curve, draw_curves
from ..plots.picture import Picture
from ..plots.style import COLOURS, FAINT, set_title
from ..training.engine_choice import start_workers
from ..training.objectives.batches import epoch_order, fill, read_batches
from ..training.session import Session

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 300
LOWEST, HIGHEST = 1e-6, 10.0
"""The rates of the first and the last step; optimizers whose default is 1 or more go on to a
hundred times that."""
WIDTH = 10
"""Standard deviation, in steps, of the normal weights that the loss is smoothed with."""
BEGUN = 0.1
"""This share of its whole fall, the loss has fallen where the steepest step is looked for."""
LEAST_FALL = 0.01
"""A loss that falls by a smaller share of its first value has not fallen."""
EXPLODED = 4
"""So many times its smallest value, the loss ends the test."""
FEWEST = 20
"""Steps before that is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class RateTest:
    """What a range test has found."""

    rates: Doubles
    """(steps,)"""
    losses: Doubles
    """Of the batch, before the step with this rate."""
    smooth: Doubles
    """The weighted mean of the losses around each step."""
    steepest: float
    """The rate at which the smoothed loss falls fastest."""
    lowest: float
    """The rate at which it is smallest."""
    ended: str
    """Why it ended before the last step; empty if it did not."""

    @property
    def suggested(self) -> float:
        """Where the loss falls fastest, but at most a tenth of the rate at which it is smallest."""
        return min(self.steepest, self.lowest / 10)

    @property
    def falls(self) -> bool:
        """Whether the loss fell by more than its noise, so that the rates mean something."""
        until = int(self.smooth.argmin()) + 1
        noise = float(np.abs(self.losses - self.smooth)[:until].mean())
        fall, first = float(self.smooth[0] - self.smooth.min()), abs(float(self.smooth[0]))
        return fall > max(noise, LEAST_FALL * first)


def highest_rate(optimizer: Stepping) -> float:
    """The rate of the last step."""
    return max(HIGHEST, 100 * float(type(optimizer).model_fields["lr"].default))


def find_rate(session: Session, reporter: Reporter, steps: int = STEPS) -> RateTest:
    """Trains with a rate that grows exponentially. The weights are useless afterwards."""
    optimizer = session.spec.model.optimizer
    assert isinstance(optimizer, Stepping)
    rates = np.geomspace(LOWEST, highest_rate(optimizer), steps)
    engine, losses, ended = session.engine, [], ""
    start_workers(engine, session.spec.place("train"), reporter)
    batches = training_batches(session)
    with np.errstate(all="ignore"):
        for step, rate in enumerate(rates, 1):
            next(batches)
            engine.train_step(float(rate))
            loss = engine.loss()
            if not isfinite(loss):
                ended = f"the loss became {loss:g}"
                break
            losses.append(loss)
            reporter(StepDone(1, step, loss, 0.0))
            last = float(np.median(losses[-3:]))
            first = float(np.mean(losses[:FEWEST]))
            if step > FEWEST and last > EXPLODED * max(first, 1e-12):
                ended = f"the loss grew to {EXPLODED} times its first value"
                break
    batches.close()
    return _read(rates[: len(losses)], np.array(losses), ended)


def _read(rates: Doubles, losses: Doubles, ended: str) -> RateTest:
    smooth = smoothed(losses)
    lowest = int(smooth.argmin())
    # where the fall has only begun, noise may be steeper
    begun = smooth <= smooth[0] - BEGUN * (smooth[0] - smooth[lowest])
    first = int(begun.argmax())
    steepest = first + int(np.gradient(smooth)[first : lowest + 1].argmin())
    return RateTest(rates, losses, smooth, float(rates[steepest]), float(rates[lowest]), ended)


def smoothed(values: Doubles) -> Doubles:
    """The mean of the neighbours, with normal weights of their distance."""
    at = np.arange(len(values))
    weights = np.exp(-0.5 * ((at[:, None] - at[None, :]) / WIDTH) ** 2)
    found: Doubles = weights @ values / weights.sum(axis=1)
    return found


def training_batches(session: Session) -> Generator[int, None, None]:
    """Fills the feeds of the engine with one batch of training after the other, without end, as an
    ordinary run does, and gives the number of its samples."""
    encoded, settings, engine = session.encoded(), session.settings, session.engine
    part, augmentation = encoded.train, session.augmentation
    steps = settings.epoch_steps(len(part))
    for epoch in count(1):
        order = epoch_order(settings.seed, epoch, len(part), shuffle=settings.shuffle)
        sources = {} if augmentation is None else augmentation.sources(epoch)
        batches = read_batches(part, order, settings.batch, steps, sources)
        for batch, (rows, read) in enumerate(batches, 1):
            engine.resize(len(rows))
            fill(engine.feeds, part, rows, len(rows), read)
            if augmentation is not None:
                augmentation.finish(engine.feeds, part, len(rows), (epoch, batch))
            yield len(rows)


def rate_picture(test: RateTest, title: str) -> Picture:
    """The loss against the rate."""
    table = {"rate": test.rates, "loss": test.losses, "smoothed_loss": test.smooth}
    columns = {name: values.tolist() for name, values in table.items()}
    return Picture("find_lr", partial(_draw, test=test, title=title), columns)


def _draw(figure: Figure, test: RateTest, title: str) -> None:
    figure.set_size_inches(6, 3.4)
    axis = figure.subplots()
    rates = test.rates.tolist()
    curves = [
        Curve("of each batch", rates, test.losses.tolist(), FAINT, width=0.6),
        Curve("smoothed", rates, test.smooth.tolist(), COLOURS[0], width=1.8),
    ]
    draw_curves(axis, curves, label="loss", over="learning rate", log="x")
    low, high = float(test.smooth.min()), float(test.smooth[:FEWEST].max())
    axis.set_ylim(low - 0.1 * (high - low), high + 0.6 * (high - low))
    if test.falls:
        name = f"suggested: {test.suggested:.1g}"
        axis.axvline(test.suggested, color=COLOURS[5], linewidth=1, linestyle="dashed", label=name)
        axis.legend(loc="best", frameon=False, fontsize=8)
    set_title(figure, title)
