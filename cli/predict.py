"""`netc predict`: the predictions of a trained network for samples in files."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

import click

from ..compiler.language.builtin import BUILTIN
from ..grammar.problem import Problem, Problems, in_order
from ..grammar.text import counted
from .columns import aligned
from .inputs import STDIN, whole
from .one_spec import fail, lost_worker
from .options import color_option, number_option, workers_option
from .output import print_text
from .screen import ColorChoice, Screen, screen_for

if TYPE_CHECKING:
    from ..runtime.model.predict_files import Prediction, Predictions

Format = Literal["table", "csv", "json", "jsonl"]


@click.command()
@click.argument("weights", metavar="WEIGHTS")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "jsonl"]),
    default="table",
    show_default=True,
    help="Output format; all but `table` have the probability of every class. `jsonl` is a JSON "
    "object per line.",
)
@click.option("--output", metavar="FILE", help="Write the predictions to a file.")
@click.option(
    "--masks",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write predicted classes of pixels as PNG files to this folder, and nothing else.",
)
@number_option(
    "--samples",
    "Predict N times with the noise of training (dropout), and give mean and standard deviation.",
    least=2,
)
@number_option("--seed", "The seed of --samples. [default: 0]", least=0)
@workers_option
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
    color: ColorChoice,
) -> int:
    """Predict a class or value for every sample in files.

    WEIGHTS is a file written by `netc run --save`. A FILE is an array (.npy, .npz), a table (.csv,
    .tsv, .txt) with one row per sample, an image, a folder of images, or `-` for a table on
    standard input.
    """
    if seed is not None and samples is None:
        raise click.UsageError("--seed needs --samples")
    if workers is not None and samples is not None:
        raise click.UsageError("--samples works in one process: --workers is not allowed")
    from ..runtime.engine.synchronization import WorkerError
    from ..runtime.model.load import load_trained
    from ..runtime.model.predict_files import Sampling, predict_files
    from ..runtime.storage.files import place_of, unwritable

    problems = Problems()
    if output is not None:
        problem = unwritable(Path(output), map(Path, (weights, *files)))
        if problem is not None:
            return fail((problem,), color)
    model = load_trained(Path(weights), BUILTIN, problems)
    if model is None:
        return fail(in_order(problems), color)
    try:
        with TemporaryDirectory() as folder:
            read = tuple(_standard_input(folder) if file == "-" else file for file in files)
            sampling = None if samples is None else Sampling(samples, seed or 0)
            answers = predict_files(model, read, problems, workers, sampling)
        if answers is not None and read != files:
            own = dict(zip(read, files, strict=True))
            items = (replace(one, file=own.get(one.file, one.file)) for one in answers.items)
            answers = replace(answers, items=tuple(items))
    except WorkerError as error:
        return lost_worker(place_of(Path(weights)).source, error, color)
    if answers is None:
        own = {path: STDIN for path, file in zip(read, files, strict=True) if file == "-"}
        return fail(in_order([_called(problem, own) for problem in problems]), color)
    if masks is not None:
        return _write_masks(answers, masks, color)
    if form == "table":
        text = table_text(answers, screen_for(sys.stdout, color))
    else:
        text = csv_text(answers) if form == "csv" else json_text(answers, lines=form == "jsonl")
    return _written(text, output, color)


def _written(text: str, output: str | None, color: ColorChoice) -> int:
    """Writes the predictions to a file, or prints them; gives the exit status."""
    from ..runtime.storage.files import place_of, write_atomically

    if output is None:
        print_text(text)
        return 0
    try:
        write_atomically(Path(output), text.encode())
    except OSError as error:
        from ..compiler.problems.weights import CannotWrite

        reason = (error.strerror or type(error).__name__).lower()
        at = place_of(Path(output))
        return fail((CannotWrite(at=at, path=output, reason=reason),), color)
    return 0


def _write_masks(answers: Predictions, folder: Path, color: ColorChoice) -> int:
    from ..compiler.problems.weights import CannotWrite
    from ..runtime.model.predicted_masks import why_no_masks, write_masks
    from ..runtime.storage.files import place_of

    reason = why_no_masks(answers)
    try:
        if not reason:
            count = write_masks(answers, folder)
            print_text(f"masks   {counted(count, 'file')} in {folder}\n")
            return 0
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
    except ImportError:
        reason = "a PNG needs Pillow: pip install 'netc[images]'"
    return fail((CannotWrite(at=place_of(folder), path=str(folder), reason=reason),), color)


def _standard_input(folder: str) -> str:
    """A file with what standard input holds, which is read several times."""
    path = Path(folder) / "stdin.csv"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return str(path)


def _called(problem: Problem, own: Mapping[str, str]) -> Problem:
    """A problem with a file under its `own` name, where it has one."""
    name = own.get(problem.at.source.name)
    if name is None:
        return problem
    has_path = any(item.name == "path" for item in fields(problem))
    facts: dict[str, Any] = {"path": name} if has_path else {}
    return replace(problem, at=whole(name), **facts)


def table_text(answers: Predictions, screen: Screen) -> str:
    """A line for each sample."""
    several = len({item.file for item in answers.items}) > 1
    head = _titles(answers)
    rows = [_cells(answers, item) for item in answers.items]
    if not several:
        head, rows = head[1:], [row[1:] for row in rows]
    shown = [[screen.clean(cell) for cell in row] for row in (head, *rows)]
    return "\n".join(aligned(shown, "l" * len(head))) + "\n"


def csv_text(answers: Predictions) -> str:
    """The same with commas, and the probability of every class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    labels = _value_titles(answers) if answers.several else answers.labels or ()
    kinds = {"p": [item.probabilities for item in answers.items]}
    if labels:
        kinds["deviation"] = [item.deviations for item in answers.items]
    kinds = {kind: all_of for kind, all_of in kinds.items() if any(all_of)}
    writer.writerow(
        (*_titles(answers), *(f"{kind}({label})" for kind in kinds for label in labels))
    )
    for index, item in enumerate(answers.items):
        every = [value for all_of in kinds.values() for value in all_of[index] or ()]
        writer.writerow((*_cells(answers, item, 9), *(f"{value:.9g}" for value in every)))
    return text.getvalue()


