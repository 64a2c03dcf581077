"""Every layer word in one table: shapes, parameters, multiply-adds, window."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
from netc.compiler.language.options import options_of
from netc.compiler.language.vocabulary import Vocabulary
from netc.compiler.layers.catalog import LAYERS
from netc.compiler.layers.layer import Arity, Layer, Window
from netc.compiler.layers.windowed import Windowed
from netc.compiler.shapes import elements, shape_text

if TYPE_CHECKING:
    from .conftest import Reader

EACH = Window((1,), (1,))
WORDS = [entry.word for entry in LAYERS]

# call, input shapes, output, parameters by name, multiply-adds, window
TABLE: list[tuple[str, list[str], str, dict[str, str], int | None, Window | None]] = [
    ("input 784", [], "784", {}, 0, EACH),
    ("input 28x28x1 name=image", [], "28x28x1", {}, 0, EACH),
    ("input ?x8", [], "?x8", {}, 0, EACH),
    ("id", ["6x6x256"], "6x6x256", {}, 0, EACH),
    ("expect 6x6x256", ["6x6x256"], "6x6x256", {}, 0, EACH),
    ("expect ?x?x256", ["6x6x256"], "6x6x256", {}, 0, EACH),
    ("dense 10", ["84"], "10", {"w": "84x10", "b": "10"}, 840, None),
    ("dense 10 bias=false", ["84"], "10", {"w": "84x10"}, 840, None),
    ("poly 4", ["3"], "12", {}, 0, EACH),
    ("embed 1000 16", ["12"], "12x16", {"w": "1000x16"}, 0, EACH),
    ("embed 1000 16", ["?"], "?x16", {"w": "1000x16"}, 0, EACH),
    (
        "conv 6 5x5", ["32x32x1"], "28x28x6", {"w": "5x5x1x6", "b": "6"},
        28 * 28 * 6 * 25, Window((5, 5), (1, 1)),
    ),
    (
        "conv 64 7 stride=2 pad=3 bias=false", ["224x224x3"], "112x112x64", {"w": "7x7x3x64"},
        112 * 112 * 64 * 49 * 3, Window((7, 7), (2, 2)),
    ),
    (
        "conv 256 5x5 pad=2 groups=2", ["27x27x96"], "27x27x256",
        {"w": "5x5x48x256", "b": "256"}, 27 * 27 * 256 * 25 * 48, Window((5, 5), (1, 1)),
    ),
    (
        "conv 4 3 dilation=2", ["100x8"], "96x4", {"w": "3x8x4", "b": "4"},
        96 * 3 * 8 * 4, Window((5,), (1,)),
    ),
    (
        "conv 4 3x5 pad=same stride=2x1", ["7x9x2"], "4x9x4", {"w": "3x5x2x4", "b": "4"},
        4 * 9 * 15 * 2 * 4, Window((3, 5), (2, 1)),
    ),
    (
        "conv 4 3x3 stride=3 round=floor", ["7x7x1"], "2x2x4", {"w": "3x3x1x4", "b": "4"},
        4 * 36, Window((3, 3), (3, 3)),
    ),
    (
        "conv 4 3x3 stride=3 round=ceil", ["7x7x1"], "3x3x4", {"w": "3x3x1x4", "b": "4"},
        9 * 36, Window((3, 3), (3, 3)),
    ),
    ("conv 4 3x3", ["?x28x1"], "?x26x4", {"w": "3x3x1x4", "b": "4"}, None, Window((3, 3), (1, 1))),
    (
        "depthwise 3x3 pad=1", ["14x14x32"], "14x14x32", {"w": "3x3x32", "b": "32"},
        14 * 14 * 9 * 32, Window((3, 3), (1, 1)),
    ),
    (
        "depthwise 3 multiplier=2 bias=false", ["10x4"], "8x8", {"w": "3x8"}, 8 * 24,
        Window((3,), (1,)),
    ),
    (
        "deconv 8 4x4 stride=2 pad=1", ["7x7x16"], "14x14x8", {"w": "4x4x8x16", "b": "8"},
        7 * 7 * 16 * 16 * 8, Window((2, 2), (1, 1), (2, 2)),
    ),
    (
        "deconv 8 3 stride=2 output_pad=1 groups=4 bias=false", ["5x16"], "12x8",
        {"w": "3x2x16"}, 5 * 3 * 2 * 16, Window((2,), (1,), (2,)),
    ),
    ("maxpool 2x2", ["28x28x6"], "14x14x6", {}, 0, Window((2, 2), (2, 2))),
    ("maxpool 3x3 stride=2", ["55x55x96"], "27x27x96", {}, 0, Window((3, 3), (2, 2))),
    ("maxpool 3 stride=2 pad=1", ["112x112x64"], "56x56x64", {}, 0, Window((3, 3), (2, 2))),
    ("maxpool 2x2 round=ceil", ["7x7x16"], "4x4x16", {}, 0, Window((2, 2), (2, 2))),
    ("avgpool 2", ["100x8"], "50x8", {}, 0, Window((2,), (2,))),
    ("avgpool 3x3 pad=same stride=1", ["8x8x?"], "8x8x?", {}, 0, Window((3, 3), (1, 1))),
    ("gap", ["7x7x512"], "512", {}, 0, None),
    ("gap", ["?x?x512"], "512", {}, 0, None),
    ("gap", ["100x8"], "8", {}, 0, None),
    ("flatten", ["6x6x256"], "9216", {}, 0, EACH),
    ("flatten", ["10"], "10", {}, 0, EACH),
    ("flatten", ["?x6x256"], "?", {}, 0, EACH),
    ("reshape 28x28x1", ["784"], "28x28x1", {}, 0, EACH),
    ("reshape 7x?", ["28x28x1"], "7x112", {}, 0, EACH),
    ("reshape 784", ["28x28x1"], "784", {}, 0, EACH),
    ("pad 2", ["28x28x1"], "32x32x1", {}, 0, EACH),
    ("pad 1x2", ["28x28x1"], "30x32x1", {}, 0, EACH),
    ("pad 0 after=1x0", ["28x28x1"], "29x28x1", {}, 0, EACH),
    ("pad 3", ["?x8"], "?x8", {}, 0, EACH),
    ("crop 2", ["28x28x1"], "24x24x1", {}, 0, EACH),
    ("crop 1 after=0", ["10x4"], "9x4", {}, 0, EACH),
    ("upsample 2", ["7x7x16"], "14x14x16", {}, 0, Window((1,), (1,), (2, 2))),
    ("upsample 2x3", ["7x7x16"], "14x21x16", {}, 0, Window((1,), (1,), (2, 3))),
    ("bn", ["28x28x6"], "28x28x6", {"gamma": "6", "beta": "6", "mean": "6", "var": "6"}, 0, EACH),
    ("ln", ["12x16"], "12x16", {"gamma": "16", "beta": "16"}, 0, EACH),
    ("ln", ["16"], "16", {"gamma": "16", "beta": "16"}, 0, None),
    ("gn 4", ["7x7x16"], "7x7x16", {"gamma": "16", "beta": "16"}, 0, None),
    ("gn 4", ["16"], "16", {"gamma": "16", "beta": "16"}, 0, None),
    ("lrn 5", ["27x27x96"], "27x27x96", {}, 0, EACH),
    ("dropout 50%", ["4096"], "4096", {}, 0, EACH),
    ("gaussian_dropout 0.5", ["4096"], "4096", {}, 0, EACH),
    ("gaussian_noise 0.1", ["28x28x1"], "28x28x1", {}, 0, EACH),
    ("add", ["8x8x4", "8x8x4"], "8x8x4", {}, 0, EACH),
    ("mul", ["8", "8", "8"], "8", {}, 0, EACH),
    ("max", ["8x4", "8x4"], "8x4", {}, 0, EACH),
    ("avg", ["?x4", "?x4"], "?x4", {}, 0, EACH),
    ("concat", ["8x8x4", "8x8x16"], "8x8x20", {}, 0, EACH),
    ("concat", ["4", "16", "1"], "21", {}, 0, EACH),
    ("concat", ["?x4", "?x8"], "?x12", {}, 0, EACH),
    ("concat", ["?x4", "?x?"], "?x?", {}, 0, EACH),
    ("concat", ["?x?", "?x4"], "?x?", {}, 0, EACH),
    ("relu", ["28x28x6"], "28x28x6", {}, 0, EACH),
    ("relu max=6", ["28x28x6"], "28x28x6", {}, 0, EACH),
    ("leaky 0.2", ["10"], "10", {}, 0, EACH),
    ("elu", ["10"], "10", {}, 0, EACH),
    ("prelu", ["28x28x6"], "28x28x6", {"a": "6"}, 0, EACH),
    ("selu", ["10"], "10", {}, 0, EACH),
    ("gelu", ["10"], "10", {}, 0, EACH),
    ("silu", ["10"], "10", {}, 0, EACH),
    ("tanh", ["10"], "10", {}, 0, EACH),
    ("sigmoid", ["10"], "10", {}, 0, EACH),
    ("hardsigmoid", ["10"], "10", {}, 0, EACH),
    ("hardswish", ["10"], "10", {}, 0, EACH),
    ("softplus", ["10"], "10", {}, 0, EACH),
    ("softmax", ["10"], "10", {}, 0, None),
    ("softmax", ["8x8x10"], "8x8x10", {}, 0, EACH),
    ("sign", ["10"], "10", {}, 0, EACH),
    ("step", ["10"], "10", {}, 0, EACH),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "inputs", "output", "parameters", "macs", "window"),
    TABLE,
    ids=[f"{row[0]} on {' '.join(row[1])}" for row in TABLE],
)
def test_layer(
    read: Reader,
    call: str,
    inputs: list[str],
    output: str,
    parameters: dict[str, str],
    macs: int | None,
    window: Window | None,
) -> None:
    assert read.infer(call, *inputs) == output
    place = read.place(call, *inputs)
    layer, shapes, shape = place.layer, place.inputs, place.infer()
    assert shape is not None
    found = layer.parameters(shapes)
    assert {p.name: shape_text(p.shape) for p in found} == parameters
    assert layer.multiply_adds(shapes, shape) == macs
    if layer.arity is not Arity.NONE:
        assert layer.window(shapes) == window
    assert all(isinstance(line, str) and line for line in layer.arithmetic(shapes, shape))


def test_the_table_walks_every_word() -> None:
    assert {row[0].split()[0] for row in TABLE} == set(WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_every_class_is_documented_and_consistent(word: str) -> None:
    cls = Vocabulary(LAYERS).get("layer", word)
    assert issubclass(cls, Layer)
    assert cls.word == word
    doc = inspect.getdoc(cls)
    assert doc != inspect.getdoc(Layer)
    assert doc
    assert 0 < len(cls.summary) < 70
    assert "\n" not in cls.summary
    options = {option.name: option for option in options_of(cls)}
    assert set(cls.positional) <= set(options)
    assert list(options)[: len(cls.positional)] == list(cls.positional)
    for name, option in options.items():
        assert option.kind.describe()
        if option.required:
            assert name in cls.positional, "what must be given may stand without its key"
    assert not cls.rectifier or cls.activation


def test_defaults_are_the_published_ones(read: Reader) -> None:
    def options(call: str) -> dict[str, object]:
        values = vars(read.layer(call))
        return {name: value for name, value in values.items() if value is not None}

    assert options("bn") == {
        "momentum": 0.1, "eps": 1e-5, "sync": True, "freeze": False, "lr": 1.0,
    }  # fmt: skip
    assert options("lrn 5") == {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2.0}
    assert options("leaky") == {"slope": 0.01}
    assert options("elu") == {"alpha": 1.0}


@pytest.mark.parametrize(
    ("call", "shape", "fan_in", "fan_out"),
    [
        ("dense 10", "84", 84, 10),
        ("conv 16 5x5", "14x14x6", 150, 400),
        ("conv 256 5x5 groups=2", "27x27x96", 25 * 48, 25 * 128),
        ("depthwise 3x3 multiplier=2", "8x8x4", 9, 18),
        ("deconv 8 4x4 stride=2 pad=1", "7x7x16", 4 * 16, 16 * 8),
        ("deconv 8 3 stride=2x3 groups=2", "7x7x16", 9 * 8 // 6, 9 * 4),
        ("deconv 8 1 stride=2", "7x1", 1, 8),
    ],
)
def test_fans(read: Reader, call: str, shape: str, fan_in: int, fan_out: int) -> None:
    place = read.place(call, shape)
    w, b = place.layer.parameters(place.inputs)
    assert (w.fan_in, w.fan_out) == (fan_in, fan_out)
    assert w.decays
    assert w.initializer is None
    assert not b.decays
    assert str(b.initializer) == "zeros"


def test_initialisers_follow_the_option(read: Reader) -> None:
    place = read.place("conv 4 3x3 init=normal(0.01)", "8x8x1")
    assert str(place.layer.parameters(place.inputs)[0].initializer) == "normal(0.01)"
    place = read.place("embed 10 4", "3")
    assert str(place.layer.parameters(place.inputs)[0].initializer) == "normal(1)"


def test_running_moments_are_kept_and_not_learnt(read: Reader) -> None:
    place = read.place("bn", "8x8x4")
    assert {p.name: p.trained for p in place.layer.parameters(place.inputs)} == {
        "gamma": True, "beta": True, "mean": False, "var": False,
    }  # fmt: skip
    assert not any(p.decays for p in place.layer.parameters(place.inputs))


@pytest.mark.parametrize(
    ("call", "inputs", "lines"),
    [
        (
            "conv 6 5x5",
            ["32x32x1"],
            [
                "height (32 + 2*0 - 5) / 1 + 1 = 28",
                "width (32 + 2*0 - 5) / 1 + 1 = 28",
                "parameters 5*5*1*6 + 6 = 156",
                "multiply-adds 28*28*6*5*5*1 = 117,600",
            ],
        ),
        (
            "conv 4 3 dilation=2 bias=false",
            ["100x8"],
            [
                "length (100 + 2*0 - 5) / 1 + 1 = 96",
                "parameters 3*8*4 = 96",
                "multiply-adds 96*4*3*8 = 9,216",
            ],
        ),
        (
            "maxpool 2x2 round=floor",
            ["7x8x3"],
            ["height floor((7 + 2*0 - 2) / 2) + 1 = 3", "width (8 + 2*0 - 2) / 2 + 1 = 4"],
        ),
        ("maxpool 2 round=ceil", ["7x3"], ["length ceil((7 + 2*0 - 2) / 2) + 1 = 4"]),
        ("maxpool 3 stride=2 pad=same", ["8x3"], ["length (8 + 0 + 1 - 3) / 2 + 1 = 4"]),
        (
            "deconv 8 4x4 stride=2 pad=1",
            ["7x7x16"],
            [
                "height (7 - 1)*2 - 2*1 + 4 + 0 = 14",
                "width (7 - 1)*2 - 2*1 + 4 + 0 = 14",
                "parameters 4*4*8*16 + 8 = 2,056",
                "multiply-adds 7*7*16*4*4*8 = 100,352",
            ],
        ),
        ("dense 10", ["84"], ["parameters 84*10 + 10 = 850", "multiply-adds 84*10 = 840"]),
        ("concat", ["4", "16"], ["channels 4 + 16 = 20"]),
        ("flatten", ["6x6x256"], ["numbers 6*6*256 = 9216"]),
        ("pad 1x2", ["8x8x1"], ["height 8 + 1 + 1 = 10", "width 8 + 2 + 2 = 12"]),
        ("bn", ["8x8x4"], ["parameters 2*4 = 8"]),
    ],
)
def test_arithmetic(read: Reader, call: str, inputs: list[str], lines: list[str]) -> None:
    place = read.place(call, *inputs)
    shape = place.infer()
    assert shape is not None
    assert list(place.layer.arithmetic(place.inputs, shape)) == lines


def test_lenet_counts(read: Reader) -> None:
    """LeNet-5 with 5x5 windows throughout: 61,706 parameters."""
    shape, total = "32x32x1", 0
    for call in (
        "conv 6 5x5", "tanh", "avgpool 2x2", "conv 16 5x5", "tanh", "avgpool 2x2",
        "conv 120 5x5", "tanh", "flatten", "dense 84", "tanh", "dense 10", "softmax",
    ):  # fmt: skip
        place = read.place(call, shape)
        total += sum(elements(p.shape) or 0 for p in place.layer.parameters(place.inputs))
        shape = read.infer(call, shape) or ""
    assert (shape, total) == ("10", 61_706)


def test_the_margins_an_engine_lays_out(read: Reader) -> None:
    def margins(call: str, shape: str) -> tuple[tuple[int, int], ...]:
        place = read.place(call, shape)
        assert isinstance(place.layer, Windowed)
        return place.layer.walk_over(tuple(map(int, shape.split("x")))).margins

    assert margins("conv 4 3x3 pad=1", "8x8x1") == ((1, 1), (1, 1))
    assert margins("conv 4 3x3 stride=2 pad=1", "8x8x1") == ((1, 0), (1, 0))
    assert margins("maxpool 2 round=ceil", "7x3") == ((0, 1), (0, 0))
    assert margins("maxpool 2 round=floor", "7x3") == ((0, -1), (0, 0))
    assert margins("conv 4 3 pad=same stride=2", "8x3") == ((0, 1), (0, 0))
