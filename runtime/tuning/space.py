"""What may be drawn for each searched name, and a setting as netc text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from ...compiler.ir import Search, Tune
from ...compiler.language.kinds import number_text
from ...compiler.pipeline import Checked

TrialSetting = Mapping[str, str]
"""A value for every searched name, as netc text."""
Check = Callable[[TrialSetting], Checked]
"""The spec with other values of its constants."""
Params = Mapping[str, str | int | float]
"""A value for every name: the text of a listed value, or a number of a range."""

GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class ListedValues:
    """Listed values, as netc text, each once."""

    name: str
    texts: tuple[str, ...]

    @property
    def width(self) -> int:
        """The characters of the longest value."""
        return max(map(len, self.texts))

    @property
    def numeric(self) -> bool:
        return all(_is_number(text) for text in self.texts)


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers between two, or all whole numbers."""

    name: str
    low: float
    high: float
    log: bool
    whole: bool = False
    width: ClassVar[int] = 9
    """The characters of a number with four significant digits: `1.234e-05`."""

    def at(self, share: float) -> int | float:
        """The number that divides the range in this share, on its scale."""
        share = min(max(share, 0.0), 1.0)
        if self.whole:
            # every whole number has the same room on a linear scale
            low, high = self.low - 0.5, self.high + 0.5
            return int(min(max(round(_between(low, high, share, self.log)), self.low), self.high))
        return min(max(_between(self.low, self.high, share, self.log), self.low), self.high)

    def share_of(self, value: float) -> float:
        """Where a number is in the range, from 0 to 1, on its scale."""
        low, high, at = (
            (math.log(self.low), math.log(self.high), math.log(value))
            if self.log
            else (self.low, self.high, value)
        )
        return (at - low) / (high - low)


SearchedValues = ListedValues | Range
Space = tuple[SearchedValues, ...]
"""One axis for each searched name, in the order of the spec."""


def space_of(tune: Tune, check: Check) -> Space:
    """What `tune` searches. A range between whole numbers has only whole numbers where the spec
    allows no others."""
    space = tuple(_axis(search) for search in tune.searches)
    whole = {axis.name for axis in _whole_ranges(space)}
    if not whole:
        return space
    corner = first_setting(space)
    return tuple(
        replace(axis, whole=True)
        if isinstance(axis, Range)
        and axis.name in whole
        and _refuses_fractions(axis, corner, check)
        else axis
        for axis in space
    )


def _whole_ranges(space: Space) -> Iterator[Range]:
    for axis in space:
        if isinstance(axis, Range) and axis.low.is_integer() and axis.high.is_integer():
            yield axis


def _refuses_fractions(axis: Range, corner: TrialSetting, check: Check) -> bool:
    """Whether the spec has an error with a fraction that it has not with a whole number."""
    between = number_text(axis.at(GOLDEN))
    whole = number_text(int(axis.high))
    return (
        check({**corner, axis.name: between}).has_errors
        and not check({**corner, axis.name: whole}).has_errors
    )


def _axis(search: Search) -> SearchedValues:
    if search.low is not None and search.high is not None:
        return Range(search.name, search.low, search.high, search.scale == "log")
    texts = (item if isinstance(item, str) else number_text(item) for item in search.values)
    return ListedValues(search.name, tuple(dict.fromkeys(texts)))


def first_setting(space: Space) -> TrialSetting:
    """The first listed value of every name, or the low end of its range."""
    return {
        axis.name: axis.texts[0] if isinstance(axis, ListedValues) else _text(axis, axis.low)
        for axis in space
    }


def setting_of(space: Space, params: Params) -> TrialSetting:
    """The values as netc text. Numbers of a range have four significant digits, so that what a
    table shows is what was trained."""
    return {axis.name: _text(axis, params[axis.name]) for axis in space}


def setting_text(setting: TrialSetting) -> str:
    """`lr=0.01 width=64`."""
    return " ".join(f"{name}={value}" for name, value in setting.items())


def _text(axis: SearchedValues, value: str | float) -> str:
    if isinstance(axis, ListedValues) or isinstance(value, str):
        return str(value)
    if axis.whole:
        return number_text(int(value))
    return number_text(min(max(float(f"{value:.4g}"), axis.low), axis.high))


def _between(low: float, high: float, share: float, log: bool) -> float:
    if log:
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return low + share * (high - low)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
