"""Kinds that are made of other kinds: one of several, and a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds import Kind, Wrong
from .values import Sequence, Value

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


class AnyOf(Kind):
    """One of several kinds; the first that takes the value wins."""

    kinds: tuple[Kind, ...]

    def describe(self) -> str:
        return " or ".join(kind.describe() for kind in self.kinds)

    def convert(self, value: Value) -> Any:
        wrongs: list[Wrong] = []
        for kind in self.kinds:
            converted = kind.convert(value)
            if not isinstance(converted, Wrong):
                return converted
            wrongs.append(converted)
        # The kind that the value comes nearest to says what is the matter with it.
        near = next((wrong for wrong in wrongs if wrong.reason != "kind"), wrongs[0])
        hint = next((wrong.hint for wrong in (near, *wrongs) if wrong.hint), "")
        return Wrong(self.describe(), hint, near.reason, near.units)

    def example(self) -> str:
        return self.kinds[0].example()

    def write(self, value: Any) -> str:
        import pydantic_core

        for kind in self.kinds:
            validator = pydantic_core.SchemaValidator(kind.core_schema())
            if validator.isinstance_python(value, strict=True):
                return kind.write(value)
        raise TypeError(f"{value!r} is none of {self.describe()}")

    def words(self) -> tuple[str, ...]:
        return tuple(word for kind in self.kinds for word in kind.words())

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.union_schema([kind.core_schema() for kind in self.kinds])


class ListOf(Kind):
    """`(a, b, c)`: values of one kind, or one value alone."""

    item: Kind
    least: int = 1
    most: int | None = None

    def describe(self) -> str:
        if self.most is not None:
            count = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
            return f"{count} values in parentheses, each {self.item.describe()}"
        return f"a list in parentheses, each item {self.item.describe()}"

    def convert(self, value: Value) -> tuple[Any, ...] | Wrong:
        items = value.items if isinstance(value, Sequence) else (value,)
        converted = tuple(self.item.convert(item) for item in items)
        bad = next((item for item in converted if isinstance(item, Wrong)), None)
        if bad is not None:
            return Wrong(self.describe(), bad.hint, bad.reason, bad.units)
        if len(converted) < self.least or len(converted) > (self.most or len(converted)):
            return Wrong(self.describe(), reason="range")
        return converted

    def example(self) -> str:
        if self.least > 1:
            return f"({', '.join([self.item.example()] * self.least)})"
        return f"({self.item.example()},)"

    def write(self, value: Any) -> str:
        items = ", ".join(self.item.write(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"

    def words(self) -> tuple[str, ...]:
        return self.item.words()

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.tuple_variable_schema(
            self.item.core_schema(), min_length=self.least, max_length=self.most
        )
