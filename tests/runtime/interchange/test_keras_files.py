"""Files of Keras: small ones, written without Keras, and damaged or hostile ones."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras_files import archive, hdf5, layer, sequential, small, source
from netc.grammar.problem import Problem, Problems
from netc.runtime.interchange.imported import ReadNetwork
from netc.runtime.interchange.keras.reading import read_keras

h5py = pytest.importorskip("h5py")

NAMES = {"layers/dense": "hidden", "layers/dense_1": "scores"}


def read(path: Path) -> ReadNetwork:
    problems = Problems()
    found = read_keras(path, problems)
    assert found is not None, list(problems)
    return found


def problem_of(path: Path) -> Problem:
    problems = Problems()
    assert read_keras(path, problems) is None
    (problem,) = problems
    return problem


def refused(path: Path) -> str:
    problem = problem_of(path)
    assert problem.code == "E0787"
    return problem.message()


@pytest.mark.parametrize("names", [None, NAMES], ids=["no names", "names"])
def test_weights_are_those_of_the_file(names: dict[str, str] | None, tmp_path: Path) -> None:
    model, variables = small()
    found = read(archive(tmp_path / "a.keras", model, hdf5(variables, names)))
    assert found.weights is not None
    w, b = variables["layers/dense"]
    assert (found.weights["hidden"]["w"] == w).all()
    assert (found.weights["hidden"]["b"] == b).all()
    assert (found.weights["scores"]["w"] == variables["layers/dense_1"][0]).all()


def test_json_alone_is_a_network_without_weights(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(small()[0]))
    found = read(path)
    assert found.network.inputs[0].shape == (3,)
    assert found.weights is None


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    model, variables = small()
    halves = {
        group: [array.astype(np.float16) for array in own] for group, own in variables.items()
    }
    found = read(archive(tmp_path / "a.keras", model, hdf5(halves)))
    assert found.weights is not None
    assert found.weights["hidden"]["w"].dtype == np.float32


def test_what_a_normalisation_lacks_changes_nothing(tmp_path: Path) -> None:
    model = sequential(source(3), layer("BatchNormalization", "bn", scale=False, center=False))
    mean, var = np.float32([1, 2, 3]), np.float32([4, 5, 6])
    weights = hdf5({"layers/batch_normalization": [mean, var]})
    found = read(archive(tmp_path / "a.keras", model, weights))
    assert found.weights is not None
    own = found.weights["bn"]
    assert {name: array.tolist() for name, array in own.items()} == {
        "gamma": [1, 1, 1], "beta": [0, 0, 0], "mean": [1, 2, 3], "var": [4, 5, 6],
    }  # fmt: skip


def test_options_that_single_precision_cannot_hold_are_refused(tmp_path: Path) -> None:
    model = sequential(source(3), layer("Rescaling", "a", scale=1e300))
    path = archive(tmp_path / "a.keras", model, hdf5({}))
    assert "`a`: an option holds numbers that are not finite in f32" in refused(path)


def _changed(group: str, index: int, array: Any) -> Callable[[], bytes]:
    def weights() -> bytes:
        _, variables = small()
        variables[group][index] = array
        return hdf5(variables, NAMES)

    return weights


def _edited(edit: Callable[[Any], None]) -> Callable[[], bytes]:
    """The weights after a change of the open file."""

    def weights() -> bytes:
        memory = io.BytesIO(hdf5(small()[1], NAMES))
        with h5py.File(memory, "r+") as file:
            edit(file)
        return memory.getvalue()

    return weights


def _external_link(file: Any) -> None:
    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink("/etc/passwd", "/layers/dense")


def _soft_link(file: Any) -> None:
    del file["layers/dense"]
    file["layers/dense"] = h5py.SoftLink("/layers/dense_1")


def _external_data(file: Any) -> None:
    del file["layers/dense/vars/0"]
    external = [("/etc/passwd", 0, 48)]
    file["layers/dense/vars"].create_dataset("0", (3, 4), "f4", external=external)


def _virtual_data(file: Any) -> None:
    del file["layers/dense/vars/0"]
    layout = h5py.VirtualLayout((3, 4), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", (3, 4))
    file["layers/dense/vars"].create_virtual_dataset("0", layout)


def _group_as_data(file: Any) -> None:
    del file["layers/dense/vars/0"]
    file["layers/dense/vars"].create_group("0")


def _bomb(file: Any) -> None:
    """2^62 bytes that are nowhere."""
    del file["layers/dense/vars/0"]
    shape = (2**30, 2**30)
    file["layers/dense/vars"].create_dataset("0", shape, "f4", chunks=(1024, 1024))


def _chunks(file: Any) -> None:
    """A few numbers in parts of 4 GiB."""
    del file["layers/dense/vars/0"]
    own = file["layers/dense/vars"]
    own.create_dataset("0", (3, 4), "f4", chunks=(2**15, 2**14), maxshape=(None, None))


def _wrong_name(file: Any) -> None:
    file["layers/dense/vars"].attrs["name"] = "scores"


def _more(file: Any) -> None:
    file["layers/dense/vars"]["2"] = np.zeros(3, np.float32)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "not HDF5": (lambda: b"x" * 3000, "the HDF5 file of its weights is damaged"),
    "empty": (lambda: b"", "the HDF5 file of its weights is damaged"),
    "cut short": (lambda: hdf5(small()[1])[:2500], "the HDF5 file of its weights is damaged"),
    "an external link": (_edited(_external_link), "is a link"),
    "a soft link": (_edited(_soft_link), "is a link"),
    "data in another file": (_edited(_external_data), "is in another file"),
    "virtual data": (_edited(_virtual_data), "is in another file"),
    "a group as data": (_edited(_group_as_data), "is damaged"),
    "a bomb": (_edited(_bomb), "has the shape 1073741824x1073741824, and the layer needs 3x4"),
    "large chunks": (_edited(_chunks), "is stored in parts of 2,147,483,648 bytes"),
    "another layer": (_edited(_wrong_name), "has the variables of another layer, `scores`"),
    "a variable more": (_edited(_more), "has 3 variables, and the layer needs 2"),
    "a wrong shape": (
        _changed("layers/dense", 0, np.zeros((4, 3), np.float32)),
        "has the shape 4x3, and the layer needs 3x4",
    ),
    "whole numbers": (_changed("layers/dense", 0, np.zeros((3, 4), int)), "is of type int64"),
    "texts": (_changed("layers/dense", 0, [[b"abcd"] * 4] * 3), "is of type object"),
    "not finite": (
        _changed("layers/dense", 1, np.float32([1, np.nan, 2, 3])),
        "numbers that are not finite",
    ),
    "nothing of a layer": (lambda: hdf5({"layers/dense": small()[1]["layers/dense"]}), "missing"),
    "nothing": (lambda: hdf5({}), "`hidden`: `layers/dense` is missing in its weights"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_weights_are_refused(name: str, tmp_path: Path) -> None:
    weights, reason = HOSTILE[name]
    assert reason in refused(archive(tmp_path / "a.keras", small()[0], weights()))


def test_any_damaged_byte_of_weights_raises_nothing_else(tmp_path: Path) -> None:
    model, variables = small()
    whole = hdf5(variables, NAMES)
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 40):
        data = bytearray(whole)
        data[place] ^= int(random.integers(1, 256))
        path = archive(tmp_path / "a.keras", model, bytes(data))
        problems = Problems()
        assert (read_keras(path, problems) is None) == problems.has_errors()


def _zip(**files: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return memory.getvalue()


def _model() -> bytes:
    return json.dumps(small()[0]).encode()


def _twice() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr("config.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("config.json", _model())
    return memory.getvalue()


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "its JSON is damaged at line 1, column 1"),
    "not JSON": (lambda: b"{]", "its JSON is damaged at line 1, column 2"),
    "not UTF-8": (lambda: b'{"a": "\xff\xfe\xff"}', "its JSON is not UTF-8"),
    "deep": (lambda: b"[" * 200_000, "nested too deeply"),
    "twice": (lambda: b'{"a": 1, "a": 2}', "its JSON has `a` twice in one object"),
    "a long number": (lambda: b"[" + b"9" * 5000 + b"]", "it is damaged"),
    "zip without a model": (lambda: _zip(a=b"b"), "it has no `config.json`"),
    "zip without weights": (
        lambda: _zip(**{"config.json": _model()}),
        "it has no `model.weights.h5`",
    ),
    "other weights": (
        lambda: _zip(**{"config.json": _model(), "model.weights.npz": b""}),
        "its weights are in `model.weights.npz`",
    ),
    "two models": (_twice, "two files `config.json`"),
    "zip bomb of JSON": (
        lambda: _zip(**{"config.json": b" " * 2**24 + b"  "}),
        "`config.json` has 16,777,218 bytes, and at most 16,777,216 are read",
    ),
    "zip bomb of weights": (
        lambda: _zip(**{"config.json": _model(), "model.weights.h5": bytes(2**27)}),
        "more than 200 times as many",
    ),
    "cut short": (
        lambda: _zip(**{"config.json": _model(), "model.weights.h5": b"a" * 999})[:-30],
        "damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    data, reason = FILES[name]
    path = tmp_path / "a.keras"
    path.write_bytes(data())
    assert reason in refused(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.keras").endswith("there is no such file")
    assert refused(tmp_path).endswith("it is a folder, not a file")


def test_code_in_a_file_is_never_looked_at(tmp_path: Path) -> None:
    """The pickle in this marshalled function and beside the model would say that they ran."""
    code = "cos\nsystem\n(S'touch ran'\ntR."
    model = sequential(source(3), layer("Lambda", "f", function={"class_name": "__lambda__",
        "config": {"value": code}}))  # fmt: skip
    path = archive(tmp_path / "a.keras", model, b"", **{"assets/a.pkl": code.encode()})
    problem = problem_of(path)
    assert (problem.code, "Python code" in problem.message()) == ("E0789", True)
    assert not list(tmp_path.glob("ran"))
