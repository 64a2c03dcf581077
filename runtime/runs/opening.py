"""The folder of a new run, and that of an earlier one that is taken up again."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from ...compiler.ir import to_json
from ...compiler.language.frozen import change
from ...compiler.open_widths import with_widths
from ...compiler.problems.native import CompilerDiffers
from ...compiler.problems.runs import CannotKeepRun
from ...grammar.problem import Problem, Problems
from ...grammar.source import Source
from ..events import Reporter, Warned
from ..storage.files import place_of, write_atomically
from ..training.loop.progress import Weights
from ..training.objectives.fitted_state import fitted_state
from ..training.saved import save
from ..training.session import Session
from ..training.spec import Spec
from .environment import data_paths, fingerprints, machine, process_start, versions
from .folder import RECORD, RunFolder, is_run, new_folder, place_run
from .keeping import RunKeeper, now_text
from .record import ArrayFingerprint, EngineRecord, RunRecord, SpecRecord, write_record
from .repository import commit_of

COPY = "spec.net"
NUMPY = EngineRecord()


@dataclass(frozen=True, slots=True)
class KeepOptions:
    """Where a run is kept, and what is noted of how it was begun."""

    base: Path
    """The folder of all runs."""
    name: str
    out: Path | None = None
    """The folder of this run itself."""
    command: tuple[str, ...] = ()
    lets: dict[str, str] = field(default_factory=dict)
    train: dict[str, int | str] = field(default_factory=dict)
    data: str | None = None
    program: bool = False
    """Whether no command line asks for it."""

    @property
    def place(self) -> Path:
        return self.out or self.base


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What a run was made of."""

    spec: Spec
    """As it was checked, with the sizes that it leaves to the data."""
    sources: Sequence[Source]
    """The spec and the files that it uses."""
    root: Path
    """The folder that its paths are relative to."""
    allow_outside: bool = False
    engine: EngineRecord = NUMPY
    """As far as it is known when the run begins."""
    arrays: tuple[ArrayFingerprint, ...] = ()
    """Those of a program, which take the place of the data of the spec."""

    @property
    def text(self) -> str:
        return self.sources[0].text


def cannot_keep(options: KeepOptions) -> Problem | None:
    """Why a run could not be kept there, as far as that shows before it begins."""
    path = options.place
    try:
        reason = _hindrance(options)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
    if not reason:
        return None
    at, program = place_of(path), options.program
    return CannotKeepRun(at=at, path=str(path), reason=reason, program=program)


def _hindrance(options: KeepOptions) -> str:
    """Raises OSError."""
    path = options.place
    for text in (str(path), *options.command):
        if not _is_text(text):
            return f"`{ascii(text)[1:-1]}` is not UTF-8, as `run.json` is"
    if options.out is not None and path.exists() and not path.is_dir():
        return "it is a file"
    if options.out is not None and is_run(path):
        way = "resume=" if options.program else f"--resume {path}"
        return f"it holds a run, which `{way}` continues"
    if options.out is not None and path.is_dir() and any(path.iterdir()):
        return "the folder is not empty"
    there = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not there.is_dir():
        return f"`{there}` is a file"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"files cannot be made in `{there}`"
    return ""


