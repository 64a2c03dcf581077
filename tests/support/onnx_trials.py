"""The node tests of ONNX as specs, long because there is one function for each operator.

Each gives a `Trial`, or the reason why the language cannot say what the test computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Attributes = dict[str, Any]
Arrays = list[Array]


@dataclass
class Trial:
    """A spec, what is put into it, and what must come out."""

    text: str
    feeds: dict[str, Array]
    expected: Array
    parameters: dict[str, Array] = field(default_factory=dict)
    back: Callable[[Array], Array] = lambda y: y
    """From what the net gives to the layout of the test."""
    trains: bool = False
    kept: dict[str, Array] = field(default_factory=dict)
    """What parameters must be afterwards."""
    loss: bool = False
    """Whether the loss is what is compared."""

    @property
    def batch(self) -> int:
        return len(next(iter(self.feeds.values())))


Maker = Callable[[Attributes, Arrays, Arrays], Trial | str]

FLOATS = ("float16", "float32", "float64")
RANK = "more than three axes in a sample"
WHOLE = "arithmetic of whole numbers"
BROADCAST = "nothing is stretched to another shape"


def last(x: Array) -> Array:
    return np.moveaxis(x, 1, -1)


def first(y: Array) -> Array:
    return np.moveaxis(y, -1, 1)


def size_of(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def sampled(x: Array) -> Array:
    """With a batch in front: of a vector, one sample."""
    return x[None] if x.ndim == 1 else x


def shaped(expected: Array) -> Callable[[Array], Array]:
    return lambda y: y.reshape(expected.shape)


def window(a: Attributes, x: Array) -> tuple[list[tuple[int, int]], str]:
    """Padding of each axis, and the options for stride, dilation and rounding."""
    axes = x.ndim - 2
    kernel = a["kernel_shape"]
    stride = a.get("strides", [1] * axes)
    dilation = a.get("dilations", [1] * axes)
    auto = a.get("auto_pad", b"NOTSET").decode()
    if auto.startswith("SAME"):
        ends = []
        for n, k, s in zip(x.shape[2:], kernel, stride, strict=True):
            missing = max(0, (-(-n // s) - 1) * s + k - n)
            small, large = missing // 2, missing - missing // 2
            ends.append((small, large) if auto == "SAME_UPPER" else (large, small))
    else:
        pads = a.get("pads", [0] * 2 * axes)
        ends = list(zip(pads[:axes], pads[axes:], strict=True))
    rounding = "ceil" if a.get("ceil_mode") else "floor"
    options = f" stride={size_of(stride)} round={rounding}"
    if set(dilation) != {1}:
        options += f" dilation={size_of(dilation)}"
    return ends, options


def pad_option(ends: list[tuple[int, int]]) -> str | None:
    if all(before == after for before, after in ends):
        return f" pad={size_of(tuple(before for before, _ in ends))}"
    if all(after - before in (0, 1) for before, after in ends):
        return " pad=same"
    return None


def conv(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x, w = last(i[0]), i[1]
    ends, options = window(a | {"kernel_shape": w.shape[2:]}, i[0])
    pad = pad_option(ends)
    if pad is None:
        return "more padding before than after"
    bias = "true" if len(i) > 2 else "false"
    text = (
        f"input {size_of(x.shape[1:])} name=x -> conv {len(w)} {size_of(w.shape[2:])}"
        f"{options}{pad} groups={a.get('group', 1)} bias={bias} name=op"
    )
    parameters = {"op.w": np.moveaxis(w, (0, 1), (-1, -2))}
    return Trial(text, {"x": x}, o[0], parameters, back=first)


def deconv(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    if i[0].ndim > 4:
        return RANK
    x, w, group = last(i[0]), i[1], a.get("group", 1)
    axes = x.ndim - 2
    kernel = w.shape[2:]
    stride = a.get("strides", [1] * axes)
    dilation = a.get("dilations", [1] * axes)
    extra = a.get("output_padding", [0] * axes)
    pads = a.get("pads", [0] * 2 * axes)
    crop = ""
    if pads[:axes] != pads[axes:]:
        return "other padding before than after"
    if "output_shape" in a or "auto_pad" in a:
        # The padding that gives the size of the output; half of it before, rounded down.
        whole = [
            (n - 1) * s + d * (k - 1) + 1
            for n, s, d, k in zip(x.shape[1:-1], stride, dilation, kernel, strict=True)
        ]
        off = [size - wanted for size, wanted in zip(whole, o[0].shape[2:], strict=True)]
        extra = [max(0, -size) for size in off]
        halves = tuple(max(0, size) // 2 for size in off)
        rest = tuple(max(0, size) - half for size, half in zip(off, halves, strict=True))
        crop = f" -> crop {size_of(halves)} after={size_of(rest)}"
    text = (
        f"input {size_of(x.shape[1:])} name=x -> deconv {w.shape[1] * group} {size_of(kernel)}"
        f" stride={size_of(stride)} dilation={size_of(dilation)} pad={size_of(pads[:axes])}"
        f" output_pad={size_of(extra)} groups={group} bias=false name=op{crop}"
    )
    parameters = {"op.w": np.moveaxis(w, (0, 1), (-1, -2))}
    return Trial(text, {"x": x}, o[0], parameters, back=first)


def pool(word: str) -> Maker:
    def make(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
        if i[0].ndim > 4:
            return RANK
        if i[0].dtype.name not in FLOATS:
            return WHOLE
        if set(a.get("dilations", [1])) != {1}:
            return "pools have no dilation"
        x = last(i[0])
        ends, options = window(a, i[0])
        pad = pad_option(ends)
        if pad is None:
            return "more padding before than after"
        padded = any(sum(pair) for pair in ends)
        if word == "avgpool" and padded and not a.get("count_include_pad"):
            return "the average counts the zeros of its padding"
        kernel = size_of(a["kernel_shape"])
        text = f"input {size_of(x.shape[1:])} name=x -> {word} {kernel}{options}{pad}"
        return Trial(text, {"x": x}, o[0], back=first)

    return make


def whole_pool(word: str) -> Maker:
    def make(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
        x = last(i[0])
        call = "gap" if word == "gap" else f"maxpool {size_of(x.shape[1:-1])} -> flatten"
        text = f"input {size_of(x.shape[1:])} name=x -> {call}"
        return Trial(text, {"x": x}, o[0], back=shaped(o[0]))

    return make


def bn(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x, scale, bias, mean, variance = i
    eps, trains = a.get("epsilon", 1e-5), bool(a.get("training_mode"))
    share = 1 - a.get("momentum", 0.9)
    text = f"input {size_of(last(x).shape[1:])} name=x -> bn eps={eps:.9f} momentum={share:.9f}"
    text += " name=op"
    kept: dict[str, Array] = {}
    if trains:
        text += "; loss mse; opt sgd lr=0.1"
        # There the kept variance follows the biased one.
        count = x.size // x.shape[1]
        follows = (o[2] - (1 - share) * variance) * count / (count - 1)
        kept = {"op.mean": o[1], "op.var": (1 - share) * variance + follows}
    parameters = {"op.gamma": scale, "op.beta": bias, "op.mean": mean, "op.var": variance}
    return Trial(text, {"x": last(x)}, o[0], parameters, back=first, trains=trains, kept=kept)


def ln(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x, scale, bias = i
    axis = a.get("axis", -1) % x.ndim
    before, after = int(np.prod(x.shape[:axis])), int(np.prod(x.shape[axis:]))
    text = f"input {after} name=x -> ln eps={a.get('epsilon', 1e-5):.9f} name=op"
    if axis == x.ndim - 1 and x.ndim > 2:
        text = text.replace(f"input {after}", f"input {size_of(x.shape[1:])}")
        before = len(x)
    parameters = {"op.gamma": scale.ravel(), "op.beta": bias.ravel()}
    return Trial(text, {"x": x.reshape(before, -1)}, o[0], parameters, back=shaped(o[0]))


def gn(each: bool) -> Maker:
    def make(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
        x, scale, bias = i
        groups = x.shape[1] if each else a["num_groups"]
        eps = a.get("epsilon", 1e-5)
        text = f"input {size_of(last(x).shape[1:])} name=x -> gn {groups} eps={eps:.9f} name=op"
        parameters = {"op.gamma": scale, "op.beta": bias}
        return Trial(text, {"x": last(x)}, o[0], parameters, back=first)

    return make


def lrn(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    size, x = a["size"], last(i[0])
    alpha = a.get("alpha", 1e-4) / size
    text = (
        f"input {size_of(x.shape[1:])} name=x -> lrn {size} alpha={alpha:.12f}"
        f" beta={a.get('beta', 0.75)} k={a.get('bias', 1.0)}"
    )
    return Trial(text, {"x": x}, o[0], back=first)


def activation(
    word: str, *options: str, unless: Callable[[Attributes], str] = lambda a: ""
) -> Maker:
    """An activation, and the names of its numbers in ONNX with their defaults there."""

    def make(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
        reason = unless(a)
        if reason:
            return reason
        x = sampled(i[0])
        pairs = (option.split("=") for option in options)
        numbers = " ".join(f"{a.get(name, float(default)):.9g}" for name, default in pairs)
        text = f"input {size_of(x.shape[1:])} name=x -> {word} {numbers}"
        return Trial(text, {"x": x}, o[0], back=shaped(o[0]))

    return make


def prelu(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x, slope = i
    if slope.shape != x.shape[-1:]:
        return "a slope for each channel, not for each number"
    text = f"input {size_of(x.shape[1:])} name=x -> prelu name=op"
    return Trial(text, {"x": x}, o[0], {"op.a": slope})


def softmax(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    axis = a.get("axis", -1)
    x = np.moveaxis(i[0], axis, -1)
    text = f"input {size_of(x.shape[1:])} name=x -> softmax"
    return Trial(text, {"x": x}, o[0], back=lambda y: np.moveaxis(y, -1, axis))


def gemm(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x = i[0].T if a.get("transA") else i[0]
    w = a.get("alpha", 1.0) * (i[1].T if a.get("transB") else i[1])
    units = w.shape[1]
    if len(i) < 3:
        text = f"input {x.shape[1]} name=x -> dense {units} bias=false name=op"
        return Trial(text, {"x": x}, o[0], {"op.w": w})
    bias = a.get("beta", 1.0) * i[2]
    if bias.ndim == 2 and len(bias) > 1:
        text = (
            f"input {x.shape[1]} name=x -> dense {units} bias=false name=op -> @y"
            f"; input {units} name=c -> @c; add @y @c"
        )
        return Trial(text, {"x": x, "c": bias}, o[0], {"op.w": w})
    text = f"input {x.shape[1]} name=x -> dense {units} name=op"
    b = np.broadcast_to(bias.reshape(-1), (units,))
    return Trial(text, {"x": x}, o[0], {"op.w": w, "op.b": b})


def matmul(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x, w = i
    if w.ndim > 2:
        return "the right side is a weight, the same for all samples"
    w = w.reshape(len(w), -1)
    text = f"input {x.shape[-1]} name=x -> dense {w.shape[1]} bias=false name=op"
    return Trial(text, {"x": x.reshape(-1, x.shape[-1])}, o[0], {"op.w": w}, back=shaped(o[0]))


def merge(word: str) -> Maker:
    def make(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
        if i[0].dtype.name not in FLOATS:
            return WHOLE
        if len(i) < 2:
            return "a merge has at least two branches"
        if len({x.shape for x in i}) > 1:
            return BROADCAST
        return _merged(word, [sampled(x) for x in i], o[0], shaped(o[0]))

    return make


def _merged(word: str, xs: Arrays, expected: Array, back: Callable[[Array], Array]) -> Trial:
    lines = [f"input {size_of(x.shape[1:])} name=x{n} -> @x{n}" for n, x in enumerate(xs)]
    lines.append(" ".join([word, *(f"@x{n}" for n in range(len(xs)))]))
    return Trial("; ".join(lines), {f"x{n}": x for n, x in enumerate(xs)}, expected, back=back)


def concat(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    axis = a["axis"]
    if i[0].ndim == 1:
        return _merged("concat", [x[None] for x in i], o[0], shaped(o[0]))
    xs = [np.moveaxis(x, axis, -1) for x in i]
    return _merged("concat", xs, o[0], lambda y: np.moveaxis(y, -1, axis))


def cross_entropy(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    reduction = a.get("reduction", b"mean").decode()
    if len(i) > 2:
        return "classes have no weights of their own"
    if "ignore_index" in a and (i[1] == a["ignore_index"]).any():
        return "no class is ignored"
    classes = i[0].shape[1]
    x = last(i[0]).reshape(-1, classes)
    t = np.eye(classes)[i[1].ravel()]
    if reduction == "none":
        # A sample alone is its own mean.
        text = f"input {classes} name=x -> softmax; loss ce"
        return Trial(text, {"x": x, "target": t}, o[0], loss=True, back=shaped(o[0]))
    if i[0].ndim > 2:
        x = x.reshape(len(i[0]), -1, classes)
    weight = x.size // classes if reduction == "sum" else 1
    text = f"input {size_of(x.shape[1:])} name=x -> softmax; loss ce weight={weight}"
    feeds = {"x": x, "target": t.reshape(x.shape)}
    return Trial(text, feeds, o[0], loss=True, back=shaped(o[0]))


def pad(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    if a.get("mode", b"constant") != b"constant":
        return "padding is zeros, neither edges nor reflections"
    x, pads = last(i[0]), list(i[1])
    if len(i) > 3:
        axes, pads = list(i[3] % i[0].ndim), [0] * 2 * i[0].ndim
        for at, axis in enumerate(axes):
            pads[axis], pads[axis + i[0].ndim] = i[1][at], i[1][at + len(axes)]
    if any(pads[:2]) or any(pads[4:6]) or min(pads) < 0:
        return "positions are padded, neither channels nor the batch"
    # Zeros around x - v are v around x.
    value = i[2] if len(i) > 2 else 0.0
    text = (
        f"input {size_of(x.shape[1:])} name=x"
        f" -> pad {size_of(tuple(pads[2:4]))} after={size_of(tuple(pads[6:8]))}"
    )
    return Trial(text, {"x": x - value}, o[0], back=lambda y: first(y) + value)


def reshape(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x, wanted = i[0], o[0].shape
    if 0 in wanted:
        return "nothing has no numbers"
    if wanted[0] != len(x) or x.ndim > 4 or len(wanted) == 1:
        x, wanted = x[None], (1, *wanted)
    if x.ndim > 4 or len(wanted) > 4:
        return RANK
    text = f"input {size_of(x.shape[1:])} name=x -> reshape {size_of(wanted[1:])}"
    return Trial(text, {"x": x}, o[0], back=shaped(o[0]))


def flatten(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    x = i[0]
    axis = a.get("axis", 1) % x.ndim
    sample = x.shape[axis:]
    if len(sample) > 3:
        return RANK
    text = f"input {size_of(sample)} name=x -> flatten"
    return Trial(text, {"x": x.reshape(-1, *sample)}, o[0])


def resize(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    if a.get("mode", b"nearest") != b"nearest":
        return "upsampling repeats, it does not interpolate"
    if "nearest_mode" in a or "coordinate_transformation_mode" in a:
        return "another rule for what is nearest"
    factors = [after / before for after, before in zip(o[0].shape, i[0].shape, strict=True)]
    if any(factor % 1 for factor in factors):
        return "a factor that is no whole number"
    factor = size_of(tuple(int(f) for f in factors[2:]))
    text = f"input {size_of(last(i[0]).shape[1:])} name=x -> upsample {factor}"
    return Trial(text, {"x": last(i[0])}, o[0], back=first)


def gather(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    data, index = i
    if index.min() < 0:
        return "tokens count from 0"
    axis = a.get("axis", 0)
    table = np.moveaxis(data, axis, 0)
    rest = table.shape[1:]
    w = table.reshape(len(table), -1)
    text = f"input {index.size} name=x -> embed {len(w)} {w.shape[1]} name=op"

    def back(y: Array) -> Array:
        rows = np.moveaxis(y.reshape(index.size, *rest), 0, axis)
        return rows.reshape(o[0].shape)

    return Trial(text, {"x": index.reshape(1, -1)}, o[0], {"op.w": w}, back=back)


def identity(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    if not isinstance(i[0], np.ndarray):
        return "tensors only"
    if i[0].dtype.name not in FLOATS:
        return WHOLE
    x = sampled(i[0])
    sizes = size_of(x.shape[1:])
    text = f"input {sizes} name=x -> expect {sizes}"
    return Trial(text, {"x": x}, o[0], back=shaped(o[0]))


def dropout(a: Attributes, i: Arrays, o: Arrays) -> Trial | str:
    ratio = float(i[1]) if len(i) > 1 else a.get("ratio", 0.5)
    if len(i) > 2 and i[2] and ratio:
        return "other random numbers"
    return activation(f"dropout {ratio:.6f}")(a, i[:1], o)


def _selu(a: Attributes) -> str:
    return "other constants than the paper's" if a else ""


def _gelu(a: Attributes) -> str:
    return "the tanh approximation" if a.get("approximate", b"none") == b"tanh" else ""


MAKERS: dict[str, Maker] = {
    "Add": merge("add"),
    "AveragePool": pool("avgpool"),
    "BatchNormalization": bn,
    "Concat": concat,
    "Conv": conv,
    "ConvTranspose": deconv,
    "Dropout": dropout,
    "Elu": activation("elu", "alpha=1"),
    "Flatten": flatten,
    "Gather": gather,
    "Gelu": activation("gelu", unless=_gelu),
    "Gemm": gemm,
    "GlobalAveragePool": whole_pool("gap"),
    "GlobalMaxPool": whole_pool("maxpool"),
    "GroupNormalization": gn(each=False),
    "HardSwish": activation("hardswish"),
    "Identity": identity,
    "InstanceNormalization": gn(each=True),
    "LRN": lrn,
    "LayerNormalization": ln,
    "LeakyRelu": activation("leaky", "alpha=0.01"),
    "MatMul": matmul,
    "Max": merge("max"),
    "MaxPool": pool("maxpool"),
    "Mean": merge("avg"),
    "Mul": merge("mul"),
    "PRelu": prelu,
    "Pad": pad,
    "Relu": activation("relu"),
    "Reshape": reshape,
    "Resize": resize,
    "Selu": activation("selu", unless=_selu),
    "Sigmoid": activation("sigmoid"),
    "Sign": activation("sign"),
    "Softmax": softmax,
    "SoftmaxCrossEntropyLoss": cross_entropy,
    "Softplus": activation("softplus"),
    "Sum": merge("add"),
    "Swish": activation("silu"),
    "Tanh": activation("tanh"),
    "Upsample": resize,
}
