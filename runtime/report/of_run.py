"""The report of a kept run: its values and its page in the folder of the run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import join

from ...grammar.source import Source
from ..events import (
    CrossValidationReport,
    EpochDone,
    ExpectationResult,
    RunReport,
    Stopped,
    TestDone,
)
from ..packages import PackageTrouble, package_trouble
from ..runs.folder import RunFolder
from ..runs.record import RunRecord
from ..storage.files import write_atomically
from .data import NamedTexts, ReportData, RunFacts
from .render import render
from .stored import UnreadableReportError, report_json, report_of_json

VALUES, PAGE = "report.json", "report.html"
MOST_CHARACTERS = 100_000
"""Of a further file of a spec that is shown."""


def write_report(folder: Path, data: ReportData) -> Path | PackageTrouble:
    """Writes the values and the page, whose path it gives; without jinja2 why there is none. Raises
    OSError."""
    write_atomically(folder / VALUES, report_json(data) + b"\n")
    trouble = package_trouble("jinja2")
    if trouble is not None:
        return trouble
    page = folder / PAGE
    write_atomically(page, render(data).encode())
    return page


def read_report(folder: RunFolder, record: RunRecord) -> ReportData | None:
    """The values in the folder of a run; None where there are none, where they are of another
    version, or where the run has gone on since."""
    try:
        data = report_of_json((folder.path / VALUES).read_bytes())
    except (OSError, UnreadableReportError):
        return None
    same = data.facts.started == record.started and data.facts.ended == (record.ended or "")
    return data if same else None


def facts_of(
    record: RunRecord, sources: Iterable[Source] = (), *, running: bool = False
) -> RunFacts:
    """What a record says of a run. `sources` are further files that its spec uses; a `running` one
    has a process that trains it."""
    command = join(record.command)
    checkout = record.commit is not None and not record.commit.endswith("+")
    again = [f"git checkout {record.commit}"] if checkout else []
    return RunFacts(
        title=record.name,
        command=command,
        started=record.started,
        ended=record.ended or "",
        seconds=record.seconds,
        interrupted=not running and record.status in ("running", "interrupted", "failed"),
        running=running,
        environment=_environment(record),
        reproduce=(*again, command) if command else (),
        files=tuple((source.name, source.text[:MOST_CHARACTERS]) for source in sources),
    )


def _environment(record: RunRecord) -> NamedTexts:
    """Versions, the machine, and what decides the last bits."""
    found = [("seed", str(record.seed)), *record.versions.items()]
    found += [(name, str(value)) for name, value in record.machine.items()]
    found += [
        ("engine", "; ".join(record.engine.parts())),
        ("processes" if record.engine.name == "numpy" else "threads", str(record.engine.workers)),
        ("parts of a batch", str(record.engine.shards)),
    ]
    if record.commit is not None:
        note = " with changes" if record.commit.endswith("+") else ""
        found.append(("commit", record.commit.removesuffix("+") + note))
    found += [(file.path, f"SHA-256 {file.sha256}") for file in record.data_files]
    return tuple(found)


# A run that left no values, such as one that was killed


def report_so_far(folder: RunFolder, record: RunRecord) -> RunReport:
    """What a run came to, as far as its files say it. Raises OSError and ValueError."""
    epochs = tuple(done for _, done in _rows(folder.metrics_jsonl.read_text(encoding="utf-8")))
    test = None
    if record.tested:
        test = TestDone({name: _number(value) for name, value in record.tested.items()})
    expectations = tuple(
        ExpectationResult(item.text, _number(item.value), item.holds, item.reason)
        for item in record.expectations
    )
    _, kept = weights_of(folder, record)
    return RunReport(
        epochs,
        record.best_epoch,
        stopped=Stopped(len(epochs), record.why) if record.status == "stopped" else None,
        test=test,
        expectations=expectations,
        weights_of=kept,
    )


def folds_so_far(folder: RunFolder) -> CrossValidationReport:
    """The same of a cross-validation. Raises OSError and ValueError."""
    folds: dict[int, list[EpochDone]] = {}
    for fold, done in _rows(folder.metrics_jsonl.read_text(encoding="utf-8")):
        folds.setdefault(fold or 0, []).append(done)
    return CrossValidationReport(
        tuple(RunReport(tuple(rows), None) for _, rows in sorted(folds.items())), {}, {}
    )


def weights_of(folder: RunFolder, record: RunRecord) -> tuple[Path, int | None]:
    """The file of the weights that a run ended with or, where it did not come to its end, of the
    best ones, and their epoch; None for those of the last epoch."""
    if record.kept_epoch is not None and record.kept_epoch == record.epochs:
        return folder.last, None
    if folder.best.exists():
        return folder.best, record.best_epoch
    return folder.last, None


def _rows(text: str) -> Iterator[tuple[int | None, EpochDone]]:
    """The lines of epochs, each with its fold."""
    for line in text.splitlines():
        row = json.loads(line)
        if "step" in row:
            continue
        measured = {
            name: _number(value)
            for name, value in row.items()
            if name.startswith(("train_", "val_"))
        }
        done = EpochDone(row["epoch"], measured, row["lr"], row["seconds"], row["best"])
        yield row.get("fold"), done


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
