"""Trials until a study is complete, in this process or in several.

Every process joins the study by itself, so `--workers 2` is the same as two commands. The process
that was called shows what became of all trials, whoever ran them.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing import connection, get_context
from pathlib import Path
from typing import TYPE_CHECKING

from ...compiler.language.frozen import change
from ...compiler.problems.tuning import SettingWrong, StudyDiffers, StudyUnusable, TuneMissing
from ...compiler.training.tuners import Grid
from ...grammar.problem import Problem, Problems
from ..engine.children import NO_ROOM
from ..engine.selection import closing_after
from ..engine.synchronization import WorkerError
from ..training.engine_choice import engine_trouble
from ..training.loading.shared_data import SharedData
from ..training.spec import DEFAULT_TORCH, EngineChoice, RunOptions, Spec, TorchOptions
from .identity import identity_of, what_differs
from .plans import grid, trials_of
from .results import (
    Outcome,
    StudyBegan,
    TrialBegan,
    TuningEvent,
    TuningReport,
    TuningReporter,
    Waiting,
    WorkersRefused,
)
from .space import (
    Check,
    Space,
    TrialSetting,
    first_setting,
    setting_of,
    setting_text,
    space_of,
)
from .storage import StudyPlace, UnusableError
from .study import GoesOn, OpenStudy, StudySpec, open_study, reopened
from .trials import OrphanedError, Trainer

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess
    from multiprocessing.queues import SimpleQueue

PATIENCE = 2.0
"""Seconds in which workers end by themselves."""
LOOK = 0.002
"""Seconds between two looks whether they have."""
POLL = 0.3
"""Seconds between two looks at a study in which others work."""
WARMUP = 3
"""A trial is compared with others after a third of its epochs, at the earliest."""


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """How a study is run."""

    place: StudyPlace
    workers: int = 1
    prunes: bool | None = None
    """Whether hopeless trials are stopped; None: unless it is a grid, which is a picture of all."""
    trials: int | None = None
    """None: as many as the spec says."""
    engine: EngineChoice = "numpy"
    torch: TorchOptions = DEFAULT_TORCH

    def run(self, workers: int | None) -> RunOptions:
        """How a trial is run."""
        return RunOptions(engine=self.engine, workers=workers, torch=self.torch)


def tune(
    spec: Spec,
    check: Check,
    options: TuneOptions,
    *,
    root: Path,
    problems: Problems,
    reporter: TuningReporter,
) -> TuningReport | None:
    """Runs the trials of a spec with `tune` that its study lacks; None after a problem. What stops
    it from outside, such as a KeyboardInterrupt, leaves a study that goes on when called again.
    Raises `WorkerError` when all worker processes have ended."""
    model, place = spec.model, options.place
    if model.tune is None:
        problems.add(TuneMissing(at=spec.place("nodes.0"), lets=tuple(model.lets)))
        return None
    wrong = _hindrance(spec, options)
    if wrong is not None:
        problems.add(wrong)
        return None
    tuner = model.tune.tuner
    if options.trials is not None:
        tuner = change(tuner, trials=options.trials)
    # what is computed does not depend on the processes that share a batch
    shares = None if options.workers == 1 and not place.is_database else 1
    data = SharedData(root, without_test=True)
    trainer = Trainer(check, data, options.run(shares), reporter)
    goal = trainer.prepare(spec, problems)
    if goal is None:
        return None
    space = space_of(model.tune, check)
    if isinstance(tuner, Grid) and not _grid_checks(spec, tuner, space, check, problems):
        return None
    search = StudySpec(
        tuner,
        space,
        model.train.seed,
        goal,
        not isinstance(tuner, Grid) if options.prunes is None else options.prunes,
        -(-model.train.epochs // WARMUP),
        identity_of(check(first_setting(space)).model, tuner),
    )
    try:
        study = open_study(search, place)
        if isinstance(study, OpenStudy):
            return _Run(search, options, trainer, reporter).run(study)
    except UnusableError as error:
        at = spec.place("tune")
        problems.add(StudyUnusable(at=at, where=place.shown(), reason=str(error)))
        return None
    problems.add(
        StudyDiffers(
            at=spec.place("tune"),
            study=place.study,
            where=place.shown(),
            reason=what_differs(study, search.identity),
        )
    )
    return None


def _hindrance(spec: Spec, options: TuneOptions) -> Problem | None:
    """Why no trial could be run."""
    place = options.place
    if place.is_sqlite and options.workers > 1:
        reason = "SQLite is for one process; several need a journal, PostgreSQL or MySQL"
        return StudyUnusable(at=spec.place("tune"), where=place.shown(), reason=reason)
    return engine_trouble(options.engine, options.torch)


def _grid_checks(spec: Spec, tuner: Grid, space: Space, check: Check, problems: Problems) -> bool:
    """Whether every setting of a grid is a spec without errors; the first ones that are not are
    told."""
    for params in islice(grid(space), trials_of(tuner, space)):
        setting = setting_of(space, params)
        checked = check(setting)
        if checked.has_errors:
            problem = next(item for item in checked.problems if item.is_error)
            problems.add(
                SettingWrong(
                    at=spec.place("tune"),
                    setting=setting_text(setting),
                    wrong=problem.code,
                    reason=problem.message(),
                )
            )
            return False
    return True


@dataclass(frozen=True, slots=True, eq=False)
class _Workers:
    """Worker processes, of which an interrupt may have kept some from starting."""

    children: list[ForkProcess]

    def start(self) -> str:
        """Starts them; gives why the system has refused some."""
        for child in self.children:
            try:
                child.start()
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                return (error.strerror or str(error)).lower()
        return ""

    @property
    def started(self) -> list[ForkProcess]:
        return [child for child in self.children if child.pid is not None]

    def wait(self, seconds: float) -> bool:
        """Waits so long at most; gives whether any are still there. What tells is a pipe that each
        holds open: where SIGCHLD is ignored, the system says of no process how it has ended."""
        sentinels = [child.sentinel for child in self.started]
        return bool(sentinels) and len(connection.wait(sentinels, seconds)) < len(sentinels)

    def close(self) -> None:
        """Ends them, also those that somebody has stopped."""
        for child in self.started:
            child.terminate()
        patient_until = time.monotonic() + PATIENCE
        while self.wait(POLL) and time.monotonic() < patient_until:
            time.sleep(LOOK)
        for child in self.started:
            child.kill()
            child.join()


@dataclass(slots=True, eq=False)
class _Run:
    """One call."""

    search: StudySpec
    options: TuneOptions
    trainer: Trainer
    reporter: TuningReporter
    told: set[int] = field(default_factory=set)

    def run(self, study: OpenStudy) -> TuningReport:
        """Runs trials until the study is complete."""
        done = study.finished()
        place, workers = self.options.place.shown(), self.options.workers
        self.reporter(
            StudyBegan(
                self.search.goal, self.search.space, study.trials(), len(done), place, workers
            )
        )
        with ExitStack() as opened:
            opened.callback(study.close)
            self._tell(study)
            if workers == 1:
                self._work(study)
            else:
                # a connection is not for several processes
                study.close()
                study = self._share(study, opened)
            return TuningReport(self.search.space, self.search.goal, study.finished())

    def _work(self, study: OpenStudy) -> None:
        """Runs trials in this process."""
        while True:
            self.trainer.stay_only_with_parent()
            step = study.step(self._train)
            self._tell(study)
            if step == "complete":
                return
            if step == "waiting":
                self.reporter(Waiting(study.running()))
                time.sleep(POLL)

    def _train(self, number: int, setting: TrialSetting, watch: GoesOn) -> Outcome:
        self.reporter(TrialBegan(number, setting))
        return self.trainer.train(self.search.goal, setting, watch)

    def _tell(self, study: OpenStudy) -> None:
        """Reports the trials that have ended since it was last called."""
        for trial in study.finished():
            if trial.number not in self.told:
                self.told.add(trial.number)
                self.reporter(trial)

    def _share(self, study: OpenStudy, opened: ExitStack) -> OpenStudy:
        """Runs trials in worker processes, and reports them in this one."""
        context = get_context("fork")
        crashes: SimpleQueue[str | UnusableError] = context.SimpleQueue()
        work = partial(self._work_alone, os.getpid(), crashes)
        asked = self.options.workers
        workers = _Workers([context.Process(target=work) for _ in range(asked)])

        def watch() -> OpenStudy:
            refused = workers.start()
            if refused:
                self.reporter(WorkersRefused(len(workers.started), asked, refused))
            joined = reopened(study)
            opened.callback(joined.close)
            if not workers.started:
                self._work(joined)
            while workers.wait(0):
                self._tell(joined)
                time.sleep(POLL)
            self._tell(joined)
            return joined

        study = closing_after(workers, watch)
        if not study.is_complete():
            said = "a worker process was ended" if crashes.empty() else crashes.get()
            raise said if isinstance(said, UnusableError) else WorkerError(said)
        return study

    def _work_alone(self, parent: int, crashes: SimpleQueue[str | UnusableError]) -> None:
        """What a worker process does. It says nothing, and ends with the process that began it."""
        try:
            self._run_alone(parent, crashes)
        except KeyboardInterrupt:
            # at whatever moment: a process that begins another one may tell all of them to stop
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)

    def _run_alone(self, parent: int, crashes: SimpleQueue[str | UnusableError]) -> None:
        self.reporter = self.trainer.reporter = _say_nothing
        self.trainer.parent = parent
        study = None
        try:
            study = open_study(self.search, self.options.place)
            assert isinstance(study, OpenStudy)
            self._work(study)
        except OrphanedError:
            pass
        except UnusableError as error:
            crashes.put(error)
            raise SystemExit(1) from None
        except Exception:
            crashes.put(traceback.format_exc())
            raise SystemExit(1) from None
        finally:
            if isinstance(study, OpenStudy):
                study.close()


def _say_nothing(event: TuningEvent) -> None:
    """The reporter of a worker process: what it does shows in the study."""
