"""What `netc tune` shows: a row per trial as it ends, a bar below them, the best at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..grammar.text import counted
from ..runtime.events import Decoding, Downloading, EpochStarted, FoldStarted, Started
from ..runtime.tuning.results import (
    Outcome,
    StudyBegan,
    TrialBegan,
    TrialDone,
    TuningEvent,
    TuningReport,
    Waiting,
    best_of,
)
from ..runtime.tuning.space import setting_text
from .figures import LABEL, column_width, fitted, number, seconds, spelt
from .live_bar import LiveBar
from .progress import RunPrinter
from .screen import Screen

FIRST = 6
EPOCHS = 8


@dataclass(slots=True)
class TuningPrinter:
    """The reporter of a search."""

    screen: Screen
    live: bool
    """Whether bars may be drawn and drawn over."""
    began: StudyBegan | None = None
    ended: list[TrialDone] = field(default_factory=list)
    waits: bool = False
    started: Started | None = None
    where: str = ""
    bar: LiveBar = field(init=False)
    _loading: RunPrinter | None = None

    def __post_init__(self) -> None:
        self.bar = LiveBar(self.live)

    def __call__(self, event: TuningEvent) -> None:
        match event:
            case Downloading() | Decoding():
                self._loading = self._loading or RunPrinter(self.screen, self.live)
                self._loading(event)
            case StudyBegan():
                self._end_loading()
                self.began = event
                self.bar.print(head_text(event, self.screen))
                self._update()
            case TrialBegan(number=number):
                self.where = f"trial {number}"
                self._update()
            case Started():
                self.started = event
            case FoldStarted(fold=fold):
                self.where = f"{self.where.partition(',')[0]}, fold {fold}"
            case EpochStarted(epoch=epoch) if self.started is not None:
                self._update(f"  epoch {epoch}/{self.started.epochs}")
            case TrialDone() if self.began is not None:
                self.ended.append(event)
                best = best_of(tuple(self.ended), self.began.goal)
                self.bar.print(row_text(event, self.began, best=best is event, screen=self.screen))
                self._update()
            case Waiting(trials=trials) if not self.waits:
                self.waits = True
                self.bar.print(f"waiting for {counted(trials, 'trial')} of other processes")

    def finish(self) -> None:
        """Takes the bar away."""
        self._end_loading()
        self.bar.end()

    def interrupted(self) -> None:
        """Says how far the search had come."""
        self.finish()
        if self.began is None:
            self.bar.print("stopped before the first trial")
            return
        done = f"{len(self.ended)} of {counted(self.began.trials, 'trial')}"
        self.bar.print(f"stopped after {done}; the same command goes on")

    def _end_loading(self) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.finish()

    def _update(self, epoch: str = "") -> None:
        if self.began is not None:
            done, total = len(self.ended), self.began.trials
            self.bar.update(
                description="trials",
                total=total,
                completed=done,
                count=f"{done}/{total}",
                line=f"{self.where}{epoch}",
            )


def head_text(event: StudyBegan, screen: Screen) -> str:
    """What is searched and where it is kept, and the head of the table."""
    dot = f" {screen.glyphs.dot} "
    facts = [counted(event.trials, "trial"), f"the best {spelt(event.goal.quantity)}"]
    if event.workers > 1:
        facts.append(f"{event.workers} workers")
    lines = [f"{'tune':<{LABEL}}{dot.join(facts)}"]
    kept = f"{'study':<{LABEL}}{screen.clean(event.place)}"
    if event.finished:
        kept += f"{dot}{counted(event.finished, 'trial')} done before"
    titles = "".join(
        f"{name:>{width}}"
        for name, width in (*_name_widths(event).items(), ("epochs", EPOCHS), *_figures(event))
    )
    return "\n".join((*lines, kept, f"{'trial':>{FIRST}}{titles}{'time':>{column_width('time')}}"))


def row_text(event: TrialDone, began: StudyBegan, *, best: bool, screen: Screen) -> str:
    """One trial; a star marks the best so far."""
    outcome = event.outcome
    values = "".join(
        f"{screen.clean(event.setting[name]):>{width}}"
        for name, width in _name_widths(began).items()
    )
    row = f"{event.number:>{FIRST}}{values}{outcome.epochs:>{EPOCHS}}"
    for name, width in _measured(began):
        value = outcome.measured.get(name, float("nan"))
        row += f"{fitted(value, number, width):>{width}}"
    row += f"{seconds(outcome.seconds):>{column_width('time')}}{'  *' if best else ''}"
    if outcome.ending == "pruned":
        row += "  pruned"
    elif outcome.value is None:
        row += f"  {screen.clean(_why(outcome))}"
    return row


def best_text(best: TrialDone, report: TuningReport) -> str:
    """`best    trial 7: val acc 0.9735 with lr=0.0123 width=64`."""
    assert best.outcome.value is not None
    figure = f"{spelt(report.goal.quantity)} {number(best.outcome.value)}"
    return f"{'best':<{LABEL}}trial {best.number}: {figure} with {setting_text(best.setting)}"


def _why(outcome: Outcome) -> str:
    return f"{outcome.ending}: {outcome.reason}"


def _name_widths(event: StudyBegan) -> Mapping[str, int]:
    return {axis.name: max(axis.width, len(axis.name)) + 2 for axis in event.space}


def _measured(event: StudyBegan) -> list[tuple[str, int]]:
    """The quantity that is searched for, of the training part and of the validation part."""
    bare = event.goal.quantity.removeprefix("val_")
    return [(name, column_width(name)) for name in (f"train_{bare}", f"val_{bare}")]


def _figures(event: StudyBegan) -> list[tuple[str, int]]:
    return [(spelt(name), width) for name, width in _measured(event)]
