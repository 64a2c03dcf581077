"""The JSON of a layer of Keras as words of netc: what is written, and what is refused and why."""

from __future__ import annotations

from typing import Any

import pytest
from keras_files import Json, called, functional, layer, sequential, source, tensor
from netc.compiler.importing.keras.reading import KerasNote, read_keras_model
from netc.compiler.importing.writing import write_spec
from netc.compiler.language.builtin import INSTALLED


def spec_of(model: Json) -> str:
    found = read_keras_model(model)
    assert found.refusals == ()
    assert found.network is not None
    return write_spec(found.network, INSTALLED).text


def refusal_of(model: Any) -> tuple[str, str]:
    """The place and the reason of the only refusal."""
    found = read_keras_model(model)
    assert found.network is None
    (refusal,) = found.refusals
    return refusal.place, refusal.reason


WRITTEN = [
    ((8,), layer("Dense", "a", units=3), "dense 3"),
    ((8,), layer("Dense", "a", units=3, use_bias=False), "dense 3 bias=false"),
    ((8,), layer("Dense", "a", units=3, activation="gelu"), "dense 3 gelu"),
    ((5, 8), layer("Dense", "a", units=3), "conv 3 1"),
    ((9, 9, 2), layer("Conv2D", "a", filters=4, kernel_size=[3, 3], padding="same"),
     "conv 4 3x3 pad=1"),
    ((9, 9, 2), layer("Conv2D", "a", filters=4, kernel_size=[2, 2], padding="same"),
     "conv 4 2x2 pad=same"),
    ((8, 8, 2), layer("Conv2D", "a", filters=4, kernel_size=3, strides=[3, 3]),
     "conv 4 3x3 stride=3 round=floor"),
    ((None, None, 2), layer("Conv2D", "a", filters=4, kernel_size=3, strides=2),
     "conv 4 3x3 stride=2 round=floor"),
    ((9, 2), layer("Conv1D", "a", filters=4, kernel_size=[3], dilation_rate=[2], padding="causal"),
     "pad 4 after=0 -> conv 4 3 dilation=2"),
    ((9, 9, 4), layer("SeparableConv2D", "a", filters=6, kernel_size=3, depth_multiplier=2),
     "depthwise 3x3 multiplier=2 bias=false -> conv 6 1x1"),
    ((4, 4, 4), layer("Conv2DTranspose", "a", filters=6, kernel_size=3, strides=2, padding="same"),
     "deconv 6 3x3 stride=2 -> crop 0 after=1"),
    ((9, 9, 4), layer("MaxPooling2D", "a", pool_size=[3, 3], strides=[2, 2], padding="valid"),
     "maxpool 3x3 stride=2"),
    ((8, 8, 4), layer("AveragePooling2D", "a", pool_size=[2, 2], strides=None, padding="same"),
     "avgpool 2x2"),
    ((8, 7, 4), layer("GlobalMaxPooling2D", "a"), "maxpool 8x7 -> flatten"),
    ((4,), layer("BatchNormalization", "a"), "bn momentum=0.01 eps=0.001"),
    ((4,), layer("BatchNormalization", "a", momentum=0.9, epsilon=1e-5, axis=[1]), "bn"),
    ((4,), layer("LayerNormalization", "a", axis=[-1]), "ln eps=0.001"),
    ((4,), layer("Rescaling", "a", scale=0.5), "bn freeze=true"),
    ((4,), layer("Normalization", "a", axis=[-1]), "bn eps=1e-14 freeze=true"),
    ((4,), layer("LeakyReLU", "a"), "leaky 0.3"),
    ((4,), layer("LeakyReLU", "a", alpha=0.30000001192092896), "leaky 0.3"),
    ((4,), layer("Activation", "a", activation="leaky_relu"), "leaky 0.2"),
    ((9,), layer("Embedding", "a", input_dim=5, output_dim=3), "embed 5 3"),
    ((4, 4, 2), layer("ZeroPadding2D", "a", padding=[[0, 1], [0, 1]]), "pad 0 after=1"),
    ((4, 4, 2), layer("Reshape", "a", target_shape=[-1, 2]), "reshape ?x2"),
    ((8,), layer("Dense", "a", units=3, kernel_regularizer={
        "class_name": "L2", "config": {"l2": 0.009999999776482582}}), "dense 3 l2=0.02"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "value", "text"), WRITTEN, ids=[row[2] for row in WRITTEN])
def test_a_layer_is_written_as_a_person_would(
    shape: tuple[int, ...], value: Json, text: str
) -> None:
    written = " ".join(spec_of(sequential(source(*shape), value)).split())
    assert written.partition(" -> ")[2] == text or written.split(" ", 2)[2] == f"-> {text}"


def test_a_layer_that_is_not_trained_is_frozen() -> None:
    value = layer("Dense", "a", units=3)
    value["config"]["trainable"] = False
    assert "dense 3 freeze=true" in spec_of(sequential(source(4), value))


LAMBDA = {
    "class_name": "__lambda__",
    "config": {"value": "4wEAAAAAAAAAAAAA"},
}
CUSTOM = {**layer("Thing", "a"), "module": "my.layers", "registered_name": "my>Thing"}
DISGUISED = {**layer("Dense", "a", units=3), "module": "my.layers", "registered_name": "my>Dense"}

