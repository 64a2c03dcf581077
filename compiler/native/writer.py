"""Writes C text: the helpers, tables and functions that templates ask for, each once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from math import prod
from typing import NamedTuple

from ..lower.plan import ALIGNMENT, ITEM_BYTES
from .target import Target


class Argument(NamedTuple):
    """An operand or a result of an instruction, as its template sees it."""

    name: str
    """The C expression of its address: a parameter of the function."""
    shape: tuple[int, ...]
    type: str
    """Of its elements: `real`, `double`, `int64_t` or `uint8_t`."""

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def columns(self) -> int:
        """The last axis."""
        return self.shape[-1]

    @property
    def rows(self) -> int:
        """All axes but the last."""
        return prod(self.shape[:-1])


Template = Callable[..., str | None]
"""What a row is in C: a function of a FunctionWriter, of the operands and results by their names
in the row's pattern (an Argument; a tuple of them for `*`) and of the attributes. It gives the
statements of a C function whose parameters are the arguments, or None where it does not cover
such sizes or attributes: then the NumPy kernel runs. Scratch buffers are not passed: a template
asks for `workspace`. Where a result takes the memory of an operand, both have the same name."""


@dataclass(slots=True)
class SourceWriter:
    """A C text in the making."""

    target: Target
    headers: list[str] = field(default_factory=list)
    helpers: dict[Hashable, tuple[str, str]] = field(default_factory=dict)
    """By what they do: name and text."""
    workspace_bytes: int = 0

    def use(self, header: str) -> None:
        """Makes the functions of `compiler/native/c/HEADER` available."""
        if header not in self.headers:
            self.headers.append(header)

    def helper(self, key: Hashable, write: Callable[[str], str]) -> str:
        """The name of the function or table that `write(name)` gives, written once for a key."""
        if key not in self.helpers:
            name = f"f{len(self.helpers)}"
            self.helpers[key] = (name, "")  # its place: what it needs is written before it
            text = write(name)
            del self.helpers[key]
            self.helpers[key] = (name, text)
        return self.helpers[key][0]

    def text(self) -> str:
        """The headers and helpers."""
        return "\n".join(
            [*(read_header(name) for name in self.headers), *(t for _, t in self.helpers.values())]
        )


@dataclass(slots=True)
class FunctionWriter:
    """What a template writes with."""

    source: SourceWriter
    workspace_used: int = 0

    @property
    def target(self) -> Target:
        return self.source.target

    def number(self, value: float) -> str:
        """A number as an exact literal of the plan's precision."""
        return self.target.number(value)

    def use(self, header: str) -> None:
        """Makes the functions of a file in `compiler/native/c/` available."""
        self.source.use(header)

    def helper(self, key: Hashable, write: Callable[[str], str]) -> str:
        """The name of a function or table that is written once for a key; `write` gets the name."""
        return self.source.helper(key, write)

    def table(self, values: Iterable[float], type_: str = "real") -> str:
        """The name of a constant array."""
        values = tuple(values)
        numbers = ", ".join(
            self.number(value) if type_ in ("real", "double") else str(value) for value in values
        )
        return self.helper(
            ("table", type_, values),
            lambda name: f"static const {type_} {name}[{max(len(values), 1)}] = {{{numbers or 0}}};",
        )

    def workspace(self, elements: int, type_: str = "real") -> str:
        """The address of memory for so many elements, aligned to a cache line. What is in it is
        lost when the function returns; several requests of a function do not overlap."""
        start = self.workspace_used
        size = elements * ITEM_BYTES[self.target.precision if type_ == "real" else _ITEMS[type_]]
        self.workspace_used += -(-size // ALIGNMENT) * ALIGNMENT
        self.source.workspace_bytes = max(self.source.workspace_bytes, self.workspace_used)
        return f"(({type_} *)(workspace + {start}))"


_ITEMS = {"double": "f64", "float": "f32", "int64_t": "i64", "uint8_t": "u8"}


def read_header(name: str) -> str:
    """The text of a file in `compiler/native/c/`."""
    return files(__package__).joinpath("c", name).read_text(encoding="utf-8")
