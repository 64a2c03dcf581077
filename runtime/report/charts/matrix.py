"""A matrix of counts as a map of colours."""

from __future__ import annotations

from collections.abc import Sequence

from .frame import Chart, drawing, title
from .markup import cut, element

MOST_NUMBERS = 12
"""With more classes, only the colours are shown."""
MOST_NAMED = 40
"""With more classes, every few have their names."""
MOST_SAID = 3000
"""Cells that say what they count; of more, the largest."""
NARROWEST, WIDEST = 6.0, 44.0
"""Sides of a cell."""
LETTER = 5.6


def confusion_chart(
    names: Sequence[str], counts: Sequence[Sequence[int]], called: str, unit: str
) -> Chart:
    """A row for each true class, a column for each predicted one; the colour is the share of the
    true class."""
    size = len(names)
    side = min(max(330 / size, NARROWEST), WIDEST)
    every = -(-size // MOST_NAMED)
    shown = [cut(name, 14) for name in names]
    long = LETTER * max(len(name) for name in shown)
    left = 20 + long
    edge = side * size
    across = every == 1 and all(LETTER * len(name) < side for name in shown)
    top = 30.0 if across else 22 + min(long, 80)
    parts: list[str] = [
        element("rect", class_="blank", x=left, y=top, width=edge, height=edge),
        element("text", "predicted", class_="label", x=left, y=11),
        element(
            "text",
            "true",
            class_="label middle",
            transform=f"translate(10 {top + edge / 2:.1f}) rotate(-90)",
        ),
    ]
    for number in range(0, size, every):
        middle = (number + 0.5) * side
        parts.append(
            element("text", shown[number], class_="tick end", x=left - 4, y=top + middle + 3.5)
        )
        turn = f"translate({left + middle + (0 if across else 3):.1f} {top - 4:.1f})"
        parts.append(
            element(
                "text",
                shown[number],
                class_="tick middle" if across else "tick",
                transform=turn if across else f"{turn} rotate(-60)",
            )
        )
    parts += _cells(names, counts, (left, top, side), unit)
    right = 30 if across else max(12.0, 0.5 * min(long, 80))
    note = f"colour: the share of the true class; {called}"
    label = f"confusion matrix of {size} classes"
    svg = drawing(parts, label, left + edge + right, top + edge + 8)
    return Chart("Confusion matrix", svg, note=note, wide=size > MOST_NUMBERS)


def _cells(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    place: tuple[float, float, float],
    unit: str,
) -> list[str]:
    left, top, side = place
    sums = [max(sum(row), 1) for row in counts]
    found = [
        (counts[row][column], row, column)
        for row in range(len(names))
        for column in range(len(names))
        if counts[row][column]
    ]
    said = sorted(found, reverse=True)[:MOST_SAID]
    least = {(row, column) for _, row, column in said}
    parts: list[str] = []
    for count, row, column in found:
        share = count / sums[row]
        x, y = left + column * side, top + row * side
        text = (
            title(f"true {names[row]}\npredicted {names[column]}\n{count:,} {unit}, {share:.1%}")
            if (row, column) in least
            else ""
        )
        parts.append(
            element(
                "rect",
                text,
                class_="cell",
                x=x,
                y=y,
                width=side,
                height=side,
                fill_opacity=f"{max(share, 0.04):.2f}",
            )
        )
        if len(names) <= MOST_NUMBERS:
            inside = "number on" if share > 0.55 else "number"
            parts.append(
                element("text", _short(count), class_=inside, x=x + side / 2, y=y + side / 2 + 3.5)
            )
    return parts


def _short(count: int) -> str:
    """A count in four letters."""
    if count < 10_000:
        return str(count)
    return f"{count / 1000:.0f}k" if count < 999_500 else f"{count / 1e6:.1f}M"
