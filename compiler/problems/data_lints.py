"""W05: what in the data is probably not what its author meant. Loading it shows that."""

from __future__ import annotations

from typing import Literal

from ...grammar.problem import Problem
from ...grammar.text import counted
from .tables import left_out
from .wording import first_of

DivisionRule = Literal["stratified", "chance", "order", "groups", "folds"]
"""How data was divided."""


class ConstantColumn(Problem):
    """A column has the same value in every sample of the training part, so nothing can be learned
    from it.

    The usual causes are a column that was never filled in, and a filter on the rows that left one
    value. It does no harm with most optimizers; `opt exact` cannot solve for its weight.

    ```text
    data csv "wine.csv"       # the column `ph` is 3.3 in all rows
    ```
    """

    code = "W0501"
    title = "constant column"
    columns: tuple[str, ...]
    value: str
    """Of the first column."""
    samples: int

    def message(self) -> str:
        if len(self.columns) == 1:
            every = f"all {counted(self.samples, 'training sample')}"
            return f"`{self.columns[0]}` is {self.value} in {every}"
        return f"{len(self.columns)} columns are constant: {first_of(self.columns)}"

    def help(self) -> tuple[str, ...]:
        return ("remove it from the table" if len(self.columns) == 1 else "remove them",)


class ColumnDeterminesTarget(Problem):
    """A column alone determines the target, so the network can read the answer from it.

    Often the column is a copy of the target, the target in another unit, or something that is only
    known afterwards. The figures are then excellent, and the network is useless where the column is
    not known. A column is reported if each of its values occurs with only one value of the target,
    if its ranges separate the classes, or if the target is a linear function of it (r2 above
    0.9999), unless this could be chance.

    ```text
    data csv "wine.csv" target=cultivar     # the column `copy` repeats `cultivar`
    ```
    """

    code = "W0502"
    title = "column determines the target"
    columns: tuple[str, ...]
    target: str
    of_table: bool

    def message(self) -> str:
        verb = "determines" if len(self.columns) == 1 else "each determine"
        return f"{first_of(self.columns)} {verb} the target `{self.target}`"

    def help(self) -> tuple[str, ...]:
        way = left_out(self.columns) if self.of_table else "remove it"
        return (f"what is not known when the network is used is a leak: {way}",)


class BytesUnscaled(Problem):
    """The network reads whole numbers from 0 to 255, which are probably bytes of images.

    Networks train badly on numbers of that size: `prep scale` brings them to 0 to 1. Images of
    `data images`, `data idx` and the published sets are scaled as they are read; arrays and tables
    are taken as they are.

    ```text
    data npz "digits.npz"     # bytes, and no `prep scale`
    ```
    """

    code = "W0503"
    title = "bytes are not scaled"
    message_text = "the network reads whole numbers from {low:g} to {high:g}, which look like bytes"
    help_texts = ("`prep scale` brings them to 0 to 1",)
    low: float
    high: float


class SamplesInSeveralParts(Problem):
    """Samples of the validation or test part are also in the training part.

    A figure on such samples says how well the network remembers, not how well it does on new
    samples. The usual causes are rows that occur several times in a file, and several recordings of
    the same thing. The inputs are compared bit by bit, before `prep`.

    ```text
    data csv "flowers.csv"    # 12 rows occur twice
    ```
    """

    code = "W0504"
    title = "samples in several parts"
    help_texts = ("remove duplicate samples from the data before it is divided",)
    part: str
    copies: int
    samples: int

    def message(self) -> str:
        verb = "is" if self.copies == 1 else "are"
        return (
            f"{self.copies:,} of {self.samples:,} {self.part} samples {verb} also in the training "
            "part"
        )


class ClassMissingFromPart(Problem):
    """A part of the data has no sample of a class.

    A class that is missing from the training part cannot be learned. For one that is missing from
    the test part nothing is measured: its recall, f1 and auc are undefined there. Every part gets
    its share of every class unless `stratify=false`, `shuffle=false` or groups forbid it, but a
    class of two samples cannot be in three parts.

    ```text
    data csv "patients.csv" stratify=false      # 6 of 60 patients are ill, none in the test part
    input 2 -> dense 2 softmax
    loss ce; opt adam
    ```

    Instead:

    ```text
    data csv "patients.csv"
    input 2 -> dense 2 softmax
    loss ce; opt adam
    ```
    """

    code = "W0505"
    title = "class missing from a part"
    classes: tuple[tuple[str, tuple[int, ...]], ...]
    """Those that a part lacks, each with its samples in the parts."""
    parts: tuple[str, ...]
    """Those that there are, of `training`, `validation` and `test`."""
    way: DivisionRule

    def message(self) -> str:
        (name, counts), *others = self.classes
        more = f" (and {len(others)} more classes lack one)" if len(others) > 1 else ""
        more = " (and another class lacks one)" if len(others) == 1 else more
        if not sum(counts):
            return f"there is no sample of class `{name}`{more}"
        held = tuple(zip(self.parts, counts, strict=True))
        where = " and the ".join(part for part, count in held if not count)
        shown = ", ".join(f"{count:,} {part}" for part, count in held)
        return f"no sample of class `{name}` is in the {where} part ({shown}){more}"

    def help(self) -> tuple[str, ...]:
        total = sum(self.classes[0][1])
        if not total:
            return ("remove the class, or add samples of it",)
        if self.way == "chance":
            return ("without `stratify=false`, every part gets its share of every class",)
        if self.way == "order":
            return (
                "the parts follow the order of the data; without `shuffle=false`, every part gets "
                "its share of every class",
            )
        if self.way == "groups":
            return ("all samples of a group are in one part: more groups, or fewer parts, help",)
        if self.way == "folds":
            return (f"each fold needs a sample of it: it has {total:,}; use fewer folds",)
        if total < len(self.parts):
            return (
                f"{len(self.parts)} parts need {len(self.parts)} samples of it: it has {total}",
            )
        return ("larger parts, such as `split=(60%, 20%, 20%)`, have samples of every class",)