REFUSED: list[tuple[str, tuple[int | None, ...], Json, str]] = [
    ("lambda", (4,), layer("Lambda", "a", function=LAMBDA), "a `Lambda` is Python code"),
    ("custom layer", (4,), CUSTOM, "the class `my>Thing` is Python code"),
    ("custom layer with a known name", (4,), DISGUISED, "the class `my>Dense` is Python code"),
    ("lambda as activation", (4,), layer("Dense", "a", units=3, activation=LAMBDA),
     "its activation `__lambda__` is Python code"),
    ("marshalled activation", (4,), layer("Dense", "a", units=3, activation={"value": ["4wEA"]}),
     "its activation is Python code"),
    ("function as activation", (4,), layer("Dense", "a", units=3, activation={
        "module": "builtins", "class_name": "function", "config": "f",
        "registered_name": "function"}), "its activation `function` is Python code"),
    ("lstm", (4, 4), layer("LSTM", "a", units=3), "netc has no counterpart of `LSTM`"),
    ("3d", (4, 4), layer("Conv3D", "a"), "netc has no counterpart of `Conv3D`"),
    ("bounded slope", (4,), layer("ReLU", "a", max_value=6.0, negative_slope=0.1),
     "netc's `leaky` has no upper bound"),
    ("no room", (4,), layer("ReLU", "a", max_value=0.0), "`0.0` is not a value"),
    ("threshold", (4,), layer("ReLU", "a", threshold=1.0), "`threshold` is 1.0"),
    ("channels first", (4, 4, 2), layer("Conv2D", "a", filters=1, kernel_size=1,
        data_format="channels_first"), "`data_format` is `channels_first`"),
    ("averages at the edge", (4, 4, 2), layer("AveragePooling2D", "a", pool_size=3, strides=1,
        padding="same"), "its windows reach beyond the edge"),
    ("bn of rows", (4, 4, 2), layer("BatchNormalization", "a", axis=1), "`axis` is 1"),
    ("ln of several axes", (4, 2), layer("LayerNormalization", "a", axis=[1, 2]), "`axis` is [1"),
    ("masks", (4,), layer("Embedding", "a", input_dim=3, output_dim=3, mask_zero=True),
     "`mask_zero` is True"),
    ("spatial dropout", (4, 4), layer("SpatialDropout1D", "a", rate=0.5), "no counterpart"),
    ("noise shape", (4, 4), layer("Dropout", "a", rate=0.5, noise_shape=[None, 1, 4]),
     "`noise_shape`"),
    ("a rate of 1", (4, 4), layer("Dropout", "a", rate=1.0), "not a value"),
    ("bilinear", (4, 4, 1), layer("UpSampling2D", "a", size=2, interpolation="bilinear"),
     "`interpolation` is `bilinear`"),
    ("an option of tomorrow", (4,), layer("Dense", "a", units=3, sparsity=0.5),
     "does not know its option `sparsity`"),
    ("quantised", (4,), layer("Dense", "a", units=3, quantization_config={"bits": 4}),
     "does not know its option `quantization_config`"),
    ("no units", (4,), layer("Dense", "a"), "`units` is missing"),
    ("negative units", (4,), layer("Dense", "a", units=-3), "not a value"),
    ("text as units", (4,), layer("Dense", "a", units="3"), "`units` is `3`, not a whole number"),
    ("true as units", (4,), layer("Dense", "a", units=True), "`units` is True"),
    ("many units", (4,), layer("Dense", "a", units=2**41), "weights"),
    ("window too large", (4, 4, 1), layer("Conv2D", "a", filters=1, kernel_size=9), "9x9"),
    ("groups", (4, 4, 3), layer("Conv2D", "a", filters=4, kernel_size=1, groups=2),
     "groups do not divide"),
    ("a vector", (4,), layer("Conv2D", "a", filters=4, kernel_size=1), "not an image"),
    ("unknown channels", (None,), layer("Dense", "a", units=3), "is not known"),
    ("too deep a shape", (4, 4, 4, 4), layer("Flatten", "a"), "not a vector, sequence or image"),
    ("inverse", (4,), layer("Normalization", "a", invert=True), "`invert` is True"),
    ("scales", (4,), layer("Rescaling", "a", scale=[1, 2]), "one for each channel"),
    ("low rank", (4,), layer("Dense", "a", units=3, lora_rank=2), "`lora_rank` is 2"),
    ("unit-wise slopes", (4, 2), layer("PReLU", "a", shared_axes=None), "`shared_axes`"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "value", "reason"), [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED])  # fmt: skip
def test_what_has_no_counterpart_is_refused_in_its_place(
    shape: tuple[int | None, ...], value: Json, reason: str
) -> None:
    place, said = refusal_of(sequential(source(*shape), value))
    assert place == f"config.layers[{0 if len(shape) > 3 else 1}]"
    assert reason in said


