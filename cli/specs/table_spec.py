"""The spec that `netc new tabular` writes: a statement for each decision, and above it why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from ...compiler.language.calls import call_text
from ...compiler.language.frozen import change
from ...grammar.text import counted

if TYPE_CHECKING:
    from ...compiler.data.tables import Table
    from ...runtime.analysis.table_survey.columns import ColumnFacts, Role
    from ...runtime.analysis.table_survey.survey import LeftOut, TableSurvey
    from ...runtime.analysis.table_survey.target import ChosenTarget, Task

WIDTH = 88
"""Of comments, as of formatted lines."""
MOST_NAMED = 6
"""So many columns a comment names."""
MOST_NAME = 30
"""Characters of a name that a comment shows."""

WHY: dict[Role, tuple[str, str]] = {
    "nothing": ("has no values", "have no values"),
    "constant": ("has one value", "have one value each"),
    "counter": ("only numbers the rows", "only number the rows"),
    "keys": ("is an id", "are ids"),
    "names": ("has hardly any text twice", "have hardly any text twice"),
    "codes": ("mixes numbers and texts", "mix numbers and texts"),
    "dates": (
        "holds dates, which must be written as numbers",
        "hold dates, which must be written as numbers",
    ),
    "amounts": (
        "holds amounts with signs or units, which must be plain numbers",
        "hold amounts with signs or units, which must be plain numbers",
    ),
}
"""Why nothing is learned from a column, and from several."""

COPIES = (
    "determines the target by itself, as a copy does",
    "each determine the target by themselves, as copies do",
)

LOSSES: dict[Task, str] = {"classes": "ce", "labels": "bce", "numbers": "mse"}

FEW_ROWS = 500
"""The tenth of fewer rows is a small test."""
LEAST_BALANCED = 4
"""A class with so many times as many rows as another one is frequent."""


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """How large a network is, and how it is trained."""

    units: int
    dropout: float
    rate: float
    epochs: int
    batch: int
    patience: int


def network_size(rows: int) -> NetworkSize:
    """What suits a table of so many rows."""
    if rows < FEW_ROWS:
        return NetworkSize(32, 0.2, 0.003, 200, 16, 30)
    if rows < 5_000:
        return NetworkSize(64, 0.2, 0.002, 100, 32, 15)
    if rows < 50_000:
        return NetworkSize(128, 0.1, 0.002, 60, 128, 8)
    return NetworkSize(256, 0.1, 0.002, 30, 256, 4)


def table_spec(survey: TableSurvey, data: Table, width: int) -> str:
    """The text of a spec, not yet formatted."""
    size = network_size(survey.rows)
    lines = [
        *_comment(_head(survey, data)),
        "",
        *_data(survey, data),
        *_preparations(survey),
        *_network(survey.target, size, width),
        *_training(survey, size),
        *_measures(survey.target),
    ]
    return "\n".join(lines) + "\n"


def _head(survey: TableSurvey, data: Table) -> str:
    names = listed([column.name for column in survey.target.columns])
    read = f"{len(survey.features)} of {counted(survey.columns, 'column')}"
    return (
        f"Predicts {names} from `{_clean(data.path.rpartition('/')[2])}`: "
        f"{counted(survey.rows, 'row')}, {read}. All of this was inferred from the table: change "
        "what is wrong."
    )


def _data(survey: TableSurvey, data: Table) -> Iterator[str]:
    target = tuple(column.name for column in survey.target.columns)
    ours = tuple(item.column.name for item in survey.left_out)
    roles = {item.column.role for item in survey.left_out if item.column.distinct < survey.rows}
    if ours:
        yield from _comment("Not read: " + "; ".join(reasons_left_out(survey.left_out)) + ".")
    if any(item.copies for item in survey.left_out):
        yield from _comment(
            "Remove from `ignore` any column whose value is known when new rows are predicted."
        )
    if "keys" in roles:
        yield from _comment(
            "If several rows belong to one thing, such as a patient, name its id in `groups=`: "
            "then they are all in one part of the data."
        )
    if "dates" in roles:
        yield from _comment(
            "If the rows are a time series, `shuffle=false` keeps the last ones for the test."
        )
    changed = change(data, target=target[0] if len(target) == 1 else target)
    if survey.rows < FEW_ROWS and _divides_as_usual(data):
        yield from _comment("With so few rows, a fifth is held out for validation, not a tenth.")
        changed = change(changed, val=0.2)
    if data.features is None:
        changed = change(changed, ignore=(*data.ignore, *ours))
    else:
        changed = change(changed, features=tuple(column.name for column in survey.features))
    yield f"data {call_text(changed)}"


def _divides_as_usual(data: Table) -> bool:
    """Whether the author says nothing of validation."""
    return data.split is None and data.val == type(data).model_fields["val"].default


def reasons_left_out(items: Sequence[LeftOut]) -> Iterator[str]:
    """The columns that are not read, by reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in items:
        reason = COPIES if item.copies else WHY[item.column.role]
        groups.setdefault(reason, []).append(item.column.name)
    for (one, many), names in groups.items():
        yield f"{listed(names)} {one if len(names) == 1 else many}"


