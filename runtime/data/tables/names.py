"""The names of a table's columns: whether its first line has them, and which column is what."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ....compiler.data.tables import Table
from ....grammar.text import counted

LOOK = 1000
"""Rows from which the names of columns are told."""

MOST_SHOWN = 40
"""Characters of a cell that a message shows."""

MOST_COLUMNS = 1 << 17

MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "NULL", "null", "None", "?"}
    | {"NaN", "nan", "-nan", "-NaN"}
)
"""The usual marks of a missing value."""

MINUS = "\N{MINUS SIGN}"

GAPS = re.compile("['\u00a0\u2009\u202f ]")
"""Between groups of digits."""

DIGITS = re.compile(r"\d+")

ROW_NUMBERS = ("", "Unnamed: 0")
"""The names that pandas gives to a column of row numbers."""

WAYS = "write `header=true` if these are the names of the columns, `header=false` if it is a sample"


@dataclass(frozen=True, slots=True)
class HeaderNames:
    """The columns of a table, and what was left out."""

    columns: tuple[str, ...]
    from_file: bool
    """Whether its first line has them."""
    notes: tuple[str, ...] = ()
    left_out: frozenset[int] = frozenset()
    """Columns that hold nothing, row numbers or row names."""


def read_names(
    rows: Sequence[Sequence[str]],
    header: bool | None,
    known: tuple[str, ...] = (),
    *,
    guess: bool = False,
) -> HeaderNames | str:
    """The names in the first of some rows, or `column1`, `column2` and so on; or why they cannot
    be told. `known` are the columns that a network was trained on. With `guess`, a row that may be
    a sample is one."""
    if not rows:
        return "it has no rows"
    if len(rows[0]) > MOST_COLUMNS:
        return f"it has {len(rows[0]):,} columns; at most {MOST_COLUMNS:,} can be read"
    first = [cell.strip() for cell in rows[0]]
    samples = rows[1:]
    if header is not False and _is_title(first, samples):
        return (
            f"its first line has one value, `{cut(first[0])}`, like a title: remove the lines "
            "above the names of the columns"
        )
    if header is None:
        found = True if known and set(known) <= set(first) else _is_header(first, samples)
        if isinstance(found, str) and not guess:
            return found
        header = found is True
    wide = {len(row) for row in samples}
    if header and wide == {len(first) + 1} and _count_up(samples):
        first = ["", *first]  # as R writes row names
    elif header and not first[-1] and wide == {len(first) - 1}:
        first = first[:-1]
    elif header is not False and len(samples) > 1 and len(wide) == 1 and len(first) < min(wide) - 1:
        others = counted(min(wide), "value")
        return (
            f"its first line has {counted(len(first), 'value')}, all others have {others}: remove "
            "it, or begin it with `#`"
        )
    if not header:
        return HeaderNames(tuple(f"column{index + 1}" for index in range(len(first))), False)
    left_out, notes = _empty_columns(first, samples)
    for index, name in enumerate(first):
        if not name and index not in left_out:
            return f"column {index + 1} has no name in the first line: give it one"
    times = Counter(first)
    twice = next((name for name in first if name and times[name] > 1), None)
    if twice is not None:
        places = [str(index + 1) for index, name in enumerate(first) if name == twice]
        shown = ", ".join(places[:5]) if len(places) > 2 else " and ".join(places)
        many = f" ... ({len(places):,})" if len(places) > 5 else ""
        both, one = ("both", "one") if len(places) == 2 else ("all", "them")
        return f"columns {shown}{many} are {both} named `{cut(twice)}`: rename {one}"
    return HeaderNames(tuple(first), True, notes, left_out)


def _is_title(first: list[str], samples: Sequence[Sequence[str]]) -> bool:
    """Whether a first row has only its first text and most others have at least three. One of a
    single cell above rows of equal length is told with their length."""
    if not first[0] or any(first[1:]) or first[0] in MISSING or is_number(first[0]):
        return False
    if len(first) == 1 and len({len(row) for row in samples}) == 1:
        return False
    full = sum(sum(bool(cell.strip()) for cell in row) > 2 for row in samples)
    return full > len(samples) / 2


def _is_header(first: list[str], samples: Sequence[Sequence[str]]) -> bool | str:
    """Whether a first row names the columns. Texts above numbers do; a row like all others may
    be a sample, which must not be lost."""
    numbers = [cell for cell in first if is_number(cell)]
    texts = [i for i, cell in enumerate(first) if cell not in MISSING and not is_number(cell)]
    if not samples:
        return not numbers
    below = [
        [row[index].strip() for row in samples if index < len(row)] for index in range(len(first))
    ]
    if any(below[index] and all(map(is_number, filled(below[index]))) for index in texts):
        return True
    if numbers:
        return f"its first line has the number `{cut(numbers[0])}` where a name should be: {WAYS}"
    if len(samples) > 1 and any(_is_like(first[index], below[index]) for index in texts):
        return f"its first line looks like all others: {WAYS}"
    return True


def _is_like(cell: str, others: list[str]) -> bool:
    """Whether a text is among others, or has digits where one of them has: a date among dates."""
    shape = DIGITS.sub("9", cell)
    return cell in others or ("9" in shape and shape in {DIGITS.sub("9", one) for one in others})


def filled(cells: Sequence[str]) -> list[str]:
    """The cells that are not empty, or one that is not a number."""
    return [cell for cell in cells if cell] or ["-"]


def _empty_columns(
    first: list[str], samples: Sequence[Sequence[str]]
) -> tuple[frozenset[int], tuple[str, ...]]:
    """Columns without a name that hold nothing, row numbers or row names."""
    left_out, notes = [], []
    for index, name in enumerate(first):
        if name not in ROW_NUMBERS or (name and first.count(name) > 1):
            continue
        cells = [row[index].strip() for row in samples if index < len(row)]
        if not any(cells) and not name:
            left_out.append(index)
            notes.append(f"empty column {index + 1} left out")
        elif index == 0 and cells and _are_row_numbers(cells):
            left_out.append(index)
            notes.append("first column left out: row numbers without a name")
        elif index == 0 and not name and _are_row_names(cells):
            left_out.append(index)
            notes.append("first column left out: row names without a name")
    return frozenset(left_out), tuple(notes)


def _count_up(samples: Sequence[Sequence[str]]) -> bool:
    """Whether rows begin with 1, 2, 3 and so on, and have more."""
    return all(
        row[0] == str(number) and row[-1].strip() for number, row in enumerate(samples, start=1)
    )


def _are_row_numbers(cells: list[str]) -> bool:
    """Whole numbers in any order, as a shuffled table keeps them."""
    return all(map(str.isdecimal, cells)) and len(set(cells)) == len(cells)


def _are_row_names(cells: list[str]) -> bool:
    """Another text in every row, as R and pandas write what they call rows."""
    return len(cells) > 1 and all(cells) and len(set(cells)) == len(cells)


def is_number(cell: str) -> bool:
    """Whether a cell is a finite number in some dialect, with a decimal comma or grouped digits."""
    text = GAPS.sub("", cell).replace(MINUS, "-")
    text = text.replace(",", "") if "." in text else text.replace(",", ".", 1).replace(",", "")
    try:
        return "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Which column of a table is what, by index."""

    names: tuple[str, ...]
    features: tuple[int, ...]
    targets: tuple[int, ...] = ()
    group: int | None = None
    weight: int | None = None

    def used(self) -> tuple[int, ...]:
        """All of them, each once."""
        more = [index for index in (self.group, self.weight) if index is not None]
        return tuple(dict.fromkeys((*self.features, *self.targets, *more)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns an author, or a trained network, asks for; `targets` None is the last one."""

    features: tuple[str, ...] = ()
    """Empty: all that are nothing else."""
    targets: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    group: str | None = None
    weight: str | None = None
    ignores_unknown: bool = False
    """Whether columns to ignore may be missing, as in a file to predict."""
    by_place: bool = False
    """Whether a file without names has the features in their order, and nothing else."""
    texts: tuple[str, ...] = ()
    """Columns that are known to hold texts, also where these look like numbers."""


def wanted_by(data: Table, *, has_target: bool) -> Wanted:
    """Which columns the author of a spec asks for. Without `has_target`, no loss needs the last
    one."""
    targets = data.target_columns()
    return Wanted(
        data.features or (),
        targets if has_target else targets or (),
        data.ignore,
        data.groups,
        data.weights,
    )


def plan_columns(names: HeaderNames, wanted: Wanted) -> ColumnPlan | tuple[str, ...]:
    """The place of every wanted column, or the names of those that are missing."""
    columns = names.columns
    ignore = () if wanted.ignores_unknown else wanted.ignore
    ignored, features_named = set(wanted.ignore), set(wanted.features)
    singles = [name for name in (wanted.group, wanted.weight) if name is not None]
    asked = dict.fromkeys((*(wanted.targets or ()), *wanted.features, *ignore, *singles))
    places = {name: index for index, name in enumerate(columns)}
    missing = tuple(name for name in asked if name not in places)
    if missing:
        return missing
    free = [
        index
        for index, name in enumerate(columns)
        if index not in names.left_out and name not in ignored and name not in singles
    ]
    if wanted.targets is None:
        candidates = [index for index in free if columns[index] not in features_named]
        targets = tuple(candidates[-1:])
    else:
        targets = tuple(places[name] for name in wanted.targets)
    features = tuple(places[name] for name in wanted.features)
    return ColumnPlan(
        columns,
        features or tuple(index for index in free if index not in targets),
        targets,
        None if wanted.group is None else places[wanted.group],
        None if wanted.weight is None else places[wanted.weight],
    )


def cut(text: str) -> str:
    """The text, or its beginning where it is too long for a message."""
    text = text.replace("`", "'").replace("\n", " ")
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def listed(names: Sequence[str], most: int = 10) -> str:
    """Names in backticks, the first few of many."""
    shown = ", ".join(f"`{cut(name)}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
