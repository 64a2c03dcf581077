"""Out, in, and out again: networks of netc that come back from files of ONNX."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import netc
import numpy as np
import pytest
from imported_files import assert_equal_to_runtime, file_of, imported, outputs_of
from layer_rows import TABLE, Row
from netc.compiler.onnx.lower import OnnxOptions
from onnx_files import drawn_network, drawn_samples, encoded, run_file
from reference_net import distance

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SPECS = sorted((Path(__file__).parents[3] / "specs").rglob("*.net"))
SMALL = [path for path in SPECS if path.stem in ("lenet5", "two_heads", "digits")]
SUMS = ("lrn 2 alpha", "lrn 4 alpha", "lrn 7 alpha=0", "round=ceil pad=1")
"""Layers that no operator of ONNX is, and that files have as sums and products."""
BACK = [row for row in TABLE if not any(pipe in row.pipe for pipe in SUMS)]


def compare(text: str | Path, folder: Path, options: OnnxOptions) -> None:
    """A file gives in netc what it gives in onnxruntime, and so does the file that is made of
    that."""
    spec, state = drawn_network(text)
    samples = drawn_samples(spec, 3)
    path = file_of(encoded(spec, state, options), folder)
    found = assert_equal_to_runtime(path, samples, turned=False)
    assert found.state is not None
    again = encoded(found_spec := _spec(found), found.state)
    first, second = run_file(str(path), samples), run_file(again, _named(found_spec, samples))
    for one, other in zip(first.values(), second.values(), strict=True):
        assert distance(other, one) <= 1e-5


def _spec(found: object) -> object:
    from netc.runtime.training.spec import Spec

    return Spec.of(found.spec.checked)  # type: ignore[attr-defined]


def _named(spec: object, samples: dict[str, object]) -> dict[str, object]:
    from netc.runtime.data.user_arrays import input_names

    return dict(zip(input_names(spec.model), samples.values(), strict=True))  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_a_small_net_comes_back(path: Path, tmp_path: Path) -> None:
    compare(path, tmp_path, OnnxOptions())


@pytest.mark.heavy
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_net_comes_back(path: Path, fold: bool, tmp_path: Path) -> None:
    compare(path, tmp_path, OnnxOptions(fold_batchnorm=fold))


@pytest.mark.parametrize("row", tuple(islice(BACK, 0, None, 12)), ids=str)
def test_a_layer_comes_back(row: Row, tmp_path: Path) -> None:
    compare(row.text("f32"), tmp_path, OnnxOptions())


@pytest.mark.heavy
@pytest.mark.parametrize("opset", [13, 17, 18, 21])
@pytest.mark.parametrize("row", BACK, ids=str)
def test_a_layer_comes_back_of_every_opset(row: Row, opset: int, tmp_path: Path) -> None:
    compare(row.text("f32"), tmp_path, OnnxOptions(opset))


def test_the_text_is_that_of_the_spec(tmp_path: Path) -> None:
    (path,) = (path for path in SPECS if path.stem == "lenet5")
    found = imported(file_of(encoded(*drawn_network(path)), tmp_path))
    assert found.spec.text == (
        "# Read from net.onnx, written by netc 0\n"
        "input 32x32x1\n"
        "  -> conv 6 5x5 tanh -> avgpool 2x2\n"
        "  -> conv 16 5x5 tanh -> avgpool 2x2\n"
        "  -> conv 120 5x5 tanh -> flatten\n"
        "  -> dense 84 tanh -> dense 10 softmax\n"
    )


def test_weights_keep_every_bit(tmp_path: Path) -> None:
    """Where the names of the layers come back, the weights are equal, too."""
    spec, state = drawn_network(SMALL[0])
    found = imported(file_of(encoded(spec, state), tmp_path))
    assert found.state is not None
    assert found.state.weights.keys() == state.weights.keys()
    for name, array in state.weights.items():
        assert (found.state.weights[name] == array.astype(np.float32)).all()


def test_weights_are_shared_again(tmp_path: Path) -> None:
    spec, state = drawn_network("input 6 -> dense 6 -> @h -> tanh -> dense 6 share=@h")
    found = imported(file_of(encoded(spec, state), tmp_path))
    assert "share=@" in found.spec.text
    assert found.spec.checked.graph.parameter_count() == 42


def test_outputs_have_their_names(tmp_path: Path) -> None:
    spec, state = drawn_network(
        "input 4 -> dense 3 -> @t -> dense 2 -> @low\n@t -> dense 5 -> @high"
    )
    path = file_of(encoded(spec, state), tmp_path)
    found = imported(path)
    assert set(found.spec.checked.graph.labels) >= {"low", "high"}
    assert len(outputs_of(found, list(drawn_samples(spec, 2).values()))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "prep standardize; input 4 -> dense 3 softmax; loss ce",
        "prep scale; input 4 -> dense 3 softmax; loss ce",
        "prep center; input 6x5x2 -> conv 2 3x3 relu -> flatten -> dense 3 softmax; loss ce",
        "prep whiten zca; input 4 -> dense 3 softmax; loss ce",
        "prep pad=1; input 6x6x1 -> conv 2 3x3 -> flatten -> dense 3 softmax; loss ce",
        "prep center; prep standardize on=target; input 5 -> dense 4 tanh -> dense 1; loss mse",
    ],
)
def test_preparations_come_back(text: str, tmp_path: Path) -> None:
    """A file takes samples as the data has them, and so does what is imported of it."""
    rng = np.random.default_rng(0)
    shapes = {"6x5": (6, 5, 2), "6x6": (4, 4, 1), "input 5": (5,)}
    shape = next((own for said, own in shapes.items() if said in text), (4,))
    x = 50 + 9 * rng.normal(size=(40, *shape))
    y = 7 * rng.normal(size=40) + 3 if "mse" in text else rng.integers(0, 3, 40)
    model = netc.compile(f"{text}; opt sgd lr=0.01; train epochs=1 batch=20").fit(x, y)
    options = OnnxOptions(preparation=True)
    path = file_of(encoded(model.as_spec(), model.trained_state(), options), tmp_path)
    found = netc.import_model(path)
    found.save(tmp_path / "again.safetensors")
    again = netc.load(tmp_path / "again.safetensors")
    expected = next(iter(run_file(str(path), {"input1": x}).values()))
    given = again.predict(x).reshape(expected.shape) if "mse" in text else _probabilities(again, x)
    assert distance(given, expected) <= 1e-5
    # a border is a layer of its own in what comes back
    assert ("prep" in found.spec) == ("pad=1" not in text)


def _probabilities(model: netc.Model, x: object) -> object:
    (found,) = model.outputs(x).values()
    return found


def test_a_normalisation_inside_the_network_is_a_preparation(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    arrays = {
        "mean": np.array([0.5, 0.4, 0.3], np.float32).reshape(1, 3, 1, 1),
        "std": np.array([0.2, 0.3, 0.4], np.float32).reshape(3, 1, 1),
        "w": np.random.default_rng(0).normal(size=(2, 3, 3, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Sub", ["x", "mean"], ["a"]),
        helper.make_node("Div", ["a", "std"], ["b"]),
        helper.make_node("Conv", ["b", "w"], ["y"], pads=[1, 1, 1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    path = tmp_path / "net.onnx"
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path
    )
    x = np.random.default_rng(1).random((2, 3, 4, 4)).astype(np.float32)
    model = netc.import_model(path)
    assert model.spec.endswith(
        "prep standardize\ninput 4x4x3 name=x -> conv 2 3x3 pad=1 bias=false\n"
    )
    (found,) = model.outputs(np.moveaxis(x, 1, -1)).values()
    (expected,) = run_file(str(path), {"x": x}).values()
    assert distance(np.moveaxis(found, -1, 1), expected) <= 1e-5
