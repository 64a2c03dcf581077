"""Generated specs: networks of every kind, grown layer by layer.

A layer is drawn with odd options on purpose. Each text so far is checked: what is refused is kept
aside for the law about refusals, and the network grows on without it. So the shapes come from
`check` itself, and most of what comes out is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from growing import Growing
from hypothesis import strategies as st

ACTIVATIONS = (
    "relu", "relu max=1", "leaky 0.2", "leaky", "elu", "elu 0.5", "prelu", "selu", "gelu", "silu",
    "tanh", "sigmoid", "softplus", "softmax", "hardsigmoid", "hardswish",
)  # fmt: skip
LEARNING = (" freeze=true", " lr=0.1", " init=he", " init=orthogonal", " l1=1e-3", " l2=1e-2", "")
MERGES = ("add", "mul", "max", "avg", "concat")


@dataclass(slots=True)
class Generated:
    """A spec, what was refused on the way, and how its feeds have to look."""

    text: str
    refused: list[str]
    tokens: dict[str, int]
    """Inputs that hold token numbers, and how many tokens there are."""
    kinds: dict[str, str]
    """The word of the loss that each label has."""


def _sizes(g: Growing, *choices: str) -> str:
    """A window or a stride, for two axes sometimes with two numbers."""
    one = g.pick(*choices)
    if len(g.shape) == 3 and g.maybe(4):
        return f"{one}x{g.pick(*choices)}"
    return one


def _option(g: Growing, name: str, *choices: str, share: int = 3) -> str:
    return f" {name}={_sizes(g, *choices)}" if g.maybe(share) else ""


def _window(g: Growing) -> str:
    pad = _option(g, "pad", "1", "2", share=2) or (" pad=same" if g.maybe(3) else "")
    rounding = f" round={g.pick('floor', 'ceil')}" if g.maybe(3) else ""
    return _option(g, "stride", "1", "2", "3") + pad + rounding


def _bias(g: Growing) -> str:
    return " bias=false" if g.maybe(3) else ""


def _words(g: Growing) -> str:
    return g.pick("", "", " relu", " bn", " bn relu", " tanh", " prelu", " gn 2 silu")


def _conv(g: Growing) -> str:
    groups = f" groups={g.number(2, 3)}" if g.maybe(4) else ""
    return (
        f"conv {g.pick('1', '2', '3', '4', '6')} {_sizes(g, '1', '2', '3', '5')}{_window(g)}"
        f"{_option(g, 'dilation', '2', share=5)}{groups}{_bias(g)}"
        f"{g.pick('', '', *LEARNING)}{_words(g)}"
    )


def _wide_conv(g: Growing) -> str:
    return f"conv 32 1x1 -> conv 32 3x3 pad={g.number(0, 1)}{_bias(g)}{_words(g)} -> conv 2 1x1"


def _depthwise(g: Growing) -> str:
    multiplier = f" multiplier={g.number(2, 3)}" if g.maybe(3) else ""
    return (
        f"depthwise {_sizes(g, '1', '2', '3')}{_window(g)}{multiplier}"
        f"{_option(g, 'dilation', '2', share=5)}{_bias(g)}{g.pick('', *LEARNING)}{_words(g)}"
    )


def _deconv(g: Growing) -> str:
    groups = " groups=2" if g.maybe(4) else ""
    return (
        f"deconv {g.number(1, 4)} {_sizes(g, '1', '2', '3')}{_option(g, 'stride', '1', '2')}"
        f"{_option(g, 'pad', '1')}{_option(g, 'output_pad', '1', share=5)}"
        f"{_option(g, 'dilation', '2', share=6)}{groups}{_bias(g)}{_words(g)}"
    )


def _pool(g: Growing) -> str:
    return f"{g.pick('maxpool', 'avgpool')} {_sizes(g, '1', '2', '3')}{_window(g)}"


def _norm(g: Growing) -> str:
    momentum = " momentum=0.5" if g.maybe(4) else ""
    freeze = " freeze=true" if g.maybe(5) else ""
    return g.pick(f"bn{momentum}{freeze}", "bn eps=1e-3", "ln", "gn 1", "gn 2", f"gn 3{freeze}")


def _lrn(g: Growing) -> str:
    return f"lrn {g.number(1, 5)} alpha={g.pick('0.1', '1e-4')} beta={g.pick('0.75', '0.5')} k=1"


def _noise(g: Growing) -> str:
    return g.pick("dropout 0.3", "gaussian_dropout 0.2", "gaussian_noise 0.1", "dropout 0")


def _activation(g: Growing) -> str:
    return g.pick(*ACTIVATIONS)


def _border(g: Growing) -> str:
    after = _option(g, "after", "0", "1", "2", share=2)
    return f"{g.pick('pad', 'crop')} {_sizes(g, '0', '1')}{after}"


def _dense(g: Growing) -> str:
    return f"dense {g.number(1, 7)}{_bias(g)}{g.pick('', '', *LEARNING)}{_words(g)}"


def _same(g: Growing) -> str:
    """A pipe that keeps the shape."""
    channels = g.shape[-1]
    if len(g.shape) == 1:
        layers = [f"dense {channels}", f"dense {channels} bn relu", "bn", *ACTIVATIONS[:4]]
    else:
        layers = [
            f"conv {channels} 3 pad=1 relu", f"conv {channels} 1 bias=false bn",
            "depthwise 3 pad=1", "maxpool 3 stride=1 pad=1", "avgpool 3 stride=1 pad=1", "bn",
            "lrn 3", "tanh", f"conv {channels} 3 pad=same -> prelu",
        ]  # fmt: skip
    return " -> ".join(g.pick(*layers) for _ in range(g.number(1, 2)))


def _branches(g: Growing) -> str:
    paths = [_same(g) for _ in range(g.number(1, 2))]
    paths.append(g.pick("id", "id", _same(g)))
    return f"{g.pick(*MERGES)} [{' | '.join(paths)}]"


def _skip(g: Growing) -> str:
    if not g.labels:
        return _activation(g)
    near = [name for name, shape in g.labels.items() if shape == g.shape] or list(g.labels)
    return f"{g.pick(*MERGES)} @{g.pick(*near)}"


def _shared(g: Growing) -> str:
    if not g.weighted:
        return _dense(g) if len(g.shape) == 1 else _conv(g)
    kind, name = g.pick(*g.weighted).split("@")
    return f"{kind}share=@{name}"


def _poly(g: Growing) -> str:
    if g.poly:
        return _activation(g)
    g.poly = True
    return f"poly {g.number(1, 3)}"


def _rank_change(g: Growing) -> str:
    shape = [axis or 1 for axis in g.shape]
    if len(shape) == 1:
        size = shape[0]
        parts = [n for n in range(1, size + 1) if size % n == 0]
        first = g.random.choice(parts)
        return g.pick(f"reshape {first}x{size // first}", f"reshape {first}x1x{size // first}")
    return g.pick("flatten", "gap", f"reshape {shape[-1]}x{'x'.join(map(str, shape[:-1]))}")


def _repeat(g: Growing) -> str:
    return f"repeat {g.number(0, 2)} [{_same(g)}]"


ANYWHERE = (_activation, _activation, _norm, _norm, _noise, _branches, _branches, _skip, _repeat)
ON_VECTORS = (_dense, _dense, _dense, _poly, _rank_change, _shared, *ANYWHERE)
ON_PLACES = (
    _conv, _conv, _conv, _conv, _depthwise, _depthwise, _deconv, _pool, _pool, _lrn, _border,
    _rank_change, _shared, _dense, *ANYWHERE,
)  # fmt: skip
WEIGHTED = (_dense, _conv, _depthwise)


def _tempt(g: Growing) -> None:
    """Puts behind a layer with weights what a pass would move or fold, and maybe something
    between them that forbids it: a reshape, or another reader."""
    if g.maybe(3):
        g.add(_rank_change(g))
    elif g.maybe(3):
        g.label(f"s{len(g.labels)}")
    g.add(g.pick("relu", "bn", "relu -> maxpool 2 round=floor", "maxpool 2 round=ceil", "bn relu"))


def _grow(g: Growing, most: int) -> None:
    for _ in range(g.number(0, most)):
        choices = ON_VECTORS if len(g.shape) == 1 else ON_PLACES
        make = g.random.choice(choices)
        if len(g.shape) == 3 and g.maybe(25):
            make = _wide_conv
        if len(g.shape) > 1 and g.maybe(12):
            layer = f"upsample {_sizes(g, '1', '2')}"
        else:
            layer = make(g)
        if not g.add(layer):
            continue
        if make in WEIGHTED and g.maybe(2):
            _tempt(g)
        if g.maybe(4):
            name = f"s{len(g.labels)}"
            g.label(name)
            words = layer.split()
            plain = not any(mark in layer for mark in ("->", "share", "relu", "bn", "prelu"))
            if name in g.labels and plain and words[0] in ("dense", "conv"):
                g.weighted.append(" ".join(words[: 2 if words[0] == "dense" else 3]) + f" @{name}")
        if g.maybe(8):
            g.add("expect " + "x".join(str(axis) for axis in g.shape))


def _begin_input(g: Growing, index: int) -> None:
    kind = g.pick("vector", "vector", "sequence", "image", "image", "image", "tokens")
    name = f"in{index}"
    if kind == "tokens":
        tokens = g.number(2, 9)
        g.tokens[name] = tokens
        g.begin(f"input {g.number(1, 8)} name={name}")
        g.add(f"embed {tokens} {g.number(1, 4)}")
        return
    if kind == "vector":
        shape = str(g.number(1, 9))
    elif kind == "sequence":
        shape = f"{g.number(1, 10)}x{g.number(1, 4)}"
    else:
        shape = f"{g.number(1, 9)}x{g.number(1, 9)}x{g.number(1, 4)}"
    g.begin(f"input {shape} name={name}")
    if g.maybe(3):
        g.label(f"x{index}")


def _heads(g: Growing) -> dict[str, str]:
    """One or two outputs, with losses on labels."""
    kinds: dict[str, str] = {}
    heads = 2 if g.maybe(4) else 1
    if heads == 2:
        g.label("trunk")
    losses: list[str] = []
    for index in range(heads):
        if index and not g.begin("@trunk"):
            break
        if index:
            _grow(g, 2)
        loss, statement = _head(g)
        name = f"out{index}"
        g.label(name)
        if name not in g.labels:
            continue
        weight = f" weight={g.pick('0.5', '2')}" if g.maybe(3) else ""
        if index == 1 and g.maybe(4):
            continue
        kinds[name] = loss
        losses.append(f"loss {statement} on=@{name}{weight}")
    g.done.append(g.pipe)
    g.done += losses
    g.pipe = ""
    return kinds


def _head(g: Growing) -> tuple[str, str]:
    """The last layers, and a loss that fits them, or now and then one that may not."""
    loss = g.pick(
        "ce", "ce", "ce", "nll", "kl", "bce", "bce", "mse", "mse", "mae", "huber", "hinge",
        "perceptron", "logistic",
    )  # fmt: skip
    ending = {"ce": "softmax", "nll": "softmax", "kl": "softmax", "bce": "sigmoid"}.get(loss, "")
    units = 1 if loss == "logistic" else g.number(2 if ending == "softmax" else 1, 4)
    options = {"ce": (" smoothing=0.1", ""), "huber": (" delta=0.5", "")}.get(loss, ("",))
    statement = loss + g.pick(*options)
    same = [name for name, shape in g.labels.items() if len(shape) == 1 and name.startswith("x")]
    if loss in ("mse", "mae", "huber") and same and g.maybe(2):
        target = g.pick(*same)
        units = g.labels[target][0] or 1
        statement += f" target=@{target}"
        if len(g.shape) > 1:
            g.add("flatten")
    last = f"dense {units}" if len(g.shape) == 1 else f"conv {units} 1"
    g.add(last)
    if ending and not g.maybe(20):
        g.add(ending)
        if g.maybe(8):
            g.add("expect " + "x".join(str(axis) for axis in g.shape))
    elif loss in ("mse", "mae") and g.maybe(2):
        g.add(g.pick("tanh", "relu", "sigmoid", "softplus"))
    return loss, statement


def _training(g: Growing) -> list[str]:
    optimizer = g.pick(
        "sgd", "sgd momentum=0.9", "sgd momentum=0.9 nesterov=true", "adam", "adamw", "rmsprop",
        "rmsprop momentum=0.5", "adagrad", "adadelta", "nadam", "lion",
    )  # fmt: skip
    optimizer += g.pick("", "", " weight_decay=0.1") if "weight_decay" not in optimizer else ""
    optimizer += g.pick("", "", " clip=1")
    lines = [f"opt {optimizer}"]
    if g.maybe(3):
        lines.append(f"reg {g.pick('l1', 'l2')} 0.01")
    exact = " exact=true" if g.maybe(3) else ""
    lines.append(f"train precision={g.pick('f64', 'f64', 'f64', 'f32')}{exact}")
    return lines


def models() -> st.SearchStrategy[Generated]:
    """Specs with inputs, layers, losses and an optimizer."""
    return st.randoms(use_true_random=False).map(_model)


def _model(random: Random) -> Generated:
    g = Growing(random)
    inputs = 2 if g.maybe(5) else 1
    ends: list[str] = []
    for index in range(inputs):
        _begin_input(g, index)
        _grow(g, 3 if inputs > 1 else 8)
        if inputs > 1:
            if len(g.shape) > 1:
                g.add(g.pick("flatten", "gap"))
            g.label(f"end{index}")
            ends.append(f"@end{index}")
    if inputs > 1 and g.begin(f"{g.pick('concat', 'concat', *MERGES)} {' '.join(ends)}"):
        _grow(g, 3)
    kinds = _heads(g)
    lines = [*g.done, *_training(g)]
    return Generated("\n".join(line for line in lines if line) + "\n", g.refused, g.tokens, kinds)
