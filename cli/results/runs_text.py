"""A run, and several runs beside each other, as text: figures, settings that differ, curves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING

from ...runtime.runs.curves import RunCurves
from ..terminal.figures import number, seconds, short, spelt
from ..terminal.fit import fit_lines, table_lines
from ..terminal.labelled import labelled
from ..terminal.screen import Screen
from ..terminal.text_chart import text_chart
from .runs_list import larger_is_better

if TYPE_CHECKING:
    from ...runtime.runs.listing import ListedRun
    from ...runtime.runs.record import ExpectationRecord

MOST_SETTINGS = 40
MOST_CHARTS = 2
BEST = "*"
"""Marks the best figure of a row."""
PARTS = {"val_": "validation", "train_": "training"}


def show_text(run: ListedRun, curves: RunCurves, screen: Screen) -> str:
    """What is known of a run, and its curves."""
    record, dot = run.record, f" {screen.glyphs.dot} "
    facts = [
        ("run", str(run.folder.path)),
        ("status", f"{run.status}{f': {record.why}' if record.why else ''}"),
        ("spec", "a text" if record.spec.path is None else _near(record.spec.path)),
        ("command", " ".join(record.command) or "a program"),
        ("started", f"{record.started}{f'{dot}ended {record.ended}' if record.ended else ''}"),
        ("seed", str(record.seed)),
    ]
    if record.parameters:
        adds = record.multiply_adds
        costs = "" if adds is None else f"{dot}{short(adds)} multiply-adds"
        facts.append(("model", f"{record.parameters:,} parameters{costs}"))
    done = f"{record.epochs} of {record.planned_epochs} epochs in {seconds(record.seconds)}"
    facts.append(("training", done))
    if record.best_epoch is not None and record.monitored:
        facts.append(("best", f"{_best(run)}, epoch {record.best_epoch}"))
    for label, measured in (("measured", record.measured), ("test", record.tested)):
        if measured:
            facts.append((label, dot.join(f"{spelt(n)} {_value(v)}" for n, v in measured.items())))
    if record.kept_epoch is not None:
        facts.append(("weights", f"of epoch {record.kept_epoch}"))
    facts += [("expect", _verdict(item)) for item in record.expectations]
    facts += [("data", f"{file.path} ({file.sha256[:12]})") for file in record.data_files]
    facts += [("commit", record.commit)] if record.commit else []
    facts.append(("engine", dot.join(record.engine.parts())))
    facts.append(("versions", dot.join(f"{name} {text}" for name, text in record.versions.items())))
    facts.append(("machine", dot.join(_machine(record.machine))))
    charts = [_chart_of_run(quantity, curves, screen) for quantity in _quantities([curves])]
    return "\n".join([labelled(facts, screen), *charts])


def _near(path: str) -> str:
    """A path as one would type it here, where that is shorter."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _verdict(item: ExpectationRecord) -> str:
    verdict = "ok" if item.holds else "FAILED"
    return f"{item.text}  {verdict} ({item.reason or _value(item.value)})"


def _machine(machine: Mapping[str, str | int]) -> list[str]:
    return [f"{value} cores" if name == "cores" else str(value) for name, value in machine.items()]


def _chart_of_run(quantity: str, curves: RunCurves, screen: Screen) -> str:
    lines = {
        prefix[0]: curves[prefix + quantity] for prefix in PARTS if prefix + quantity in curves
    }
    names = ", ".join(f"{prefix[0]} {PARTS[prefix]}" for prefix in PARTS if prefix[0] in lines)
    found = text_chart(quantity.replace("_", " "), lines, screen)
    return "\n".join([*found, names, ""]) if found else ""


def _quantities(runs: Sequence[RunCurves]) -> list[str]:
    """The loss, and the first metric that the runs have in common."""
    named = [
        dict.fromkeys(name.partition("_")[2] for name in run if name.startswith(tuple(PARTS)))
        for run in runs
        if run
    ]
    common = [name for name in (named[0] if named else ()) if all(name in one for one in named)]
    return common[:MOST_CHARTS]


