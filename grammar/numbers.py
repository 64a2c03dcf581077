"""How numbers are spelt: one way, for the formatter and for every message."""

from __future__ import annotations

from .tokens import LONGEST_WHOLE


def shortest(value: float) -> str:
    """The shortest text that reads back as the number. A power of ten is written where it saves
    two characters: `0.001` but `1e-5`, `1000` but `1e6`; and where digits alone would be a whole
    number of more digits than the language allows."""
    digits, exponent = _digits(value)
    sign = "-" if value < 0 else ""
    plain = _plain(digits, exponent)
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    power = f"{mantissa}e{exponent}"
    fits = exponent < LONGEST_WHOLE and len(plain) <= len(power) + 1
    return f"{sign}{plain if fits else power}"


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits that read back as the number, and the power of ten of the first."""
    if value == 0:
        return "0", 0
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    digits = whole + part
    power = int(exponent or 0) + len(whole) - 1
    leading = len(digits) - len(digits.lstrip("0"))
    return digits.strip("0"), power - leading


def _plain(digits: str, exponent: int) -> str:
    """The number without a power of ten."""
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    part = digits[exponent + 1 :]
    return f"{whole}.{part}" if part else whole
