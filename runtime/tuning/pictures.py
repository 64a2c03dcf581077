"""What a study shows: the value against each searched name, over two of them, over the trials, and
which name matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..plots.picture import Picture
from ..plots.style import COLOURS, FAINT, INK, set_title, ticks
from .importance import importances
from .results import TrialDone, TuningReport, best_of
from .space import ListedValues, Range, SearchedValues

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE = 20
"""How many times the smallest value the largest one is on a logarithmic axis."""
FAR = 50
"""The same of measured values."""
CELLS = 12
"""So many listed values of each name, at most, have their figure written into the map."""


@dataclass(frozen=True, slots=True)
class AxisScale:
    """Where the values of a searched name are on an axis."""

    name: str
    texts: tuple[str, ...] | None
    """Values that are listed and no numbers: they are at 0, 1, 2, ..."""
    log: bool

    def at(self, text: str) -> float:
        return float(text) if self.texts is None else float(self.texts.index(text))


def scale_of(axis: SearchedValues) -> AxisScale:
    """Numbers where they are, on a logarithmic axis if they reach far; words side by side."""
    if isinstance(axis, Range):
        return AxisScale(axis.name, None, axis.log)
    if not axis.numeric:
        return AxisScale(axis.name, axis.texts, False)
    numbers = [float(text) for text in axis.texts]
    return AxisScale(axis.name, None, min(numbers) > 0 and max(numbers) >= WIDE * min(numbers))


def pictures_of(report: TuningReport) -> list[Picture]:
    """All pictures that a study has enough trials for; none without a trial that has a value."""
    if report.best is None:
        return []
    pictures = [history(report), *(value_against(report, axis) for axis in report.space)]
    if len(report.space) == 2:
        pictures.append(value_over_two(report))
    found = importances(report)
    if found:
        pictures.append(importance(report, found))
    return pictures


def history(report: TuningReport) -> Picture:
    """The value of each trial, and the best so far."""
    trials = valued(report)
    numbers = [trial.number for trial in trials]
    values = [value_of(trial) for trial in trials]
    best = []
    for count in range(1, len(trials) + 1):
        leader = best_of(tuple(trials[:count]), report.goal)
        assert leader is not None
        best.append(value_of(leader))
    label = spelt(report.goal.quantity)

    def fill(figure: Figure) -> None:
        figure.set_size_inches(5.2, 3.4)
        panel = figure.subplots()
        panel.scatter(numbers, values, s=16, color=COLOURS[0], label="trial", zorder=3)
        panel.step(numbers, best, where="post", color=COLOURS[1], lw=1.6, label="best so far")
        stopped = _stopped(report)
        places = [trial.number for trial in stopped]
        _draw_stopped(panel, places, [last_value(trial, report) for trial in stopped])
        panel.xaxis.set_major_locator(ticks(8, whole=True))
        _finish(figure, panel, "trial", label, values)
        set_title(figure, f"{label} of {len(report.trials)} trials")

    so_far = dict(zip(numbers, best, strict=True))
    table = _table(report)
    best_column = [so_far.get(trial.number) for trial in shown_trials(report)]
    return Picture("history", fill, {**table, "best so far": best_column})


def value_against(report: TuningReport, axis: SearchedValues) -> Picture:
    """The value of each trial against one searched name. Where it is the only one, the same on the
    training part, joined by lines."""
    scale, goal = scale_of(axis), report.goal

    def place_of(trial: TrialDone) -> float:
        return scale.at(trial.setting[axis.name])

    trials = sorted(valued(report), key=place_of)
    places = [place_of(trial) for trial in trials]
    values = [value_of(trial) for trial in trials]
    bare = goal.quantity.removeprefix("val_")
    trained = [trial.outcome.measured.get(f"train_{bare}", float("nan")) for trial in trials]
    alone = len(report.space) == 1
    label = spelt(goal.quantity)
    best = report.best
    assert best is not None

    def fill(figure: Figure) -> None:
        figure.set_size_inches(5.2, 3.4)
        panel = figure.subplots()
        if alone:
            panel.plot(places, values, "o-", color=COLOURS[0], lw=1.4, ms=4, label="validation")
            panel.plot(places, trained, "o--", color=COLOURS[1], lw=1.4, ms=4, label="training")
        else:
            panel.scatter(places, values, s=16, color=COLOURS[0], label="trial", zorder=3)
        stopped = _stopped(report)
        last = [last_value(trial, report) for trial in stopped]
        _draw_stopped(panel, [place_of(trial) for trial in stopped], last)
        panel.scatter(
            [place_of(best)],
            [value_of(best)],
            s=70,
            facecolor="none",
            edgecolor=INK,
            linewidth=1.2,
            zorder=4,
            label=f"best: trial {best.number}",
        )
        _mark(panel.set_xscale, panel.set_xticks, scale)
        shown = [*values, *trained] if alone else values
        _finish(figure, panel, axis.name, spelt(bare) if alone else label, shown)
        set_title(figure, f"{label} against {axis.name}")

    return Picture(f"value-{axis.name}", fill, _table(report))


def value_over_two(report: TuningReport) -> Picture:
    """The value over two searched names: cells where both have lists, else coloured dots."""
    first, second = report.space
    if isinstance(first, ListedValues) and isinstance(second, ListedValues):
        fill = partial(_cells, report, first, second)
    else:
        fill = partial(_dots, report)
    return Picture("map", fill, _table(report))


def _cells(report: TuningReport, first: ListedValues, second: ListedValues, figure: Figure) -> None:
    """A row per value of the first name, a column per value of the second."""
    shown = {
        (trial.setting[first.name], trial.setting[second.name]): value_of(trial)
        for trial in valued(report)
    }
    rows = [[shown.get((a, b), float("nan")) for b in second.texts] for a in first.texts]
    wide, high = len(second.texts), len(first.texts)
    figure.set_size_inches(max(3.4, 1.8 + 0.55 * wide), max(2.4, 1.2 + 0.4 * high))
    panel = figure.subplots()
    image = panel.imshow(rows, cmap="cividis", aspect="auto")
    panel.set_xticks(range(wide), second.texts)
    panel.set_yticks(range(high), first.texts)
    middle = (min(shown.values()) + max(shown.values())) / 2
    for row, line in enumerate(rows):
        for column, value in enumerate(line):
            if isfinite(value) and max(wide, high) <= CELLS:
                ink = INK if value > middle else "white"
                text = f"{value:.3g}"
                panel.text(column, row, text, ha="center", va="center", fontsize=7.5, color=ink)
    _label_map(figure, panel, image, report)


def _dots(report: TuningReport, figure: Figure) -> None:
    """A dot per trial, coloured by its value; the first name upwards."""
    figure.set_size_inches(5.2, 3.6)
    panel = figure.subplots()
    trials = valued(report)
    up, right = (scale_of(axis) for axis in report.space)
    image = panel.scatter(
        [right.at(trial.setting[right.name]) for trial in trials],
        [up.at(trial.setting[up.name]) for trial in trials],
        c=[value_of(trial) for trial in trials],
        cmap="cividis",
        s=36,
        edgecolor=INK,
        linewidth=0.5,
    )
    stopped = _stopped(report)
    _draw_stopped(
        panel,
        [right.at(trial.setting[right.name]) for trial in stopped],
        [up.at(trial.setting[up.name]) for trial in stopped],
    )
    _mark(panel.set_xscale, panel.set_xticks, right)
    _mark(panel.set_yscale, panel.set_yticks, up)
    _label_map(figure, panel, image, report)


def _label_map(figure: Figure, panel: Axes, image: Any, report: TuningReport) -> None:
    up, right = report.space
    label = spelt(report.goal.quantity)
    panel.set_ylabel(up.name)
    panel.set_xlabel(right.name)
    figure.colorbar(image, ax=panel, label=label)
    set_title(figure, f"{label} over {up.name} and {right.name}")


def importance(report: TuningReport, found: Mapping[str, float]) -> Picture:
    """The part of each name in what makes trials good."""
    names, shares = list(found), list(found.values())

    def fill(figure: Figure) -> None:
        figure.set_size_inches(5.2, 1.3 + 0.35 * len(names))
        panel = figure.subplots()
        panel.barh(names, shares, color=COLOURS[0], height=0.6)
        panel.invert_yaxis()
        panel.set_xlim(0, 1)
        panel.set_xlabel("importance (PED-ANOVA)")
        set_title(figure, f"what {spelt(report.goal.quantity)} depends on")

    return Picture("importance", fill, {"name": names, "importance": shares})


def valued(report: TuningReport) -> list[TrialDone]:
    """The trials that have a value."""
    return [trial for trial in report.trials if trial.outcome.value is not None]


def shown_trials(report: TuningReport) -> list[TrialDone]:
    """Those with a value, and those that were pruned, by number."""
    return sorted([*valued(report), *_stopped(report)], key=lambda trial: trial.number)


def _table(report: TuningReport) -> dict[str, list[object]]:
    """A row per trial: its setting, how it ended, and what was measured last."""
    trials = shown_trials(report)
    bare = report.goal.quantity.removeprefix("val_")
    return {
        "trial": [trial.number for trial in trials],
        **{axis.name: [trial.setting[axis.name] for trial in trials] for axis in report.space},
        "ending": [trial.outcome.ending for trial in trials],
        **{
            spelt(name): [trial.outcome.measured.get(name) for trial in trials]
            for name in (f"val_{bare}", f"train_{bare}")
        },
    }


def value_of(trial: TrialDone) -> float:
    assert trial.outcome.value is not None
    return trial.outcome.value


def spelt(quantity: str) -> str:
    """`val acc`."""
    return quantity.replace("_", " ")


def _mark(
    set_scale: Callable[..., object], set_ticks: Callable[..., object], scale: AxisScale
) -> None:
    """The scale of an axis, and the words on it."""
    if scale.log:
        set_scale("log")
    if scale.texts is not None:
        set_ticks(range(len(scale.texts)), scale.texts)


def _stopped(report: TuningReport) -> list[TrialDone]:
    """The trials that were pruned."""
    return [
        trial
        for trial in report.trials
        if trial.outcome.ending == "pruned" and isfinite(last_value(trial, report))
    ]


def last_value(trial: TrialDone, report: TuningReport) -> float:
    """What was measured when a trial was stopped."""
    return trial.outcome.measured.get(report.goal.quantity, float("nan"))


def _draw_stopped(panel: Axes, places: Sequence[float], values: list[float]) -> None:
    if values:
        panel.scatter(
            places,
            values,
            s=14,
            marker="x",
            color=FAINT,
            linewidth=0.9,
            label="pruned (when it was stopped)",
        )


def _finish(figure: Figure, panel: Axes, over: str, label: str, values: list[float]) -> None:
    """Labels, grid and legend; a logarithmic axis for values that reach far."""
    finite = [value for value in values if isfinite(value)]
    if finite and min(finite) > 0 and max(finite) > FAR * min(finite):
        panel.set_yscale("log")
    panel.set_xlabel(over)
    panel.set_ylabel(label)
    panel.grid(axis="y", color="#e6eaee", linewidth=0.6)
    panel.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
