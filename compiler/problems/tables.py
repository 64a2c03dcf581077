"""E05: what is wrong with the cells and the columns of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...grammar.problem import Problem
from ...grammar.text import counted, quoted
from ..language.kinds import is_name
from .wording import first_of

AMOUNT = re.compile(
    r"[+-]?[$€£¥]\s?\d[\d.,']*|[+-]?\d[\d.,']*(\s?[%€$£¥]|\s[^\d\W]+)"  # $1,200 or 12 %
)
"""A number with a sign or a unit, such as `$1,200`, `12%` or `5 kg`."""

DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?")


def written(name: str) -> str:
    """A column as a spec names it."""
    return name if is_name(name) else quoted(name)


def left_out(columns: Sequence[str]) -> str:
    """How a spec reads a table without some columns."""
    if any('"' in name for name in columns):
        return "remove the column, or its quotation marks, from the file"
    names = ", ".join(map(written, columns)) + ("," if len(columns) == 1 else "")
    return f"`ignore=({names})` leaves {'it' if len(columns) == 1 else 'them'} out"


class TableValuesWrong(Problem):
    """Cells or rows of a table cannot be read.

    Features and numeric targets must hold finite numbers, and all rows must have as many values as
    the first. Typical causes are a row of units, a footer, digits in groups (`1,234`) and a mark
    for missing values that netc does not know.

    ```text
    data csv "flowers.csv" target=species      # line 7 says `about 3` for the width
    ```

    Correct the file, or say how it is written: `thousands=","`, `decimal=","`, `missing="-"`.
    """

    code = "E0509"
    title = "invalid value in a table"
    path: str
    count: int
    what: str
    """Of what there are so many: `cells that hold no finite number`."""
    one: str
    """What follows a single one: `, not a finite number`."""
    wrong: tuple[str, ...]
    """The first few: ``line 3: `b` is `x` ``."""
    advice: str

    def message(self) -> str:
        if self.count == 1:
            return f"`{self.path}`, {self.wrong[0]}{self.one}"
        more = ", ..." if self.count > len(self.wrong) else ""
        return f"`{self.path}` has {self.count:,} {self.what}: {', '.join(self.wrong)}{more}"

    def help(self) -> tuple[str, ...]:
        return (self.advice,) if self.advice else ()


class ValuesMissing(Problem):
    """A table has cells without a value.

    Empty cells and marks such as `NA` or `?` count as missing (`missing=("-",)` adds others). A
    network needs a number in every cell: `prep impute` fills them with a statistic of the training
    part. A row without a target cannot be trained on.

    ```text
    data csv "flowers.csv" target=species      # 9 of the widths are empty
    input 4 -> dense 3 softmax
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species
    prep impute median
    input 4 -> dense 3 softmax
    ```
    """

    code = "E0561"
    title = "missing values"
    path: str
    columns: tuple[str, ...]
    counts: tuple[int, ...]
    cells: tuple[str, ...]
    """The first few: ``line 3 (`b`)``."""
    is_target: bool
    to_predict: bool
    """Whether these are samples for a trained network."""

    def message(self) -> str:
        pairs = zip(self.counts, self.columns, strict=True)
        named = ", ".join(f"{count:,} in `{name}`" for count, name in [*pairs][:10])
        more = f" and others in {counted(len(self.columns) - 10, 'more column')}"
        total = counted(sum(self.counts), "missing value")
        return f"`{self.path}` has {total}: {named}{more if len(self.columns) > 10 else ''}"

    def help(self) -> tuple[str, ...]:
        first = ", ".join(self.cells) + (", ..." if sum(self.counts) > len(self.cells) else "")
        way = "`prep impute median`, before any other `prep`, fills them; or leave such columns out"
        if self.to_predict:
            way = "complete or remove these rows, or train the network with `prep impute median`"
        elif self.is_target:
            way = "remove these rows, or give a class that is called so another name"
        return (f"{'they are' if sum(self.counts) > 1 else 'it is'} in {first}", way)


class ColumnsOfText(Problem):
    """A feature is text, and a network needs numbers.

    `prep onehot` turns a column of categories into a column of 0 and 1 for each category. A column
    of names, dates or ids, whose values hardly repeat, is of no use: leave it out with `ignore=`.

    ```text
    data csv "flowers.csv" target=species      # `colour` holds red, blue, white
    input 5 -> dense 3 softmax
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species
    prep onehot
    input 7 -> dense 3 softmax
    ```
    """

    code = "E0562"
    title = "text features"
    path: str
    columns: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    """Some values of each."""
    counts: tuple[int, ...]
    """How many different values each has."""
    rows: int
    guessed: bool
    """Whether the target is a class, and the last column because nothing else is said."""

    def message(self) -> str:
        named = (
            f"`{name}` ({counted(count, 'value')}: {', '.join((*cells, *['...'][: count > 3]))})"
            for name, count, cells in zip(self.columns, self.counts, self.examples, strict=True)
        )
        verb = "holds" if len(self.columns) == 1 else "hold"
        return f"in `{self.path}`, {', '.join(named)} {verb} text"

    def help(self) -> tuple[str, ...]:
        many = [
            name
            for name, count in zip(self.columns, self.counts, strict=True)
            if count > max(20, self.rows / 2)
        ]
        pairs = [*zip(self.columns, self.examples, strict=True)]
        signed = [name for name, cells in pairs if all(map(AMOUNT.fullmatch, cells))]
        dates = [name for name, cells in pairs if all(map(DATE.fullmatch, cells))]
        few = [name for name in self.columns if name not in (*many, *signed, *dates)]
        texts = []
        if signed:
            texts.append(f"write the values of {first_of(tuple(signed))} without signs or units")
        if dates:
            texts.append(f"write {first_of(tuple(dates))} as numbers, such as days since the first")
        classes = [name for name in few if self.guessed]
        if classes:
            texts.append(
                f"if the last column is not the target, name it: `target={written(classes[-1])}`"
            )
        if few:
            texts.append(f"`prep onehot` makes columns of 0 and 1 of {first_of(tuple(few))}")
        useless = [*dict.fromkeys((*many, *dates))] or few
        if useless:
            texts.append(left_out(useless))
        return tuple(texts)


class CategoryUnknown(Problem):
    """A category was not in the training part.

    `prep onehot` makes one column for each category of the training part, so an unseen category has
    none. With `prep onehot unknown=zeros` it is 0 in all of them.

    ```text
    netc predict flowers.safetensors new.csv      # `colour` is `green` in line 7
    ```
    """

    code = "E0563"
    title = "unknown category"
    message_text = (
        "`{column}` of `{path}` is `{found}` in {row}, which the training part does not have"
    )
    path: str
    column: str
    found: str
    row: str
    """`line 7`."""
    known: tuple[str, ...]

    def help(self) -> tuple[str, ...]:
        if len(self.known) > 20 and AMOUNT.fullmatch(self.found):
            return (f"write the values of `{self.column}` without signs or units",)
        return (
            f"the training part has {first_of(self.known)}",
            "`prep onehot unknown=zeros` gives others zeros in all columns",
        )


class ColumnUsedTwice(Problem):
    """A column of a table has two roles that contradict each other, or is listed twice.

    The target is what the network predicts: as a feature it would give the answer away. A column in
    `ignore=` is not read, so it cannot be a feature.

    ```text
    data csv "flowers.csv" target=species features=(width, height, species)
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species features=(width, height)
    ```
    """

    code = "E0566"
    title = "column used twice"
    column: str
    one: str
    other: str
    """The options, which are one and the same for a column that is listed twice."""

    def message(self) -> str:
        if self.one == self.other:
            return f"`{self.column}` is twice in `{self.one}=`"
        return f"`{self.column}` cannot be in both `{self.one}=` and `{self.other}=`"

    def help(self) -> tuple[str, ...]:
        return ("keep one" if self.one == self.other else f"remove it from `{self.other}=`",)
