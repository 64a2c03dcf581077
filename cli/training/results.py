"""What a test came to, as text: its figures, tables, and what was expected of it."""

from __future__ import annotations

from math import isnan

from ...runtime.events import ExpectationResult, TestDone
from ..terminal.columns import width_of
from ..terminal.figures import LABEL, number, spelt
from ..terminal.fit import table_lines
from ..terminal.screen import Screen


def test_text(event: TestDone) -> str:
    """`test    acc 0.9902  loss 0.0317`, the metrics before the loss."""
    cells = measured_cells(event)
    if event.weights_of is not None:
        cells.append(f"weights of epoch {event.weights_of}")
    return f"{'test':<{LABEL}}{'  '.join(cells)}"


def measured_cells(event: TestDone) -> list[str]:
    """`acc 0.9902`, `auc undefined (no positive among 6 samples)`, the loss at the end."""
    names = [name for name in event.measured if name != "loss" and not name.endswith("]")]
    cells = []
    for name in (*names, "loss"):
        value, reason = event.measured[name], event.reasons.get(name)
        shown = "undefined" if isnan(value) else number(value)
        cells.append(f"{spelt(name)} {shown}{f' ({reason})' if reason else ''}")
    return cells


def report_text(event: TestDone, screen: Screen) -> str:
    """What was measured of each class, a row per class; nothing where it is not wanted."""
    rows: dict[str, dict[str, float]] = {}
    for key, value in event.measured.items():
        name, bracket, called = key.removesuffix("]").partition("[")
        if bracket:
            rows.setdefault(called, {})[name] = value
    if not rows:
        return ""
    shown = {called: screen.clean(called) for called in rows}
    titles = list(next(iter(rows.values())))
    lines = [["class", *(f"{title:>9}" for title in titles)]]
    for called, figures in rows.items():
        cells = (
            f"{figures[title]:,.0f}" if title == "samples" else number(figures[title])
            for title in titles
        )
        lines.append([shown[called], *cells])
    return "\n".join(table_lines(lines, "l" + "r" * len(titles), screen))


def verdict(item: ExpectationResult, screen: Screen) -> str:
    """`acc>=98.5%  ok`."""
    word = screen.paint("ok", "good") if item.holds else screen.paint("FAILED", "error")
    return f"{screen.clean(item.text)}  {word}"


def found(item: ExpectationResult) -> str:
    """What was measured, or why that has no meaning."""
    return item.reason or number(item.value)


def confusion_text(
    counts: tuple[tuple[int, ...], ...], names: tuple[str, ...], screen: Screen
) -> str:
    """The confusion matrix: a row per true class, a column per predicted class."""
    shown = [screen.clean(name) for name in names] or [str(i) for i in range(len(counts))]
    corner = "true \\ predicted"
    wide = max(*map(width_of, shown), len(str(max(map(max, counts)))))
    head = [corner, *(" " * (wide - width_of(name)) + name for name in shown)]
    rows = [[name, *map(str, row)] for name, row in zip(shown, counts, strict=True)]
    return "\n".join(table_lines([head, *rows], "l" + "r" * len(shown), screen))
