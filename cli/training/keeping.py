"""What becomes of `netc run --save`, however the run ends."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Source
from ..specs.one_spec import Opened, fail, lost_worker
from ..terminal.figures import LABEL
from ..terminal.fit import print_fitted
from ..terminal.screen import ColorChoice
from .progress import RunPrinter

if TYPE_CHECKING:
    from ...runtime.events import RunReport
    from ...runtime.training.session import Session


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written, to be told once there is time for it."""

    text: str = ""
    problems: tuple[Problem, ...] = ()

    def tell(self, color: ColorChoice) -> bool:
        """Says it, and gives whether nothing went wrong."""
        if self.problems:
            fail(self.problems, color)
        if self.text:
            print_fitted(f"{self.text}\n")
        return not self.problems


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes the trained weights of a run to the file of `--save`, if there is one."""

    opened: Opened
    path: Path | None

    def keep(self, session: Session, which: str = "") -> Kept:
        """Writes the weights of the engine. `which` says of what moment they are."""
        from ...compiler.open_widths import with_widths
        from ...runtime.training.fitting import trained_state_of
        from ...runtime.training.saved import save

        if self.path is None:
            return Kept()
        problems, text = Problems(), self.opened.document.source.text
        model = with_widths(self.opened.checked.model, session.spec.model)
        if not save(self.path, model, text, trained_state_of(session), problems):
            return Kept("", in_order(problems))
        return Kept(f"{'saved':<{LABEL}}{self.path}{which and f'  ({which})'}")

    def keep_so_far(self, session: Session | None, printer: RunPrinter) -> Kept:
        """Writes the weights of a run that ended early."""
        if self.path is None:
            return Kept()
        if session is None or not has_trained(session, printer):
            return Kept("nothing was saved: no step was completed")
        best = printer.best
        which = "the weights so far"
        if best is not None:
            which = f"the weights of epoch {best.epoch}, the best one"
        return self.keep(session, which)

    def keep_diverged(self, session: Session, report: RunReport) -> Kept:
        """Writes the best weights of a run that diverged."""
        if self.path is None:
            return Kept()
        if report.best_epoch is None:
            return Kept("nothing was saved: no epoch was completed")
        return self.keep(session, f"the weights of epoch {report.best_epoch}, the best one")


def has_trained(session: Session, printer: RunPrinter) -> bool:
    """Whether training has begun; a direct solution is there at its end or not at all."""
    from ...compiler.optimizers.exact import Exact

    if isinstance(session.spec.model.optimizer, Exact):
        return printer.best is not None
    return printer.epoch > 0


HURRY = 1.0
"""Seconds after an interrupt in which another is the same one: whoever looks has so much time to
end, and is interrupted then."""


INTERRUPTED = 130
"""The exit status of what was stopped, as a shell has it of Ctrl-C."""


@dataclass(slots=True)
class Interrupts:
    """Whether a person or the system has asked the command to stop."""

    asked: bool = False
    """Asked while somebody looks: whoever looks ends at the next good moment."""
    looked_at: bool = False
    """Whether somebody looks; a second request ends the command at once all the same."""
    may_hang: bool = False
    """Whether it looks between steps, which may wait for workers."""

    def between_steps(self) -> AbstractContextManager[None]:
        """Around a training that looks."""
        return self.looking(may_hang=True)

    def is_asked(self) -> bool:
        return self.asked

    @contextmanager
    def looking(self, *, may_hang: bool = False) -> Iterator[None]:
        """Around what looks, and ends by itself."""
        self.looked_at, self.may_hang = True, may_hang
        try:
            yield
        finally:
            self.looked_at = self.may_hang = False


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """SIGTERM, and a terminal that closes, stop a run as Ctrl-C does. Who presses Ctrl-C twice in
    a hurry does not stop what the first one began: to keep the trained weights, and to end. Where
    that does not even begin, because the run waits for a worker that somebody has stopped, it is
    ended after all."""
    last = -math.inf
    interrupts = Interrupts()

    def interrupt(number: int, frame: object) -> None:
        nonlocal last
        if number == hangup:
            # the system and the shell send it both, and once is enough
            signal.signal(number, signal.SIG_IGN)
        if number == alarm:
            if interrupts.may_hang:
                raise KeyboardInterrupt
            return
        if time.monotonic() - last < HURRY:
            if alarm is not None and interrupts.asked and interrupts.may_hang:
                signal.setitimer(signal.ITIMER_REAL, HURRY)
            return
        last = time.monotonic()
        if interrupts.looked_at and not interrupts.asked:
            interrupts.asked = True
            return
        raise KeyboardInterrupt

    hangup = getattr(signal, "SIGHUP", None)  # Windows has neither
    alarm = getattr(signal, "SIGALRM", None)
    asked = [signal.SIGINT, *([] if hangup is None else [hangup])]
    # `nohup` and a shell's background have them ignored.
    heard = [number for number in asked if signal.getsignal(number) is not signal.SIG_IGN]
    stops = [signal.SIGTERM, *heard, *([] if alarm is None else [alarm])]
    before = [(number, signal.getsignal(number)) for number in stops]
    try:
        for number in stops:
            signal.signal(number, interrupt)
        yield interrupts
    finally:
        if alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            # Once stopped, the process only ends; at its end Python no longer handles signals,
            # and an impatient one would kill it with another status.
            ends = last > -math.inf and number in heard
            signal.signal(number, signal.SIG_IGN if ends else handler)


class Finishable(Protocol):
    """What shows a computation."""

    def finish(self) -> None: ...


@contextmanager
def stoppable(
    printer: Finishable, source: Source, color: ColorChoice, stopped: Callable[[], None]
) -> Iterator[None]:
    """Around a long computation. Where it is interrupted, `stopped` says how far it came; then, or
    where it has lost a worker, the command ends with its status."""
    from ...runtime.engine.synchronization import WorkerError

    with interruptible():
        try:
            yield
            printer.finish()
        except KeyboardInterrupt:
            stopped()
            raise click.exceptions.Exit(INTERRUPTED) from None
        except WorkerError as error:
            printer.finish()
            raise click.exceptions.Exit(lost_worker(source, error, color)) from None