def marks_of(count: int) -> list[str]:
    """What the runs are called in a comparison."""
    return [ascii_uppercase[n] if n < 26 else "?" for n in range(count)]


def compare_text(
    runs: Sequence[ListedRun],
    settings: Mapping[str, Sequence[str | None]],
    curves: Sequence[RunCurves],
    screen: Screen,
) -> str:
    """The runs by letter, the settings that differ, the final figures, and curves."""
    marks = marks_of(len(runs))
    lines = [
        fit_lines(screen.clean(f"{mark}  {run.folder.path}"), screen, 3)
        for mark, run in zip(marks, runs, strict=True)
    ]
    figures = [["figure", *marks], *_figures(runs)]
    lines += ["", *table_lines(figures, "l" + "r" * len(runs), screen, head="faint"), ""]
    if settings:
        shown = list(settings.items())[:MOST_SETTINGS]
        rows = [
            [name, *("-" if c is None else screen.clean(c) for c in row)] for name, row in shown
        ]
        table = [["setting", *marks], *rows]
        lines += table_lines(table, "l" + "l" * len(runs), screen, head="faint")
        more = len(settings) - len(shown)
        lines += [f"and {more} more settings; `--format json` has all"] if more else []
    else:
        lines.append("all settings are equal")
    for quantity in _quantities(curves):
        part = next(part for part in PARTS if any(part + quantity in run for run in curves))
        drawn = {
            mark: run[part + quantity]
            for mark, run in zip(marks, curves, strict=True)
            if part + quantity in run
        }
        chart = text_chart(f"{PARTS[part]} {quantity}", drawn, screen)
        lines += ["", *chart] if chart else []
    return "\n".join(lines) + "\n"


def _figures(runs: Sequence[ListedRun]) -> list[list[str]]:
    records = [run.record for run in runs]
    rows = [["status", *(run.status for run in runs)]]
    rows.append(["epochs", *(f"{one.epochs}/{one.planned_epochs}" for one in records)])
    for name in dict.fromkeys(one.monitored for one in records if one.best_epoch and one.monitored):
        values = [one.best_value if one.monitored == name else None for one in records]
        rows.append([f"best {spelt(name)}", *_marked(name, values)])
    epochs = [str(one.best_epoch or "") if one.monitored else "" for one in records]
    rows += [["best epoch", *epochs]] if any(epochs) else []
    for title, of in (("last ", "measured"), ("test ", "tested")):
        tables = [getattr(one, of) for one in records]
        names = dict.fromkeys(n for table in tables for n in table if not n.endswith("]"))
        for name in names:
            if not name.startswith("train_"):
                cells = _marked(name, [table.get(name) for table in tables])
                rows.append([f"{title}{spelt(name)}", *cells])
    engines = [one.engine.name for one in records]
    rows += [["engine", *engines]] if len(set(engines)) > 1 else []
    rows.append(["parameters", *(f"{one.parameters:,}" for one in records)])
    if any(one.multiply_adds is not None for one in records):
        rows.append(["multiply-adds", *(_count(one.multiply_adds) for one in records)])
    rows.append(["time", *(seconds(one.seconds) for one in records)])
    return rows


def _marked(name: str, values: Sequence[float | None]) -> list[str]:
    """The figures, the best of them with a star."""
    known = [value for value in values if value is not None]
    best: Callable[..., float] = max if larger_is_better(name) else min
    marks = len(set(known)) > 1
    return [
        "" if value is None
        else f"{BEST if marks and value == best(known) else ''}{number(value)}"
        for value in values
    ]  # fmt: skip


def _best(run: ListedRun) -> str:
    return f"{spelt(run.record.monitored)} {_value(run.record.best_value)}"


def _value(value: float | None) -> str:
    return "undefined" if value is None else number(value)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
