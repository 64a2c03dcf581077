"""`netc predict`: the predictions of a trained network for samples in files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import click

from ...compiler.language.builtin import INSTALLED
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.text import counted
from ..completing import any_file
from ..options import NewFolder, color_option, engine_option, number_option, workers_option
from ..results.predictions import csv_text, json_text, table_text
from ..specs.inputs import STDIN, whole
from ..specs.one_spec import fail, lost_worker
from ..terminal.output import cannot_write, print_document, print_text, standard_input
from ..terminal.screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ...runtime.model.predict_files import Predictions
    from ...runtime.training.spec import EngineChoice

Format = Literal["table", "csv", "json", "jsonl"]

MOST_INPUT = 1 << 28
"""Bytes of standard input."""


@click.command()
@click.argument("weights", metavar="WEIGHTS", shell_complete=any_file)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=any_file)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "jsonl"]),
    default="table",
    show_default=True,
    help="Output format; all but `table` have the probability of every class. `jsonl` is a JSON "
    "object per line.",
)
@click.option(
    "--output", metavar="FILE", shell_complete=any_file, help="Write the predictions to a file."
)
@click.option(
    "--masks",
    metavar="FOLDER",
    type=NewFolder(),
    help="Only write the predicted class of each pixel, as PNG files in this folder.",
)
@number_option(
    "--samples",
    "Predict N times with the noise of training (Monte Carlo dropout), and give mean and standard "
    "deviation.",
    least=2,
)
@number_option("--seed", "The seed of --samples. [default: 0]", least=0)
@workers_option
@engine_option
@color_option
def predict(
    weights: str,
    files: tuple[str, ...],
    form: Format,
    output: str | None,
    masks: Path | None,
    samples: int | None,
    seed: int | None,
    workers: int | None,
    engine: EngineChoice,
    color: ColorChoice,
) -> int:
    """Predict a class or value for every sample in files.

    WEIGHTS is a file written by `netc run --save`. A FILE is an array (.npy, .npz), a table (text,
    Parquet or Excel) with one row per sample, an image, a folder of images, or `-` for a table on
    standard input.
    """
    if seed is not None and samples is None:
        raise click.UsageError("--seed needs --samples")
    if workers is not None and samples is not None:
        raise click.UsageError("--samples works in one process: --workers is not allowed")
    from ...runtime.engine.synchronization import WorkerError
    from ...runtime.model.load import load_trained
    from ...runtime.model.predict_files import Sampling, predict_files
    from ...runtime.storage.files import place_of, unwritable

    problems = Problems()
    if output is not None:
        problem = unwritable(Path(output), map(Path, (weights, *files)))
        if problem is not None:
            return fail((problem,), color)
    model = load_trained(Path(weights), INSTALLED, problems)
    if model is None:
        return fail(in_order(problems), color)
    try:
        with _without_standard_input(files) as read:
            sampling = None if samples is None else Sampling(samples, seed or 0)
            found = predict_files(model, read, problems, workers, sampling, engine)
        if found is not None and read != files:
            own = dict(zip(read, files, strict=True))
            rows = ((own.get(file, file), row) for file, row in found.rows)
            found = replace(found, rows=tuple(rows))
    except WorkerError as error:
        return lost_worker(place_of(Path(weights)).source, error, color)
    if found is None:
        own = {path: STDIN for path, file in zip(read, files, strict=True) if file == "-"}
        return fail(in_order([_called(problem, own) for problem in problems]), color)
    if masks is not None:
        return _write_masks(found, masks, color)
    if form == "table":
        text = table_text(found, screen_for(sys.stdout, color))
    else:
        text = csv_text(found) if form == "csv" else json_text(found, lines=form == "jsonl")
    return _written(text, output, color)


def _written(text: str, output: str | None, color: ColorChoice) -> int:
    """Writes the predictions to a file, or prints them; gives the exit status."""
    from ...runtime.storage.files import place_of, write_atomically

    if output is None:
        print_document(text)
        return 0
    try:
        write_atomically(Path(output), text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        from ...compiler.problems.weights import CannotWrite

        reason = (error.strerror or type(error).__name__).lower()
        at = place_of(Path(output))
        return fail((CannotWrite(at=at, path=output, reason=reason),), color)
    return 0


def _write_masks(predictions: Predictions, folder: Path, color: ColorChoice) -> int:
    from ...compiler.problems.weights import CannotWrite
    from ...runtime.model.predicted_masks import replaced_picture, why_no_masks, write_masks
    from ...runtime.packages import UnusablePackageError
    from ...runtime.storage.files import IS_READ, place_of

    reason = why_no_masks(predictions)
    own = None if reason else replaced_picture(predictions, folder)
    if own is not None:
        return fail((CannotWrite(at=place_of(own), path=str(own), reason=IS_READ),), color)
    try:
        if not reason:
            count = write_masks(predictions, folder)
            print_text(f"masks   {counted(count, 'file')} in {folder}\n")
            return 0
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
    except UnusablePackageError as error:
        reason = str(error)
    return fail((CannotWrite(at=place_of(folder), path=str(folder), reason=reason),), color)


@contextmanager
def _without_standard_input(files: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The files, with a temporary one in place of standard input, which is read several times."""
    if "-" not in files:
        yield files
        return
    with ExitStack() as stack:
        try:
            path = Path(stack.enter_context(TemporaryDirectory())) / "stdin.csv"
            with path.open("wb") as file:
                for block in standard_input():
                    file.write(block)
                    if file.tell() > MOST_INPUT:
                        reason = f"it has more than {MOST_INPUT:,} bytes: pass a file"
                        raise click.ClickException(f"cannot read standard input: {reason}")
        except OSError as error:
            raise cannot_write("a temporary file", error) from error
        yield tuple(str(path) if file == "-" else file for file in files)


def _called(problem: Problem, own: Mapping[str, str]) -> Problem:
    """A problem with a file under its `own` name, where it has one."""
    name = own.get(problem.at.source.name)
    if name is None:
        return problem
    has_path = any(item.name == "path" for item in fields(problem))
    facts: dict[str, Any] = {"path": name} if has_path else {}
    return replace(problem, at=whole(name), **facts)
