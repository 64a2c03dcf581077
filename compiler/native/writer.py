"""Writes C text: the helpers, tables and functions that templates ask for, each once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from math import prod
from typing import NamedTuple

from ..lower.plan import ALIGNMENT, ITEM_BYTES
from .target import CTarget


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
asks for `workspace`. A random row has the argument `generator`, the address of the state of its
SFC64 stream.

Arrays are contiguous, with the axes of the pattern in its order. They may begin at any element, and
do not overlap; but where a result takes the memory of an operand, both have the same name."""


@dataclass(slots=True)
class Needs:
    """The headers and helpers that a function calls, helpers of helpers among them."""

    headers: dict[str, None] = field(default_factory=dict)
    helpers: dict[str, None] = field(default_factory=dict)

    def add(self, other: Needs) -> None:
        """What the other needs too."""
        self.headers.update(other.headers)
        self.helpers.update(other.helpers)


@dataclass(slots=True)
class SourceWriter:
    """The helpers of a C text in the making."""

    target: CTarget
    names: dict[Hashable, str] = field(default_factory=dict)
    """Of helpers, by what they do."""
    texts: dict[str, tuple[str, Needs]] = field(default_factory=dict)
    """Of helpers, by name, each after those that it calls."""
    workspace_bytes: int = 0

    def helper(self, key: Hashable, write: Callable[[str], str], needs: Needs) -> str:
        """The name of the function or table that `write(name)` gives, written once for a key; it
        and what it needs are added to `needs`, which `write` adds to as well."""
        if key not in self.names:
            outer = Needs(dict(needs.headers), dict(needs.helpers))
            needs.headers.clear()
            needs.helpers.clear()
            name = f"helper_{len(self.names)}"
            self.names[key] = name
            text = write(name)
            self.texts[name] = (text, Needs(dict(needs.headers), dict(needs.helpers)))
            needs.add(outer)
        name = self.names[key]
        needs.add(self.texts[name][1])
        needs.helpers[name] = None
        return name

    def preamble(self, needs: Needs) -> str:
        """The text of what functions need: definitions, headers and helpers."""
        real = "float" if self.target.precision == "f32" else "double"
        headers = ["base.h", *(name for name in HEADERS if name in needs.headers)]
        helpers = [text for name, (text, _) in self.texts.items() if name in needs.helpers]
        return "\n".join(
            [
                f"typedef {real} real;",
                f"#define REAL_IS_FLOAT {int(real == 'float')}",
                f"#define LANES {self.target.lanes}",
                *map(read_header, headers),
                *helpers,
            ]
        )


LEAST_DIVIDED = 300_000
"""Multiply-adds that repay a second thread, which begins and ends about half a microsecond late."""
READ_NUMBER = 8
"""Multiply-adds that take as long as reading a weight."""


def repays_division(multiply_adds: int, weights: int) -> bool:
    """Whether threads should divide work of so many multiply-adds that reads so many weights."""
    return max(multiply_adds, READ_NUMBER * weights) >= LEAST_DIVIDED


class OwnTurns(NamedTuple):
    """Those turns of a loop that a part does, as C expressions."""

    begin: str
    end: str


@dataclass(slots=True)
class FunctionWriter:
    """What a template writes with."""

    source: SourceWriter
    needs: Needs = field(default_factory=Needs)
    parts: int = 1
    """Into how many parts the work may be divided, which are called one by one, maybe at once, each
    with its number as `part` and a workspace of its own."""
    divided: bool = False
    """Whether the template does so."""
    workspace_used: int = 0

    @property
    def target(self) -> CTarget:
        return self.source.target

    def number(self, value: float) -> str:
        """A number as an exact literal of the plan's precision."""
        return self.target.number(value)

    def use(self, header: str) -> None:
        """Makes the functions of `compiler/native/c/HEADER` and of those that it is built on
        available."""
        for name in (*HEADERS[header], header):
            self.needs.headers[name] = None

    def helper(self, key: Hashable, write: Callable[[str], str]) -> str:
        """The name of a function or table that is written once for a key; `write` gets the name."""
        return self.source.helper(key, write, self.needs)

    def table(self, values: Iterable[float], type_: str = "real") -> str:
        """The name of a constant array."""
        values = tuple(values)
        numbers = ", ".join(
            self.number(value) if type_ == "real" else str(value) for value in values
        )
        return self.helper(
            ("table", type_, values),
            lambda name: f"static const {type_} {name}[] = {{{numbers}}};",
        )

    def can_divide(self, turns: int, multiply_adds: int, weights: int) -> bool:
        """Whether the work is divided where a loop has so many turns; see `repays_division`."""
        return 1 < self.parts <= turns and repays_division(multiply_adds, weights)

    def divide(self, bounds: Sequence[int]) -> OwnTurns:
        """Divides the work: part k does the turns from the k-th of `parts + 1` bounds up to the
        next. What a part computes must have the same bits whatever the number of parts."""
        self.divided = True
        table = self.table(bounds, "int64_t")
        return OwnTurns(f"{table}[part]", f"{table}[part + 1]")

    def workspace(self, elements: int, type_: str = "real") -> str:
        """The address of memory for so many elements, aligned to a cache line. What is in it is
        lost when the function returns; several requests of a function do not overlap."""
        start = self.workspace_used
        item = ITEM_BYTES[self.target.precision] if type_ == "real" else _ITEM_BYTES[type_]
        self.workspace_used += -(-elements * item // ALIGNMENT) * ALIGNMENT
        self.source.workspace_bytes = max(self.source.workspace_bytes, self.workspace_used)
        return f"(({type_} *)(workspace + {start}))"


_ITEM_BYTES = {"double": 8, "float": 4, "int64_t": 8, "int32_t": 4, "uint8_t": 1}

HEADERS: dict[str, tuple[str, ...]] = {
    "functions.h": (),
    "image_windows.h": (),
    "clock.h": (),
    "reductions.h": ("functions.h",),
    "losses.h": ("functions.h", "reductions.h"),
    "normalization.h": ("functions.h", "reductions.h"),
    "pooling.h": ("functions.h", "reductions.h"),
    "arrangement.h": (),
    "random.h": (),
    "parts.h": (),
    "vectors.h": (),
    "packing.h": ("vectors.h",),
    "winograd_maps.h": (),
    "winograd_tiles.h": ("vectors.h", "winograd_maps.h"),
    "winograd_weights.h": ("winograd_maps.h",),
}
"""The files in `compiler/native/c/` beside `base.h`, each with those that it calls, in an order in
which they can be included."""


def read_header(name: str) -> str:
    """The text of a file in `compiler/native/c/`."""
    return files(__package__).joinpath("c", name).read_text(encoding="utf-8")
