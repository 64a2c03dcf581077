"""Elements of SVG and HTML as text. What is put into one is escaped unless it is an element."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import isfinite


class Element(str):
    """A text that is markup already."""

    __slots__ = ()

    def __html__(self) -> str:
        """What templates take as it is."""
        return self


def element(tag: str, *children: str, **attributes: object) -> Element:
    """`<tag name="value">children</tag>`. Of the names of attributes, `_` means `-`, and one at
    the end is left out: `class_`. Attributes that are None or empty are left out."""
    inside = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_spelt(value))}"'
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    content = joined(children)
    return Element(f"<{tag}{inside}>{content}</{tag}>" if content else f"<{tag}{inside}/>")


def joined(parts: Iterable[str]) -> Element:
    """Elements and texts after each other."""
    return Element(
        "".join(part if isinstance(part, Element) else escape(part, quote=False) for part in parts)
    )


def _spelt(value: object) -> str:
    if isinstance(value, float):
        return place(value)
    return str(value)


def place(value: float) -> str:
    """A coordinate, with a digit after the point."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def points(xs: Iterable[float], ys: Iterable[float]) -> str:
    """A path through points; those that are not finite break it."""
    parts: list[str] = []
    draws = False
    for x, y in zip(xs, ys, strict=True):
        if not (isfinite(x) and isfinite(y)):
            draws = False
            continue
        parts.append(f"{'L' if draws else 'M'}{place(x)} {place(y)}")
        draws = True
    return "".join(parts)


def spelled(value: float) -> str:
    """A measured value: four digits, thousands with commas, and a dash for what has none."""
    if value != value:
        return "-"
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    size = abs(value)
    if 1e-3 <= size < 1e6:
        return f"{value:,.0f}" if size >= 1e4 else f"{value:,.4g}"
    mantissa, mark, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def cut(text: str, longest: int) -> str:
    """A text that is not too long for its place."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
