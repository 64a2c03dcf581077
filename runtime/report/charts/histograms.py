"""Small histograms, one for each layer."""

from __future__ import annotations

from ..data import ReportHistogram
from .frame import Chart, drawing, title
from .markup import element, place, spelled

WIDTH, HEIGHT = 240, 92
BASE = 74
MOST_BARS = 30


def histogram_chart(item: ReportHistogram) -> Chart:
    """Bars that say their ends and counts."""
    counts, step = _fewer(item.counts)
    width = (item.high - item.low) * step / max(len(item.counts), 1)
    most = max(counts, default=1) or 1
    bar = (WIDTH - 12) / max(len(counts), 1)
    parts: list[str] = []
    for number, count in enumerate(counts):
        low = item.low + number * width
        tall = (BASE - 6) * count / most
        if count:
            tall = max(tall, 0.8)
        text = f"{spelled(low)} to {spelled(low + width)}: {count:,}"
        parts.append(
            element(
                "rect",
                title(text),
                class_="bar",
                x=6 + number * bar,
                y=BASE - tall,
                width=max(bar - 0.6, 0.6),
                height=tall,
            )
        )
    parts.append(element("path", class_="axis", d=f"M6 {BASE}H{WIDTH - 6}"))
    high = item.low + width * len(counts)
    if item.low < 0 < high:
        zero = 6 + (WIDTH - 12) * -item.low / (high - item.low)
        parts.append(element("path", title("0"), class_="mark", d=f"M{place(zero)} 4V{BASE}"))
    parts.append(element("text", spelled(item.low), class_="tick", x=6, y=BASE + 13))
    parts.append(element("text", spelled(high), class_="tick end", x=WIDTH - 6, y=BASE + 13))
    note = f"mean {spelled(item.mean)}, deviation {spelled(item.deviation)}"
    return Chart(item.name, drawing(parts, f"{item.name}: {note}", WIDTH, HEIGHT), note=note)


def _fewer(counts: tuple[int, ...]) -> tuple[list[int], int]:
    """Neighbours together, where there are many; and how many are."""
    step = -(-len(counts) // MOST_BARS) or 1
    return [sum(counts[at : at + step]) for at in range(0, len(counts), step)], step
