"""What `netc tune` shows: a row per trial as it ends, a bar below them, the best at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...grammar.text import counted
from ...runtime.events import (
    Compiled,
    Decoding,
    Downloading,
    EpochStarted,
    FoldStarted,
    NotCompiled,
    Started,
    TorchChosen,
)
from ...runtime.tuning.results import (
    Outcome,
    StudyBegan,
    TrialBegan,
    TrialDone,
    TuningEvent,
    TuningReport,
    Waiting,
    WorkersRefused,
    best_of,
)
from ...runtime.tuning.space import setting_text
from ..terminal.figures import LABEL, column_width, fitted, number, seconds, spelt
from ..terminal.fit import ShownColumn, fit_lines, shown_columns
from ..terminal.live_bar import LiveBar
from ..terminal.screen import Screen
from .epochs import STAR, hidden_line
from .progress import RunPrinter, engine_text

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
    tells_engine: bool = True
    """Until it has been said which engine works."""
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
            case Compiled() | NotCompiled() | TorchChosen() if self.tells_engine:
                self.tells_engine = False
                self._print(engine_text(event, self.screen))
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
            case WorkersRefused(workers=workers, asked=asked, reason=reason):
                here = "" if workers else "; the trials run in this process"
                self._print(f"{workers} of {asked} workers could be started: {reason}{here}")
            case Waiting(trials=trials) if not self.waits:
                self.waits = True
                self._print(f"waiting for {counted(trials, 'trial')} of other processes")

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
        self._print(f"stopped after {done}; the same command continues")

    def _print(self, text: str) -> None:
        self.bar.print(fit_lines(text, self.screen))

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
    columns, all_columns = _columns(event, screen), _all_columns(event)
    hidden = [column.name for column in all_columns if column.rank or column in columns]
    titles = "".join(f"{spelt(column.name):>{column.width}}" for column in columns)
    above = fit_lines("\n".join((*lines, kept)), screen, LABEL)
    return f"{above}\n{hidden_line(hidden, columns)}{'trial':>{FIRST}}{titles}"


def row_text(event: TrialDone, began: StudyBegan, *, best: bool, screen: Screen) -> str:
    """One trial; a star marks the best so far."""
    outcome = event.outcome
    row = f"{event.number:>{FIRST}}"
    columns = _columns(began, screen)
    for name, width, _ in columns:
        if name in event.setting:
            cell = screen.clean(event.setting[name])
        elif name == "epochs":
            cell = str(outcome.epochs)
        elif name == "time":
            cell = seconds(outcome.seconds)
        else:
            cell = fitted(outcome.measured.get(name, float("nan")), number, width)
        row += f"{cell:>{width}}"
    row += STAR if best else ""
    if outcome.ending == "pruned":
        row += "  pruned"
    elif outcome.value is None:
        row += f"  {screen.clean(_why(outcome))}"
    if columns and columns[0].name not in event.setting:
        row += f"\n{'':>{FIRST}}  {screen.clean(setting_text(event.setting))}"
    return fit_lines(row, screen, FIRST + 2)


def best_text(best: TrialDone, report: TuningReport) -> str:
    """`best    trial 7: val acc 0.9735 with lr=0.0123 width=64`."""
    assert best.outcome.value is not None
    figure = f"{spelt(report.goal.quantity)} {number(best.outcome.value)}"
    return f"{'best':<{LABEL}}trial {best.number}: {figure} with {setting_text(best.setting)}"


def _why(outcome: Outcome) -> str:
    return f"{outcome.ending}: {outcome.reason}"


def _columns(event: StudyBegan, screen: Screen) -> tuple[ShownColumn, ...]:
    """What has room in a row; a setting that has none gets a line of its own."""
    columns, taken = _all_columns(event), FIRST + len(STAR)
    narrowest = sum(column.width for column in columns if not column.rank)
    if screen.terminal and taken + narrowest > screen.width:
        columns = columns[len(event.space) :]
    return shown_columns(columns, screen, taken)


def _all_columns(event: StudyBegan) -> list[ShownColumn]:
    """The setting; the quantity that is searched for, of the training and the validation part."""
    bare = event.goal.quantity.removeprefix("val_")
    train, value = f"train_{bare}", f"val_{bare}"
    return [
        *(ShownColumn(axis.name, max(axis.width, len(axis.name)) + 2, 0) for axis in event.space),
        ShownColumn("epochs", EPOCHS, 1),
        ShownColumn(train, column_width(train), 3),
        ShownColumn(value, column_width(value), 0),
        ShownColumn("time", column_width("time"), 2),
    ]
