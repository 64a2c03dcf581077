"""Models of Keras as their JSON nests them: in order, shared, in each other, damaged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from keras_files import Json, called, functional, layer, sequential, source, tensor
from netc.compiler.importing.keras.reading import KerasNetwork, KerasNote, read_keras_model
from netc.compiler.importing.keras.structure import snake_case
from netc.compiler.importing.network import ImportedNetwork


def network_of(model: Json) -> ImportedNetwork:
    found = read_keras_model(model)
    assert found.refusals == ()
    assert found.network is not None
    return found.network


def steps_of(model: Json) -> list[tuple[str, tuple[str, ...], str | None]]:
    return [(step.name, step.inputs, step.shares) for step in network_of(model).steps]


def refused(model: Any) -> tuple[str, str]:
    found: KerasNetwork = read_keras_model(model)
    (refusal,) = found.refusals
    assert found.network is None
    return refusal.place, refusal.reason


def dense(name: str, units: int = 4) -> Json:
    return layer("Dense", name, units=units)


def test_layers_come_after_what_they_read() -> None:
    model = functional(
        ["a"],
        ["sum"],
        called(layer("Add", "sum"), ["left", "right"]),
        called(dense("right"), "left"),
        called(dense("left"), "a"),
        called(source(4, name="a")),
    )
    assert steps_of(model) == [
        ("left", ("a",), None),
        ("right", ("left",), None),
        ("sum", ("left", "right"), None),
    ]


def test_a_layer_that_is_called_again_shares_its_weights() -> None:
    twice = called(dense("twice"), "a", "a")
    twice["inbound_nodes"][1]["args"] = [tensor("twice", 0)]
    model = functional(["a"], ["twice"], called(source(4, name="a")), twice)
    model["config"]["output_layers"] = [["twice", 1, 0]]
    assert steps_of(model) == [("twice", ("a",), None), ("twice:2", ("twice",), "twice")]


def test_layers_that_no_output_needs_are_left_out() -> None:
    model = functional(
        ["a"], ["b"], called(source(4, name="a")), called(dense("b"), "a"), called(dense("c"), "a")
    )
    assert [name for name, *_ in steps_of(model)] == ["b"]


def test_models_in_a_model_are_called_in_its_place() -> None:
    inner = sequential(source(4, name="x"), dense("d"), layer("Dropout", "p", rate=0.5), name="in")
    model = functional(
        ["a"], ["in"], called(source(4, name="a")), called(inner, "a"), called(dense("d"), "in")
    )
    found = read_keras_model(model)
    assert found.network is not None
    assert [step.name for step in found.network.steps] == ["in/d", "in/p"]
    assert {array.group for array in found.arrays} == {"layers/sequential/layers/dense"}


def test_the_output_of_a_model_in_a_model_counts_from_1() -> None:
    """As Keras 3 writes `output_layers`, but not the calls."""
    inner = functional(["x"], ["d"], called(source(4, name="x")), called(dense("d"), "x"))
    inner["config"]["name"] = "in"
    calls = called(inner, "a", "b")
    model = functional(
        ["a", "b"],
        ["in"],
        called(source(4, name="a")),
        called(source(4, name="b")),
        calls,
        called(layer("Add", "sum"), ["in", "in"]),
    )
    model["config"]["layers"][3]["inbound_nodes"][0]["args"] = [[tensor("in", 0), tensor("in", 1)]]
    model["config"]["output_layers"] = [["in", 1, 0], ["sum", 0, 0], ["in", 2, 0]]
    assert network_of(model).outputs == ("in/d", "sum", "in/d:2")


def test_the_hard_sigmoid_of_keras_2_is_another() -> None:
    model = sequential(source(4), layer("Dense", "d", units=3, activation="hard_sigmoid"))
    assert not read_keras_model(model).refusals
    (refusal,) = read_keras_model({**model, "keras_version": "2.11.0"}).refusals
    assert "in Keras 2 it is 0.2 x + 1/2" in refusal.reason


KERAS_2 = {
    "class_name": "Functional",
    "keras_version": "2.11.0",
    "backend": "tensorflow",
    "config": {
        "name": "model",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {
                    "batch_input_shape": [None, 8, 8, 3],
                    "dtype": "float32",
                    "sparse": False,
                    "ragged": False,
                    "name": "input_1",
                },
                "name": "input_1",
                "inbound_nodes": [],
            },
            {
                "class_name": "Conv2D",
                "config": {
                    "name": "conv2d",
                    "trainable": True,
                    "dtype": "float32",
                    "filters": 4,
                    "kernel_size": [3, 3],
                    "strides": [1, 1],
                    "padding": "same",
                    "data_format": "channels_last",
                    "dilation_rate": [1, 1],
                    "groups": 1,
                    "activation": "relu",
                    "use_bias": True,
                    "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
                    "bias_initializer": {"class_name": "Zeros", "config": {}},
                    "kernel_regularizer": None,
                    "bias_regularizer": None,
                    "activity_regularizer": None,
                    "kernel_constraint": None,
                    "bias_constraint": None,
                },
                "name": "conv2d",
                "inbound_nodes": [[["input_1", 0, 0, {}]]],
            },
            {
                "class_name": "BatchNormalization",
                "config": {
                    "name": "batch_normalization",
                    "trainable": True,
                    "dtype": "float32",
                    "axis": [3],
                    "momentum": 0.99,
                    "epsilon": 0.001,
                    "center": True,
                    "scale": True,
                },
                "name": "batch_normalization",
                "inbound_nodes": [[["conv2d", 0, 0, {"training": False}]]],
            },
            {
                "class_name": "Add",
                "config": {"name": "add", "trainable": True, "dtype": "float32"},
                "name": "add",
                "inbound_nodes": [[["conv2d", 0, 0, {}], ["batch_normalization", 0, 0, {}]]],
            },
        ],
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["add", 0, 0]],
    },
}


def test_the_json_of_keras_2_is_read() -> None:
    found = read_keras_model(KERAS_2)
    assert found.network is not None
    assert [step.name for step in found.network.steps] == [
        "conv2d", "conv2d/relu", "batch_normalization", "add",
    ]  # fmt: skip
    note = "it is called with `training=False`, and netc trains it as any other"
    assert found.notes == (KerasNote("batch_normalization (BatchNormalization)", note),)


def test_the_first_layer_of_keras_2_has_the_shape_of_the_input() -> None:
    first = dense("d")
    first["config"]["batch_input_shape"] = [None, 7]
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": [first]}}
    assert network_of(model).inputs[0].shape == (7,)


def test_a_model_without_a_shape_says_how_to_get_one() -> None:
    found = read_keras_model(sequential(dense("d")))
    assert "keras.Input" in found.refusals[0].advice


SNAKES = {
    "Conv2DTranspose": "conv2d_transpose",
    "PReLU": "p_re_lu",
    "LeakyReLU": "leaky_re_lu",
    "ELU": "elu",
    "SeparableConv1D": "separable_conv1d",
    "BatchNormalization": "batch_normalization",
    "InputLayer": "input_layer",
    "ZeroPadding2D": "zero_padding2d",
}


@pytest.mark.parametrize("name", SNAKES)
def test_groups_have_the_names_that_keras_gives_them(name: str) -> None:
    assert snake_case(name) == SNAKES[name]


def _nested(depth: int) -> Json:
    model = sequential(source(4), dense("d"))
    for _ in range(depth):
        model = sequential(source(4), model, name="in")
    return model


def _growing(times: int, depth: int) -> Json:
    """A model that calls a model that calls a model ..., each several times."""
    model = sequential(source(4), dense("d"), name="in")
    for _ in range(depth):
        calls = called(model, *["a"] * times)
        merged = called(layer("Add", "sum"), ["in"] * times)
        merged["inbound_nodes"][0]["args"] = [[tensor("in", call) for call in range(times)]]
        model = functional(["a"], ["sum"], called(source(4, name="a")), calls, merged)
        model["config"]["name"] = "in"
    return model


def _hollow(times: int, depth: int) -> Json:
    """The same with nothing but inputs: no layer is ever called."""
    model = functional(["a"], ["a"], called(source(4, name="a")))
    for _ in range(depth):
        model["config"]["name"] = "in"
        chained = called(model, *["a"] * times)
        for call in range(1, times):
            chained["inbound_nodes"][call]["args"] = [tensor("in", call - 1)]
        model = functional(["a"], ["in"], called(source(4, name="a")), chained)
        model["config"]["output_layers"] = [["in", times, 0]]
    return model


CIRCLE = functional(
    ["a"],
    ["b"],
    called(source(4, name="a")),
    called(layer("Add", "b"), ["a", "c"]),
    called(dense("c"), "b"),
)

DAMAGED: dict[str, tuple[Any, str]] = {
    "a number": (3, "3 is no object"),
    "a list": ([], "[] is no object"),
    "nothing": ({}, "not a `Sequential` or `Functional` model"),
    "a layer": (dense("d"), "not a `Sequential` or `Functional` model but `Dense`"),
    "no config": ({"class_name": "Sequential"}, "None is no object"),
    "no layers": ({"class_name": "Sequential", "config": {}}, "None is no list"),
    "a number as layer": (sequential(3), "3 is no object"),  # type: ignore[arg-type]
    "a layer without a class": (sequential({"config": {}}), "its `class_name` is not text"),
    "a layer without a name": (
        sequential({"class_name": "Dense", "config": {}}),
        "its `name` is not text",
    ),
    "two of a name": (sequential(source(4), dense("d"), dense("d")), "two layers are called `d`"),
    "no outputs": (functional(["a"], [], called(source(4, name="a"))), "it is empty"),
    "an unknown output": (
        functional(["a"], ["z"], called(source(4, name="a"))),
        "there is no layer `z`",
    ),
    "an unknown input": (functional(["z"], ["z"]), "there is no input `z`"),
    "an unknown layer": (
        functional(["a"], ["b"], called(source(4, name="a")), called(dense("b"), "z")),
        "there is no layer `z`",
    ),
    "an input that is none": (
        functional(
            ["a"],
            ["c"],
            called(source(4, name="a")),
            called(source(4, name="b")),
            called(layer("Add", "c"), ["a", "b"]),
        ),
        "it is not an input",
    ),
    "a circle": (CIRCLE, "read each other in a cycle: `b`, `c`"),
    "a call that is not there": (
        functional(["a"], ["b"], called(source(4, name="a")), dense("b")),
        "`b` has no call 0",
    ),
    "deep": (_nested(40), "more than 32 models in each other"),
    "many": (_growing(8, 7), "more than 10,000 calls"),
    "many without a call": (_hollow(8, 20), "more than 100,000 layers"),
    "a model called with too much": (
        sequential(source(4), functional(["x", "y"], ["x"], called(source(4, name="x")),
                                         called(source(4, name="y")))),
        "it is called with 1 tensors and has 2 inputs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_json_is_refused(name: str) -> None:
    model, reason = DAMAGED[name]
    assert reason in refused(model)[1]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values in the JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in items:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found += _paths(item, (*path, key))
    return found


@pytest.mark.parametrize("other", [None, -1, "x", [], {}, 1e300, True, 2**80, [[]], [None, 3]])
def test_a_value_of_another_kind_anywhere_raises_nothing(other: Any) -> None:
    whole = json.dumps(KERAS_2)
    for path in _paths(KERAS_2):
        model = json.loads(whole)
        place = model
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = other
        read_keras_model(model)


def test_what_follows_a_refused_layer_is_read_in_the_shape_that_the_file_says() -> None:
    relu, drop = layer("ReLU", "r", threshold=1.0), layer("SpatialDropout1D", "d", rate=0.5)
    norm = {
        **layer("BatchNormalization", "b", axis=1),
        "build_config": {"input_shape": [None, 4, 3]},
    }
    found = read_keras_model(sequential(source(4, 3), relu, drop, norm))
    assert [refusal.layer for refusal in found.refusals] == [
        "r (ReLU)", "d (SpatialDropout1D)", "b (BatchNormalization)",
    ]  # fmt: skip
