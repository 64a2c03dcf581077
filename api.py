"""netc for programs: check, format and compile specs, train networks and ask them.

Nothing here but `NotebookReporter` prints, and nothing exits, configures logging or touches global
random state. A mistake in a spec is a value (`Diagnostic`). What raises for one raises a
`NetcError`, which carries the diagnostics: `CompileError` for a spec, `DataError` for arrays and
files that do not fit a model, `TrainingError` for training that failed. Arguments of the wrong
Python type are `TypeError`s and `ValueError`s, as everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import events
from .compiler.diagnostics import (
    CompileError,
    DataError,
    Diagnostic,
    Edit,
    Fix,
    NetcError,
    TrainingError,
    diagnostic,
    raise_for,
)
from .compiler.language.builtin import INSTALLED
from .compiler.language.options import Options
from .compiler.language.vocabulary import Vocabulary, need_vocabulary
from .compiler.overrides import let_text
from .compiler.pipeline import Checked
from .compiler.pipeline import check as check_source
from .compiler.reading import ReadFailure, explain_failure, read_source, source_of
from .grammar.source import Source, Span
from .runtime.events import StopTraining
from .runtime.model.loggers import MLflowReporter, TensorBoardReporter
from .runtime.model.model import Model, SpecFiles
from .runtime.model.notebook import NotebookReporter
from .runtime.model.sampled import SampledPrediction

if TYPE_CHECKING:
    from .runtime.analysis.data_report import DataReport
    from .runtime.events import CrossValidationReport, RunReport
    from .runtime.training.spec import DeviceChoice, EngineChoice, PrecisionChoice
    from .runtime.tuning.results import TuningReport
    from .runtime.tuning.search import TuneOptions
    from .runtime.tuning.space import Check

__all__ = [
    "CompileError",
    "DataError",
    "Diagnostic",
    "Edit",
    "Fix",
    "MLflowReporter",
    "Model",
    "NetcError",
    "NotebookReporter",
    "SampledPrediction",
    "StopTraining",
    "TensorBoardReporter",
    "TrainingError",
    "check",
    "compile",
    "events",
    "format",
    "from_json",
    "import_model",
    "inspect_data",
    "load",
    "save_pictures",
    "schema",
    "tune",
    "vocabulary",
]

LetValue = int | float | str | bool | Sequence["LetValue"]
"""What a `let` can be set to. A text is netc text: `"30ep"`, `"3x3"`, `"relu"`."""


def vocabulary(*classes: type[Options]) -> Vocabulary:
    """The words of netc and of installed packages, and those of more classes: layers, losses,
    optimizers and data sources.

    Raises `TypeError` for a class of another kind, `ValueError` for a word that is taken.
    """
    return INSTALLED.extended(*classes)


def check(
    text_or_path: str | os.PathLike[str], vocabulary: Vocabulary = INSTALLED
) -> list[Diagnostic]:
    """Everything that is wrong or suspicious in a spec, by place. Empty when all is well.

    What is a path is told as by `compile`. A file that cannot be read is a diagnostic, too.
    """
    need_vocabulary(vocabulary)
    source = spec_source(text_or_path)
    if isinstance(source, ReadFailure):
        return [diagnostic(explain_failure(source))]
    checked = check_source(source, vocabulary, read_source)
    return [diagnostic(problem) for problem in checked.problems]


def compile(
    text_or_path: str | os.PathLike[str], vocabulary: Vocabulary = INSTALLED, /, **lets: LetValue
) -> Model:
    """The model of a spec. `lets` set the spec's constants.

    A path is a `PathLike`, or a text that ends with `.net` and has neither a newline nor `->`.
    Raises `CompileError` when the spec has an error or cannot be read, `TypeError` and
    `ValueError` for a value that no constant can have.
    """
    need_vocabulary(vocabulary)
    source = spec_source(text_or_path)
    if isinstance(source, ReadFailure):
        raise CompileError((diagnostic(explain_failure(source)),))
    overrides = {name: let_text(name, value) for name, value in lets.items()}
    checked = check_source(source, vocabulary, read_source, overrides=overrides)
    if checked.has_errors:
        raise CompileError(tuple(diagnostic(problem) for problem in checked.problems))
    return _model(checked, overrides)


def format(text: str, vocabulary: Vocabulary = INSTALLED, *, one_line: bool = False) -> str:
    """The same spec in its canonical form: one statement a line, or all of them on one line.

    Raises `CompileError` when the text cannot be parsed, and `ValueError` for the one-line form
    of a text with comments, which it cannot hold.
    """
    need_vocabulary(vocabulary)
    from .compiler.format_words import format_words
    from .grammar.format.document import format_file
    from .grammar.parser import parse
    from .grammar.problem import Problems

    if not isinstance(text, str):
        raise TypeError(f"a spec to format is a text, not {type(text).__name__}")
    problems = Problems()
    file = parse(source_of(text), problems)
    raise_for(CompileError, problems)
    return format_file(file, format_words(vocabulary), one_line=one_line)


def from_json(text: str, vocabulary: Vocabulary = INSTALLED) -> Model:
    """The model of a JSON text that `Model.to_json` wrote.

    Raises `DataError`, a `ValueError`, for a text that is no such JSON, and `CompileError` when
    its layers do not fit together.
    """
    need_vocabulary(vocabulary)
    from .compiler.load import explain_json, load_model, places_of
    from .compiler.problems.files import JsonIsNoModel
    from .grammar.problem import Problems

    source, problems = Source("<json>", ""), Problems()
    try:
        ir, inference = load_model(text, vocabulary, problems)
    except ValueError as error:
        where, reason = explain_json(error)
        wrong = JsonIsNoModel(at=Span(source, 0, 0), where=where, reason=reason)
        raise DataError((diagnostic(wrong),)) from None
    raise_for(CompileError, problems)
    return Model(ir, inference.graph, places_of(ir, source), source, "")


def inspect_data(
    text_or_path: str | os.PathLike[str],
    vocabulary: Vocabulary = INSTALLED,
    /,
    *,
    picture: str | os.PathLike[str] | None = None,
    **lets: LetValue,
) -> DataReport:
    """What a run would see of the data of a spec: parts, classes, columns before and after `prep`,
    and what is odd. Nothing is trained; the spec needs no network.

    `picture` is a file to draw the first batch into (of a table, its columns), whose name ends with
    `.png` or `.svg`; it needs matplotlib. What a path is, and `lets`, are told as by `compile`.
    Raises `CompileError` when the spec has no data that could be understood, `DataError` when that
    cannot be loaded, `ValueError` for a picture with another ending, and `OSError` when it cannot
    be written.
    """
    need_vocabulary(vocabulary)
    from .grammar.problem import Problems
    from .runtime.analysis.data_picture import draw_data
    from .runtime.analysis.data_run import inspect_data as inspect_checked
    from .runtime.model.arguments import as_path
    from .runtime.plots.style import SUFFIXES

    file = None if picture is None else as_path("picture", picture)
    suffix = "" if file is None else file.suffix.lower()
    if file is not None and suffix not in SUFFIXES:
        raise ValueError(f"the name of a picture ends with .png or .svg, not {str(file)!r}")
    source = spec_source(text_or_path)
    if isinstance(source, ReadFailure):
        raise CompileError((diagnostic(explain_failure(source)),))
    overrides = {name: let_text(name, value) for name, value in lets.items()}
    checked = check_source(source, vocabulary, read_source, overrides=overrides)
    problems = Problems()
    root = Path() if source.path is None else Path(source.path).parent
    view = inspect_checked(checked, root=root, problems=problems, reporter=lambda event: None)
    if view is None:
        raise_for(CompileError if checked.model.data is None else DataError, problems)
        raise AssertionError("data that cannot be inspected has a problem")
    if file is not None:
        file.write_bytes(draw_data(view, suffix))
    return view.report


def load(path: str | os.PathLike[str], vocabulary: Vocabulary = INSTALLED) -> Model:
    """The trained model of a file that `Model.save`, or `netc run --save`, wrote.

    Raises `DataError` when there is no such file, or it is damaged.
    """
    need_vocabulary(vocabulary)
    from .grammar.problem import Problems
    from .runtime.model.arguments import as_path
    from .runtime.model.load import load_trained

    problems = Problems()
    model = load_trained(as_path("path", path), vocabulary, problems)
    raise_for(DataError, problems)
    if model is None:
        raise AssertionError("a file that is not loaded has a problem")
    return model


def import_model(path: str | os.PathLike[str], vocabulary: Vocabulary = INSTALLED) -> Model:
    """The network of another tool's file, of ONNX or Keras, with its weights if it has any.
    `Model.spec` is the text of its spec.

    Raises `DataError` for a file that cannot be read, or that computes something that netc does
    not: its diagnostics name each such operation. Raises `ValueError` for an ending that names no
    format, and `ImportError` where the package that reads it is missing.
    """
    need_vocabulary(vocabulary)
    from .grammar.problem import Problems
    from .runtime.interchange.importing import FORMATS, import_network
    from .runtime.model.arguments import as_path

    file = as_path("path", path)
    if file.suffix.lower() not in FORMATS:
        raise ValueError(f"netc imports files that end in {', '.join(FORMATS)}, not `{file.name}`")
    problems = Problems()
    found = import_network(file, vocabulary, problems)
    if problems.has_errors():
        # not `raise_for`, which has one problem of a kind for each place: here all have one place
        raise DataError(tuple(diagnostic(problem) for problem in problems))
    if found is None:
        raise AssertionError("a file that is not imported has a problem")
    checked, text = found.spec.checked, found.spec.text
    source = checked.files[0].source
    return Model(checked.model, checked.graph, checked.spans, source, text, found.state)


def save_pictures(
    report: RunReport | CrossValidationReport, folder: str | os.PathLike[str], title: str = ""
) -> tuple[Path, ...]:
    """Draws the curves of a training (`model.report`), or those of the folds of a cross-validation,
    and gives the paths of what was written: each picture as PNG and SVG, with its numbers as CSV;
    without matplotlib only these. The folder is made. Raises `OSError` when it cannot be
    written."""
    from .runtime.analysis.run_pictures import folds_picture, run_pictures
    from .runtime.events import CrossValidationReport, RunReport
    from .runtime.model.arguments import as_path
    from .runtime.plots.picture import save_pictures as save

    place = as_path("folder", folder)
    if isinstance(report, RunReport):
        return save(run_pictures(report, title), place)
    if not isinstance(report, CrossValidationReport):
        kind = type(report).__name__
        raise TypeError(f"report must be that of `fit` or `cross_validate`, not {kind}")
    return save((folds_picture(report, title),), place)


def schema(vocabulary: Vocabulary = INSTALLED) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `Model.to_json` writes."""
    need_vocabulary(vocabulary)
    from .compiler.schema_json import json_schema

    return json_schema(vocabulary)


