"""What an exported file has beside the forward pass: its inputs and outputs, and what is done to
numbers before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Literal


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """An array of constants."""

    name: str
    """Its identifier."""
    title: str
    """What it is, for a comment."""
    type: Literal["float", "double"]
    count: int
    read: Callable[[int, int], bytes]
    """Some elements, from one number to another, as little-endian bytes."""

    @property
    def bytes(self) -> int:
        return self.count * (4 if self.type == "float" else 8)


@dataclass(frozen=True, slots=True)
class LinearStep:
    """x -> (x - shift) * factor; both repeat along the numbers of a sample."""

    shift: tuple[float, ...]
    factor: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FillingStep:
    """x -> x with values in the place of NaN, which repeat along the numbers of a sample."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RotatingStep:
    """x -> (x - mean) matrix, over all numbers of a sample."""

    mean: tuple[float, ...]
    matrix: StoredArray


@dataclass(frozen=True, slots=True)
class BorderStep:
    """x -> x with zeros around it, along all axes but the last."""

    shape: tuple[int, ...]
    """Before the step."""
    size: int


PreparationStep = LinearStep | FillingStep | RotatingStep | BorderStep


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """An input of the network."""

    name: str
    """In the spec."""
    feed: str
    """In the plan."""
    shape: tuple[int, ...]
    """Of a sample before it is prepared."""
    fed: int
    """Numbers that the network gets."""
    steps: tuple[PreparationStep, ...] = ()
    tokens: int | None = None
    """It is whole numbers below this one."""
    remark: str = ""
    """What the numbers are, for a comment."""

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class BackScaling:
    """y -> y / factor + shift; both repeat along the numbers of an output."""

    shift: tuple[float, ...]
    factor: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BackExponential:
    """y -> exp(y)"""


BackStep = BackScaling | BackExponential


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """An output of the network, and how it is read."""

    name: str
    node: str
    """In the plan."""
    shape: tuple[int, ...]
    steps: tuple[BackStep, ...] = ()
    """From what the network gives to the unit of the target."""
    classes: tuple[str, ...] | None = None
    """What a sample may be."""
    threshold: float = 0.5
    """Of a single number: the second class is above it."""

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def chooses(self) -> bool:
        """Whether a sample has one class: the largest number, or the one side of the threshold."""
        if self.classes is None:
            return False
        return len(self.classes) == (2 if self.size == 1 else self.size)


@dataclass(frozen=True, slots=True)
class ExportedNetwork:
    """All that an exported file says beside its forward pass."""

    title: str
    """What it was made of, for a comment."""
    precision: Literal["f32", "f64"]
    inputs: tuple[NetworkInput, ...]
    outputs: tuple[NetworkOutput, ...]

    @property
    def type(self) -> str:
        """The C type of its numbers."""
        return "float" if self.precision == "f32" else "double"
