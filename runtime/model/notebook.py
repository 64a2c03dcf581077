"""A live table of epochs in a Jupyter notebook."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from math import nan
from typing import Any

from ..events import (
    Clock,
    Decoding,
    Diverged,
    Downloading,
    EpochDone,
    EpochStarted,
    Event,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    LossGrew,
    Started,
    StepDone,
    Stopped,
    TestDone,
    Warned,
)
from ..html_tables import (
    duration,
    epochs_html,
    figure,
    html_line,
    html_progress,
    html_table,
)
from ..packages import require_package
from .warning import warn_of_data

OFTEN = 0.2
"""Seconds between two drawings, at least."""


@dataclass(slots=True, eq=False)
class NotebookReporter:
    """A reporter that shows a training as a table in a notebook: `model.fit(x, y,
    reporter=netc.NotebookReporter())`. The table grows with each epoch, in place, below a bar for
    the present one; of a cross-validation it has a row per fold. What is suspicious about the data
    is a Python warning, as without a reporter. In an IPython shell it prints a line per epoch.

    Raises `ImportError` where IPython is not installed: `pip install 'netc[notebook]'`.
    """

    clock: Clock = time.monotonic
    _started: Started | None = None
    _epochs: list[EpochDone] = field(default_factory=list)
    _folds: list[FoldDone] = field(default_factory=list)
    _fold: FoldStarted | None = None
    _summary: FoldsSummarized | None = None
    _work: str = ""
    """A bar, for what goes on."""
    _end: list[str] = field(default_factory=list)
    """What is below the table."""
    _display: Any = None
    _drawn: float = float("-inf")

    def __post_init__(self) -> None:
        require_package("ipython", "a live table needs")

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        if isinstance(event, Warned):
            warn_of_data(event, event.problem.at.source)
            return
        line = self._take(event)
        if not _in_notebook():
            if line:
                print(line)
        elif line or self.clock() - self._drawn >= OFTEN:
            self._draw()

    def _take(self, event: Event) -> str:
        """Remembers an event; the text of one that is more than progress."""
        match event:
            case Started():
                return self._begin(event)
            case FoldStarted(fold=number):
                if number == 1:
                    self._forget()
                self._fold = event
            case EpochStarted(epoch=epoch) if self._started is not None:
                self._work = self._bar(epoch, 0, "")
            case StepDone(epoch=epoch, step=step, loss=loss):
                self._work = self._bar(epoch, step, f", loss {figure(loss)}")
            case EpochDone():
                self._epochs.append(event)
                self._work = ""
                return "" if self._fold is not None else _epoch_text(event)
            case FoldDone():
                self._folds.append(event)
                self._work = ""
                return f"fold {event.fold}: {_measured_text(event.measured)}"
            case FoldsSummarized():
                self._summary = event
                return f"mean: {_measured_text(event.mean)}"
            case Downloading(file=what, received=done, total=total):
                self._work = html_progress(done, total or 1, f"fetching {what}")
            case Decoding(what=what, done=done, total=total):
                self._work = html_progress(done, total, f"decoding {what}")
            case _:
                return self._take_end(event)
        return ""

    def _take_end(self, event: Event) -> str:
        """What comes after the epochs; each fold has that, and shows none of it."""
        text = _end_text(event)
        if not text or (self._fold is not None and not isinstance(event, ExpectationsChecked)):
            return ""
        self._work = ""
        self._end.append(html_line(text))
        return text

    def _begin(self, event: Started) -> str:
        if self._fold is None or self._summary is not None:
            self._forget()
        self._started, self._epochs, self._work = event, [], ""
        return "" if self._fold is not None and self._fold.fold > 1 else _started_text(event)

    def _forget(self) -> None:
        """The same reporter may see several trainings, each with a table of its own."""
        if self._started is not None:
            self._display, self._started = None, None
        self._fold, self._summary, self._folds, self._end = None, None, [], []

    def _bar(self, epoch: int, step: int, more: str) -> str:
        assert self._started is not None
        of = f"epoch {epoch} of {self._started.epochs}{more}"
        if self._fold is not None:
            of = f"fold {self._fold.fold} of {self._fold.folds}, {of}"
        return html_progress(step, self._started.steps, of)

    def _draw(self) -> None:
        """Puts the present state in the place of the one before."""
        tools: Any = import_module("IPython.display")
        self._drawn = self.clock()
        page = tools.HTML(self._html())
        if self._display is None:
            self._display = tools.display(page, display_id=True)
        else:
            self._display.update(page)

    def _html(self) -> str:
        parts = [] if self._started is None else [html_line(_started_text(self._started))]
        if self._fold is not None:
            parts += [_folds_html(self._folds, self._summary)] if self._folds else []
        elif self._epochs:
            parts.append(epochs_html(self._epochs))
        return "".join([*parts, self._work, *self._end])


def _in_notebook() -> bool:
    """Whether this is a kernel, whose outputs can be replaced."""
    tools: Any = import_module("IPython")
    shell = tools.get_ipython()
    return shell is not None and shell.has_trait("kernel")


def _started_text(event: Started) -> str:
    parts = [f"{event.train:,} training samples"]
    parts += [f"{event.validation:,} validation"] if event.validation else []
    parts += [f"{event.test:,} test"] if event.test else []
    return f"{event.data}: {', '.join(parts)}; {event.parameters:,} parameters"


def _epoch_text(event: EpochDone) -> str:
    star = " *" if event.best else ""
    return f"epoch {event.epoch}: {_measured_text(event.measured)}{star}"


def _measured_text(measured: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {figure(value)}" for name, value in measured.items())


def _folds_html(folds: list[FoldDone], summary: FoldsSummarized | None) -> str:
    names = list(folds[-1].measured)
    titles = [name.removeprefix("train_").replace("_", " ") for name in names]
    rows = [
        (
            str(item.fold),
            str(item.epochs),
            *(figure(item.measured[name]) for name in names),
            duration(item.seconds),
        )
        for item in folds
    ]
    if summary is not None:
        for title, values in (("mean", summary.mean), ("deviation", summary.deviation)):
            rows.append((title, "", *(figure(values.get(name, nan)) for name in names), ""))
    return html_table(("fold", "epochs", *titles, "time"), rows)


def _end_text(event: Event) -> str:
    match event:
        case Stopped(reason=reason):
            return f"stopped early: {reason}"
        case Diverged(epoch=epoch):
            return f"diverged in epoch {epoch}"
        case LossGrew(first=first, last=last):
            return f"the loss grew from {figure(first)} to {figure(last)}"
        case TestDone(measured=measured):
            return f"test: {_measured_text({k: v for k, v in measured.items() if k[-1:] != ']'})}"
        case ExpectationsChecked(items=items):
            return "; ".join(item.judged() for item in items)
    return ""