def tune(
    text_or_path: str | os.PathLike[str],
    vocabulary: Vocabulary = INSTALLED,
    /,
    *,
    trials: int | None = None,
    workers: int = 1,
    engine: EngineChoice = "numpy",
    device: DeviceChoice | None = None,
    precision: PrecisionChoice | None = None,
    compile: bool = False,
    storage: str | os.PathLike[str] | None = None,
    study: str = "netc",
    prune: bool | None = None,
    lets: Mapping[str, LetValue] | None = None,
) -> TuningReport:
    """What `netc tune` finds: every trial of the `tune` of a spec, and the best one, whose
    `setting` has netc texts for `netc.compile(spec, **report.best.setting)`.

    The study is kept in a journal file or a database (`storage`) under a name (`study`), and goes
    on there; without one it is forgotten. `trials`, `workers`, `engine`, `device`, `precision`,
    `compile` and `prune` are those of the command, `lets` set other constants. Raises
    `CompileError` for a spec with an error, `DataError` for data or a storage that cannot be used,
    `TrainingError` when all worker processes have ended, and `ImportError` without Optuna.
    """
    need_vocabulary(vocabulary)
    from tempfile import TemporaryDirectory

    from .runtime.model.arguments import check_engine, search_arguments
    from .runtime.packages import require_package
    from .runtime.training.spec import TorchRequest

    trials, workers = search_arguments(trials, workers, storage, study, prune, lets)
    require_package("optuna", "a search needs")
    from .runtime.tuning.search import TuneOptions
    from .runtime.tuning.storage import StudyPlace

    torch = TorchRequest(device, precision, compile)
    check_engine(engine, torch)
    source = spec_source(text_or_path)
    if isinstance(source, ReadFailure):
        raise CompileError((diagnostic(explain_failure(source)),))
    overrides = {name: let_text(name, value) for name, value in (lets or {}).items()}
    asked = torch.train_precision()
    train = {} if asked is None else {"precision": asked}

    def checked(setting: Mapping[str, str]) -> Checked:
        values = {**overrides, **setting}
        return check_source(source, vocabulary, read_source, overrides=values, train=train)

    found = checked({})
    if found.has_errors:
        raise CompileError(tuple(diagnostic(problem) for problem in found.problems))
    root = Path() if source.path is None else Path(source.path).parent
    with TemporaryDirectory(prefix="netc-tune-") as folder:
        kept = None if storage is None else StudyPlace(os.fspath(storage), study)
        place = kept or StudyPlace.for_one_call(folder)
        options = TuneOptions(place, workers, prune, trials, engine, torch.options(shares=False))
        return _search(found, checked, options, root)