def _is_text(text: str) -> bool:
    """Not the bytes of a name that the system took and Unicode does not know."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def begin_run(
    options: KeepOptions,
    origin: Origin,
    reporter: Reporter,
    problems: Problems,
) -> RunKeeper | None:
    """Makes the folder of a run, and writes what is known before it is bound to its data; None
    after a problem."""
    try:
        parent = _parent(options)
        path = new_folder(parent)
        try:
            record = _set_up(RunFolder(path), options, origin)
            folder = _placed(path, parent, options)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        at, place = place_of(options.place), str(options.place)
        problems.add(CannotKeepRun(at=at, path=place, reason=reason, program=options.program))
        return None
    folds = None if origin.spec.model.kfold is None else ()
    return RunKeeper(folder, record, reporter, folds=folds)


def attach(keeper: RunKeeper, session: Session, origin: Origin) -> None:
    """Tells the keeper what is trained."""
    note_engine(keeper, session)
    keeper.record = keeper.record.model_copy(
        update={
            "monitored": session.settings.watched,
            "log_steps": session.settings.log_steps,
        }
    )
    keeper.write_weights = partial(_write, session, origin)


def note_engine(keeper: RunKeeper, session: Session) -> None:
    """Notes what the last bits depend on, and warns where a run goes on with another compiler."""
    engine, before = session.engine, keeper.record.engine.identity
    if before and before != engine.identity:
        at = place_of(keeper.folder.path)
        keeper(Warned(CompilerDiffers(at=at, before=before, now=engine.identity)))
    keeper.record = keeper.record.model_copy(update={"engine": engine_record(session)})


def engine_record(session: Session) -> EngineRecord:
    """What the last bits of a run depend on."""
    engine, torch = session.engine, session.torch
    return EngineRecord(
        name=engine.name,
        identity=engine.identity,
        shards=engine.shards,
        workers=engine.workers,
        algorithms=dict(engine.algorithms),
        device=torch.device,
        bf16=torch.bf16,
        compiles=torch.compiles,
    )


def _set_up(folder: RunFolder, options: KeepOptions, origin: Origin) -> RunRecord:
    copy = copy_spec(folder.path, origin.sources)
    write_atomically(folder.model, to_json(origin.spec.model).encode() + b"\n")
    record = _record(options, origin, copy)
    write_record(folder.record, record)
    return record


def _parent(options: KeepOptions) -> Path:
    """Where the folder of a run is set up: beside its place, or within a folder that is there."""
    if options.out is None:
        return options.base / options.name
    target = Path(os.path.realpath(options.out))
    return target if target.exists() else target.parent


def _placed(path: Path, parent: Path, options: KeepOptions) -> RunFolder:
    if options.out is None:
        return place_run(path, parent, datetime.now())
    target = Path(os.path.realpath(options.out))
    if parent == target:
        # it may be where a file system begins, or where a shell is: it stays, and is filled
        for entry in sorted(path.iterdir(), key=lambda entry: entry.name == RECORD):
            os.rename(entry, target / entry.name)
        path.rmdir()
    else:
        os.rename(path, target)
    return RunFolder(options.out)


def copy_names(sources: Sequence[Source]) -> list[str]:
    """Where the copies of a spec and of the files that it uses are in the folder of a run: as far
    from each other as they are, so that the copies mean the same."""
    known = [os.path.realpath(source.path) for source in sources if source.path is not None]
    if len(sources) == 1 or len(known) < len(sources):
        return [COPY, *(f"used{number}.net" for number in range(1, len(sources)))]
    top = os.path.commonpath([os.path.dirname(path) for path in known])
    return [os.path.join("spec", os.path.relpath(path, top)) for path in known]


def copy_spec(folder: Path, sources: Sequence[Source]) -> str:
    """Copies a spec and the files that it uses; gives the name of the copy of the spec itself.
    Raises OSError."""
    names = copy_names(sources)
    for name, source in zip(names, sources, strict=True):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, source.text.encode())
    return names[0]


def digest_of(sources: Sequence[Source]) -> str:
    """The SHA-256 of the text of a spec and of the files that it uses."""
    total = hashlib.sha256()
    for source in sources:
        total.update(source.text.encode() + b"\0")
    return total.hexdigest()


def _record(options: KeepOptions, origin: Origin, copy: str) -> RunRecord:
    model, path = origin.spec.model, origin.sources[0].path
    spec = SpecRecord(
        path=None if path is None else os.path.abspath(path),
        root=os.path.abspath(origin.root),
        kept_as=copy,
        sha256=digest_of(origin.sources),
        lets=options.lets,
        train=options.train,
        data=options.data,
        allow_outside=origin.allow_outside,
    )
    record = RunRecord(
        status="running",
        name=options.name,
        command=list(options.command),
        spec=spec,
        seed=model.train.seed,
        versions=versions(),
        engine=origin.engine,
        machine=machine(),
        data_files=fingerprints(paths_of(origin), origin.root),
        data_arrays=list(origin.arrays),
        commit=commit_of(origin.root),
        started=now_text(),
        planned_epochs=model.train.epochs,
    )
    return record.model_copy(update=this_process())


def paths_of(origin: Origin) -> list[Path]:
    """The files that are read."""
    model = origin.spec.model
    return data_paths(change(model, data=None) if origin.arrays else model, origin.root)


def this_process() -> dict[str, object]:
    """Who trains a run, in its record."""
    return {"process": os.getpid(), "process_started": process_start(os.getpid())}


def _write(session: Session, origin: Origin, path: Path, weights: Weights) -> str | None:
    problems = Problems()
    state = fitted_state(weights, session.dataset, session.objective, session.classes)
    bound = session.spec.model
    model = change(with_widths(origin.spec.model, bound), data=bound.data)
    if save(path, model, origin.text, state, problems):
        return None
    return next(iter(problems)).message()
