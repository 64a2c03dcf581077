"""How the weights of a module start, as the spec says: `init_weights`.

PyTorch starts norms, slopes and embeddings as netc does; its own rule for other layers is none of
netc's, so all of them are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import prod, sqrt
from typing import NamedTuple

from ..layers.layer import Parameter
from .layer import constant_text
from .wrapping import wrapped

OWN_START = ("nn.BatchNorm", "FrozenBatchNorm", "nn.LayerNorm", "nn.GroupNorm", "nn.PReLU")
"""Classes that start as netc's layers do."""


class StartedLayer(NamedTuple):
    """A module whose weights are drawn."""

    cls: str
    access: str
    """`model.cb1.conv1`."""
    statement: str
    """What draws its weight, a template of its name."""
    has_bias: bool


def started_layer(
    cls: str, access: str, parameter: Parameter, shape: Sequence[int], *, has_bias: bool
) -> StartedLayer:
    """A module with a weight of a shape, PyTorch's."""
    return StartedLayer(cls, access, _draw(parameter, shape), has_bias)


def _draw(parameter: Parameter, shape: Sequence[int]) -> str:
    """A call that draws a weight as netc does."""
    start = parameter.initializer
    assert start is not None, "a graph has all initialisers filled in"
    fan_in, fan_out = parameter.fan_in or 1, parameter.fan_out or 1
    window = prod(shape[2:])
    theirs = (shape[1] * window, shape[0] * window) if len(shape) > 1 else (0, 0)
    number = constant_text(float(start.scale or 0.0))
    match start.rule:
        case "zeros":
            return "nn.init.zeros_({})"
        case "constant":
            return f"nn.init.constant_({{}}, {number})"
        case "normal":
            return f"nn.init.normal_({{}}, std={number})"
        case "uniform":
            return f"nn.init.uniform_({{}}, -{number}, {number})"
        case "orthogonal":
            return "nn.init.orthogonal_({})"
        case "glorot":
            if theirs == (fan_in, fan_out):
                return "nn.init.xavier_uniform_({})"
            bound = constant_text(round(sqrt(6 / (fan_in + fan_out)), 6))
            return f"nn.init.uniform_({{}}, -{bound}, {bound})"
        case rule:
            gain = 2.0 if rule == "he" else 1.0
            if theirs[0] == fan_in:
                kind = "relu" if rule == "he" else "linear"
                return f'nn.init.kaiming_normal_({{}}, nonlinearity="{kind}")'
            return f"nn.init.normal_({{}}, std={constant_text(round(sqrt(gain / fan_in), 6))})"


def init_lines(layers: Iterable[StartedLayer]) -> list[str]:
    """The function, where there is anything to draw."""
    drawn = (layer for layer in layers if not layer.cls.startswith(OWN_START))
    kept = [layer for layer in drawn if not _starts_normal(layer)]
    if not kept:
        return []
    lines = [
        "def init_weights(model):",
        '    """Draws the initial weights."""',
        "    for module in model.modules():",
    ]
    exceptions: list[StartedLayer] = []
    for cls in dict.fromkeys(layer.cls for layer in kept):
        own = [layer for layer in kept if layer.cls == cls]
        ((usual, _),) = Counter(layer.statement for layer in own).most_common(1)
        exceptions += [layer for layer in own if layer.statement != usual]
        lines.append(f"        if isinstance(module, {cls}):")
        lines += wrapped(usual.format("module.weight"), 12)
        biased = [layer.has_bias for layer in own]
        if any(biased) and not all(biased):
            lines += ["            if module.bias is not None:"]
            lines += ["                nn.init.zeros_(module.bias)"]
        elif any(biased):
            lines.append("            nn.init.zeros_(module.bias)")
    for statement in dict.fromkeys(layer.statement for layer in exceptions):
        same = [layer.access for layer in exceptions if layer.statement == statement]
        if len(same) == 1:
            lines += wrapped(statement.format(f"{same[0]}.weight"), 4)
        else:
            lines += wrapped(f"for module in [{', '.join(same)}]:", 4)
            lines += wrapped(statement.format("module.weight"), 8)
    return lines


def _starts_normal(layer: StartedLayer) -> bool:
    """Of an embedding: whether it is drawn as PyTorch draws it."""
    return layer.cls == "nn.Embedding" and layer.statement == "nn.init.normal_({}, std=1.0)"
