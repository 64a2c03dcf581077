"""The report of `netc data` as text."""

from __future__ import annotations

from ...compiler.diagnostics import Diagnostic
from ...compiler.shapes import shape_text
from ...grammar.text import counted
from ...runtime.analysis.data_report import (
    ColumnSummary,
    DataReport,
    InputSummary,
    PartSummary,
    TargetSummary,
)
from ..terminal.columns import width_of
from ..terminal.fit import fit_lines, table_lines
from ..terminal.screen import Screen

LABEL = 8
"""The width of `data`, `input`, `target` and their spaces."""
MOST_COLUMNS = 20
MOST_CLASSES = 20
FIGURES = ("min", "max", "mean", "deviation")

TextRows = list[tuple[str, ...]]


def data_text(report: DataReport, screen: Screen, *, shows_all: bool = False) -> str:
    """Everything, for a person: facts, parts, columns, warnings."""
    most = None if shows_all else MOST_COLUMNS
    blocks = [_facts(report, screen), _parts(report, screen, most)]
    for item in report.inputs:
        blocks += _columns(item, report, screen, most)
    blocks += [
        _table(_rows("target", item.columns[:most]), screen)
        for item in report.targets
        if item.columns
    ]
    if report.weights is not None:
        blocks.append(_table(_rows("weights", (report.weights,)), screen))
    blocks += [warning_text(item, screen) for item in report.warnings]
    return fit_lines("\n\n".join(block for block in blocks if block) + "\n", screen, LABEL)


# Facts


def _facts(report: DataReport, screen: Screen) -> str:
    dot = f" {screen.glyphs.dot} "
    total = sum(part.samples for part in report.parts)
    facts = [counted(total, "sample"), f"seed {report.seed}"]
    if report.folds is not None:
        facts.append(f"fold 1 of {report.folds}")
    if report.note:
        facts.append(report.note)
    lines = [f"{'data':<{LABEL}}{screen.clean(report.data)}  {dot.join(facts)}"]
    if report.preps:
        lines.append(f"{'prep':<{LABEL}}{', '.join(report.preps)}")
    lines += [f"{'input':<{LABEL}}{_width(item, report, screen)}" for item in report.inputs]
    lines += [f"{'target':<{LABEL}}{_outputs(item, report, screen)}" for item in report.targets]
    return "\n".join(lines)


def _width(item: InputSummary, report: DataReport, screen: Screen) -> str:
    """What an input must be."""
    shape = shape_text(item.prepared)
    if item.sample != item.prepared:
        read = f"{shape_text(item.sample)} per sample, {shape} after `prep`"
    elif len(item.prepared) == 1:
        read = f"{counted(item.prepared[0], 'number')} per sample"
    else:
        read = f"{shape} per sample"
    name = f"{screen.clean(item.name)}: " if len(report.inputs) > 1 else ""
    if not item.declared or "?" in item.declared:
        return f"{name}{read}: `input {shape}`"
    if item.fits:
        return f"{name}{read}, which `input {item.declared}` reads"
    wrong = screen.paint(f"`input {item.declared}` does not fit", "error")
    return f"{name}{read}: write `input {shape}`; {wrong}"


def _outputs(item: TargetSummary, report: DataReport, screen: Screen) -> str:
    """What the last layer must give, and what the simplest guess is worth."""
    name = screen.clean(item.name)
    if not item.classes:
        numbers = counted(item.width, "number")
        return f"{name}: {numbers} per sample, so {counted(item.width, 'output')}"
    outputs = "2 outputs, or 1 with `sigmoid`" if item.width == 2 else f"{item.width} outputs"
    best = max(range(item.width), key=lambda number: item.counts[0][number])
    part = report.parts[-1].name
    share = item.counts[-1][best] / max(1, sum(item.counts[-1]))
    guess = f"always `{screen.clean(item.classes[best])}`: acc {share:.4f} on the {part} part"
    classes = "1 class" if item.width == 1 else f"{item.width} classes"
    return f"{name}: {classes}, so {outputs}; {guess}"


# Parts


def _parts(report: DataReport, screen: Screen, most: int | None) -> str:
    """A column for each part: samples, copies, classes."""
    rows: TextRows = [("part", *(part.name for part in report.parts))]
    rows.append(("samples", *(f"{part.samples:,}" for part in report.parts)))
    if any(part.repeated for part in report.parts):
        rows.append(("repeated", *(f"{part.repeated:,}" for part in report.parts)))
    if any(part.in_training for part in report.parts):
        rows.append(("also in training", *map(_copies, report.parts)))
    more = ""
    for item in report.targets:
        if item.classes:
            shown = len(item.classes) if most is None else MOST_CLASSES
            rows += _balance(item, shown)
            more += _more(len(item.classes) - shown, "class", "classes", screen)
    return _table(rows, screen) + more


