"""Tensors that are brought together, and channels that are split apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Fix, Label, Problem
from ...grammar.source import Span
from ..shapes import Shape, shape_text
from .wording import axis_names, gives, named, rewrite, size_text


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalAddends(Problem):
    """Tensors of different shapes are added, multiplied, averaged or compared.

    `add`, `mul`, `max` and `avg` work number by number, so all their shapes must be equal.
    netc never stretches one to fit the other. In a residual net the usual way out is a 1x1
    convolution on the skip, with the stride of the other branch; after an unpadded window it is
    padding.

    ```netc
    input 8x8x16 -> add [conv 32 3x3 pad=1 | id]
    ```

    Instead:

    ```netc
    input 8x8x16 -> add [conv 32 3x3 pad=1 | conv 32 1x1]
    ```
    """

    code: ClassVar[str] = "E0304"
    title: ClassVar[str] = "unequal shapes merged"

    layer: str
    first: Shape
    other: Shape
    first_maker: Span
    other_maker: Span
    ways: tuple[str, ...] = ()

    def message(self) -> str:
        left, right = shape_text(self.first), shape_text(self.other)
        return f"`{self.layer}` needs equal shapes, but gets `{left}` and `{right}`"

    def label(self) -> str:
        if len(self.first) != len(self.other):
            return f"{named(self.first)} and {named(self.other)}".replace("`", "")
        return _differences(self.first, self.other, len(self.first))

    def labels(self) -> tuple[Label, ...]:
        return _both(self.first_maker, self.first, self.other_maker, self.other, self.at)

    def help(self) -> tuple[str, ...]:
        return self.ways or ("make the branches give the same shape",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalPositions(Problem):
    """Tensors with different positions are concatenated.

    `concat` puts channels behind channels (of vectors: numbers behind numbers). Rows and columns
    must agree, because each position of the result holds that position of every branch.

    ```netc
    input 8x8x16 -> concat [conv 8 3x3 | conv 8 1x1]
    ```

    Instead:

    ```netc
    input 8x8x16 -> concat [conv 8 3x3 pad=1 | conv 8 1x1]
    ```
    """

    code: ClassVar[str] = "E0305"
    title: ClassVar[str] = "unequal positions concatenated"

    first: Shape
    other: Shape
    first_maker: Span
    other_maker: Span
    ways: tuple[str, ...] = ()

    def message(self) -> str:
        left, right = shape_text(self.first), shape_text(self.other)
        if len(self.first) != len(self.other):
            return f"`concat` cannot join {named(self.first)} and {named(self.other)}"
        return f"`concat` joins channels at equal positions, but gets `{left}` and `{right}`"

    def label(self) -> str:
        if len(self.first) != len(self.other):
            return ""
        return _differences(self.first, self.other, len(self.first) - 1)

    def labels(self) -> tuple[Label, ...]:
        return _both(self.first_maker, self.first, self.other_maker, self.other, self.at)

    def help(self) -> tuple[str, ...]:
        return self.ways or ("make the branches give the same rows and columns",)


def _differences(first: Shape, other: Shape, axes: int) -> str:
    """`height 8 and 6, width 8 and 6`, for the first axes of two shapes."""
    pairs = list(zip(axis_names(first), first, other, strict=True))[:axes]
    return ", ".join(f"{name} {size_text(a)} and {size_text(b)}" for name, a, b in pairs if a != b)


def _both(
    first_maker: Span, first: Shape, other_maker: Span, other: Shape, at: Span
) -> tuple[Label, ...]:
    if first_maker == other_maker:
        return ()
    return gives(first_maker, first, at) + gives(other_maker, other, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsDoNotDivide(Problem):
    """Channels cannot be split into equal groups.

    `groups=` of a convolution splits the channels that flow in and the filters into as many equal
    parts; `gn` splits the channels that it normalises. The number of groups must divide each.

    ```netc
    input 8x8x16 -> conv 32 3x3 groups=3
    ```

    Instead:

    ```netc
    input 8x8x16 -> conv 32 3x3 groups=4
    ```
    """

    code: ClassVar[str] = "E0306"
    title: ClassVar[str] = "groups do not divide the channels"

    layer: str
    groups: int
    channels: int
    what: str
    """"channels that flow in" or "filters"."""
    others: tuple[int, ...] = ()
    """What else the groups must divide."""

    def message(self) -> str:
        return f"the {self.channels} {self.what} do not split into {self.groups} equal groups"

    def label(self) -> str:
        return (
            f"{self.channels} / {self.groups} leaves a remainder of {self.channels % self.groups}"
        )

    def help(self) -> tuple[str, ...]:
        counts = (self.channels, *self.others)
        near = self._nearest()
        each = ", ".join(f"{count} / {near} = {count // near}" for count in counts)
        return (f"{near} {'group' if near == 1 else 'groups'} would do: {each}",)

    def _nearest(self) -> int:
        """The number of groups nearest to the wanted one that divides everything."""
        counts = (self.channels, *self.others)
        fitting = (n for n in range(1, min(counts) + 1) if all(c % n == 0 for c in counts))
        return min(fitting, key=lambda n: (abs(n - self.groups), n))

    def fixes(self) -> tuple[Fix, ...]:
        return rewrite(self.at, str(self.groups), str(self._nearest()))


PROBLEMS: tuple[type[Problem], ...] = (
    UnequalAddends,
    UnequalPositions,
    GroupsDoNotDivide,
)
