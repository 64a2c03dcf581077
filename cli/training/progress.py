"""What `netc run` shows while it runs: a head, a row per epoch, a progress bar, the test line.

Finished epochs stay as text. On a terminal a bar below them tells how the epoch goes and vanishes
with it; anywhere else there are only whole lines, without carriage returns or colours.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...compiler.training.metrics import AVERAGED
from ...grammar.problem import Problem
from ...grammar.text import counted
from ...runtime.events import (
    ClassCount,
    Compiled,
    Decoding,
    Diverged,
    Downloading,
    EpochDone,
    EpochStarted,
    Event,
    ExpectationResult,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    LossGrew,
    NotCompiled,
    Started,
    StepDone,
    Stopped,
    TestDone,
    TorchChosen,
    Tuned,
    Warned,
)
from ..terminal.figures import LABEL, clock, multiply_adds_text, number, size_text, spelt
from ..terminal.fit import fit_lines
from ..terminal.live_bar import LiveBar, room_beside
from ..terminal.output import writing
from ..terminal.screen import Screen
from .epochs import epoch_titles, row_text
from .folds import fold_row, fold_titles, summary_rows
from .results import confusion_text, found, report_text, test_text, verdict


def tuned_text(event: Tuned) -> str:
    """What tuning did, in one line."""
    if not event.layers:
        return f"{'tune':<{LABEL}}no convolution has an alternative algorithm"
    known = "" if event.measured else ", all from the cache"
    line = (
        f"{'tune':<{LABEL}}{event.changed} of {event.layers} convolutions use a faster algorithm "
        f"than the default ({event.seconds:.1f} s{known})"
    )
    return line if event.lost is None else f"{line}; not cached: {event.lost}"


def engine_text(event: Compiled | NotCompiled | TorchChosen, screen: Screen) -> str:
    """Which engine works, in one line."""
    dot = f" {screen.glyphs.dot} "
    if isinstance(event, NotCompiled):
        return f"{'engine':<{LABEL}}NumPy{dot}{screen.clean(event.reason)}"
    if isinstance(event, TorchChosen):
        facts = [f"PyTorch {event.version}", screen.clean(event.device), event.precision]
        facts += ["torch.compile"] if event.compiles else []
        facts += [f"{event.processes} processes"] if event.processes > 1 else []
        return f"{'engine':<{LABEL}}{dot.join(facts)}"
    took = "cached" if event.cached else f"compiled in {event.seconds:.1f} s"
    facts = [f"native: {screen.clean(event.compiler)}", event.vectors, took]
    if event.kernels:
        facts.append(f"{counted(len(event.kernels), 'instruction')} in NumPy")
    if event.lost is not None:
        facts.append(f"not cached: {screen.clean(event.lost)}")
    return f"{'engine':<{LABEL}}{dot.join(filter(None, facts))}"


@dataclass(slots=True)
class RunPrinter:
    """The reporter of a terminal, a pipe or a file."""

    screen: Screen
    live: bool = False
    """Whether bars may be drawn and drawn over."""
    now: Callable[[], float] = time.monotonic
    warn: Callable[[Problem], None] = field(default=lambda problem: None)
    """Shows a lint that only the data could tell."""
    started: Started | None = None
    fold: FoldStarted | None = None
    """The fold of a cross-validation, whose epochs are not shown."""
    epoch: int = 0
    step: int = 0
    began: float = 0.0
    best: EpochDone | None = None
    bar: LiveBar = field(init=False)
    _tested: TestDone | None = None
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.bar = LiveBar(self.live)

    def __call__(self, event: Event) -> None:
        with writing(sys.stdout):
            self._show(event)

    def _show(self, event: Event) -> None:  # noqa: PLR0912  one case for each kind of event
        match event:
            case Downloading():
                self._show_download(event)
            case Decoding():
                self._show_decoding(event)
            case Tuned():
                self.bar.end()
                self._print(tuned_text(event))
            case Compiled() | NotCompiled() | TorchChosen():
                self._show_engine(event)
            case Warned(problem=problem):
                self.bar.end()
                self.warn(problem)
            case Started():
                self.bar.end()
                self.started, self.began = event, self.now()
                if self.fold is None or self.fold.fold == 1:
                    self._print(head_text(event, self.screen, self.fold))
            case EpochStarted(epoch=epoch):
                self.epoch, self.step = epoch, 0
                self._begin_bar()
            case StepDone():
                self.step = event.step
                self._show_step(event)
            case EpochDone():
                self.best = event if event.best else self.best
                if self.started is not None and self.fold is None:
                    self.bar.print(row_text(event, self.started, self.screen))
            case Stopped() | TestDone() if self.fold is not None:
                self.bar.end()
            case FoldStarted():
                self.fold = event
            case FoldDone() if self.started is not None:
                self.bar.end()
                self.bar.print(fold_row(event, self.started, self.screen))
            case FoldsSummarized() if self.started is not None:
                self.bar.print(summary_rows(event, self.started, self.screen))
            case Stopped(reason=reason):
                self.bar.end()
                self._print(f"stopped early: {self.screen.clean(reason)}")
            case Diverged():
                self.bar.end()
            case LossGrew():
                self.bar.end()
                grew = f"the loss grew from {number(event.first)} to {number(event.last)}"
                self._print(f"{grew}: the learning rate is probably too large")
            case TestDone():
                self.bar.end()
                self._tested = event
            case ExpectationsChecked(items=items):
                self.bar.end()
                self._show_end(items)

    def finish(self) -> None:
        """Takes the bar away and prints what was waiting for its line to be complete."""
        self.bar.end()
        self._show_end(())

    def interrupted(self) -> None:
        """Says how far a run had come that Ctrl-C ended."""
        self.bar.end()
        if self.started is None:
            self.bar.print("stopped before the first step")
            return
        where = f"stopped in epoch {self.epoch} of {self.started.epochs}"
        if self.fold is not None:
            self._print(f"{where} of fold {self.fold.fold}")
            return
        if self.best is not None:
            quantity = "val_loss" if "val_loss" in self.best.measured else "train_loss"
            value = self.best.measured[quantity]
            where += f"; the best epoch was {self.best.epoch} ({spelt(quantity)} {number(value)})"
        self._print(where)

    def _show_end(self, items: tuple[ExpectationResult, ...]) -> None:
        tested, self._tested = self._tested, None
        line = "" if tested is None else test_text(tested)
        if len(items) == 1 and line:
            line += f"      expect {verdict(items[0], self.screen)}"
            items = ()
        if line:
            self._print(line)
        for item in items:
            self._print(f"{'expect':<{LABEL}}{verdict(item, self.screen)}  ({found(item)})")
        if tested is None:
            return
        if tested.confusion is not None:
            self.bar.print(confusion_text(tested.confusion, tested.class_names, self.screen))
        report = report_text(tested, self.screen)
        if report:
            self.bar.print(report)

    def _print(self, text: str) -> None:
        self.bar.print(fit_lines(text, self.screen, LABEL))

    def _begin_bar(self) -> None:
        if self.started is None:
            return
        self.bar.update(
            total=self.started.steps,
            completed=0,
            description=self._where(),
            line="",
            count=f"0/{self.started.steps}",
        )

    def _where(self) -> str:
        assert self.started is not None
        fold = "" if self.fold is None else f"fold {self.fold.fold}/{self.fold.folds}  epoch "
        return f"{fold}{self.epoch:>4}/{self.started.epochs}"

    def _show_step(self, event: StepDone) -> None:
        if not self.bar.is_drawn or self.started is None:
            return
        steps = self.started.steps
        rate = event.samples_per_second
        left = (steps - event.step) * self.started.batch / rate if rate else 0.0
        passed = self.now() - self.began
        done = (event.epoch - 1) * steps + event.step
        whole = passed / done * steps * self.started.epochs
        count = f"{event.step}/{steps}"
        line = step_line(
            f"loss {number(event.loss)}",
            f"{rate:,.0f} samples/s",
            f"{clock(left)} left, all {clock(max(0.0, whole - passed))}",
            room=room_beside(self._where(), count, self.screen.width),
        )
        self.bar.update(completed=event.step, line=line, count=count)

    def _show_engine(self, event: Compiled | NotCompiled | TorchChosen) -> None:
        """Which engine works, once: folds and variants have one each."""
        kind = type(event).__name__
        if kind not in self._told:
            self._told.add(kind)
            self.bar.end()
            self._print(engine_text(event, self.screen))

    def _show_download(self, event: Downloading) -> None:
        title = f"{'fetch':<{LABEL}}{self.screen.clean(event.file)}"
        self._show_work(title, event.received, event.total, size_text(event.received))

    def _show_decoding(self, event: Decoding) -> None:
        title = f"{'decode':<{LABEL}}{self.screen.clean(event.what)}"
        count = f"{event.done:,}/{event.total:,} images"
        self._show_work(title, event.done, event.total, count)

    def _show_work(self, title: str, done: int, total: int, count: str) -> None:
        """What comes before training: a bar, or one line where there are no bars."""
        if not self.live:
            if title not in self._told:
                self._told.add(title)
                self.bar.print(title)
            return
        self.bar.update(description=title, total=total or None, completed=done, count=count)


def step_line(loss: str, rate: str, left: str, room: int) -> str:
    """What stands beside the bar of an epoch; the rate is the first to go."""
    lines = (
        f"{loss}  {rate}  {left}",
        f"{loss}  {left}",
        f"{loss}  {left.partition(',')[0]}",
        loss,
    )
    return next((line for line in lines if len(line) <= room), "")


def head_text(event: Started, screen: Screen, fold: FoldStarted | None = None) -> str:
    """What is trained on what, and the head of the table."""
    dot = f" {screen.glyphs.dot} "
    if fold is not None:
        event = _undivided(event)
        parts = [f"{counted(fold.folds, 'fold')} of {event.train:,} samples"]
    else:
        parts = [f"{event.train:,} train"]
    if event.validation:
        parts.append(f"{event.validation:,} validation")
    if event.test:
        parts.append(f"{event.test:,} test")
    if event.note:
        parts.append(event.note)
    model = [counted(event.layers, "layer"), counted(event.parameters, "parameter")]
    if event.multiply_adds is not None:
        model.append(multiply_adds_text(event.multiply_adds))
    if event.step_bytes is not None:
        model.append(f"{size_text(event.step_bytes)} for a step of {event.batch}")
    plan = [
        f"{counted(event.epochs, 'epoch')} of {counted(event.steps, 'step')}",
        f"seed {event.seed}",
    ]
    if event.workers > 1:
        plan.append(f"{event.workers} workers")
    table = epoch_titles(event, screen) if fold is None else fold_titles(event, screen)
    balance = balance_text(event, screen)
    weights = dot.join(map(screen.clean, event.weights))
    return "\n".join(
        (
            f"{'data':<{LABEL}}{screen.clean(event.data):<{LABEL - 1}} {dot.join(parts)}",
            *([f"{'classes':<{LABEL}}{balance}"] if balance else ()),
            *([f"{'weights':<{LABEL}}{weights}"] if weights else ()),
            f"{'model':<{LABEL}}{dot.join(model)}",
            f"{'train':<{LABEL}}{dot.join(plan)}",
            table,
        )
    )


def _undivided(event: Started) -> Started:
    """With the samples of all folds together."""
    classes = tuple(
        item._replace(train=item.train + item.validation, validation=0) for item in event.classes
    )
    return replace(event, train=event.train + event.validation, validation=0, classes=classes)


FEW_CLASSES = 4
"""So many classes, at most, are counted one by one."""
UNBALANCED = 1.5
"""How many times the samples of another class make the parts worth a line."""


def balance_text(event: Started, screen: Screen) -> str:
    """How many samples of each class every part has, in the order of the parts; nothing where
    there are many classes with about equally many."""
    classes = event.classes
    if not classes:
        return ""
    dot = f" {screen.glyphs.dot} "
    has = (True, event.validation > 0, event.test > 0)
    if len(classes) <= FEW_CLASSES:
        counts = (
            dot.join(f"{count:,}" for count, there in zip(item[1:], has, strict=True) if there)
            for item in classes
        )
        line = ", ".join(
            f"{screen.clean(item.name)} {shown}"
            for item, shown in zip(classes, counts, strict=True)
        )
        measured = {name.removeprefix("train_") for name in event.columns}
        tells = len(classes) == 2 and not measured.isdisjoint(AVERAGED)
        return f"{line}{dot}positive is {screen.clean(classes[1].name)}" if tells else line
    least, most = min(classes, key=_training), max(classes, key=_training)
    if most.train <= UNBALANCED * least.train:
        return ""
    least_name, most_name = screen.clean(least.name), screen.clean(most.name)
    return (
        f"{len(classes)}, with {least.train:,} ({least_name}) to {most.train:,} ({most_name}) "
        "training samples"
    )


def _training(item: ClassCount) -> int:
    return item.train
