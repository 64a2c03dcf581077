"""Models of Keras in one file of HDF5: small ones, written as Keras 2 did, and damaged
or hostile ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras_files import Json, layer, sequential, small, source
from netc.grammar.problem import Problems
from netc.runtime.interchange.imported import ReadNetwork
from netc.runtime.interchange.keras.legacy import legacy_texts
from netc.runtime.interchange.keras.reading import read_keras

h5py = pytest.importorskip("h5py")

NAMES = {
    "hidden": ["hidden/kernel:0", "hidden/bias:0"],
    "scores": ["scores/kernel:0", "scores/bias:0"],
}


def saved(path: Path, model: Json, change: Callable[[Any], None] = lambda file: None) -> Path:
    """A file as Keras 2 writes it, with the weights of the small network."""
    arrays = dict(zip(NAMES, small()[1].values(), strict=True))
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.15.0"
        file.attrs["model_config"] = json.dumps(model).encode()
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in NAMES]
        for name, paths in NAMES.items():
            group = weights.create_group(name)
            group.attrs["weight_names"] = [path.encode() for path in paths]
            for where, array in zip(paths, arrays[name], strict=True):
                group[where] = array
        change(file)
    return path


def read(path: Path) -> ReadNetwork:
    problems = Problems()
    found = read_keras(path, problems)
    assert found is not None, [problem.message() for problem in problems]
    return found


def refused(path: Path) -> str:
    problems = Problems()
    assert read_keras(path, problems) is None
    (problem,) = problems
    return f"{problem.code} {problem.message()}"


def test_weights_are_those_of_the_file(tmp_path: Path) -> None:
    model, variables = small()
    found = read(saved(tmp_path / "a.h5", model))
    assert found.weights is not None
    for name, (w, b) in zip(NAMES, variables.values(), strict=True):
        assert (found.weights[name]["w"] == w).all()
        assert (found.weights[name]["b"] == b).all()


def test_a_long_list_of_names_is_in_several_attributes(tmp_path: Path) -> None:
    def divide(file: Any) -> None:
        attributes = file["model_weights/hidden"].attrs
        for number, name in enumerate(NAMES["hidden"]):
            attributes[f"weight_names{number}"] = [name.encode()]
        del attributes["weight_names"]

    found = read(saved(tmp_path / "a.h5", small()[0], divide))
    assert found.weights is not None
    assert (found.weights["hidden"]["b"] == small()[1]["layers/dense"][1]).all()


def nested(*inner: Json) -> Json:
    return sequential(source(3), sequential(source(3), *inner, name="body"))


def test_the_variables_of_a_model_in_the_model_are_in_its_group(tmp_path: Path) -> None:
    def move(file: Any) -> None:
        weights = file["model_weights"]
        weights.move("hidden", "body")
        weights["body"]["scores"] = weights["scores/scores"]
        weights["body"].attrs["weight_names"] = [*NAMES["hidden"], *NAMES["scores"]]
        del weights["scores"]

    layers = small()[0]["config"]["layers"][1:]
    found = read(saved(tmp_path / "a.h5", nested(*layers), move))
    assert found.weights is not None
    (w,) = (own["w"] for name, own in found.weights.items() if name.endswith("scores"))
    assert (w == small()[1]["layers/dense_1"][0]).all()


def _without(name: str) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[f"model_weights/{name}"]

    return change


def _attribute(where: str, name: str, value: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        file[where].attrs[name] = value

    return change


def _link(file: Any) -> None:
    del file["model_weights/hidden/hidden"]
    file["model_weights/hidden/hidden"] = h5py.ExternalLink("other.h5", "/")


def _transposed(file: Any) -> None:
    del file["model_weights/hidden/hidden/kernel:0"]
    file["model_weights/hidden/hidden/kernel:0"] = np.zeros((4, 3), np.float32)


HOSTILE: dict[str, tuple[Callable[[Any], None], str]] = {
    "weights alone": (lambda file: file.attrs.pop("model_config"), "it has no `model_config`"),
    "no text": (_attribute("/", "model_config", 3.0), "it has no `model_config`"),
    "no JSON": (_attribute("/", "model_config", "{"), "its JSON is damaged at line 1"),
    "no model": (_attribute("/", "model_config", "3"), "JSON"),
    "nested JSON": (_attribute("/", "model_config", "[" * 100_000), "nested too deeply"),
    "training": (_attribute("/", "training_config", "{"), "its JSON is damaged"),
    "no weights": (lambda file: file.pop("model_weights"), "`model_weights` is missing"),
    "no layer": (_without("scores"), "`scores` is missing in its weights"),
    "no variable": (_without("scores/scores/bias:0"), "is missing in its weights"),
    "fewer names": (_attribute("model_weights/hidden", "weight_names", [b"hidden/kernel:0"]),
                    "the file has 1 variables of the layer, which needs 2"),
    "numbers as names": (_attribute("model_weights/hidden", "weight_names", [1, 2]), "not text"),
    "one number": (_attribute("model_weights/hidden", "weight_names", 3), "damaged"),
    "a link": (_link, "is a link, which netc does not follow"),
    "another shape": (_transposed, "has the shape 4x3, and the layer needs 3x4"),
    "a way out of the group": (_attribute("model_weights/hidden", "weight_names",
                                          [b"../scores/kernel:0", b"hidden/bias:0"]), "missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    change, reason = HOSTILE[name]
    said = refused(saved(tmp_path / "a.h5", small()[0], change))
    assert said.startswith("E0787")
    assert reason in said


def test_the_same_name_in_two_models_is_refused(tmp_path: Path) -> None:
    def copy(file: Any) -> None:
        weights = file["model_weights"]
        weights.move("hidden", "body")
        weights.copy("body", "other")

    model = nested(small()[0]["config"]["layers"][1])
    said = refused(saved(tmp_path / "a.h5", model, copy))
    assert "2 models in the model have variables of this name: save the model as `.keras`" in said


def test_code_in_a_file_is_refused(tmp_path: Path) -> None:
    model = sequential(source(3), layer("Lambda", "code", function=["gASV", None, None]))
    assert "a `Lambda` is Python code" in refused(saved(tmp_path / "a.h5", model))


def test_any_damaged_byte_raises_nothing_else(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.h5", small()[0])
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 60):
        data = bytearray(whole)
        data[place] ^= int(random.integers(1, 256))
        path.write_bytes(data)
        problems = Problems()
        assert (read_keras(path, problems) is None) == problems.has_errors()
    for length in random.integers(0, len(whole), 20):
        path.write_bytes(whole[:length])
        assert "E0787" in refused(path)


def test_the_texts_are_those_of_the_file(tmp_path: Path) -> None:
    texts = legacy_texts(saved(tmp_path / "a.h5", small()[0]).read_bytes())
    assert texts["keras_version"] == "2.15.0"
    assert json.loads(texts["model_config"]) == small()[0]