def test_all_layers_without_a_counterpart_are_listed() -> None:
    model = sequential(
        source(4, 4),
        layer("GRU", "first", units=3),
        layer("Dense", "between", units=3),
        layer("Lambda", "last"),
    )
    found = read_keras_model(model)
    assert [refusal.layer for refusal in found.refusals] == ["first (GRU)", "last (Lambda)"]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ((4, 4, 1), (4, 4, 3), "it stretches (4, 4, 1) to (4, 4, 3)"),
        ((2, 4, 3), (4, 4, 3), "it stretches (2, 4, 3) to (4, 4, 3)"),
        ((1,), (4, 4, 3), "it stretches (1,) to (4, 4, 3)"),
        ((4, 3), (4, 4, 3), "it stretches (4, 3) to (4, 4, 3)"),
        ((1, 3), (None, 3), "it stretches (1, 3) to (None, 3)"),
    ],
)
def test_merges_repeat_positions_only(
    one: tuple[int, ...], other: tuple[int, ...], said: str
) -> None:
    for shapes in ((one, other), (other, one)):
        model = functional(
            ["a", "b"],
            ["sum"],
            called(source(*shapes[0], name="a")),
            called(source(*shapes[1], name="b")),
            called(layer("Add", "sum"), ["a", "b"]),
        )
        assert said in refusal_of(model)[1]


def test_a_call_with_arguments_is_refused() -> None:
    value = called(layer("Dropout", "drop", rate=0.5), "a", training=True)
    model = functional(["a"], ["drop"], called(source(4, name="a")), value)
    assert refusal_of(model)[1] == "it is called with `training=True`"
    node = {"args": [tensor("a"), 3.0], "kwargs": {}}
    operation = {
        "module": "keras.src.ops.numpy",
        "class_name": "Multiply",
        "config": {"name": "times"},
        "registered_name": "Multiply",
        "name": "times",
        "inbound_nodes": [node],
    }
    model = functional(["a"], ["times"], called(source(4, name="a")), operation)
    assert refusal_of(model)[1] == "it is called with 3.0 besides tensors"


def test_notes_say_what_is_not_taken_over() -> None:
    model = sequential(
        source(4),
        layer("Dense", "a", units=3, activity_regularizer={"class_name": "L2", "config": {}}),
        layer("BatchNormalization", "b", scale=False),
    )
    assert read_keras_model(model).notes == (
        KerasNote("a (Dense)", "`activity_regularizer` is not imported"),
        KerasNote("b (BatchNormalization)", "it has no `gamma`; that of netc starts at 1"),
    )


@pytest.mark.parametrize(
    ("class_name", "advice"),
    [("SpatialDropout2D", "prediction"), ("RandomFlip", "`augment`")],
)
def test_a_refusal_says_a_way_out(class_name: str, advice: str) -> None:
    (refusal,) = read_keras_model(sequential(source(4, 4, 1), layer(class_name, "a"))).refusals
    assert advice in refusal.advice


@pytest.mark.parametrize("dtype", ["float64", {"class_name": "DTypePolicy", "config": {
    "name": "mixed_bfloat16"}}], ids=["f64", "mixed"])  # fmt: skip
def test_another_precision_is_noted(dtype: Any) -> None:
    value = layer("Dense", "a", units=3)
    value["config"]["dtype"] = dtype
    (note,) = read_keras_model(sequential(source(4), value)).notes
    assert "and the spec in f32" in note.text


def test_quantised_numbers_are_refused() -> None:
    value = layer("Dense", "a", units=3)
    value["config"]["dtype"] = {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}
    assert "its numbers are" in refusal_of(sequential(source(4), value))[1]


PADDED = [
    ((16, 16, 3), 3, {"kernel_size": 7, "strides": 2}, "conv 4 7x7 stride=2 pad=3"),
    ((16, 16, 3), [[1, 1], [2, 2]], {"kernel_size": 3}, "conv 4 3x3 pad=1x2"),
    ((16, 16, 3), [[0, 1], [0, 1]], {"kernel_size": 3, "strides": 2},
     "pad 0 after=1 -> conv 4 3x3 stride=2"),
    ((16, 16, 3), 1, {"kernel_size": 3, "padding": "same"}, "pad 1 -> conv 4 3x3 pad=1"),
    ((None, None, 3), 1, {"kernel_size": 3, "strides": 2},
     "conv 4 3x3 stride=2 pad=1 round=floor"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "padding", "options", "text"), PADDED)
def test_zeros_before_a_convolution_are_its_padding(
    shape: tuple[int | None, ...], padding: Any, options: Json, text: str
) -> None:
    pad, conv = layer("ZeroPadding2D", "p", padding=padding), layer("Conv2D", "c", filters=4)
    conv["config"] |= options
    written = " ".join(spec_of(sequential(source(*shape), pad, conv)).split())
    assert written.partition(" -> ")[2] == text


def test_zeros_that_others_read_stay() -> None:
    model = functional(
        ["a"],
        ["c", "p"],
        called(source(8, 8, 1, name="a")),
        called(layer("ZeroPadding2D", "p", padding=1), "a"),
        called(layer("Conv2D", "c", filters=1, kernel_size=3), "p"),
    )
    assert "pad 1" in spec_of(model)
