"""What pipes of equal structure have in common: one pipe with parameters where they differ.

This is anti-unification: the most specific pattern that all of them are instances of (Plotkin, A
Note on Inductive Generalization, 1970). Where two values differ in the same way everywhere, they
are one parameter, or multiples of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import NamedTuple

from .tree import (
    ABSENT,
    CallSlot,
    LabelText,
    PipeTree,
    TreeItem,
    TreeValue,
    ValueList,
    WholeNumber,
    WrittenText,
)

SingleValue = WholeNumber | WrittenText

EACH = "each"


class Hole(NamedTuple):
    """A value of a pipe that a parameter may stand for."""

    slot: CallSlot
    value: SingleValue
    bound: frozenset[str]
    """The variables of loops around it, inside the pipe."""


@dataclass(frozen=True, slots=True)
class PatternParameter:
    """A parameter with its value in each instance."""

    name: str
    values: tuple[SingleValue, ...]
    usual: SingleValue | None = None
    """The value of the option that it stands for where nothing is said."""


@dataclass(frozen=True, slots=True)
class SharedPattern:
    """A pipe with the parameters that make its instances of it."""

    pipe: PipeTree
    parameters: tuple[PatternParameter, ...]


def skeleton(item: TreeItem) -> Hashable:
    """What must be equal for two items to have a common pattern."""
    if isinstance(item, LabelText):
        return ("@", item.name)
    fixed = tuple(
        (slot.key, _shape(value) if slot.varies else value)
        for slot, value in zip(item.slots, item.values, strict=True)
    )
    branches = tuple(tuple(map(skeleton, branch)) for branch in item.branches)
    return (item.word, fixed, item.labels, branches)


def _shape(value: TreeValue) -> int:
    """How many holes a value is."""
    if isinstance(value, ValueList):
        return len(value.values)
    return 0 if value == ABSENT else 1


def holes(pipe: PipeTree, bound: frozenset[str] = frozenset()) -> Iterator[Hole]:
    """The values of a pipe that may differ, in the order in which they are written."""
    for item in pipe:
        if isinstance(item, LabelText):
            continue
        for slot, value in zip(item.slots, item.values, strict=True):
            if slot.varies and value != ABSENT:
                singles = value.values if isinstance(value, ValueList) else (value,)
                yield from (Hole(slot, single, bound) for single in singles)
        inner = bound | {slot.key for slot in item.slots} if item.word == EACH else bound
        for branch in item.branches:
            yield from holes(branch, inner)


def filled(pipe: PipeTree, values: Iterator[SingleValue]) -> PipeTree:
    """The pipe with other values in its holes."""
    return tuple(_filled(item, values) for item in pipe)


def _filled(item: TreeItem, values: Iterator[SingleValue]) -> TreeItem:
    if isinstance(item, LabelText):
        return item
    own: list[TreeValue] = []
    for slot, value in zip(item.slots, item.values, strict=True):
        if not slot.varies or value == ABSENT:
            own.append(value)
        elif isinstance(value, ValueList):
            own.append(ValueList(tuple(next(values) for _ in value.values)))
        else:
            own.append(next(values))
    branches = tuple(filled(branch, values) for branch in item.branches)
    return replace(item, values=tuple(own), branches=branches)


def unify(instances: Sequence[PipeTree], *, closed: bool) -> SharedPattern | None:
    """The pattern of pipes of one skeleton. In a closed one, nothing refers to a variable around
    it. None where a variable inside would have to be a parameter."""
    rows = list(zip(*(tuple(holes(instance)) for instance in instances), strict=True))
    columns: list[_Column] = []
    taken: set[str] = set()
    for row in rows:
        values = tuple(hole.value for hole in row)
        hole = row[0]
        names = {value.name for value in values}
        taken |= hole.bound if closed else hole.bound | names
        alike = all(value == values[0] for value in values)
        if names & hole.bound:
            if not alike:
                return None
            columns.append(_Column(hole.slot, values, constant=True))
        else:
            constant = alike and (not closed or names == {""})
            columns.append(_Column(hole.slot, values, constant))
    parameters = _parameters(columns, taken)
    new = (column.value(parameters) for column in columns)
    return SharedPattern(filled(instances[0], new), parameters)


class _Column(NamedTuple):
    """What a hole holds in each instance."""

    slot: CallSlot
    values: tuple[SingleValue, ...]
    constant: bool

    def usual(self) -> SingleValue | None:
        """The value that a person would leave out: the default, or the most common window."""
        default = self.slot.default
        if isinstance(default, WholeNumber | WrittenText) and default != ABSENT:
            return default
        value, times = Counter(self.values).most_common(1)[0]
        common = 2 * times > len(self.values) and not value.name
        return value if common and isinstance(value, WrittenText) else None

    def value(self, parameters: tuple[PatternParameter, ...]) -> SingleValue:
        """The value in the pattern."""
        if self.constant:
            return self.values[0]
        base = _base(self.slot)
        for parameter in parameters:
            if _stem(parameter.name) == base:
                factor = _ratio(self.values, parameter.values)
                if factor is not None:
                    first = self.values[0]
                    if isinstance(first, WholeNumber):
                        return WholeNumber(factor, parameter.name)
                    return WrittenText(first.text, parameter.name)
        raise AssertionError("every column has its parameter")


def _parameters(columns: list[_Column], taken: set[str]) -> tuple[PatternParameter, ...]:
    """One parameter for the columns that are multiples of it, in the order of the pipe; with names
    that are not taken."""
    found: dict[str, list[_Column]] = {}
    for column in columns:
        if column.constant:
            continue
        known = found.setdefault(_base(column.slot), [])
        if any(_ratio(column.values, other.values) is not None for other in known):
            continue
        known[:] = [other for other in known if _ratio(other.values, column.values) is None]
        known.append(column)
    result: list[PatternParameter] = []
    for base, known in found.items():
        numbers = (f"{base}{at}" for at in count(1 if len(known) > 1 else 2))
        names = (name for name in chain([base] if len(known) == 1 else [], numbers))
        free = (name for name in names if name not in taken)
        result += [PatternParameter(next(free), own.values, own.usual()) for own in known]
    return tuple(result)


def _ratio(values: tuple[SingleValue, ...], base: tuple[SingleValue, ...]) -> int | None:
    """k where every value is k times that of the base; None where there is no such k."""
    if values == base:
        return 1
    factors: set[int] = set()
    for value, other in zip(values, base, strict=True):
        if not isinstance(value, WholeNumber) or not isinstance(other, WholeNumber):
            return None
        if value.name != other.name or not other.factor or value.factor % other.factor:
            return None
        factors.add(value.factor // other.factor)
    return factors.pop() if len(factors) == 1 and factors != {0} else None


def _base(slot: CallSlot) -> str:
    """The name of a parameter for the values of a slot: `f` for filters, `stride`."""
    stem = _stem(slot.key)
    return stem[0] if slot.positional else stem


def _stem(name: str) -> str:
    return name.rstrip("0123456789")
