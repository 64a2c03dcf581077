"""The text of a layer in a drawing: netc words, without what concerns only its training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..language.options import options_of
from ..layers.layer import Arity, Layer

LINE = 36
"""Characters of a line in a box."""
LINES = 4
"""Lines of one call. What is longer ends in an ellipsis; `netc show --resolved` has all of it."""
LONGEST_NAME = 30
"""Characters of the name of a block or a layer."""
QUIET = ("name", "bias", "init", "l1", "l2", "lr", "share", "momentum", "eps")
"""Options without an effect on shapes."""
ELLIPSIS = "…"


def call_text(layer: Layer) -> str:
    """A layer as it is written, without what concerns only its training."""
    named = {option.name: option for option in options_of(type(layer))}
    keyed = [
        f"{name}={option.kind.write(getattr(layer, name))}"
        for name, option in named.items()
        if name not in layer.positional
        and name not in QUIET
        and getattr(layer, name) != option.default
    ]
    if layer.arity is Arity.NONE and layer.name is not None:
        keyed.append(layer.name)
    return " ".join([layer.heading(), *keyed])


def lines_of(calls: Iterable[str]) -> Iterator[str]:
    """The calls, as many on a line as fit."""
    line = ""
    for call in calls:
        for part in _parts(call):
            if line and len(line) + 1 + len(part) > LINE:
                yield line
                line = part
            else:
                line = f"{line} {part}".strip()
    yield line


def _parts(call: str) -> list[str]:
    """A call in pieces that fit on a line each."""
    if len(call) <= LINE:
        return [call]
    lines = [""]
    for word in call.split():
        short = shortened(word, LINE)
        if lines[-1] and len(lines[-1]) + 1 + len(short) > LINE:
            lines.append(short)
        else:
            lines[-1] = f"{lines[-1]} {short}".strip()
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], shortened(lines[LINES - 1], LINE - 2) + f" {ELLIPSIS}"]
    return lines


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS
