"""`metrics.csv` and `metrics.jsonl`: what every epoch came to.

The CSV has what is the same for every run of the same spec and seed; times are in the JSON lines
only. A line is appended when its epoch ends. A run that goes on writes the lines of its state anew
first, as an epoch may have ended after that state was kept.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..events import EpochDone, StepLogged
from ..storage.files import write_atomically
from .folder import RunFolder
from .record import finite

MetricsRow = EpochDone | StepLogged


@dataclass(frozen=True, slots=True)
class MetricsFiles:
    """Both files of a run. `fold` is that of a cross-validation."""

    folder: RunFolder

    def logged_steps(self, fold: int | None, step: int) -> list[tuple[int | None, MetricsRow]]:
        """The steps that are in the file, up to one of a fold: a state knows no single steps, and
        what came after it comes again."""
        try:
            lines = self.folder.metrics_jsonl.read_bytes().splitlines()
        except OSError:
            return []
        logged = [item for item in map(_logged, lines) if item is not None]
        return [item for item in logged if (item[0] or 0, item[1].step) <= (fold or 0, step)]

    def write(self, rows: Sequence[tuple[int | None, MetricsRow]]) -> None:
        """Writes all lines, each with its fold, in the order in which they happened. Raises
        OSError."""
        rows = sorted(rows, key=_moment)
        epochs = [(fold, row) for fold, row in rows if isinstance(row, EpochDone)]
        head = [] if not epochs else [_header(*epochs[0])]
        lines = [*head, *(_values(fold, row) for fold, row in epochs)]
        write_atomically(self.folder.metrics_csv, "".join(map(_csv, lines)).encode())
        text = "".join(_json(fold, row) for fold, row in rows)
        write_atomically(self.folder.metrics_jsonl, text.encode())

    def append(self, fold: int | None, row: MetricsRow) -> None:
        """Adds a line. Raises OSError."""
        if isinstance(row, EpochDone):
            path = self.folder.metrics_csv
            text = _csv(_values(fold, row))
            if not path.exists() or not path.stat().st_size:
                text = _csv(_header(fold, row)) + text
            _append(str(path), text)
        _append(str(self.folder.metrics_jsonl), _json(fold, row))


def _logged(line: bytes) -> tuple[int | None, StepLogged] | None:
    """A step that a line tells of. The last line is a part of one, where the process was killed
    while it wrote it."""
    try:
        item = json.loads(line)
        if "step" not in item:
            return None
        loss = float("nan") if item["loss"] is None else float(item["loss"])
        fold = None if item.get("fold") is None else int(item["fold"])
        return fold, StepLogged(int(item["epoch"]), int(item["step"]), loss, float(item["lr"]))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None


def _moment(item: tuple[int | None, MetricsRow]) -> tuple[int, int, bool, int]:
    fold, row = item
    return (fold or 0, row.epoch, isinstance(row, EpochDone), getattr(row, "step", 0))


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(text)


def _header(fold: int | None, row: EpochDone) -> list[str]:
    return [*(["fold"] if fold is not None else []), "epoch", *row.measured, "lr", "best"]


def _values(fold: int | None, row: EpochDone) -> list[Any]:
    first = [] if fold is None else [fold]
    rate = "" if row.rate is None else row.rate
    return [*first, row.epoch, *row.measured.values(), rate, int(row.best)]


def _csv(values: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _json(fold: int | None, row: MetricsRow) -> str:
    record: dict[str, Any] = {} if fold is None else {"fold": fold}
    if isinstance(row, EpochDone):
        record |= {"epoch": row.epoch, **finite(row.measured), "lr": row.rate, "best": row.best}
        record |= {"seconds": row.seconds}
    else:
        loss = finite({"loss": row.loss})
        record |= {"epoch": row.epoch, "step": row.step, **loss, "lr": row.rate}
    return json.dumps(record, ensure_ascii=False) + "\n"
