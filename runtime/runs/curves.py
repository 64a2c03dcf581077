"""What was measured over the epochs of a kept run, read from its `metrics.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import nan

from .folder import RunFolder

RunCurves = Mapping[str, Sequence[float]]
"""What was measured, a number per epoch; nothing before the end of the first one."""

OTHERS = ("fold", "epoch", "best")
"""Columns that are not measured."""


def read_curves(folder: RunFolder) -> RunCurves | str:
    """The columns of a run, of folds their means over the epochs that all of them have; or why they
    cannot be read. A line that was being written when the process was killed is left out."""
    try:
        with open(folder.metrics_csv, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return (getattr(error, "strerror", "") or "it is not a table in UTF-8").lower()
    if not rows:
        return {}
    head, folds = rows[0], dict[str, list[list[float]]]()
    if "epoch" not in head:
        return "it has no column `epoch`"
    columns = [n for n, name in enumerate(head) if name not in OTHERS and "[" not in name]
    for row in rows[1:]:
        # a learning rate is empty where a network was solved
        with suppress(ValueError, IndexError):
            values = [float(row[n]) if row[n] else nan for n in columns]
            folds.setdefault(row[head.index("fold")] if "fold" in head else "", []).append(values)
    shortest = min(map(len, folds.values()), default=0)
    return {
        head[n]: [
            sum(rows[epoch][at] for rows in folds.values()) / len(folds)
            for epoch in range(shortest)
        ]
        for at, n in enumerate(columns)
    }