def _copies(part: PartSummary) -> str:
    return "" if part.name == "training" else f"{part.in_training:,}"


def _balance(item: TargetSummary, most: int) -> TextRows:
    """How many samples of each class a part has, and their share of it."""
    totals = [max(1, sum(counts)) for counts in item.counts]
    rows: TextRows = [(f"{item.name}:", *("" for _ in totals))]
    for number, name in enumerate(item.classes[:most]):
        cells = (
            f"{counts[number]:,} {100 * counts[number] / total:5.1f} %"
            for counts, total in zip(item.counts, totals, strict=True)
        )
        rows.append((f"  {name}", *cells))
    if any(item.ignored):
        rows.append(("  ignored", *(f"{count:,}        " for count in item.ignored)))
    return rows


# Columns


def _columns(item: InputSummary, report: DataReport, screen: Screen, most: int | None) -> list[str]:
    """A row for each column: before and after `prep` side by side, where that is as wide as the
    screen at most."""
    what = "column" if len(item.sample) == 1 else "channel"
    what = what if len(report.inputs) == 1 else item.name
    title = f"after prep {', '.join(report.preps)}"
    before = _rows(what, item.columns[:most])
    after = item.prepared_columns
    more = _more(len(item.columns) - len(item.columns[:most]), what, f"{what}s", screen)
    if not after:
        return [_table(before, screen) + more]
    if [column.name for column in item.columns] == [column.name for column in after]:
        both = [
            (*row, *figures)
            for row, figures in zip(before, [FIGURES, *map(_figures, after[:most])], strict=True)
        ]
        wide = _table(both, screen, over=(len(before[0]), title))
        if max(map(width_of, wide.splitlines())) <= screen.width:
            return [wide + more]
    rows = _rows(what, after[:most])
    more_after = _more(len(after) - len(after[:most]), what, f"{what}s", screen)
    return [_table(before, screen) + more, f"{title}\n{_table(rows, screen)}{more_after}"]


def _rows(title: str, columns: tuple[ColumnSummary, ...]) -> TextRows:
    """A head and a row for each column. Values are not counted where all are real numbers."""
    counts = any(column.distinct is not None for column in columns)
    head = (title, "type", *(("values",) if counts else ()), "missing", *FIGURES)
    rows: TextRows = [head]
    for column in columns:
        values = f"{column.distinct:,}" if column.distinct is not None else "> 1,000"
        cells = (column.name, column.kind, *((values,) if counts else ()))
        rows.append((*cells, f"{column.missing:,}", *_figures(column)))
    return rows


def _figures(column: ColumnSummary) -> tuple[str, ...]:
    values = (column.low, column.high, column.mean, column.deviation)
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    # a mean of 1e-8 beside numbers of a size of 1 is a rounded 0
    return tuple(
        "" if value is None else _figure(value if abs(value) > 1e-6 * largest else 0.0)
        for value in values
    )


def _figure(value: float) -> str:
    """Five digits, and whole numbers in full."""
    whole = abs(value) < 1e12 and (value == int(value) or abs(value) >= 1e5)
    return f"{value:.0f}" if whole else f"{value:.5g}"


def _more(count: int, noun: str, nouns: str, screen: Screen) -> str:
    if count <= 0:
        return ""
    what = noun if count == 1 else nouns
    return f"\n{screen.glyphs.ellipsis} and {count:,} more {what}: --all lists them"


def _table(rows: TextRows, screen: Screen, over: tuple[int, str] | None = None) -> str:
    """Texts to the left in the first column and the second one of words, figures to the right.
    `over`: the number of a column, and what is written above it."""
    cells = [tuple(screen.clean(cell) for cell in row) for row in rows]
    if over is None:
        sides = "".join("l" if not n or name == "type" else "r" for n, name in enumerate(rows[0]))
        return "\n".join(table_lines(cells, sides, screen, head="faint"))
    wide = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = []
        for number, (cell, width) in enumerate(zip(row, wide, strict=True)):
            space = " " * (width - width_of(cell))
            padded.append(cell + space if not number or rows[0][number] == "type" else space + cell)
        padded.insert(over[0], "")
        lines.append("  ".join(padded).rstrip())
    start = sum(wide[: over[0]]) + 2 * over[0] + 2
    head = [" " * start + over[1], lines[0]]
    return "\n".join([*(screen.paint(line, "faint") for line in head), *lines[1:]])


# Warnings


def warning_text(item: Diagnostic, screen: Screen) -> str:
    """What was probably not meant, and what to do."""
    head = screen.paint(f"warning[{item.code}]", "warning")
    lines = fit_lines(f"{head}: {screen.clean(item.message)}", screen, 2).split("\n")
    for text in item.help:
        lines += fit_lines(f"  help: {screen.clean(text)}", screen, LABEL).split("\n")
    return "\n".join(lines)
