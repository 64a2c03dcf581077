"""The folder in which `netc run` keeps a run, and taking up an earlier one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.overrides import value_of
from ...compiler.pipeline import Checked
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Source
from ...runtime.training.spec import Spec
from ..specs.checking import Request, examine
from ..specs.inputs import Document
from ..specs.one_spec import Opened, fail, read_document, warn, with_data
from ..terminal.figures import LABEL
from ..terminal.fit import print_fitted
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice
from .keep_request import KeepRequest

if TYPE_CHECKING:
    from ...runtime.events import Reporter, RunReport
    from ...runtime.runs.earlier import Earlier
    from ...runtime.runs.folder import RunFolder
    from ...runtime.runs.keeping import RunKeeper
    from ...runtime.runs.opening import KeepOptions, Origin
    from ...runtime.runs.record import RunRecord, SpecRecord, Status
    from ...runtime.training.loop.progress import TrainingState
    from ...runtime.training.session import Session


@dataclass(slots=True)
class KeptRun:
    """How one run of the command is kept: in a new folder, in that of an earlier run, or not."""

    opened: Opened
    allow_outside: bool = False
    options: KeepOptions | None = None
    earlier: Earlier | None = None
    keeper: RunKeeper | None = None
    ended: tuple[Status, str] | None = None
    """How the run ended, and why, whether it is kept or not."""

    @property
    def keeps(self) -> bool:
        return self.options is not None or self.earlier is not None

    @property
    def state(self) -> TrainingState | None:
        """From which an earlier run goes on."""
        kept = None if self.earlier is None else self.earlier.kept
        return None if kept is None else kept.training

    def wrong(self) -> Problem | None:
        """Why the run could not be kept, as far as that shows before it begins."""
        from ...runtime.runs.opening import cannot_keep

        return None if self.options is None else cannot_keep(self.options)

    def begin(self, reporter: Reporter, problems: Problems, session: Session) -> Reporter | None:
        """Makes the folder, or takes it up; gives whom to tell the events of the run, or None after
        a problem."""
        from ...runtime.runs.opening import begin_run, engine_record
        from ...runtime.runs.taking_up import take_up

        if self.earlier is not None:
            self.keeper = take_up(self.earlier, self._origin(), reporter, problems)
        elif self.options is not None:
            origin = replace(self._origin(), engine=engine_record(session))
            self.keeper = begin_run(self.options, origin, reporter, problems)
        return self.keeper or (None if self.keeps else reporter)

    def attach(self, session: Session) -> None:
        from ...runtime.runs.opening import attach

        if self.keeper is not None:
            attach(self.keeper, session, self._origin())

    def note_engine(self, session: Session) -> None:
        """Of a fold, whose weights are not kept."""
        from ...runtime.runs.opening import note_engine

        if self.keeper is not None:
            note_engine(self.keeper, session)

    def _origin(self) -> Origin:
        from ...runtime.runs.opening import Origin

        checked, root = self.opened.checked, self.opened.root
        sources = [file.source for file in checked.files]
        return Origin(Spec.of(checked), sources, root, self.allow_outside)

    @contextmanager
    def fitting(self, problems: Problems) -> Iterator[None]:
        """Around a training that goes on: a state of another network becomes a problem."""
        from ...compiler.problems.runs import StateDiffers
        from ...runtime.engine.state import EngineStateError
        from ...runtime.storage.files import place_of

        try:
            yield
        except EngineStateError as error:
            assert self.earlier is not None
            path = self.earlier.folder.path
            at = place_of(path)
            problems.add(StateDiffers(at=at, name=str(path), reason=str(error)))

    def finish(self, status: Status, report: RunReport | None = None, why: str = "") -> None:
        """Notes how the run ended, once."""
        self.ended = self.ended or (status, why)
        if self.keeper is not None and self.keeper.record.status == "running":
            self.keeper.finish(status, report, why)

    def keep_solution(self, session: Session) -> None:
        """Writes the weights of a direct solution, which takes no steps that would be kept."""
        from ...compiler.optimizers.exact import Exact

        if self.keeper is not None and isinstance(session.spec.model.optimizer, Exact):
            self.keeper.keep_solution(session.engine.parameters())

    def tell_kept(self, color: ColorChoice) -> bool:
        """Says where the run is and which weights it ended with; False after it was said that it
        could not be kept."""
        keeper = self.keeper
        if keeper is None:
            return True
        if keeper.failed:
            from ...compiler.problems.runs import CannotKeepRun
            from ...runtime.storage.files import place_of

            path = keeper.folder.path
            reason = "its last files could not be written"
            fail((CannotKeepRun(at=place_of(path), path=str(path), reason=reason),), color)
            return False
        record, which = keeper.record, ""
        if record.kept_epoch is not None and keeper.write_weights is not None:
            kind = "the last one" if record.kept_epoch == record.epochs else "the best one"
            which = f"  (weights of epoch {record.kept_epoch}, {kind})"
        print_fitted(f"{'kept':<{LABEL}}{keeper.folder.path}{which}\n")
        return True

    def tell_how_to_go_on(self) -> None:
        """The command that continues an interrupted run, where there is something to continue."""
        if self.keeper is not None:
            print_text(f"continue with  netc run --resume {_quoted(self.keeper.folder.path)}\n")


def _quoted(path: Path) -> str:
    from shlex import quote

    text = str(path)
    return quote(f"./{text}" if text.startswith("-") else text)


def kept_run(
    opened: Opened, request: Request, data: str | None, keep: KeepRequest, *, fast: bool
) -> KeptRun:
    """How a run of a spec is kept, and what is noted of its command line."""
    from ...runtime.runs.folder import folder_name, keeps_runs, runs_folder
    from ...runtime.runs.opening import KeepOptions

    kept = KeptRun(opened, request.allow_outside)
    if keep.forgets or fast or (keep.out is None and not keeps_runs()):
        return kept
    arguments = click.get_current_context().find_root().obj or ()
    if data is not None and '"' not in data and os.path.exists(data):
        data = os.path.abspath(data)
    kept.options = KeepOptions(
        runs_folder(),
        folder_name(opened.title),
        keep.out,
        ("netc", *arguments),
        {name: value_of(setting) for name, setting in request.overrides.items()},
        dict(request.train),
        data,
    )
    return kept


def open_earlier(
    text: str,
    spec: str | None,
    epochs: int | None,
    *,
    accepts: bool,
    follows: bool,
    color: ColorChoice,
) -> tuple[Opened, Earlier] | None:
    """The run that `--resume` names, with its spec as it is now; None after errors were shown.
    `follows` says that another process of this training keeps it."""
    found = find(text, spec, color)
    if found is None:
        return None
    folder, record = found
    from ...compiler.problems.runs import CheckpointDamaged
    from ...runtime.runs.earlier import read_earlier
    from ...runtime.storage.files import place_of

    problems = Problems()
    earlier = read_earlier(folder, record, epochs, problems, program=False, follows=follows)
    if earlier is None:
        fail(in_order(problems), color)
        return None
    if earlier.damage:
        warn((CheckpointDamaged(at=place_of(folder.path), reason=earlier.damage),), color)
    opened = _open_spec(folder, earlier.record, color)
    if opened is None or not (accepts or _is_unchanged(folder, record, opened.checked, color)):
        return None
    return opened, replace(earlier, changed=accepts)


def find(text: str, spec: str | None, color: ColorChoice) -> tuple[RunFolder, RunRecord] | None:
    """The run of a name, or of a spec the newest one; None after it was said that there is none."""
    from ...runtime.runs.earlier import find_recorded
    from ...runtime.runs.folder import LATEST, folder_name, runs_folder

    if spec is not None and text == LATEST:
        text = folder_name(os.path.basename(spec))
    problems = Problems()
    found = find_recorded(text, runs_folder(), problems)
    if found is None:
        fail(in_order(problems), color)
    return found


def _open_spec(folder: RunFolder, record: RunRecord, color: ColorChoice) -> Opened | None:
    """The spec of a run as it is now, or its copy where it is gone, with what the command line of
    the run has changed; None after errors were shown."""
    from ...compiler.problems.runs import RunDamaged
    from ...runtime.storage.files import place_of

    of_spec = record.spec
    path = of_spec.path
    if path is None or not os.path.exists(path):
        # as if it were where it was
        kept = folder.path / of_spec.kept_as
        place = path or os.path.join(of_spec.root, kept.name)
        try:
            text = kept.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            damaged = RunDamaged(at=place_of(kept), path=str(kept), reason=reason.lower())
            fail((damaged,), color)
            return None
        document = Document(Source(str(kept), text, place), is_file=path is not None)
    else:
        found = read_document(os.path.relpath(path), (), color)
        if found is None:
            return None
        document = found
    checked = examine_recorded(document, of_spec, color)
    return None if checked is None else Opened(document, checked)


def examine_recorded(document: Document, of_spec: SpecRecord, color: ColorChoice) -> Checked | None:
    """The spec of a run with what its command line has changed; None after errors were shown."""
    request = Request(dict(of_spec.lets), of_spec.allow_outside, dict(of_spec.train))
    checked = examine(document, request)
    wrong = checked.problems if checked.has_errors else ()
    if of_spec.data is not None and not wrong:
        checked, wrong = with_data(checked, of_spec.data)
    if wrong:
        fail(wrong, color)
        return None
    return checked


def _is_unchanged(
    folder: RunFolder, record: RunRecord, checked: Checked, color: ColorChoice
) -> bool:
    from ...compiler.problems.runs import RunChanged
    from ...runtime.runs.changes import changes
    from ...runtime.storage.files import place_of

    lines = changes(folder, record, checked.model, [file.source for file in checked.files])
    if lines:
        fail((RunChanged(at=place_of(folder.path), lines=lines),), color)
    return not lines
