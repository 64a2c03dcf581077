"""Every layer of Keras that netc reads, with random weights: the outputs are those of Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keras_models import compare, keras_package

pytestmark = pytest.mark.filterwarnings("ignore")
"""Those of Keras itself."""

keras = keras_package()
layers = keras.layers

SEQUENCE, IMAGE, VECTOR = (9, 4), (8, 7, 6), (5,)
Make = Callable[[], Any]


def _activations() -> dict[str, tuple[tuple[int, ...], Make]]:
    names = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "tanh", "sigmoid")
    return {
        f"dense {name}": (VECTOR, lambda name=name: layers.Dense(3, activation=name))
        for name in (*names, "softplus", "softmax", "linear", "relu6", "hard_sigmoid", "hard_silu")
    }


ROWS: dict[str, tuple[tuple[int, ...], Make]] = {
    "dense": (VECTOR, lambda: layers.Dense(3)),
    "dense without a bias": (VECTOR, lambda: layers.Dense(3, use_bias=False)),
    "dense on a sequence": (SEQUENCE, lambda: layers.Dense(3, activation="relu")),
    "dense on an image": (IMAGE, lambda: layers.Dense(3)),
    **_activations(),
    "dense, a layer as activation": (
        VECTOR,
        lambda: layers.Dense(3, activation=layers.LeakyReLU(0.1)),
    ),
    "conv1d": (SEQUENCE, lambda: layers.Conv1D(3, 3)),
    "conv1d same": (SEQUENCE, lambda: layers.Conv1D(3, 4, padding="same", strides=2)),
    "conv1d causal": (SEQUENCE, lambda: layers.Conv1D(3, 3, padding="causal", dilation_rate=2)),
    "conv1d causal, stride": (SEQUENCE, lambda: layers.Conv1D(3, 2, padding="causal", strides=3)),
    "conv2d": (IMAGE, lambda: layers.Conv2D(4, 3)),
    "conv2d without a bias": (IMAGE, lambda: layers.Conv2D(4, (3, 2), use_bias=False)),
    "conv2d same": (IMAGE, lambda: layers.Conv2D(4, 3, padding="same")),
    "conv2d same, even": (IMAGE, lambda: layers.Conv2D(4, 2, padding="same")),
    "conv2d same, stride 2": (IMAGE, lambda: layers.Conv2D(4, 3, padding="same", strides=2)),
    "conv2d same, stride 3": (
        IMAGE,
        lambda: layers.Conv2D(4, (5, 4), padding="same", strides=(3, 2)),
    ),
    "conv2d that leaves rows unread": (IMAGE, lambda: layers.Conv2D(4, 3, strides=3)),
    "conv2d dilated": (IMAGE, lambda: layers.Conv2D(4, 3, dilation_rate=2)),
    "conv2d dilated, same": (IMAGE, lambda: layers.Conv2D(4, 3, dilation_rate=3, padding="same")),
    "conv2d in groups": (IMAGE, lambda: layers.Conv2D(4, 3, groups=2, activation="tanh")),
    "depthwise1d": (SEQUENCE, lambda: layers.DepthwiseConv1D(3, depth_multiplier=2)),
    "depthwise2d": (IMAGE, lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")),
    "depthwise2d, stride": (IMAGE, lambda: layers.DepthwiseConv2D(3, strides=2, use_bias=False)),
    "separable1d": (SEQUENCE, lambda: layers.SeparableConv1D(5, 3, padding="same")),
    "separable2d": (IMAGE, lambda: layers.SeparableConv2D(5, 3, depth_multiplier=2, strides=2)),
    "separable2d without a bias": (
        IMAGE,
        lambda: layers.SeparableConv2D(5, 2, padding="same", use_bias=False, activation="relu"),
    ),
    **{
        f"transposed1d {kernel} {stride} {padding}": (
            SEQUENCE,
            lambda kernel=kernel, stride=stride, padding=padding: layers.Conv1DTranspose(
                3, kernel, strides=stride, padding=padding
            ),
        )
        for kernel in (1, 2, 3, 4, 5)
        for stride in (1, 2, 3)
        for padding in ("valid", "same")
    },
    "transposed2d": (IMAGE, lambda: layers.Conv2DTranspose(4, 3)),
    "transposed2d same": (
        IMAGE,
        lambda: layers.Conv2DTranspose(4, (3, 4), strides=2, padding="same", activation="relu"),
    ),
    "transposed2d, output padding": (
        IMAGE,
        lambda: layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1),
    ),
    "transposed2d, no output padding": (
        IMAGE,
        lambda: layers.Conv2DTranspose(4, 4, strides=3, padding="same", output_padding=0),
    ),
    "transposed2d valid, output padding": (
        IMAGE,
        lambda: layers.Conv2DTranspose(4, 3, strides=3, output_padding=(1, 2)),
    ),
    "maxpool1d": (SEQUENCE, lambda: layers.MaxPooling1D(2)),
    "maxpool2d": (IMAGE, lambda: layers.MaxPooling2D(2)),
    "maxpool2d same": (IMAGE, lambda: layers.MaxPooling2D(3, 2, padding="same")),
    "maxpool2d same, stride 1": (IMAGE, lambda: layers.MaxPooling2D(3, 1, padding="same")),
    "avgpool1d": (SEQUENCE, lambda: layers.AveragePooling1D(3)),
    "avgpool2d": (IMAGE, lambda: layers.AveragePooling2D((2, 3), strides=(2, 1))),
    "avgpool2d that leaves rows unread": (IMAGE, lambda: layers.AveragePooling2D(3)),
    "gap1d": (SEQUENCE, lambda: layers.GlobalAveragePooling1D()),
    "gap2d": (IMAGE, lambda: layers.GlobalAveragePooling2D()),
    "gap2d keepdims": (IMAGE, lambda: layers.GlobalAveragePooling2D(keepdims=True)),
    "global max 1d": (SEQUENCE, lambda: layers.GlobalMaxPooling1D()),
    "global max 2d": (IMAGE, lambda: layers.GlobalMaxPooling2D()),
    "global max 2d keepdims": (IMAGE, lambda: layers.GlobalMaxPooling2D(keepdims=True)),
    "bn": (IMAGE, lambda: layers.BatchNormalization()),
    "bn of a vector": (VECTOR, lambda: layers.BatchNormalization(epsilon=1e-2)),
    "bn axis 3": (IMAGE, lambda: layers.BatchNormalization(axis=3)),
    "bn without a scale": (IMAGE, lambda: layers.BatchNormalization(scale=False)),
    "bn without a shift": (SEQUENCE, lambda: layers.BatchNormalization(center=False)),
    "bn, kept": (SEQUENCE, lambda: layers.BatchNormalization(trainable=False)),
    "rescaling": (IMAGE, lambda: layers.Rescaling(1 / 127.5, -1)),
    "rescaling of each channel": (SEQUENCE, lambda: layers.Rescaling([1, 2, 3, 4], [4, 3, 2, 1])),
    "normalization": (IMAGE, lambda: layers.Normalization()),
    "normalization with numbers": (VECTOR, lambda: layers.Normalization(mean=2.0, variance=3.0)),
    "avgpool2d same without padding": (
        IMAGE,
        lambda: layers.AveragePooling2D((2, 7), padding="same"),
    ),
    "ln": (SEQUENCE, lambda: layers.LayerNormalization()),
    "ln of an image": (IMAGE, lambda: layers.LayerNormalization(epsilon=1e-5)),
    "ln without scale and shift": (
        VECTOR,
        lambda: layers.LayerNormalization(center=False, scale=False),
    ),
    "gn": (IMAGE, lambda: layers.GroupNormalization(groups=3)),
    "gn of each channel": (IMAGE, lambda: layers.GroupNormalization(groups=-1)),
    "gn of a sequence": (SEQUENCE, lambda: layers.GroupNormalization(groups=2, epsilon=1e-2)),
    "flatten": (IMAGE, lambda: layers.Flatten()),
    "reshape": (IMAGE, lambda: layers.Reshape((14, -1))),
    "dropout": (VECTOR, lambda: layers.Dropout(0.5)),
    "gaussian dropout": (VECTOR, lambda: layers.GaussianDropout(0.5)),
    "gaussian noise": (VECTOR, lambda: layers.GaussianNoise(0.5)),
    "pad1d": (SEQUENCE, lambda: layers.ZeroPadding1D((1, 2))),
    "pad2d": (IMAGE, lambda: layers.ZeroPadding2D(((1, 2), (0, 3)))),
    "pad2d, one number": (IMAGE, lambda: layers.ZeroPadding2D(2)),
    "pad2d, both axes": (IMAGE, lambda: layers.ZeroPadding2D((2, 1))),
    "crop1d": (SEQUENCE, lambda: layers.Cropping1D(1)),
    "crop2d": (IMAGE, lambda: layers.Cropping2D(((1, 2), (0, 3)))),
    "upsample1d": (SEQUENCE, lambda: layers.UpSampling1D(3)),
    "upsample2d": (IMAGE, lambda: layers.UpSampling2D((2, 3))),
    "identity": (IMAGE, lambda: layers.Identity()),
    "activation": (IMAGE, lambda: layers.Activation("tanh")),
    "relu": (IMAGE, lambda: layers.ReLU()),
    "relu with a slope": (IMAGE, lambda: layers.ReLU(negative_slope=0.2)),
    "leaky": (IMAGE, lambda: layers.LeakyReLU()),
    "elu": (IMAGE, lambda: layers.ELU(0.7)),
    "prelu": (IMAGE, lambda: layers.PReLU(shared_axes=[1, 2])),
    "prelu of a vector": (VECTOR, lambda: layers.PReLU()),
    "softmax": (IMAGE, lambda: layers.Softmax()),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_layer_gives_the_outputs_of_keras(row: str, tmp_path: Path) -> None:
    shape, make = ROWS[row]
    model = keras.Sequential([keras.Input(shape), make()])
    compare(model, tmp_path)


def test_an_embedding_gives_the_outputs_of_keras(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(11, 4)])
    compare(model, tmp_path, tokens=11)


MERGES = ("Add", "Multiply", "Maximum", "Average", "Concatenate")


@pytest.mark.parametrize("name", MERGES)
def test_a_merge_gives_the_outputs_of_keras(name: str, tmp_path: Path) -> None:
    sources = [keras.Input((3, 4)) for _ in range(3)]
    compare(keras.Model(sources, getattr(layers, name)()(sources)), tmp_path)


STRETCHED: dict[str, tuple[tuple[int, ...], ...]] = {
    "a gate for each channel": ((5, 6, 3), (1, 1, 3)),
    "a vector": ((5, 6, 3), (3,)),
    "a vector first": ((3,), (5, 6, 3)),
    "rows and columns": ((5, 1, 3), (1, 6, 3)),
    "a sequence": ((5, 3), (1, 3), (3,)),
}


@pytest.mark.parametrize("name", ["Add", "Multiply", "Maximum", "Average"])
@pytest.mark.parametrize("row", STRETCHED)
def test_a_merge_stretches_as_in_keras(name: str, row: str, tmp_path: Path) -> None:
    sources = [keras.Input(shape) for shape in STRETCHED[row]]
    compare(keras.Model(sources, getattr(layers, name)()(sources)), tmp_path)


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: keras.ops.relu(x),
    "leaky": lambda x: keras.ops.leaky_relu(x),
    "leaky with a slope": lambda x: keras.ops.leaky_relu(x, 0.3),
    "elu": lambda x: keras.ops.elu(x, 0.5),
    "selu": lambda x: keras.ops.selu(x),
    "gelu": lambda x: keras.ops.gelu(x, approximate=False),
    "silu": lambda x: keras.ops.silu(x),
    "tanh": lambda x: keras.ops.tanh(x),
    "sigmoid": lambda x: keras.ops.sigmoid(x),
    "softplus": lambda x: keras.ops.softplus(x),
    "softmax": lambda x: keras.ops.softmax(x),
    "add": lambda x: x + keras.ops.tanh(x),
    "multiply": lambda x: x * keras.ops.sigmoid(x),
    "multiply by a gate": lambda x: x * layers.GlobalAveragePooling1D(keepdims=True)(x),
    "maximum": lambda x: keras.ops.maximum(x, keras.ops.tanh(x)),
    "concatenate": lambda x: keras.ops.concatenate([x, keras.ops.tanh(x)], axis=-1),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_gives_the_outputs_of_keras(name: str, tmp_path: Path) -> None:
    source = keras.Input((3, 4))
    compare(keras.Model(source, OPERATIONS[name](source)), tmp_path)


def test_a_dropout_of_whole_samples_is_none_in_prediction(tmp_path: Path) -> None:
    source = keras.Input((3, 4))
    branch = layers.Dropout(0.5, noise_shape=(None, 1, 1))(layers.Dense(4)(source))
    compare(keras.Model(source, layers.Add()([source, branch])), tmp_path)


def test_double_precision_becomes_single(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, dtype="float64")])
    compare(model, tmp_path)
