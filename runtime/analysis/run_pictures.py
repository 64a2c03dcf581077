"""Pictures of runs: what was measured over the epochs, of one run, of folds, or of several settings
over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

from ..events import CrossValidationReport, EpochDone, RunReport
from ..plots.curves import Curve, draw_curves
from ..plots.picture import Picture
from ..plots.style import COLOURS, FAINT, INK, line_styles, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..training.variants import VariantDone

EpochColumns = Mapping[str, Sequence[float]]
"""What was measured, a number per epoch."""

PARTS = {"train_": "training", "val_": "validation"}
PART_COLOURS = (COLOURS[0], COLOURS[5])
MOST_QUANTITIES = 5
WIDE = 50
"""So many times the smallest loss, the largest one wants a logarithmic axis."""
STEEP = 10
"""So many times the usual first value, a curve leaves the panel."""


def run_pictures(report: RunReport, title: str) -> tuple[Picture, ...]:
    """The curves of a run with its best epoch, and its learning rate; none before the first epoch
    has ended."""
    if not report.epochs:
        return ()
    x = [done.epoch for done in report.epochs]
    columns = _columns(report.epochs)
    curves = Picture(
        "curves",
        partial(_draw_run, columns=columns, best=report.best_epoch, title=title),
        {"epoch": x, **columns},
    )
    rates = [done.rate for done in report.epochs if done.rate is not None]
    if not rates:
        return (curves,)
    rate = Picture(
        "learning_rate",
        partial(_draw_rate, rates=rates, title=title),
        {"epoch": x, "learning_rate": rates},
    )
    return curves, rate


def folds_picture(report: CrossValidationReport, title: str) -> Picture:
    """The curves of every fold, and their mean over the epochs that all folds have."""
    folds = {f"fold {n}": _columns(fold.epochs) for n, fold in enumerate(report.folds, 1)}
    mean = _mean(report)
    fill = partial(draw_several, runs=folds, mean=mean, title=title)
    return Picture("folds", fill, _table(folds | {"mean": mean}))


def comparison_picture(done: Sequence[VariantDone], title: str) -> Picture | None:
    """The curves of several settings over each other; of folds, their mean. None where no epoch
    has ended."""
    runs: dict[str, EpochColumns] = {}
    for item in done:
        if isinstance(item.report, CrossValidationReport):
            runs[item.title] = _mean(item.report)
        elif item.report is not None and item.report.epochs:
            runs[item.title] = _columns(item.report.epochs)
    return curves_picture(runs, title) if runs else None


def curves_picture(runs: Mapping[str, EpochColumns], title: str) -> Picture:
    """The curves of several runs over each other."""
    return Picture("compare", partial(draw_several, runs=runs, mean={}, title=title), _table(runs))


def _columns(epochs: Sequence[EpochDone]) -> EpochColumns:
    # what a report measures of each class is a table of its own
    names = [name for name in epochs[0].measured if not name.endswith("]")]
    return {name: [done.measured[name] for done in epochs] for name in names}


def _mean(report: CrossValidationReport) -> EpochColumns:
    folds = [_columns(fold.epochs) for fold in report.folds]
    shortest = min(len(fold.epochs) for fold in report.folds)
    return {
        name: [sum(fold[name][at] for fold in folds) / len(folds) for at in range(shortest)]
        for name in folds[0]
    }


def _table(runs: Mapping[str, EpochColumns]) -> dict[str, Sequence[object]]:
    """The columns of all runs side by side: `lr=0.1 val_acc`."""
    longest = max(len(values) for run in runs.values() for values in run.values())
    table: dict[str, Sequence[object]] = {"epoch": range(1, longest + 1)}
    for title, run in runs.items():
        table |= {f"{title} {name}": values for name, values in run.items()}
    return table


# Drawing


def _draw_run(figure: Figure, columns: EpochColumns, best: int | None, title: str) -> None:
    quantities = _quantities(columns)
    figure.set_size_inches(3.6 * len(quantities) + 0.4, 2.8)
    for axis, quantity in zip(_axes(figure, 1, len(quantities))[0], quantities, strict=True):
        curves = [
            Curve(part, _epochs(columns[prefix + quantity]), columns[prefix + quantity], colour)
            for (prefix, part), colour in zip(PARTS.items(), PART_COLOURS, strict=True)
            if prefix + quantity in columns
        ]
        draw_curves(axis, curves, label=_named(quantity), log=_log(curves, quantity))
        if best is not None and len(curves[0].x) > 1:
            axis.axvline(best, color=FAINT, linewidth=0.8, linestyle="dotted", zorder=0.5)
            axis.set_title(f"best epoch: {best}", loc="right", fontsize=7.5, pad=3)
    set_title(figure, title)


def _draw_rate(figure: Figure, rates: Sequence[float], title: str) -> None:
    figure.set_size_inches(4.2, 2.8)
    axis = figure.subplots()
    curve = Curve("", _epochs(rates), rates)
    draw_curves(axis, [curve], label="learning rate", log=_log([curve], "rate"))
    if axis.get_yscale() == "linear":
        axis.set_ylim(0, 1.08 * max(rates) or 1)
    set_title(figure, title)


def draw_several(
    figure: Figure, runs: Mapping[str, EpochColumns], mean: EpochColumns, title: str
) -> None:
    """A row of panels per part, a column per quantity, a line per run; a mean is thick."""
    names = [name for run in runs.values() for name in run]
    parts = [prefix for prefix in PARTS if any(name.startswith(prefix) for name in names)]
    quantities = _quantities(dict.fromkeys(names, ()))
    figure.set_size_inches(3.6 * len(quantities) + 0.4, 2.4 * len(parts) + 0.7)
    grid = _axes(figure, len(parts), len(quantities))
    styles = dict(zip(runs, line_styles(len(runs)), strict=True))
    # what stands above each other is compared: one scale for all parts
    logs = {
        quantity: _log(
            [
                Curve("", _epochs(run[part + quantity]), run[part + quantity])
                for run in runs.values()
                for part in parts
                if part + quantity in run
            ],
            quantity,
        )
        for quantity in quantities
    }
    for row, prefix in zip(grid, parts, strict=True):
        for axis, quantity in zip(row, quantities, strict=True):
            name = prefix + quantity
            curves = [
                Curve("", _epochs(run[name]), run[name], *styles[title])
                for title, run in runs.items()
                if name in run
            ]
            if name in mean:
                curves = [replace(curve, width=0.9) for curve in curves]
                curves.append(Curve("", _epochs(mean[name]), mean[name], INK, width=2.2))
            draw_curves(
                axis,
                curves,
                label=f"{_named(quantity)}, {PARTS[prefix]}",
                log=logs[quantity],
            )
            if not _is_share(curves, quantity):
                _leave_out_explosions(axis, curves)
    for row in grid[:-1]:
        for axis in row:
            axis.set_xlabel("")
    lines = list(grid[0][0].get_lines())
    titles = [*runs, *(["mean"] if mean else [])]
    across = max(1, int(figure.get_size_inches()[0] / (0.6 + 0.075 * max(map(len, titles)))))
    figure.legend(lines, titles, loc="outside lower left", ncols=across, frameon=False, fontsize=8)
    set_title(figure, title)


def _axes(figure: Figure, rows: int, columns: int) -> list[list[Axes]]:
    grid: list[list[Axes]] = figure.subplots(rows, columns, squeeze=False).tolist()
    return grid


def _quantities(columns: Mapping[str, object]) -> list[str]:
    """The loss, then the metrics."""
    bare = [name.removeprefix("train_").removeprefix("val_") for name in columns]
    return list(dict.fromkeys(bare))[:MOST_QUANTITIES]


def _named(quantity: str) -> str:
    return {"acc": "accuracy"}.get(quantity, quantity.replace("_", " "))


def _epochs(values: Sequence[float]) -> list[float]:
    return list(range(1, len(values) + 1))


def _log(curves: Sequence[Curve], quantity: str) -> str:
    return "y" if wants_log([value for curve in curves for value in curve.y], quantity) else ""


def wants_log(values: Sequence[float], quantity: str) -> bool:
    """Whether values are positive, far apart, and not those of a metric from 0 to 1."""
    finite = [value for value in values if isfinite(value)]
    if not finite or is_share(finite, quantity):
        return False
    return 0 < WIDE * min(finite) <= max(finite)


def _is_share(curves: Sequence[Curve], quantity: str) -> bool:
    return is_share([value for curve in curves for value in curve.y], quantity)


def is_share(values: Sequence[float], quantity: str) -> bool:
    """Whether a quantity is a metric such as the accuracy, which ends at 1."""
    highest = max((value for value in values if isfinite(value)), default=0.0)
    return quantity not in ("loss", "rate") and highest <= 1


def _leave_out_explosions(axis: Axes, curves: Sequence[Curve]) -> None:
    """Keeps the others visible beside a curve that explodes."""
    first = sorted(curve.y[0] for curve in curves if isfinite(curve.y[0]))
    highest = max((value for curve in curves for value in curve.y if isfinite(value)), default=0.0)
    if first and first[0] > 0 and highest > STEEP * first[len(first) // 2]:
        axis.set_ylim(top=STEEP * first[len(first) // 2])
