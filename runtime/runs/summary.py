"""`summary.txt`: a run in a few lines, for a person who has only the folder."""

from __future__ import annotations

from collections.abc import Sequence

from ..events import EpochDone
from .metrics import MetricsRow
from .record import RunRecord

LABEL = 10


def summary_text(record: RunRecord, rows: Sequence[tuple[int | None, MetricsRow]]) -> str:
    """What was run, every epoch, and what it came to."""
    status = record.status if not record.why else f"{record.status}: {record.why}"
    epochs = f"{record.epochs} of {record.planned_epochs} epochs"
    facts = [
        ("run", record.name),
        ("status", status),
        ("command", " ".join(record.command)),
        ("spec", record.spec.path or "a text"),
        ("started", record.started),
        ("ended", record.ended or ""),
        ("trained", f"{epochs}, {record.seconds:.1f} s, {record.parameters:,} parameters"),
        ("seed", str(record.seed)),
        ("best", _best(record)),
        ("kept", "" if record.kept_epoch is None else f"the weights of epoch {record.kept_epoch}"),
        ("test", "  ".join(f"{name} {_number(value)}" for name, value in record.tested.items())),
        *(
            ("expect", f"{item.text}  {'ok' if item.holds else 'FAILED'}  ({_number(item.value)})")
            for item in record.expectations
        ),
    ]
    lines = [f"{label:<{LABEL}}{text}" for label, text in facts if text]
    table = _table([(fold, row) for fold, row in rows if isinstance(row, EpochDone)])
    return "\n".join([*lines, "", *table]) + "\n" if table else "\n".join(lines) + "\n"


def _best(record: RunRecord) -> str:
    if record.best_epoch is None:
        return ""
    return f"epoch {record.best_epoch}, {record.monitored} {_number(record.best_value)}"


def _table(rows: Sequence[tuple[int | None, EpochDone]]) -> list[str]:
    if not rows:
        return []
    fold, first = rows[0]
    head = [*(["fold"] if fold is not None else []), "epoch", *first.measured, "lr", ""]
    cells = [
        [
            *([str(number)] if number is not None else []),
            str(row.epoch),
            *map(_number, row.measured.values()),
            "exact" if row.rate is None else f"{row.rate:.4g}",
            "*" if row.best else "",
        ]
        for number, row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    return [
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *cells)
    ]


def _number(value: float | None) -> str:
    return "no number" if value is None or value != value else f"{value:.6g}"