def _preparations(survey: TableSurvey) -> Iterator[str]:
    missing, texts = survey.with_missing(), survey.with_categories()
    if missing:
        yield ""
        yield from _comment(
            f"Missing values in {listed([column.name for column in missing])} are replaced by the "
            "median of the training part, those of texts by the most frequent one."
        )
        yield "prep impute median"
    if len(texts) < len(survey.features):
        yield ""
        yield from _comment("Columns of numbers are scaled to mean 0 and standard deviation 1.")
        yield "prep standardize"
    if texts:
        yield ""
        yield from _comment(
            f"Each text in {listed([column.name for column in texts])} becomes a column of 0 and "
            "1. A text that occurs only in new rows is 0 in all of them."
        )
        yield "prep onehot unknown=zeros"
    if survey.target.task == "numbers":
        yield ""
        yield from _comment(
            "The target is scaled to mean 0 and standard deviation 1; predictions are in its own "
            "unit."
        )
        yield "prep standardize on=target"


def _network(target: ChosenTarget, size: NetworkSize, width: int) -> Iterator[str]:
    outputs, last = len(target.columns), ""
    ends = f"{counted(outputs, 'number')} at the end"
    if target.task == "classes":
        outputs, last = target.columns[0].distinct, " softmax"
        ends = f"a probability for each of {outputs:,} classes"
    elif target.task == "labels":
        last, ends = " sigmoid", f"a probability for each of {outputs:,} columns"
    yield ""
    yield from _comment(f"{counted(width, 'number')} for each row, two hidden layers, {ends}.")
    yield f"input {width}"
    yield from [f"  -> dense {size.units} relu -> dropout {size.dropout}"] * 2
    yield f"  -> dense {outputs}{last}"


def _training(survey: TableSurvey, size: NetworkSize) -> Iterator[str]:
    target = survey.target
    loss = LOSSES[target.task]
    yield ""
    if target.task == "classes" and _is_unbalanced(target.columns[0]):
        if target.columns[0].distinct == 2:
            yield from _comment(
                "One class is rare: `balanced` makes its rows count as much as those of the other."
            )
            loss += " weight=balanced"
        else:
            yield from _comment(
                "Some classes are rare: `loss ce weight=balanced` would make their rows count as "
                "much as those of the others."
            )
    yield f"loss {loss}"
    yield f"opt adam lr={size.rate}"
    yield ""
    yield from _comment(
        f"At most {size.epochs} epochs; training stops earlier if the validation loss has not "
        f"improved for {size.patience} of them."
    )
    if survey.rows < FEW_ROWS and not survey.with_categories():
        yield from _comment(
            "With so few rows, `kfold 5` on a line of its own is a more reliable measure."
        )
    yield f"train epochs={size.epochs} batch={size.batch} seed=1"
    yield f"stop patience={size.patience}ep on=val_loss"


def _measures(target: ChosenTarget) -> Iterator[str]:
    yield ""
    if target.task == "numbers":
        yield from _comment(
            "`r2` is the share of the variance that is explained: 1 is perfect, 0 no better than "
            "the mean. Remove the last `#` to make a run fail if it reaches less."
        )
        yield "metric mae rmse r2"
        yield "# expect r2>=0.5"
    elif target.task == "labels":
        yield from _comment("`subset_acc` is the share of rows whose columns are all right.")
        yield "metric acc subset_acc f1"
    else:
        yield from _measures_of_classes(target.columns[0])


def _measures_of_classes(column: ColumnFacts) -> Iterator[str]:
    counts = _counts(column)
    most = max(counts)
    name = _clean(_class_names(column)[counts.index(most)])
    share = most / sum(counts)
    unbalanced = _is_unbalanced(column)
    yield from _comment(
        f"Always predicting `{name}` is right in {share:.1%} of the rows"
        + (": `f1` and `auc` say more. " if unbalanced else ". ")
        + "Remove the last `#` to make a run fail if it reaches less."
    )
    if unbalanced:
        yield "metric acc f1 auc"
        yield "# expect auc>=0.6"
    else:
        yield "metric acc auc" if len(counts) == 2 else "metric acc"
        yield f"# expect acc>={share:.0%}"


def _class_names(column: ColumnFacts) -> Sequence[str]:
    from ...runtime.data.tables.values import number_name

    return column.categories or [number_name(value) for value in sorted(set(column.known()))]


def _counts(column: ColumnFacts) -> list[int]:
    """The rows of each class, in the order of the classes."""
    from numpy import unique

    counts: list[int] = unique(column.known(), return_counts=True)[1].tolist()
    return counts


def _is_unbalanced(column: ColumnFacts) -> bool:
    counts = _counts(column)
    return max(counts) >= LEAST_BALANCED * min(counts)


def _comment(text: str) -> list[str]:
    """A text as lines of comments. What is in backticks stays on one line."""
    held = "".join(
        part.replace(" ", "\0") if number % 2 else part
        for number, part in enumerate(text.split("`"))
        for part in ([f"`{part}`"] if number % 2 else [part])
    )
    lines = wrap(held, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return [f"# {line}".replace("\0", " ") for line in lines]


def listed(names: Sequence[str]) -> str:
    """Names in backticks: `a`, `b` and `c`."""
    shown = [f"`{_clean(name)}`" for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMED:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _clean(name: str) -> str:
    """A name on one line and without backticks, for a comment."""
    text = "".join(c if c.isprintable() else " " for c in name).replace("`", "'")
    return text if len(text) <= MOST_NAME else f"{text[:MOST_NAME]}..."
