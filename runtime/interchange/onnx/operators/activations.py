"""Functions of each number, and softmax."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose

import numpy as np

from .....compiler.layers.layer import Layer
from .....compiler.layers.relu import SELU_ALPHA, SELU_SCALE, Elu, Leaky, Prelu, Relu, Selu
from .....compiler.layers.sigmoid import Gelu, HardSigmoid, HardSwish, Sigmoid, Silu, Softplus, Tanh
from .....compiler.layers.sign import Sign, UnitStep
from .....compiler.layers.softmax import Softmax
from ..file import FileNode
from ..reader import NetworkReader, NoLayerError, for_each, number

ReadOperator = Callable[[NetworkReader, FileNode], None]


def pointwise(make: Callable[[FileNode], Layer]) -> ReadOperator:
    """A function that is the same for every number: the order of the axes does not matter."""

    def read(r: NetworkReader, node: FileNode) -> None:
        x = r.tensor(node.inputs[0])
        r.put(node, make(node), (x,), order=x.order)

    return read


def _leaky(node: FileNode) -> Layer:
    slope = number(node.attributes.get("alpha", 0.01))
    if slope < 0:
        raise NoLayerError(f"its slope is {slope}, below 0")
    return Leaky(slope=slope)


def _elu(node: FileNode) -> Layer:
    alpha = number(node.attributes.get("alpha", 1.0))
    if alpha <= 0:
        raise NoLayerError(f"its alpha is {alpha}, not above 0")
    return Elu(alpha=alpha)


def _selu(node: FileNode) -> Layer:
    alpha, scale = (
        node.attributes.get("alpha", SELU_ALPHA),
        node.attributes.get("gamma", SELU_SCALE),
    )
    if not (isclose(alpha, SELU_ALPHA, rel_tol=1e-4) and isclose(scale, SELU_SCALE, rel_tol=1e-4)):
        raise NoLayerError("its constants are not those of the paper")
    return Selu()


def _gelu(node: FileNode) -> Layer:
    if node.attributes.get("approximate", "none") != "none":
        raise NoLayerError("it approximates by `tanh`, and `gelu` is the exact function")
    return Gelu()


def prelu(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    slope = r.needed(node, 1)
    channels = x.shape[-1]
    # one slope for each channel, or one for all
    sizes = (1,) * (len(x.axes) + 1 - slope.ndim) + slope.shape
    varies = [at for at, size in enumerate(sizes) if size != 1]
    of_channels = all(at > 0 and x.axes[at - 1] == len(x.shape) - 1 for at in varies)
    if len(sizes) > len(x.axes) + 1 or x.order is not None or not of_channels:
        raise NoLayerError("it has a slope for each position")
    values = for_each(slope, channels)
    r.put(node, Prelu(), (x,), {"a": values}, node.inputs[1:])


def clip(r: NetworkReader, node: FileNode) -> None:
    """From 0 on it is `relu`, to a number above 0 `relu max=`."""
    bounds: list[float | None] = []
    for index, name in ((1, "min"), (2, "max")):
        found = r.constant(node, index) if len(node.inputs) > index else node.attributes.get(name)
        bounds.append(None if found is None else float(np.asarray(found).reshape(-1)[0]))
    least, most = bounds
    x = r.tensor(node.inputs[0])
    infinite = most is None or most >= float(np.finfo(np.float32).max)
    if least == 0 and infinite:
        return r.put(node, Relu(), (x,), order=x.order)
    if least == 0 and most is not None and most > 0:
        return r.put(node, Relu(max=most), (x,), order=x.order)
    raise NoLayerError(f"it keeps numbers between {least} and {most}")


def _hard_sigmoid(node: FileNode) -> Layer:
    alpha, beta = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    if not (isclose(alpha, 1 / 6, rel_tol=1e-4) and isclose(beta, 0.5)):
        raise NoLayerError(f"it is {alpha:g} x + {beta:g}, and `hardsigmoid` is x / 6 + 1/2")
    return HardSigmoid()


def softmax(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    usual = -1 if r.file.opset >= 13 else 1
    axis = int(node.attributes.get("axis", usual))
    behind = [
        size for at, size in enumerate(x.axes, 1) if at > axis % (len(x.axes) + 1) and size >= 0
    ]
    if r.file.opset < 13 and behind:
        raise NoLayerError("before opset 13 it is over all axes from one on")
    if x.order is not None or x.axis(axis) != len(x.shape) - 1:
        raise NoLayerError("it is over something other than the channels")
    r.put(node, Softmax(), (x,))


def log_softmax(r: NetworkReader, node: FileNode) -> None:
    raise NoLayerError(
        "netc has the logarithm in its losses only",
        "end the network with a softmax, or with the logits",
    )


ACTIVATIONS: dict[str, ReadOperator] = {
    "Relu": pointwise(lambda node: Relu()),
    "LeakyRelu": pointwise(_leaky),
    "Elu": pointwise(_elu),
    "Selu": pointwise(_selu),
    "Gelu": pointwise(_gelu),
    "Silu": pointwise(lambda node: Silu()),
    "Tanh": pointwise(lambda node: Tanh()),
    "Sigmoid": pointwise(lambda node: Sigmoid()),
    "HardSigmoid": pointwise(_hard_sigmoid),
    "HardSwish": pointwise(lambda node: HardSwish()),
    "Softplus": pointwise(lambda node: Softplus()),
    "Sign": pointwise(lambda node: Sign()),
    "UnitStep": pointwise(lambda node: UnitStep()),
    "PRelu": prelu,
    "Clip": clip,
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
}
