"""The cells of a column as numbers, booleans or texts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from ...array_types import Array, Doubles, Labels
from .names import MINUS, MISSING

LIKE_NUMBER = re.compile(
    r"[+-]?(\d[\d.,'_ \u00a0\u2009\u202f]*([eE][+-]?\d+)?|\.\d+|inf(inity)?)", re.IGNORECASE
)
"""Numbers that are written otherwise, such as with digits in groups, and infinity."""

GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{2,3})*\.\d{3}(,\d*)?")
"""Digits in groups between points, the last of three."""

BOOLEANS = (("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"))

SPACES = re.compile("[\u00a0\u2009\u202f]")
"""Other blanks between groups of digits, as French programs write them."""

WHOLE = re.compile(rf"[-+{MINUS}]?\d+")

EXACT = 2.0**53
"""From here on, doubles do not hold every whole number."""

MOST_STRANGE = 0.05
"""The share of texts among the numbers of a target that are taken for mistakes, not for classes."""


@dataclass(frozen=True, slots=True)
class CellStyle:
    """How numbers and missing values are written."""

    decimal: str = "."
    thousands: str = ""
    missing: tuple[str, ...] = ()
    """Marks beyond the usual ones."""

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as Python writes them."""
        return self.decimal == "." and not self.thousands and not self.missing

    def is_missing(self, text: str) -> bool:
        return text in MISSING or text in self.missing

    def missing_numbers(self) -> tuple[float, ...]:
        """The marks that are numbers: -999 is also written -999.0."""
        found = (self.number(mark) for mark in self.missing)
        return tuple(number for number in found if number is not None)

    def number(self, text: str) -> float | None:
        """The finite number that a cell holds; None where it holds none, and for whole numbers
        that are too large to be told apart, such as ids."""
        if "_" in text:  # which Python takes
            return None
        is_whole = WHOLE.fullmatch(text) is not None
        if self.thousands == " ":
            text = SPACES.sub(" ", text)
        if self.thousands and self.thousands in text:
            if not self._is_grouped(text):
                return None
            text = text.replace(self.thousands, "")
        if self.decimal != ".":
            if "." in text:
                return None
            text = text.replace(self.decimal, ".")
        try:
            number = float(text.replace(MINUS, "-"))
        except ValueError:
            return None
        is_large = is_whole and abs(number) >= EXACT
        return number if math.isfinite(number) and not is_large else None

    def _is_grouped(self, text: str) -> bool:
        """Whether the digits before the decimals are in groups, the last of three."""
        whole, _, decimals = text.partition(self.decimal)
        groups = whole.split(self.thousands)
        sizes = {len(group) for group in groups[1:]}
        return len(groups[-1]) == 3 and sizes <= {2, 3} and self.thousands not in decimals


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """All cells of a column."""

    name: str
    numbers: Doubles
    """NaN where a cell holds no number."""
    codes: Labels
    """The index of its text in `texts` for a cell that holds one; -1 for numbers and missing
    values."""
    texts: tuple[str, ...]

    @property
    def missing(self) -> Array:
        """Where cells are missing."""
        return np.asarray(np.isnan(self.numbers) & (self.codes < 0))

    @property
    def strange(self) -> Array:
        """Where cells hold texts."""
        return np.asarray(self.codes >= 0)

    @property
    def kind(self) -> Literal["numbers", "booleans", "texts", "mixed"]:
        """What it holds. Numbers with a few texts among them are mixed."""
        if not self.texts:
            return "numbers"
        held = len(self.numbers) - int(self.missing.sum())
        texts = int(self.strange.sum())
        words = {text.lower() for text in self.texts}
        large = self.large()
        if large is not None:
            return "numbers" if len(np.unique(large)) == len(large) else "mixed"
        if texts == held and any(words <= set(pair) for pair in BOOLEANS):
            return "booleans"
        written = all(map(looks_like_number, self.texts))
        return "texts" if texts > held / 2 and not written else "mixed"

    @property
    def lost_spellings(self) -> bool:
        """Whether it holds texts, and cells among them became numbers: there were many of these in
        a part of the table."""
        return not np.isnan(self.numbers).all() and self.kind == "texts"

    def large(self) -> Doubles | None:
        """Its texts as numbers, where all are finite whole numbers from `EXACT` on."""
        if not self.texts or not all(map(WHOLE.fullmatch, self.texts)):
            return None
        found = np.array([float(text.replace(MINUS, "-")) for text in self.texts])
        return found if np.isfinite(found).all() else None

    def as_numbers(self) -> Doubles:
        """The numbers; booleans as 0 and 1."""
        values = self.large()
        if values is None and self.kind != "booleans":
            return self.numbers
        if values is None:
            true = {pair[1] for pair in BOOLEANS}
            values = np.array([float(text.lower() in true) for text in self.texts])
        return np.where(self.codes >= 0, values[self.codes], self.numbers)

    def spelled(self) -> list[str]:
        """The text of every cell; empty for a missing one."""
        return [
            self.texts[code] if code >= 0 else "" if math.isnan(number) else number_name(number)
            for number, code in zip(self.numbers.tolist(), self.codes.tolist(), strict=True)
        ]

    def categories(self) -> tuple[str, ...]:
        """The different texts, sorted; yes and Yes are one."""
        found = {text for text in self.spelled() if text}
        if self.kind == "booleans" and len({text.lower() for text in found}) < len(found):
            found = {text.lower() for text in found}
        return tuple(sorted(found))

    def coded(self, categories: Sequence[str]) -> Doubles:
        """The index of each cell among the categories; NaN for a missing one. Another spelling of a
        number, or of yes and no, is found too."""
        index = {name: float(number) for number, name in enumerate(categories)}
        index |= {alike(name): index[name] for name in categories if alike(name) not in index}
        return np.array(
            [
                index[text if text in index else alike(text)] if text else np.nan
                for text in self.spelled()
            ]
        )


