"""Files of ONNX that packages bring: each gives in netc what it gives elsewhere, or is refused."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imported_files import channels_last, imported, outputs_of
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.problem import Problems
from netc.runtime.interchange.importing import import_network
from reference_net import distance

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import numpy_helper  # noqa: E402

Array = np.ndarray[Any, Any]
DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
CASES = sorted(DATA.glob("pytorch-*/*/model.onnx")) + sorted(DATA.glob("simple/*/model.onnx"))
DATASETS = Path(onnxruntime.__file__).parent / "datasets"


def array_of(path: Path) -> Array:
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return np.asarray(numpy_helper.to_array(tensor))


def single(array: Array) -> Array:
    with np.errstate(over="ignore"):
        return array.astype(np.float32) if array.dtype == np.float64 else array


@pytest.mark.heavy
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_a_file_of_onnx(path: Path) -> None:
    problems = Problems()
    found = import_network(path, BUILTIN, problems)
    if found is None:
        assert {problem.code for problem in problems} <= {"E0787", "E0788"}
        return
    samples = path.parent / "test_data_set_0"
    given = [single(array_of(file)) for file in sorted(samples.glob("input_*.pb"))]
    if not all(np.isfinite(array).all() for array in given):
        return
    shapes = [node.shape for node in found.spec.checked.graph.nodes if not node.inputs]
    orders = [
        [form for form in (array, channels_last(array)) if form.shape[1:] == shape]
        for array, shape in zip(given, shapes, strict=True)
    ]
    expected = [array_of(file) for file in sorted(samples.glob("output_*.pb"))]
    worst = [
        max(map(_distance, outputs_of(found, list(chosen)), expected))
        for chosen in product(*orders)
    ]
    assert min(worst) <= 1e-4


def _distance(found: Array, expected: Array) -> float:
    """In the order of axes that fits."""
    turned = np.moveaxis(found, -1, 1) if found.ndim > 2 else found
    return min(distance(form.reshape(expected.shape), expected) for form in (found, turned))


def test_the_files_of_onnxruntime() -> None:
    assert imported(DATASETS / "sigmoid.onnx").spec.text.endswith("input 4x5 name=x -> sigmoid\n")
    operators = {}
    for name in ("mul_1", "logreg_iris"):
        problems = Problems()
        assert import_network(DATASETS / f"{name}.onnx", BUILTIN, problems) is None
        operators[name] = [problem.message().split("`")[1] for problem in problems]
    assert operators == {
        "mul_1": ["Mul"],
        "logreg_iris": [
            f"ai.onnx.ml.{name}" for name in ("LinearClassifier", "Normalizer", "ZipMap")
        ],
    }