class ClassesAlike(Problem):
    """The names of some classes or categories differ only in capital letters or in spaces.

    They count as different names, which is rarely intended where one row has `barolo` and another
    `BAROLO`. Spaces before and after a name do not count, and yes and no (true and false) are the
    same in any spelling.

    ```text
    data csv "wine.csv" target=cultivar     # `barolo` and `BAROLO`: two classes
    ```
    """

    code = "W0510"
    title = "names differ only in case"
    groups: tuple[tuple[str, ...], ...]
    """Names that are alike."""
    classes: tuple[str, ...]
    column: str = ""
    """The feature whose categories they are; empty for classes."""

    def message(self) -> str:
        first, *others = self.groups
        more = f" (and {len(others)} more names have such variants)" if len(others) > 1 else ""
        more = " (and another name has such variants)" if len(others) == 1 else more
        what = f"categories {first_of(first)} of `{self.column}`"
        what = what if self.column else f"classes {first_of(first)}"
        return f"{what} differ only in case or spaces{more}"

    def help(self) -> tuple[str, ...]:
        shown = first_of(self.classes, 10)
        what = "categories" if self.column else "classes"
        return (f"use one spelling in the data; the {len(self.classes):,} {what} are {shown}",)


class TargetsUnscaled(Problem):
    """The targets of a regression are large numbers, and nothing scales them.

    A network starts with outputs around 0 and changes its weights in steps of about the learning
    rate, so it takes very long to reach prices of 400,000, or diverges on the way. `prep
    standardize on=target` brings the targets to mean 0 and deviation 1; predictions and metrics
    stay in the unit of the data.

    ```text
    data csv "houses.csv" target=price
    loss mse
    ```

    Instead:

    ```text
    data csv "houses.csv" target=price
    prep standardize on=target
    loss mse
    ```
    """

    code = "W0509"
    title = "targets not scaled"
    message_text = "the targets have mean {mean} and deviation {deviation}, and are not scaled"
    help_texts = (
        "`prep standardize on=target` scales them; predictions stay in the unit of the data",
    )
    mean: str
    deviation: str


class IdColumn(Problem):
    """A column has a different whole number in every sample, and looks like an id or a row number.

    A network can memorise the samples by it, and an id says nothing about a new sample. A column is
    reported if its numbers are consecutive, if they rise in the order of the file, or if its name
    says that it is an id.

    ```text
    data csv "patients.csv"   # the first column is `patient_id`
    ```
    """

    code = "W0506"
    title = "id among the features"
    columns: tuple[str, ...]
    of_table: bool

    def message(self) -> str:
        each = "is" if len(self.columns) == 1 else "are"
        return (
            f"{first_of(self.columns)} {each} a different whole number in every sample, like an id "
            "or a row number"
        )

    def help(self) -> tuple[str, ...]:
        reason = "ids say nothing about new samples"
        if self.of_table:
            return (f"{reason}: {left_out(self.columns)}",)
        return (f"{reason}: remove {'it' if len(self.columns) == 1 else 'them'}",)


class TextsHardlyRepeat(Problem):
    """A column of texts has another text in most samples, like a name, a date or an id.

    `prep onehot` makes a column of each, which is 1 for hardly more than one sample: a network can
    memorise the samples by them, and new samples have other texts.

    ```text
    data csv "orders.csv"     # `date` holds 2024-03-01, 2024-03-02, ...
    prep onehot unknown=zeros
    ```
    """

    code = "W0511"
    title = "texts that hardly repeat"
    column: str
    texts: int
    samples: int
    of_table: bool

    def message(self) -> str:
        return f"`{self.column}` has {self.texts:,} different texts in {self.samples:,} samples"

    def help(self) -> tuple[str, ...]:
        way = left_out((self.column,)) if self.of_table else "remove it"
        return (f"`prep onehot` makes {self.texts:,} columns of it: {way}",)


class ScalesDiffer(Problem):
    """Some features are over 100 times larger than others.

    The steps of training are then too large for the weights of the large features or too small for
    those of the small ones, and training is slow or diverges.

    ```text
    data csv "wine.csv"       # `proline` reaches 1680, `hue` 1.71
    ```
    """

    code = "W0507"
    title = "features of very different size"
    message_text = "`{large}` reaches {high:.4g}, but `{small}` only {low:.4g}"
    help_texts = ("`prep standardize` gives every feature mean 0 and deviation 1",)
    large: str
    high: float
    small: str
    low: float


class TargetsContradict(Problem):
    """Samples with equal inputs have different classes.

    No network can be right about all of them. There are mistakes in the labels, or the features do
    not say enough.

    ```text
    data csv "patients.csv"   # lines 7 and 9: equal features, different targets
    ```
    """

    code = "W0508"
    title = "targets contradict each other"
    samples: int
    first: str
    second: str

    def message(self) -> str:
        verb = "has" if self.samples == 1 else "have"
        return (
            f"{counted(self.samples, 'training sample')} {verb} the inputs of another sample, but "
            f"a different class, such as {self.first} and {self.second}"
        )