@dataclass(slots=True)
class ColumnReader:
    """Takes the cells of a column, a block at a time."""

    name: str
    style: CellStyle
    holds_texts: bool = False
    """Whether all cells are texts, also those that look like numbers: `1.10` is not `1.1` then."""
    texts: dict[str, int] = field(default_factory=dict)
    numbers: list[Doubles] = field(default_factory=list)
    codes: list[Labels] = field(default_factory=list)

    def add(self, cells: Sequence[str]) -> None:
        """Some more cells."""
        block = self._plain_numbers(cells)
        if block is None:
            self._add_any(cells)
        else:
            self.add_numbers(block)

    def add_numbers(self, block: Doubles) -> None:
        """Cells that are numbers, or NaN where they are missing."""
        self.numbers.append(block)
        self.codes.append(no_texts(len(block)))

    def column(self) -> Column:
        """All cells."""
        numbers = np.concatenate(self.numbers) if self.numbers else np.empty(0)
        codes = np.concatenate(self.codes) if self.texts else no_texts(len(numbers))
        return Column(self.name, numbers, codes, tuple(self.texts))

    def _plain_numbers(self, cells: Sequence[str]) -> Doubles | None:
        """The numbers of cells that are nothing else, which is quick to tell."""
        if self.holds_texts or not self.style.is_plain:
            return None
        try:
            block = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            return None
        if not (np.abs(block) < EXACT).all() or "_" in "".join(cells):
            return None
        return block

    def _add_any(self, cells: Sequence[str]) -> None:
        numbers, codes = np.full(len(cells), np.nan), np.full(len(cells), -1, np.int64)
        spelled: list[tuple[int, str]] = []
        absent = self.style.missing_numbers()
        strange = 0
        for index, cell in enumerate(cells):
            text = cell.strip()
            if self.style.is_missing(text):
                continue
            number = self.style.number(text)
            if number is None or (self.holds_texts and number not in absent):
                codes[index] = self.texts.setdefault(text, len(self.texts))
                strange += 1
            elif number not in absent:
                numbers[index] = number
                spelled.append((index, text))
        if strange > len(spelled) and not all(map(looks_like_number, self.texts)):
            # names that look like numbers keep their spelling among texts
            for index, text in spelled:
                codes[index], numbers[index] = self.texts.setdefault(text, len(self.texts)), np.nan
        self.numbers.append(numbers)
        self.codes.append(codes)


def plain_numbers(lines: list[str], sep: str, wide: int) -> Doubles | None:
    """The numbers of rows that have nothing but `wide` numbers each, (len(lines), wide); None for
    others. NumPy reads the same numbers as `float`, and takes no other spellings."""
    try:
        numbers = np.loadtxt(lines, np.float64, comments=None, delimiter=sep, ndmin=2)
    except ValueError:
        return None
    is_plain = numbers.shape == (len(lines), wide) and (np.abs(numbers) < EXACT).all()
    return numbers if is_plain else None


def column_of(
    name: str, cells: Any, style: CellStyle | None = None, *, holds_texts: bool = False
) -> Column:
    """A column of values, such as that of a data frame. Missing are None, NaN and the like; dates
    are texts, booleans yes and no."""
    array = np.asarray(cells)
    reader = ColumnReader(name, style or CellStyle(), holds_texts)
    numbers = array.astype(np.float64) if array.dtype.kind in "fiu" else np.empty(0)
    most = np.inf if array.dtype.kind == "f" else EXACT
    if array.dtype.kind in "fiu" and not holds_texts and not (np.abs(numbers) >= most).any():
        absent = reader.style.missing_numbers()
        reader.add_numbers(
            np.where(np.isin(numbers, absent), np.nan, numbers) if absent else numbers
        )
    else:
        values = array.astype(str) if array.dtype.kind in "mM" else array
        reader.add([cell_text(value) for value in values.tolist()])
    return reader.column()


def cell_text(cell: Any) -> str:
    """The text of a cell; empty for a missing one."""
    if cell is None or str(cell) in ("nan", "NaT", "<NA>"):
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


@lru_cache(maxsize=64)
def no_texts(count: int) -> Labels:
    """The codes of cells that are numbers or missing; they take no memory."""
    return np.broadcast_to(np.int64(-1), (count,))


def looks_like_number(text: str) -> bool:
    """Whether a text may be a number that is written otherwise. Dates, versions and addresses with
    several points, such as `31.12.2024`, `1.10.3` and `10.0.0.1`, are none."""
    if not LIKE_NUMBER.fullmatch(text):
        return False
    return text.count(".") < 2 or GROUPED.fullmatch(text) is not None


def is_text(text: str) -> bool:
    """Whether a cell is not a number, written as Python writes them."""
    return CellStyle().number(text) is None


def alike(text: str) -> str:
    """What all spellings of a number, or of yes and no, have in common."""
    number = CellStyle().number(text)
    if number is not None:
        return number_name(number)
    return text.lower() if any(text.lower() in pair for pair in BOOLEANS) else text


def number_name(number: float) -> str:
    """The shortest text of a number: `1` for 1.0."""
    return str(int(number)) if number.is_integer() and abs(number) < EXACT else repr(number)
