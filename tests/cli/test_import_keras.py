"""`netc import` of files of Keras: what is written, said and refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc
from keras_files import Json, archive, hdf5, layer, sequential, small, source

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small model."""
    model, variables = small()
    archive(tmp_path / "m.keras", model, hdf5(variables))
    return tmp_path


def test_it_writes_a_spec_and_weights(folder: Path) -> None:
    done = run_netc(folder, "import", "m.keras")
    assert (done.returncode, done.stderr) == (0, "")
    text = "# Read from m.keras\ninput 3 -> dense 4 relu -> dense 2 softmax\n"
    assert (folder / "m.net").read_text() == text
    assert done.stdout.startswith("spec    m.net, 4 layers, 26 parameters\nweights m.safetensors")
    model = netc.load(folder / "m.safetensors")
    _, variables = small()
    (w, b), (v, c) = variables.values()
    x = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)
    logits = np.maximum(x @ w + b, 0) @ v + c
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(model.outputs(x)["softmax1"], expected, rtol=1e-5)


def test_the_json_of_a_model_becomes_a_spec_alone(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps(small()[0]))
    done = run_netc(tmp_path, "import", "m.json")
    assert (done.returncode, done.stdout) == (0, "spec    m.net, 4 layers, 26 parameters\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.json", "m.net"]


@pytest.mark.parametrize(
    ("start", "ending"), [(b"\x89HDF\r\n\x1a\n", "`.h5`"), (b"PK\x03\x04", "`.keras`")]
)
def test_weights_are_not_read_from_a_file_that_promises_none(
    start: bytes, ending: str, tmp_path: Path
) -> None:
    (tmp_path / "m.json").write_bytes(start + bytes(100))
    (tmp_path / "m.safetensors").write_bytes(b"kept")
    done = run_netc(tmp_path, "import", "m.json")
    assert done.returncode == 1
    assert ending in done.stderr
    assert (tmp_path / "m.safetensors").read_bytes() == b"kept"


def test_python_programs_import_too(folder: Path) -> None:
    assert netc.import_model(folder / "m.keras").trained
    (folder / "m.json").write_text(json.dumps(small()[0]))
    assert not netc.import_model(folder / "m.json").trained


def test_check_lists_all_layers_without_a_counterpart(tmp_path: Path) -> None:
    model = sequential(
        source(4, 4),
        layer("GRU", "first", units=3),
        layer("Lambda", "last"),
    )
    (tmp_path / "m.json").write_text(json.dumps(model))
    done = run_netc(tmp_path, "import", "m.json", "--check")
    assert done.returncode == 1
    assert done.stderr.count("error[E0789]") == 2
    assert "`first (GRU)` cannot be imported: netc has no counterpart of `GRU`" in done.stderr
    assert "it is at `config.layers[2]` in the JSON of the model" in done.stderr
    assert not (tmp_path / "m.net").exists()


def test_what_is_not_taken_over_is_told_once_for_all_layers(tmp_path: Path) -> None:
    norms = [layer("BatchNormalization", f"b{index}", scale=False) for index in range(5)]
    (tmp_path / "m.json").write_text(json.dumps(sequential(source(4), *norms)))
    done = run_netc(tmp_path, "import", "m.json")
    assert done.returncode == 0
    assert done.stderr.count("warning[W0791]") == 1
    assert "and 2 more: it has no `gamma`" in done.stderr


def _lenet() -> tuple[Json, dict[str, list[Any]]]:
    """LeNet-5, compiled, and its variables."""
    layers = [
        layer("Conv2D", "conv1", filters=6, kernel_size=[5, 5], padding="same", activation="tanh"),
        layer("AveragePooling2D", "pool1", pool_size=[2, 2], strides=[2, 2]),
        layer("Conv2D", "conv2", filters=16, kernel_size=[5, 5], activation="tanh"),
        layer("AveragePooling2D", "pool2", pool_size=[2, 2], strides=[2, 2]),
        layer("Flatten", "flatten"),
        layer("Dense", "dense1", units=120, activation="tanh"),
        layer("Dense", "dense2", units=84, activation="tanh"),
        layer("Dense", "dense3", units=10, activation="softmax"),
    ]
    shapes = {
        "conv2d": (5, 5, 1, 6), "conv2d_1": (5, 5, 6, 16),
        "dense": (400, 120), "dense_1": (120, 84), "dense_2": (84, 10),
    }  # fmt: skip
    zeros = {
        f"layers/{name}": [np.zeros(shape, np.float32), np.zeros(shape[-1], np.float32)]
        for name, shape in shapes.items()
    }
    compiled = {
        "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.0010000000474974513}},
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    }
    return sequential(source(28, 28, 1), *layers, compile_config=compiled), zeros


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "interchange.md").read_text()
    page = page.partition("\n## From Keras")[2].partition("\n## ")[0]
    printed = re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    model, variables = _lenet()
    archive(tmp_path / "lenet.keras", model, hdf5(variables))
    done = run_netc(tmp_path, "import", "lenet.keras")
    assert done.stdout == printed[0]
    (text,) = re.findall(r"^```netc\n(.*?)^```$", page, re.M | re.S)
    assert (tmp_path / "lenet.net").read_text() == text
    reader = sequential(
        source(20, name="tokens"),
        layer("Embedding", "embedding", input_dim=50, output_dim=8),
        layer("LSTM", "lstm", units=8),
        layer("Lambda", "lambda"),
    )
    archive(tmp_path / "reader.keras", reader, b"")
    done = run_netc(tmp_path, "import", "reader.keras", "--check")
    assert done.stderr.startswith(printed[1])


def test_a_missing_package_says_how_to_install_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    done = run_netc(folder, "import", "m.keras")
    assert done.returncode == 1
    assert "h5py is not installed: pip install 'netc[keras]'" in done.stderr
