"""Tables for a notebook, which shows what `_repr_html_` gives. Everything from files is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import nan
from typing import Protocol

CELL = "padding:0.15em 0.7em;text-align:{side}"
TEXT = "margin:0.3em 0"
MOST_EPOCHS = 50
"""Rows of a table of epochs."""


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """A head and rows; the first `texts` columns are texts, the others numbers."""
    sides = ["left" if number < texts else "right" for number in range(len(head))]
    titles = _cells("th", head, sides)
    body = "".join(f"<tr>{_cells('td', row, sides)}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _cells(tag: str, texts: Sequence[str], sides: Sequence[str]) -> str:
    return "".join(
        f'<{tag} style="{CELL.format(side=side)}">{escape(text)}</{tag}>'
        for text, side in zip(texts, sides, strict=True)
    )


def html_line(text: str) -> str:
    """A paragraph."""
    return f'<p style="{TEXT}">{escape(text)}</p>'


def html_progress(done: int, total: int, text: str) -> str:
    """A bar with words beside it."""
    bar = f'<progress value="{done}" max="{max(1, total)}"></progress>'
    return f'<p style="{TEXT}">{bar} {escape(text)}</p>'


def figure(value: float) -> str:
    """A measured number in four digits; a dash where it has no value."""
    return "-" if value != value else f"{value:.4g}"


def duration(seconds: float) -> str:
    """`0.21 s`, `34 s`, `2 min 5 s`."""
    if seconds < 59.5:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


# Runs


class MeasuredEpoch(Protocol):
    """What a table needs of an epoch."""

    @property
    def epoch(self) -> int: ...
    @property
    def measured(self) -> Mapping[str, float]: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def best(self) -> bool: ...


def epochs_html(epochs: Sequence[MeasuredEpoch]) -> str:
    """A row for each epoch, of many the last ones and the best one; a star marks the best."""
    if not epochs:
        return html_line("no epoch was completed")
    best = max((item for item in epochs if item.best), key=lambda item: item.epoch, default=None)
    shown = list(epochs[-MOST_EPOCHS:])
    if best is not None and best not in shown:
        shown.insert(0, best)
    names = list(shown[-1].measured)
    rows = [
        (
            f"{item.epoch}{' *' if item is best else ''}",
            *(figure(item.measured.get(name, nan)) for name in names),
            "exact" if item.rate is None else figure(item.rate),
            duration(item.seconds),
        )
        for item in shown
    ]
    titles = [name.removeprefix("train_").replace("_", " ") for name in names]
    parts = [html_table(("epoch", *titles, "lr", "time"), rows)]
    if len(epochs) > len(shown):
        parts.insert(0, html_line(f"{len(epochs):,} epochs, of which the last ones are shown"))
    if best is not None:
        parts.append(html_line("* the best epoch"))
    return "".join(parts)


def measured_line(label: str, measured: Mapping[str, float]) -> str:
    """`test: acc 0.99, loss 0.03`, without what is measured class by class."""
    facts = (
        f"{name.replace('_', ' ')} {figure(value)}"
        for name, value in measured.items()
        if not name.endswith("]")
    )
    return html_line(f"{label}: {', '.join(facts)}")
