"""Whole networks of Keras, with random weights: the outputs are those of Keras."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import pytest
from keras_models import compare, keras_package

pytestmark = pytest.mark.filterwarnings("ignore")
"""Those of Keras itself."""

keras = keras_package()
layers = keras.layers


def lenet() -> Any:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def resnet() -> Any:
    def unit(x: Any, filters: int, stride: int = 1) -> Any:
        y = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if stride > 1:
            x = layers.Conv2D(filters, 1, stride, use_bias=False)(x)
            x = layers.BatchNormalization()(x)
        return layers.ReLU()(layers.Add()([x, y]))

    source = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(source)
    for filters, stride in ((8, 1), (8, 1), (16, 2), (16, 1), (32, 2)):
        x = unit(x, filters, stride)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(source, layers.Dense(5, activation="softmax")(x))


def inverted_residuals() -> Any:
    """As MobileNetV2 has them, with another activation."""

    def unit(x: Any, filters: int, stride: int) -> Any:
        channels = x.shape[-1]
        y = layers.Conv2D(3 * channels, 1, use_bias=False)(x)
        y = layers.Activation("silu")(layers.BatchNormalization(momentum=0.999)(y))
        if stride == 2:
            y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
        padding = "valid" if stride == 2 else "same"
        y = layers.DepthwiseConv2D(3, stride, padding=padding, use_bias=False)(y)
        y = layers.Activation("silu")(layers.BatchNormalization(momentum=0.999)(y))
        y = layers.Conv2D(filters, 1, use_bias=False)(y)
        y = layers.BatchNormalization(momentum=0.999)(y)
        return layers.Add()([x, y]) if stride == 1 and channels == filters else y

    source = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, 2, padding="same", use_bias=False)(source)
    for filters, stride in ((8, 1), (12, 2), (12, 1), (16, 2)):
        x = unit(x, filters, stride)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(source, layers.Dense(5)(x))


def text_cnn() -> Any:
    source = keras.Input((20,), dtype="int32")
    x = layers.Embedding(50, 8)(source)
    branches = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(6, size, activation="relu")(x))
        for size in (3, 4, 5)
    ]
    x = layers.Dropout(0.5)(layers.Concatenate()(branches))
    return keras.Model(source, layers.Dense(1, activation="sigmoid")(x))


def u_net() -> Any:
    def twice(x: Any, filters: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        return x

    source = keras.Input((16, 16, 1))
    wide = twice(source, 4)
    middle = twice(layers.MaxPooling2D(2)(wide), 8)
    deep = twice(layers.MaxPooling2D(2)(middle), 16)
    x = layers.Conv2DTranspose(8, 2, strides=2)(deep)
    x = twice(layers.Concatenate()([middle, x]), 8)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)
    x = twice(layers.Concatenate()([wide, x]), 4)
    return keras.Model(source, layers.Conv2D(2, 1, activation="softmax")(x))


def nested() -> Any:
    """A model that is called twice, in a model in another."""
    encoder = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, activation="relu"), layers.Dense(4)], name="encoder"
    )
    left, right = keras.Input((6,)), keras.Input((6,))
    gate = layers.Multiply()([encoder(left), layers.Activation("sigmoid")(encoder(right))])
    pair = keras.Model([left, right], [gate, encoder(right)], name="pair")
    first, second = keras.Input((6,), name="first"), keras.Input((6,), name="second")
    one, other = pair([first, second])
    another, _ = pair([second, first])
    merged = layers.Add()([one, other, another])
    return keras.Model([first, second], [layers.Dense(3)(merged), other])


def shared() -> Any:
    """A layer that is called three times, with its activation."""
    source = keras.Input((4,))
    layer = layers.Dense(4, activation="tanh")
    return keras.Model(source, layer(layer(layer(source))))


def padded() -> Any:
    """Zeros that become an option of the convolution, and zeros that do not."""
    source = keras.Input((13, 14, 2))
    x = layers.Conv2D(4, 7, 2)(layers.ZeroPadding2D(3)(source))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    x = layers.DepthwiseConv2D(3, 2)(layers.ZeroPadding2D((1, 2))(x))
    return keras.Model(source, layers.Conv2D(3, 2)(layers.ZeroPadding2D(((0, 1), (0, 1)))(x)))


def several_outputs() -> Any:
    """Outputs that are read inside, too, or are an input."""
    source = keras.Input((4,))
    x = layers.Dense(3, activation="relu", name="features")(source)
    return keras.Model(source, {"a": x, "b": layers.Dense(2, name="scores")(x)})


NETS: dict[str, Callable[[], Any]] = {
    "lenet": lenet,
    "resnet": resnet,
    "inverted residuals": inverted_residuals,
    "u_net": u_net,
    "nested": nested,
    "shared": shared,
    "padded": padded,
    "several outputs": several_outputs,
}


@pytest.mark.parametrize("name", NETS)
def test_a_network_gives_the_outputs_of_keras(name: str, tmp_path: Path) -> None:
    compare(NETS[name](), tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETS)
def test_a_network_in_one_file_of_hdf5_gives_the_outputs_of_keras(
    name: str, tmp_path: Path
) -> None:
    compare(NETS[name](), tmp_path, file="model.h5")


def test_a_network_of_tokens_gives_the_outputs_of_keras(tmp_path: Path) -> None:
    compare(text_cnn(), tmp_path, tokens=50)


@pytest.mark.parametrize("file", ["model.keras", "model.h5"])
@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "nadam", "rmsprop", "adadelta", "lion"])
def test_what_keras_compiles_a_model_with_comes_along(name: str, file: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile(name, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save(tmp_path / file)
    text = netc.import_model(tmp_path / file).spec
    assert re.search(rf"^loss ce\nopt {name}\b.*\nmetric acc$", text, re.M)
