"""Tensors that are brought together, and channels that are split apart."""

from __future__ import annotations

from math import gcd

from ...grammar.problem import Fix, Label, Problem
from ...grammar.source import Span
from ...grammar.text import counted
from ..shapes import Shape, shape_text
from .wording import axis_names, named, rewrite, size_text


class UnequalShapes(Problem):
    """The base of problems about two tensors that are brought together."""

    first: Shape
    other: Shape
    first_maker: Span
    other_maker: Span
    ways: tuple[str, ...] = ()

    def labels(self) -> tuple[Label, ...]:
        makers = {self.first_maker: self.first, self.other_maker: self.other}
        if len(makers) == 1:
            return ()
        return tuple(
            Label(maker, f"gives {shape_text(shape)}")
            for maker, shape in makers.items()
            if maker != self.at
        )

    def _differences(self, axes: int) -> str:
        """`height 8 and 6, width 8 and 6`, for the first axes."""
        pairs = list(zip(axis_names(self.first), self.first, self.other, strict=True))[:axes]
        return ", ".join(
            f"{name} {size_text(a)} and {size_text(b)}" for name, a, b in pairs if a != b
        )


class UnequalAddends(UnequalShapes):
    """Tensors of different shapes are added, multiplied, averaged or compared.

    `add`, `mul`, `max` and `avg` work elementwise on equal shapes; netc never broadcasts. In a
    residual network, put a 1x1 convolution with the stride of the other branch on the skip
    connection; after an unpadded convolution, add padding.

    ```netc
    input 8x8x16 -> add [conv 32 3x3 pad=1 | id]
    ```

    Instead:

    ```netc
    input 8x8x16 -> add [conv 32 3x3 pad=1 | conv 32 1x1]
    ```
    """

    code = "E0304"
    title = "shapes differ in a merge"
    message_text = "`{layer}` needs equal shapes, got `{first}` and `{other}`"
    layer: str

    def label(self) -> str:
        if len(self.first) != len(self.other):
            return f"{named(self.first)} and {named(self.other)}".replace("`", "")
        return self._differences(len(self.first))

    def help(self) -> tuple[str, ...]:
        return self.ways or ("give the branches the same shape",)


class UnequalPositions(UnequalShapes):
    """Tensors of different height and width are concatenated.

    `concat` joins channels (of vectors: features). All other sizes must be equal.

    ```netc
    input 8x8x16 -> concat [conv 8 3x3 | conv 8 1x1]
    ```

    Instead:

    ```netc
    input 8x8x16 -> concat [conv 8 3x3 pad=1 | conv 8 1x1]
    ```
    """

    code = "E0305"
    title = "sizes differ in a concat"

    def message(self) -> str:
        left, right = shape_text(self.first), shape_text(self.other)
        if len(self.first) != len(self.other):
            return f"`concat` cannot join {named(self.first)} and {named(self.other)}"
        return f"`concat` needs equal sizes except channels, got `{left}` and `{right}`"

    def label(self) -> str:
        if len(self.first) != len(self.other):
            return ""
        return self._differences(len(self.first) - 1)

    def help(self) -> tuple[str, ...]:
        return self.ways or ("give the branches the same height and width",)


MOST_TRIED = 10_000
"""Numbers of groups that are tried near the wanted one, from 1 on, and as channels of a group: all
that there are of up to 100 million channels."""


class GroupsDoNotDivide(Problem):
    """The number of groups does not divide the number of channels.

    `groups=` of a convolution divides both the input channels and the filters into equal groups;
    `gn` divides the channels that it normalises.

    ```netc
    input 8x8x16 -> conv 32 3x3 groups=3
    ```

    Instead:

    ```netc
    input 8x8x16 -> conv 32 3x3 groups=4
    ```
    """

    code = "E0306"
    title = "groups do not divide the channels"
    message_text = "{channels} {what} cannot be divided into {groups} equal groups"
    layer: str
    groups: int
    channels: int
    what: str
    """"input channels" or "filters"."""
    others: tuple[int, ...] = ()
    """What else the groups must divide."""

    def label(self) -> str:
        return (
            f"{self.channels} / {self.groups} leaves a remainder of {self.channels % self.groups}"
        )

    def help(self) -> tuple[str, ...]:
        counts = (self.channels, *self.others)
        near = self._nearest()
        each = ", ".join(f"{count} / {near} = {count // near}" for count in counts)
        return (f"use {counted(near, 'group')}: {each}",)

    def _nearest(self) -> int:
        """The number of groups nearest to the wanted one that divides everything."""
        common: int = gcd(self.channels, *self.others)
        near = range(max(1, self.groups - MOST_TRIED), self.groups + MOST_TRIED + 1)
        small = range(1, min(common, MOST_TRIED) + 1)
        fitting: set[int] = {n for n in (*near, *small) if n <= common and common % n == 0}
        fitting |= {common // n for n in small if common % n == 0}
        return min(fitting, key=lambda n: (abs(n - self.groups), n))

    def fixes(self) -> tuple[Fix, ...]:
        return rewrite(self.at, str(self.groups), str(self._nearest()))
