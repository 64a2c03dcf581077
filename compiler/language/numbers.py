"""What the numbers of a spec mean: percentages, and whole numbers however they are written."""

from __future__ import annotations

from ...grammar.tokens import LARGEST_WHOLE, LONGEST_WHOLE

TOO_LONG = f"whole numbers have at most {LONGEST_WHOLE} digits"


def is_too_long(value: float) -> bool:
    """Whether it has more digits than a whole number may have: `1e20` has."""
    return abs(value) > LARGEST_WHOLE


def whole(value: float) -> float:
    """A number as it is compared with sizes and counts: `5e3` is 5000."""
    return int(value) if float(value).is_integer() else value


def fraction(percentage: float) -> float:
    """A percentage as a part of one, rounded once: 99.9 gives 0.999, where `/ 100` does not."""
    text = repr(percentage)
    return percentage / 100 if "e" in text else float(f"{text}e-2")


class Percent:
    """Marks the type of a number that may be written `20%` for 0.2."""
