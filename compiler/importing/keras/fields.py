"""The options of one object in the JSON of a Keras model.

Every option is read by its name. One that nothing has read is refused, so that no option that
changes the numbers is passed over; only those of training are left to notes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any, TypeVar

from pydantic import ValidationError

from ...language.errors import refusals
from ...language.options import Options

W = TypeVar("W", bound=Options)


class UnsupportedError(Exception):
    """An object of the file has no counterpart in netc, or is not as Keras writes it."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


CODE_ADVICE = "write it with layers of Keras, or add it as a word of a package (docs/plugins.md)"


def code_error(what: str) -> UnsupportedError:
    """For what only the program that wrote the file can compute."""
    return UnsupportedError(f"{what} is Python code, which netc never runs", CODE_ADVICE)


PACKAGES = ("keras", "tf_keras")
"""What the objects of Keras itself come from."""


def is_from_keras(value: dict[str, Any]) -> bool:
    """Whether an object is of a class that Keras itself has. Files of Keras 2 may name no module;
    its own classes are then known by name."""
    module, registered = value.get("module"), value.get("registered_name")
    known = module is None or (isinstance(module, str) and module.split(".")[0] in PACKAGES)
    return known and (registered is None or ">" not in str(registered))


REQUIRED: Any = object()
"""The default of an option that must be there."""

SILENT = ("_initializer", "_constraint", "_regularizer")
"""Endings of options that no trained output depends on. Initial values are replaced by those of
the file; the others are noted."""


@dataclass(slots=True)
class Fields:
    """The options of one object, and which of them have been read."""

    what: str
    """The class."""
    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    """What is not imported, and changes no output."""
    read: set[str] = field(default_factory=set)

    def take(self, name: str, default: Any = None) -> Any:
        """The value as the JSON has it."""
        self.read.add(name)
        value = self.values.get(name, default)
        if value is REQUIRED:
            raise UnsupportedError(f"`{name}` is missing")
        return value

    def wrong(self, name: str, wanted: str) -> UnsupportedError:
        return UnsupportedError(f"`{name}` is {shown(self.values.get(name))}, not {wanted}")

    def flag(self, name: str, default: bool) -> bool:
        value = self.take(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def whole(self, name: str, default: Any = REQUIRED) -> int:
        value = self.take(name, default)
        if not is_whole(value):
            raise self.wrong(name, "a whole number")
        return int(value)

    def real(self, name: str, default: Any = REQUIRED) -> float:
        value = self.take(name, default)
        if not is_real(value):
            raise self.wrong(name, "a number")
        return shortest(float(value))

    def text(self, name: str, default: Any = REQUIRED) -> str:
        value = self.take(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def sizes(self, name: str, axes: int, default: Any = REQUIRED) -> tuple[int, ...]:
        """One whole number for each axis; a single one is for all."""
        value = self.take(name, default)
        found = (value,) * axes if is_whole(value) else value
        if not isinstance(found, (list, tuple)) or len(found) != axes:
            raise self.wrong(name, f"{axes} whole numbers")
        if not all(is_whole(size) for size in found):
            raise self.wrong(name, f"{axes} whole numbers")
        return tuple(found)

    def expect(self, name: str, default: Any, wanted: Sequence[Any], why: str) -> None:
        """Refuses an option whose value netc has no counterpart for."""
        value = self.take(name, default)
        if not any(type(value) is type(other) and value == other for other in wanted):
            raise UnsupportedError(f"`{name}` is {shown(value)}: {why}")

    def channels_last(self) -> None:
        """Refuses images whose first axis is the channels."""
        value = self.take("data_format", "channels_last")
        if value not in (None, "channels_last"):
            raise UnsupportedError(
                f"`data_format` is {shown(value)}, and the images of netc have their channels last",
                "build the model with `channels_last` and give it the same weights",
            )

    def make(self, word: Callable[..., W], /, **options: Any) -> W:
        """A word of netc; a value that it cannot have is refused."""
        try:
            return word(**options)
        except ValidationError as error:
            name = refusals(error)[0].name
            raise UnsupportedError(
                f"`{options[name]}` is not a value that netc's `{name}` can have"
            ) from None

    def finish(self) -> None:
        """Refuses options that nothing has read, and notes those that only training has."""
        for name, value in self.values.items():
            if name in self.read or value is None or value is False:
                continue
            if name.endswith("_initializer"):
                continue
            if name.endswith(SILENT):
                self.notes.append(f"`{name}` is not imported")
                continue
            raise UnsupportedError(f"netc does not know its option `{name}`, {shown(value)}")


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62


def is_real(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and _is_finite(value)


def _is_finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:
        return False


def shown(value: Any) -> str:
    """A value of the JSON in a message, as short as a message can bear."""
    text = f"`{value}`" if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


LONGEST = 60


def shortest(value: float) -> float:
    """Of a number in single precision, such as 0.0010000000474974513, the shortest that rounds to
    it: 0.001. Other numbers are as they are."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return value
    if single != value:
        return value
    for digits in range(1, 9):
        rounded = float(f"{value:.{digits}g}")
        if struct.unpack("f", struct.pack("f", rounded))[0] == single:
            return rounded
    return value


def one_minus(value: float) -> float:
    """1 - value, in decimal: 0.01 for 0.99."""
    return float(1 - Decimal(repr(value)))


def plain_sizes(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """A single number where all are equal."""
    return sizes[:1] if len(set(sizes)) == 1 else sizes