def json_text(answers: Predictions, *, lines: bool = False) -> str:
    """A list with an object for each sample, or a line for each."""
    result = []
    titles = _value_titles(answers)
    for item in answers.items:
        one: dict[str, object] = {"file": item.file, "row": item.row}
        if answers.labels is not None:
            one["class"] = item.answer
            if item.probabilities is not None:
                names = (str(label) for label in answers.labels)
                one["probabilities"] = dict(zip(names, item.probabilities, strict=True))
        elif item.probabilities is not None:
            one["labels"] = dict(zip(titles, item.answer, strict=True))
            one["probabilities"] = dict(zip(titles, item.probabilities, strict=True))
        elif answers.columns == titles:
            one["value"] = dict(zip(titles, item.answer, strict=True))
        else:
            one["value"] = item.answer
        if item.deviations is not None:
            one |= _json_deviations(answers, item.deviations)
        result.append(one)
    if lines:
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in result)
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def _json_deviations(answers: Predictions, found: tuple[float, ...]) -> dict[str, object]:
    """As the probabilities or numbers that they are of."""
    names = _value_titles(answers) if answers.labels is None else answers.labels
    if answers.labels is None and not answers.several and answers.columns != names:
        return {"deviation": found[0] if len(found) == 1 else found}
    key = "deviation" if answers.labels is None and not answers.several else "deviations"
    return {key: dict(zip(map(str, names), found, strict=True))}


def _titles(answers: Predictions) -> tuple[str, ...]:
    sampled = any(item.deviations is not None for item in answers.items)
    if answers.labels is None:
        titles = _value_titles(answers)
        more = titles if sampled and not answers.several else ()
        named = ("deviation",) if len(more) == 1 else tuple(f"deviation({one})" for one in more)
        return ("file", "row", *titles, *named)
    probable = any(item.probability is not None for item in answers.items)
    shown = ("probability", "deviation") if sampled else ("probability",)
    return ("file", "row", "class", *(shown if probable else ()))


def _value_titles(answers: Predictions) -> tuple[str, ...]:
    """One for each output: the target columns, or `value1`, `value2` and so on (of several labels
    per sample, `label1` and so on)."""
    first = answers.items[0].answer if answers.items else None
    what = "label" if answers.several else "value"
    if answers.labels is not None or not _is_row(first):
        return (what,)
    if len(answers.columns) == len(first):
        return answers.columns
    return tuple(f"{what}{index + 1}" for index in range(len(first)))


def _is_row(answer: object) -> TypeGuard[list[float]]:
    return isinstance(answer, list) and all(isinstance(one, float | int) for one in answer)


def _cells(answers: Predictions, item: Prediction, digits: int = 4) -> tuple[str, ...]:
    answer = item.answer
    if answers.labels is None and _is_row(answer):
        texts = [_spelt(one, digits) for one in answer]
    elif answers.labels is not None and digits == 4 and _is_mask(answer):
        texts = [_shares(answer)]
    elif isinstance(answer, list):
        texts = [" ".join(str(one) for one in answer)]
    else:
        texts = [_spelt(answer, digits) if isinstance(answer, float) else str(answer)]
    if answers.labels is None and not answers.several and item.deviations is not None:
        spread = [_spelt(one, digits) for one in item.deviations]
        texts += spread if len(spread) == len(texts) else [" ".join(spread)]
    cells = (item.file, str(item.row), *texts)
    if item.probability is None:
        return cells
    shown = [one for one in (item.probability, item.deviation) if one is not None]
    return (*cells, *(f"{one:.{digits}f}" if digits == 4 else f"{one:.9g}" for one in shown))


def _spelt(value: float, digits: int) -> str:
    """Six digits or more; large numbers of a table without an exponent."""
    whole = digits == 4 and 1e6 <= abs(value) < 1e15
    return f"{value:.0f}" if whole else f"{value:.{max(digits, 6)}g}"


def _is_mask(answer: object) -> TypeGuard[list[list[object]]]:
    return isinstance(answer, list) and all(isinstance(row, list) for row in answer)


def _shares(mask: list[list[object]]) -> str:
    """How much of a mask each class is: `0 83.3 %, 1 16.7 %`."""
    counts = Counter(label for row in mask for label in row)
    total = counts.total()
    return ", ".join(
        f"{label} {100 * count / total:.1f} %" for label, count in counts.most_common()
    )
