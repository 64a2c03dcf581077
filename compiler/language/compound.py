"""Kinds that are made of other kinds, and the kind of a type."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ...grammar.tokens import LARGEST_WHOLE
from .kinds import Bounds, Choice, Flag, Kind, Misread, Real, Whole
from .numbers import TOO_LONG, Percent, is_too_long, whole
from .values import Number, Sequence, ShapeValue, WrittenValue


class Extents(Kind):
    """Sizes: one for every axis (`3`, giving a tuple of one) or one per axis (`3x3`)."""

    python = tuple

    def __init__(self, least: float, *, free: bool, count: int | None = None) -> None:
        self.least = least
        self.count = count
        """How many sizes there must be; None for any number."""
        self.free = free
        """Whether `?` may be a size: the shape of a sample."""

    def describe(self) -> str:
        if self.free:
            return "a shape such as `784` or `28x28x1`, every size at least 1"
        if self.count is not None:
            return f"{self.count} sizes such as `{self.example()}`, each at least {self.least}"
        return f"sizes such as `3` or `3x3`, each at least {self.least}"

    def read(self, value: WrittenValue) -> Any:
        match value:
            case Number():
                return Misread("unit") if value.unit else self._sizes((value.value,))
            case ShapeValue():
                return value.sizes
            case Sequence(items=[_, *_]):
                found = [i.value for i in value.items if isinstance(i, Number) and not i.unit]
                return self._sizes(found) if len(found) == len(value.items) else Misread()
        return Misread()

    def _sizes(self, numbers: Collection[float]) -> tuple[float, ...] | Misread:
        if any(map(is_too_long, numbers)):
            return Misread("range")
        return tuple(map(whole, numbers))

    def example(self) -> str:
        if self.count is not None:
            return "x".join(["64"] * self.count)
        return "28x28x1" if self.free else "3x3"

    def write(self, value: Any) -> str:
        return "x".join("?" if size is None else str(size) for size in value)

    def hint(self, value: WrittenValue) -> str:
        items = value.items if isinstance(value, Sequence) else (value,)
        numbers = [item.value for item in items if isinstance(item, Number)]
        return TOO_LONG if any(map(is_too_long, numbers)) else ""


class AnyOf(Kind):
    """One of several kinds; the first that reads the value wins."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.kinds = kinds

    def describe(self) -> str:
        # words first: `same` or sizes, each at least 0
        ordered = sorted(self.kinds, key=lambda kind: not kind.words())
        return " or ".join(kind.describe() for kind in ordered)

    def read(self, value: WrittenValue) -> Any:
        found = [kind.read(value) for kind in self.kinds]
        for item in found:
            if not isinstance(item, Misread):
                return item
        # The kind that the value comes nearest to says what is the matter with it.
        return next((item for item in found if item.reason != "kind"), found[0])

    def write(self, value: Any) -> str:
        return next(kind for kind in self.kinds if isinstance(value, kind.python)).write(value)

    def words(self) -> tuple[str, ...]:
        return tuple(word for kind in self.kinds for word in kind.words())

    def example(self) -> str:
        return self.kinds[0].example()

    def hint(self, value: WrittenValue) -> str:
        return next((hint for kind in self.kinds if (hint := kind.hint(value))), "")


class ListOf(Kind):
    """`(a, b, c)`: values of one kind, or one value alone."""

    python = tuple

    def __init__(self, item: Kind, count: int | None) -> None:
        self.item = item
        self.count = count
        self.units = item.units

    def describe(self) -> str:
        if self.count is not None:
            return f"{self.count} values in parentheses, each {self.item.describe()}"
        return f"a list in parentheses, each item {self.item.describe()}"

    def read(self, value: WrittenValue) -> Any:
        items = value.items if isinstance(value, Sequence) else (value,)
        found = tuple(self.item.read(item) for item in items)
        return next((item for item in found if isinstance(item, Misread)), found)

    def write(self, value: Any) -> str:
        items = ", ".join(self.item.write(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"

    def words(self) -> tuple[str, ...]:
        return self.item.words()

    def example(self) -> str:
        if self.count is not None:
            return f"({', '.join([self.item.example()] * self.count)})"
        return f"({self.item.example()},)"

    def hint(self, value: WrittenValue) -> str:
        items = value.items if isinstance(value, Sequence) else (value,)
        return next((hint for item in items if (hint := self.item.hint(item))), "")


def kind_of(annotation: Any, *metadata: Any) -> Kind:
    """The kind of an annotated type. Raises TypeError for one that cannot be written."""
    base, metadata = _plain(annotation, metadata)
    for item in metadata:
        if isinstance(item, Kind):
            return item
    if base is bool:
        return Flag()
    if base is int:
        return Whole(_bounds(metadata))
    if base is float:
        return Real(_bounds(metadata), percent=Percent in metadata)
    origin, arguments = get_origin(base), get_args(base)
    if origin is Literal:
        return Choice(arguments)
    if origin is tuple:
        return _tuple_kind(arguments)
    if origin in (Union, UnionType):
        kinds = tuple(kind_of(item) for item in arguments if item is not NoneType)
        return kinds[0] if len(kinds) == 1 else AnyOf(kinds)
    raise TypeError(f"no value of type {annotation} can be written")


def _tuple_kind(items: tuple[Any, ...]) -> Kind:
    item = kind_of(items[0])
    if isinstance(item, Whole):
        count = None if Ellipsis in items else len(items)
        return Extents(item.bounds.ge or 0, free=NoneType in get_args(items[0]), count=count)
    return ListOf(item, None if Ellipsis in items else len(items))


def _plain(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """A type without its annotations, and these."""
    if get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata = (*more, *metadata)
    return annotation, tuple(_constraints(metadata))


def _constraints(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        yield from item.metadata if isinstance(item, FieldInfo) else (item,)


def _bounds(metadata: tuple[Any, ...]) -> Bounds:
    """The bounds of an option; the largest whole number of the language is not one of them."""
    found = {
        name: getattr(item, name)
        for item in metadata
        for name in Bounds._fields
        if abs(getattr(item, name, LARGEST_WHOLE)) != LARGEST_WHOLE
    }
    return Bounds(**found)
