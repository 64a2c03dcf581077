"""Which trial is next, and what became of all of them.

Every trial of the plan has a place, from 0, which its record in the storage names. A record is
waiting, running, or finished; one whose process has ended is lost, and its place gets another
record with the same values. Of several records of a place the first one that is not lost counts, so
that a place counts once, whoever joins at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import optuna
from optuna.exceptions import (
    DuplicatedStudyError,
    StorageInternalError,
    TrialPruned,
    UpdateFinishedTrialError,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from ...compiler.training.tuners import CoarseToFine, Tuner
from .plans import TrialPlan, fine_grid, plan, trials_of
from .results import Goal, Outcome, TrialDone, best_of
from .space import ListedValues, Params, Space, TrialSetting, setting_of
from .storage import FileLocks, OpenStorage, StudyPlace, damage, failures, open_store, quiet

StepEnd = Literal["ran", "waiting", "complete"]
GoesOn = Callable[[int, float], bool]
"""Gets the epoch and the value so far; says whether to go on."""
TrainTrial = Callable[[int, TrialSetting, GoesOn], Outcome]
"""Trains the trial with a number and a setting."""

PLACE, RESULT, IDENTITY = "netc:place", "netc:result", "netc:identity"
"""What netc adds to the records of Optuna."""
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


class SurplusError(Exception):
    """A record that no place waits for, or that cannot be run; it ends as a lost one."""


ENDS = (SurplusError, TrialPruned, UpdateFinishedTrialError, StorageInternalError, SQLAlchemyError)
"""What may end a trial without being a mistake of its training."""


@dataclass(frozen=True, slots=True)
class StudySpec:
    """What is searched, and how."""

    tuner: Tuner
    space: Space
    seed: int
    goal: Goal
    prunes: bool
    warmup: int
    """Epochs before a trial may be stopped."""
    identity: str
    """What the trials of a study have in common, as text."""


@dataclass(slots=True)
class _Turn:
    """What happened to the record that this process has run."""

    number: int = -1
    crash: Exception | None = None
    """What training raised."""


@dataclass(slots=True, eq=False)
class OpenStudy:
    """A study in its storage."""

    search: StudySpec
    place: StudyPlace
    store: OpenStorage
    study: optuna.Study

    def step(self, train: TrainTrial) -> StepEnd:
        """Runs the next trial, if there is one for this process."""
        turn = _Turn()
        with self._access(), self._changes() as begin:
            self._release_lost()
            waiting = self._offer()
            if waiting is None:
                return "complete" if self._has_ended() else "waiting"
            self.study.sampler = optuna.samplers.TPESampler(seed=_seed(self.search.seed, waiting))

            def objective(trial: Trial) -> float:
                turn.number = trial.number
                begin(trial.number)
                try:
                    return self._run(trial, train)
                except ENDS:
                    raise
                except Exception as error:
                    turn.crash = error
                    raise SurplusError from error

            try:
                # Optuna writes signs of life of what runs in its own loop
                self.study.optimize(objective, n_trials=1)
            except (SurplusError, UpdateFinishedTrialError):
                pass
            except ValueError:
                # of a process that was taken for dead; another one has the trial now
                if self.study.trials[turn.number].state != TrialState.FAIL:
                    raise
            except (UnboundLocalError, AssertionError) as error:
                # of Optuna, whose storage fails while it notes what became of the trial
                cause = error.__context__
                if isinstance(cause, StorageInternalError | SQLAlchemyError | OSError):
                    raise cause from cause.__cause__
                raise
        if turn.crash is not None:
            raise turn.crash
        return "ran"

    def finished(self) -> tuple[TrialDone, ...]:
        """The trials that have ended, by number."""
        with self._access():
            records = self._records()
        return tuple(
            TrialDone(place + 1, self._setting(record), _outcome(record))
            for place, record in sorted(records.items())
            if record.state in ENDED
        )

    def trials(self) -> int:
        """How many trials the study has in the end: those of the spec, and no fewer than there
        are already."""
        wanted = trials_of(self.search.tuner, self.search.space)
        with self._access():
            return max(wanted, *(place + 1 for place in self._records()), 0)

    def running(self) -> int:
        """The trials that other processes have in hand."""
        with self._access():
            return len([r for r in self._records().values() if r.state == TrialState.RUNNING])

    def close(self) -> None:
        self.store.close()

    @contextmanager
    def _access(self) -> Iterator[None]:
        with quiet(), failures(self.place):
            yield

    @contextmanager
    def _changes(self) -> Iterator[Callable[[int], None]]:
        """Nobody else changes the study of a journal until this ends, or the function that it
        gives was called with the number of the record that is run."""
        locks = self.store.locks
        held: list[int] = []

        def begin(number: int) -> None:
            if locks is not None:
                held.append(FileLocks.TRIALS + number)
                locks.lock(held[-1])
                locks.unlock(FileLocks.CHANGES)

        if locks is not None:
            locks.lock(FileLocks.CHANGES)
        try:
            yield begin
        finally:
            if locks is not None:
                for byte in (*held, FileLocks.CHANGES):
                    locks.unlock(byte)

    def _records(self) -> dict[int, FrozenTrial]:
        """The record of each place that counts."""
        found: dict[int, FrozenTrial] = {}
        for record in self.study.get_trials(deepcopy=False):
            place = record.user_attrs.get(PLACE)
            if place is not None and record.state != TrialState.FAIL:
                found.setdefault(place, record)
        return found

    def _release_lost(self) -> None:
        """Marks the records of processes that have ended."""
        locks = self.store.locks
        if locks is None:
            optuna.storages.fail_stale_trials(self.study)
            return
        for record in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if locks.is_free(FileLocks.TRIALS + record.number):
                self.study.tell(record.number, state=TrialState.FAIL)

    def _offer(self) -> int | None:
        """The place whose record waits to be run; one is made for the first place without any."""
        for record in self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            return int(record.user_attrs[PLACE])
        records = self._records()
        for place, params in enumerate(self._plan(records)):
            if place not in records:
                values = params or self._lost_params(place)
                self.study.enqueue_trial(dict(values), user_attrs={PLACE: place})
                return place
        return None

    def _plan(self, records: dict[int, FrozenTrial]) -> TrialPlan:
        """The places that are known by now, with their values."""
        tuner, space = self.search.tuner, self.search.space
        settings = plan(tuner, space, self.search.seed)
        if not isinstance(tuner, CoarseToFine):
            return settings
        known = tuple(settings)
        coarse = [records[place] for place in range(len(known)) if place in records]
        if len(coarse) < len(known) or not all(r.state in ENDED for r in coarse):
            return iter(known)
        done = tuple(TrialDone(r.user_attrs[PLACE] + 1, {}, _outcome(r)) for r in coarse)
        best = best_of(done, self.search.goal)
        # without any value, the grid is around the first trial: its places are to be filled, too
        middle = coarse[0 if best is None else best.number - 1].params
        return chain(known, fine_grid(space, middle, trials_of(tuner, space)))

    def _lost_params(self, place: int) -> Params:
        """The values with which a lost record of this place was begun."""
        for record in self.study.get_trials(deepcopy=False, states=(TrialState.FAIL,)):
            complete = len(record.params) == len(self.search.space)
            if record.user_attrs.get(PLACE) == place and complete:
                return dict(record.params)
        return {}

    def is_complete(self) -> bool:
        """Whether every trial has ended."""
        with self._access():
            return self._has_ended()

    def _has_ended(self) -> bool:
        records = self._records()
        count = trials_of(self.search.tuner, self.search.space)
        ended = [record for record in records.values() if record.state in ENDED]
        return len(ended) == len(records) >= count

    def _run(self, trial: Trial, train: TrainTrial) -> float:
        """One record: its values are drawn, trained, and the outcome is kept."""
        place = trial.user_attrs.get(PLACE)
        first = None if place is None else self._records().get(place)
        if place is None or first is None or first.number != trial.number:
            raise SurplusError
        params = {axis.name: _suggest(trial, axis.name, axis) for axis in self.search.space}
        setting = setting_of(self.search.space, params)
        outcome = self._known(setting)
        if outcome is None:
            outcome = train(place + 1, setting, self._watch(trial))
        trial.set_user_attr(RESULT, _written(outcome))
        if outcome.value is None:
            raise TrialPruned
        return outcome.value

    def _watch(self, trial: Trial) -> GoesOn:
        def goes_on(epoch: int, value: float) -> bool:
            trial.report(value, epoch)
            return not trial.should_prune()

        return goes_on if self.search.prunes else lambda epoch, value: True

    def _known(self, setting: TrialSetting) -> Outcome | None:
        """What the same setting came to before: a run is what its spec says, so it would come to
        the same again."""
        for record in self._records().values():
            if record.state == TrialState.COMPLETE and self._setting(record) == setting:
                return _outcome(record)
        return None

    def _setting(self, record: FrozenTrial) -> TrialSetting:
        return setting_of(self.search.space, record.params)


def open_study(search: StudySpec, place: StudyPlace) -> OpenStudy | str:
    """Opens a study, which is begun if there is none; the identity of the one that is there, if
    that is another. Raises `UnusableError`."""
    store = open_store(place)
    with ExitStack() as stack, quiet(), failures(place), damage(place):
        stack.callback(store.close)
        direction = (
            StudyDirection.MAXIMIZE if search.goal.larger_is_better else StudyDirection.MINIMIZE
        )
        with suppress(DuplicatedStudyError):
            optuna.create_study(storage=store.storage, study_name=place.study, direction=direction)
        pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
        if search.prunes:
            pruner = optuna.pruners.MedianPruner(5, search.warmup, n_min_trials=3)
        study = optuna.load_study(study_name=place.study, storage=store.storage, pruner=pruner)
        # whoever is later writes the same, or is refused
        known = study.user_attrs.get(IDENTITY)
        if known is None:
            study.set_user_attr(IDENTITY, search.identity)
        elif known != search.identity:
            return str(known)
        stack.pop_all()
    return OpenStudy(search, place, store, study)


def reopened(study: OpenStudy) -> OpenStudy:
    """The same study with another connection. Raises `UnusableError`."""
    again = open_study(study.search, study.place)
    assert isinstance(again, OpenStudy)
    return again


def _seed(seed: int, place: int) -> int:
    """Of the sampler of one trial."""
    return (seed * 1_000_003 + place) % 2**32


def _suggest(trial: Trial, name: str, axis: Any) -> Any:
    if isinstance(axis, ListedValues):
        return trial.suggest_categorical(name, axis.texts)
    if axis.whole:
        return trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.log)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log)


def _written(outcome: Outcome) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        "ending": outcome.ending,
        "value": outcome.value,
        "reason": outcome.reason,
        "epochs": outcome.epochs,
        "measured": dict(outcome.measured),
        "seconds": outcome.seconds,
    }


def _outcome(record: FrozenTrial) -> Outcome:
    return Outcome(**record.user_attrs[RESULT])
