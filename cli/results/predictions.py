"""Predictions as text: a table, CSV, or JSON. With several outputs, `digit.class` is the class of
the output `digit`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, TypeGuard

from ..terminal.fit import table_lines
from ..terminal.screen import Screen

if TYPE_CHECKING:
    from ...runtime.model.predict_files import PredictedOutput, Prediction, Predictions

SHORT, LONG = 4, 9
"""Digits of probabilities in a table, and in CSV."""


def table_text(found: Predictions, screen: Screen) -> str:
    """A line for each sample."""
    head = [title for output in found.outputs for title in _named(output, _titles(output))]
    rows = [
        [cell for out in found.outputs for cell in _cells(out, out.predictions[index], SHORT)]
        for index in range(len(found.rows))
    ]
    start: list[tuple[str, ...]] = [(str(row),) for _, row in found.rows]
    first: tuple[str, ...] = ("row",)
    if len({file for file, _ in found.rows}) > 1:
        first, start = ("file", "row"), [(file, str(row)) for file, row in found.rows]
    lines = [(*first, *head), *((*own, *row) for own, row in zip(start, rows, strict=True))]
    shown = [[screen.clean(cell) for cell in line] for line in lines]
    return "\n".join(table_lines(shown, "l" * len(shown[0]), screen, keys=len(first))) + "\n"


def csv_text(found: Predictions) -> str:
    """The same with commas, and the probability of every class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head, columns = ["file", "row"], [_csv_columns(output) for output in found.outputs]
    for output, (titles, _) in zip(found.outputs, columns, strict=True):
        head += _named(output, titles)
    writer.writerow(head)
    for index, (file, row) in enumerate(found.rows):
        writer.writerow([file, row, *(cell for _, rows in columns for cell in rows[index])])
    return text.getvalue()


def _csv_columns(output: PredictedOutput) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The titles and the rows of an output."""
    labels = _value_titles(output) if output.several else output.labels or ()
    kinds = {"p": [prediction.probabilities for prediction in output.predictions]}
    if labels:
        kinds["deviation"] = [prediction.deviations for prediction in output.predictions]
    kinds = {kind: every for kind, every in kinds.items() if any(every)}
    titles = (*_titles(output), *(f"{kind}({label})" for kind in kinds for label in labels))
    rows = []
    for index, prediction in enumerate(output.predictions):
        numbers = [value for every in kinds.values() for value in every[index] or ()]
        rows.append((*_cells(output, prediction, LONG), *(f"{value:.9g}" for value in numbers)))
    return titles, rows


def json_text(found: Predictions, *, lines: bool = False) -> str:
    """A list with an object for each sample, or a line for each. With several outputs, each is an
    object of its own."""
    result = []
    for index, (file, row) in enumerate(found.rows):
        one: dict[str, object] = {"file": file, "row": row}
        for output in found.outputs:
            own = _json_prediction(output, output.predictions[index])
            one |= {output.name: own} if output.name else own
        result.append(one)
    if lines:
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in result)
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def _json_prediction(output: PredictedOutput, prediction: Prediction) -> dict[str, object]:
    titles, one = _value_titles(output), dict[str, object]()
    if output.labels is not None:
        one["class"] = prediction.value
        if prediction.probabilities is not None:
            names = (str(label) for label in output.labels)
            one["probabilities"] = dict(zip(names, prediction.probabilities, strict=True))
    elif prediction.probabilities is not None:
        one["labels"] = dict(zip(titles, prediction.value, strict=True))
        one["probabilities"] = dict(zip(titles, prediction.probabilities, strict=True))
    elif output.columns == titles:
        one["value"] = dict(zip(titles, prediction.value, strict=True))
    else:
        one["value"] = prediction.value
    if prediction.deviations is not None:
        one |= _json_deviations(output, prediction.deviations)
    return one


def _json_deviations(output: PredictedOutput, found: tuple[float, ...]) -> dict[str, object]:
    """As the probabilities or numbers that they are of."""
    names = _value_titles(output) if output.labels is None else output.labels
    if output.labels is None and not output.several and output.columns != names:
        return {"deviation": found[0] if len(found) == 1 else found}
    key = "deviation" if output.labels is None and not output.several else "deviations"
    return {key: dict(zip(map(str, names), found, strict=True))}


def _named(output: PredictedOutput, titles: tuple[str, ...]) -> list[str]:
    return [f"{output.name}.{title}" if output.name else title for title in titles]


def _titles(output: PredictedOutput) -> tuple[str, ...]:
    sampled = any(prediction.deviations is not None for prediction in output.predictions)
    if output.labels is None:
        titles = _value_titles(output)
        more = titles if sampled and not output.several else ()
        named = ("deviation",) if len(more) == 1 else tuple(f"deviation({one})" for one in more)
        return (*titles, *named)
    probable = any(prediction.probability is not None for prediction in output.predictions)
    shown = ("probability", "deviation") if sampled else ("probability",)
    return ("class", *(shown if probable else ()))


def _value_titles(output: PredictedOutput) -> tuple[str, ...]:
    """One for each number: the target columns, or `value1`, `value2` and so on (of several labels
    per sample, `label1` and so on)."""
    first = output.predictions[0].value if output.predictions else None
    what = "label" if output.several else "value"
    if output.labels is not None or not _is_row(first):
        return (what,)
    if len(output.columns) == len(first):
        return output.columns
    return tuple(f"{what}{index + 1}" for index in range(len(first)))


def _is_row(value: object) -> TypeGuard[list[float]]:
    return isinstance(value, list) and all(isinstance(one, float | int) for one in value)


def _cells(output: PredictedOutput, prediction: Prediction, digits: int) -> tuple[str, ...]:
    value = prediction.value
    if output.labels is None and _is_row(value):
        texts = [_spelt(one, digits) for one in value]
    elif output.labels is not None and digits == SHORT and _is_mask(value):
        texts = [_shares(value)]
    elif isinstance(value, list):
        texts = [" ".join(str(one) for one in value)]
    else:
        texts = [_spelt(value, digits) if isinstance(value, float) else str(value)]
    if output.labels is None and not output.several and prediction.deviations is not None:
        spread = [_spelt(one, digits) for one in prediction.deviations]
        texts += spread if len(spread) == len(texts) else [" ".join(spread)]
    if prediction.probability is None:
        return tuple(texts)
    shown = [one for one in (prediction.probability, prediction.deviation) if one is not None]
    return (*texts, *(f"{one:.{digits}f}" if digits == SHORT else f"{one:.9g}" for one in shown))


def _spelt(value: float, digits: int) -> str:
    """Six digits or more; large numbers of a table without an exponent."""
    whole = digits == SHORT and 1e6 <= abs(value) < 1e15
    return f"{value:.0f}" if whole else f"{value:.{max(digits, 6)}g}"


def _is_mask(value: object) -> TypeGuard[list[list[object]]]:
    return isinstance(value, list) and all(isinstance(row, list) for row in value)


def _shares(mask: list[list[object]]) -> str:
    """How much of a mask each class is: `0 83.3 %, 1 16.7 %`."""
    counts = Counter(label for row in mask for label in row)
    total = counts.total()
    return ", ".join(
        f"{label} {100 * count / total:.1f} %" for label, count in counts.most_common()
    )
