"""`netc run --format json` and `netc eval --format json`: the results, for programs.

Both are one object. Values that are not numbers are null, and `undefined` says why. Members may be
added without another `version`; none changes its meaning. A spec that cannot be run has no
document: its errors are on standard error.

Of `netc run`:

    version        1, the version of this shape
    status         `finished`, `stopped`, `interrupted`, `diverged` or `failed`
    why            why it ended early, if it did
    exit_status    of the command
    ok             whether `exit_status` is 0
    folder         in which the run is kept, or null
    engine         {"name": "numpy"}, or of C also {"compiler", "vectors", "functions", "in_numpy",
                   "seconds", "cached", "lost"}: `in_numpy` names instructions that run in NumPy,
                   `lost` says why the compiled code is not kept; "reason" says why `auto` is NumPy;
                   of PyTorch {"name": "torch", "version", "device", "precision", "processes",
                   "compiles"}
    saved          the file that --save names, or null
    data           {"name", "train", "validation", "test"}: its name, and the samples of each part
    parameters     the number of trained parameters
    multiply_adds  for one sample, or null
    seed           of the run
    epochs         those that this command has trained, a list of {"epoch", "measured", "lr",
                   "seconds", "best"}; empty of a cross-validation
    best_epoch     the last one with `best`, or null
    test           null, or of the test part {"measured", "undefined", "weights_of", "confusion"}:
                   the epoch of the weights (null: the last one), and {"classes", "counts"} or null
    expectations   a list of {"text", "value", "holds", "reason"}
    folds          null, or of a cross-validation {"measured", "mean", "deviation"}, where
                   `measured` has an object for each fold

Of `netc eval`:

    version       1, the version of this shape
    ok            whether everything is as expected
    data          the name of the data
    part          `train`, `val`, `test` or `all`
    samples       the number of samples that were measured
    parameters    the number of trained parameters
    measured      the figures by name
    undefined     why some of them have no meaning, by name
    confusion     {"classes", "counts"}, a row for each true class, or null
    expectations  as above
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...runtime.events import (
    Compiled,
    EpochDone,
    Event,
    ExpectationResult,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    NotCompiled,
    Started,
    Stopped,
    TestDone,
    TorchChosen,
)
from ...runtime.runs.record import finite
from ..terminal.output import print_document
from .training import Training, train

if TYPE_CHECKING:
    from ...runtime.training.evaluation import Evaluation

VERSION = 1


def train_for_program(training: Training) -> int:
    """Trains, with everything that is for a person on standard error, and prints the document."""
    document = RunDocument()
    with redirect_stdout(sys.stderr):
        status = train(replace(training, listeners=(*training.listeners, document)))
    print_document(_text(document.content(training, status)))
    return status


@dataclass(slots=True)
class RunDocument:
    """The reporter that gathers what the document says."""

    started: Started | None = None
    engine: Compiled | NotCompiled | TorchChosen | None = None
    epochs: list[EpochDone] = field(default_factory=list)
    stopped: Stopped | None = None
    test: TestDone | None = None
    expectations: tuple[ExpectationResult, ...] = ()
    folds: list[FoldDone] = field(default_factory=list)
    summary: FoldsSummarized | None = None
    fold: FoldStarted | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case Started():
                self.started = event
            case Compiled() | NotCompiled() | TorchChosen():
                self.engine = self.engine or event
            case FoldStarted():
                self.fold = event
            case EpochDone() if self.fold is None:
                self.epochs.append(event)
            case Stopped() if self.fold is None:
                self.stopped = event
            case TestDone():
                self.test = event
            case ExpectationsChecked(items=items):
                self.expectations = items
            case FoldDone():
                self.folds.append(event)
            case FoldsSummarized():
                self.summary = event

    def content(self, training: Training, status: int) -> dict[str, Any]:
        kept, started = training.kept, self.started
        ended, why = kept.ended or ("failed", "")
        if self.stopped is not None:
            why = why or self.stopped.reason
        best = [epoch.epoch for epoch in self.epochs if epoch.best]
        return {
            "version": VERSION,
            "status": ended,
            "why": why,
            "exit_status": status,
            "ok": status == 0,
            "folder": None if kept.keeper is None else str(kept.keeper.folder.path),
            "engine": _engine(self.engine),
            "saved": training.save,
            "data": None if started is None else _data(started),
            "parameters": None if started is None else started.parameters,
            "multiply_adds": None if started is None else started.multiply_adds,
            "seed": training.opened.checked.model.train.seed,
            "epochs": [*map(_epoch, self.epochs)],
            "best_epoch": best[-1] if best else None,
            "test": None if self.test is None else _tested(self.test),
            "expectations": _expectations(self.expectations),
            "folds": None if self.fold is None else self._folds(),
        }

    def _folds(self) -> dict[str, Any]:
        summary = self.summary
        return {
            "measured": [finite(fold.measured) for fold in self.folds],
            "mean": None if summary is None else finite(summary.mean),
            "deviation": None if summary is None else finite(summary.deviation),
        }


def evaluation_json(result: Evaluation) -> str:
    """The document of `netc eval`."""
    tested = _tested(result.tested)
    content = {
        "version": VERSION,
        "ok": all(item.holds for item in result.expectations),
        "data": result.data,
        "part": result.part,
        "samples": result.samples,
        "parameters": result.parameters,
        "measured": tested["measured"],
        "undefined": tested["undefined"],
        "confusion": tested["confusion"],
        "expectations": _expectations(result.expectations),
    }
    return _text(content)


def _engine(event: Compiled | NotCompiled | TorchChosen | None) -> dict[str, Any]:
    match event:
        case Compiled():
            facts = asdict(event)
            return {"name": "native", "in_numpy": facts.pop("kernels"), **facts}
        case NotCompiled(reason=reason):
            return {"name": "numpy", "reason": reason}
        case TorchChosen():
            return {"name": "torch", **asdict(event)}
    return {"name": "numpy"}


def _data(started: Started) -> dict[str, Any]:
    return {
        "name": started.data,
        "train": started.train,
        "validation": started.validation,
        "test": started.test,
    }


def _epoch(done: EpochDone) -> dict[str, Any]:
    return {
        "epoch": done.epoch,
        "measured": finite(done.measured),
        "lr": done.rate,
        "seconds": done.seconds,
        "best": done.best,
    }


def _tested(test: TestDone) -> dict[str, Any]:
    counts = test.confusion
    return {
        "measured": finite(test.measured),
        "undefined": dict(test.reasons),
        "weights_of": test.weights_of,
        "confusion": None if counts is None else {"classes": test.class_names, "counts": counts},
    }


def _expectations(items: Iterable[ExpectationResult]) -> list[dict[str, Any]]:
    return [
        {
            "text": item.text,
            "value": item.value if isfinite(item.value) else None,
            "holds": item.holds,
            "reason": item.reason,
        }
        for item in items
    ]


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