def _search(found: Checked, check: Check, options: TuneOptions, root: Path) -> TuningReport:
    """The trials of a search; raises what keeps it from coming to an end."""
    from .compiler.problems.running import WorkerLost
    from .grammar.problem import Problems
    from .runtime.engine.synchronization import WorkerError
    from .runtime.training.engine_choice import placed_at
    from .runtime.training.spec import Spec
    from .runtime.tuning.search import tune as search

    spec, problems, report = Spec.of(found), Problems(), None
    try:
        report = search(
            spec, check, options, root=root, problems=problems, reporter=lambda event: None
        )
    except WorkerError as error:
        problems.add(WorkerLost(at=spec.place("tune"), said=str(error)))
        raise_for(TrainingError, problems)
    problems = Problems([placed_at(problem, spec.place("tune")) for problem in problems])
    raise_for(CompileError if spec.model.tune is None else DataError, problems)
    assert report is not None  # a search without a report has a problem
    return report


def spec_source(text_or_path: str | os.PathLike[str]) -> Source | ReadFailure:
    """The text of a spec, which may be in a file: see `compile`. Raises TypeError for what is
    neither a text nor a path."""
    if not isinstance(text_or_path, str | os.PathLike):
        kind = type(text_or_path).__name__
        raise TypeError(f"a spec is a text or the path of a file, not {kind}")
    if isinstance(text_or_path, str) and not _is_path(text_or_path):
        return source_of(text_or_path)
    return read_source(os.fspath(text_or_path))


def _is_path(text: str) -> bool:
    return text.endswith(".net") and "\n" not in text and "->" not in text


def _model(checked: Checked, lets: Mapping[str, str]) -> Model:
    sources = tuple(file.source for file in checked.files)
    written = SpecFiles(sources, lets)
    text = sources[0].text
    return Model(checked.model, checked.graph, checked.spans, sources[0], text, written=written)
