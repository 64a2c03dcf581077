"""Counts, sizes, durations and measured values as people read them."""

from __future__ import annotations

from collections.abc import Callable

from ...grammar.text import counted

LABEL = 8
"""The width of `data`, `model`, `test` and their spaces."""


def short(number: int | None) -> str:
    """Below 100,000 as it is, above that in millions, billions or trillions: `0.42 M`."""
    if number is None:
        return "?"
    if number < 100_000:
        return f"{number:,}"
    scale, unit = (1e12, "T") if number >= 1e12 else (1e9, "G") if number >= 1e9 else (1e6, "M")
    size = number / scale
    return f"{size:.2f} {unit}" if size < 100 else f"{size:.0f} {unit}"


def multiply_adds_text(count: int) -> str:
    """`0.42 M multiply-adds`."""
    return f"{short(count)} multiply-add{'' if count == 1 else 's'}"


def size_text(size: int) -> str:
    """Bytes: `241.0 KiB`."""
    if size < 1024:
        return counted(size, "byte")
    power = min((size.bit_length() - 1) // 10, 4)
    return f"{size / 1024**power:.1f} {('KiB', 'MiB', 'GiB', 'TiB')[power - 1]}"


def duration(seconds: float) -> str:
    """The time of a step or an instruction: `1.25 s`, `3.40 ms`, `12.0 µs`."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{1e3 * seconds:.2f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} µs"


def fitted(value: float, spell: Callable[[float], str], width: int) -> str:
    """A number with a space before it in a column: as usual, or with as many digits as fit."""
    usual = spell(value)
    if len(usual) < width:
        return usual
    shorter = (
        text
        for digits in (4, 3, 2, 1)
        for text in (_short(value, digits), _power(value, digits))
        if len(text) < width
    )
    return next(shorter)


def number(value: float) -> str:
    """Four decimals, fewer for large ones, or three digits where those would say nothing; a dash
    for what has no value."""
    if value != value:
        return "-"
    if value == 0 or 5e-5 <= abs(value) < 100:
        return f"{value:.4f}"
    if 100 <= abs(value) < 1e5:
        return f"{value:.{6 - len(str(int(abs(value))))}f}"
    return _short(value)


def small(value: float) -> str:
    """A learning rate: like any number, or three digits where four decimals say too little."""
    return number(value) if value == 0 or value >= 0.01 else _short(value)


def _short(value: float, digits: int = 3) -> str:
    mantissa, mark, exponent = f"{value:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def _power(value: float, digits: int) -> str:
    """`5.17e-4` for 0.000517."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def seconds(value: float) -> str:
    """`0.4ms`, `85ms`, `2.1s`, `1m05s`, `1h02m`, `4d04h`: six characters at most."""
    if value < 0.00995:
        return f"{value * 1000:.1f}ms"
    if value < 0.9995:
        return f"{value * 1000:.0f}ms"
    if value < 59.95:
        return f"{value:.1f}s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    hours = whole // 3600
    if hours < 100:
        return f"{hours}h{whole % 3600 // 60:02}m"
    return f"{hours // 24}d{hours % 24:02}h" if hours < 2400 else f"{hours // 24}d"


def clock(value: float) -> str:
    """`0:00:38`."""
    whole = round(value)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def spelt(quantity: str) -> str:
    """A column's title: the training part needs no name."""
    return quantity.removeprefix("train_").replace("_", " ")


def column_width(name: str) -> int:
    """Of a measured quantity in the table of a run."""
    return 7 if name == "time" else max(8, len(spelt(name)) + 2)
