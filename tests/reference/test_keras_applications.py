"""Networks that the package of Keras ships, small and with random weights."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from keras_models import compare, keras_package
from netc.grammar.problem import Problems
from netc.runtime.interchange.keras.reading import read_keras

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]

keras = keras_package()

EQUAL = {
    "ResNet50": (64, 64, 3),
    "ResNet50V2": (64, 64, 3),
    "VGG16": (32, 32, 3),
    "DenseNet121": (64, 64, 3),
    "Xception": (96, 96, 3),
    "MobileNet": (64, 64, 3),
    "MobileNetV2": (64, 64, 3),
    "EfficientNetB0": (64, 64, 3),
    "EfficientNetV2B0": (64, 64, 3),
}
"""Networks, and the size of their inputs."""


@pytest.mark.parametrize("name", EQUAL)
def test_a_network_of_keras_gives_its_outputs(name: str, tmp_path: Path) -> None:
    compare(application(name, EQUAL[name]), tmp_path)


def application(name: str, shape: tuple[int, ...]) -> Any:
    make = getattr(keras.applications, name)
    return make(weights=None, input_shape=shape, include_top=False, pooling="avg")


REFUSED = {
    "InceptionV3": {"AveragePooling2D": 9},
}
"""How often each class has no counterpart."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_network_with_other_layers_is_refused_with_a_list(name: str, tmp_path: Path) -> None:
    model = application(name, (96, 96, 3))
    (tmp_path / "model.json").write_text(model.to_json())
    problems = Problems()
    assert read_keras(tmp_path / "model.json", problems) is None
    messages = [problem.message() for problem in problems if problem.is_error]
    assert Counter(re.findall(r"\((\w+)\)`", "".join(messages))) == REFUSED[name]
