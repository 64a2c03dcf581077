"""Every word of the language as a file of ONNX: onnxruntime computes what netc computes."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from layer_rows import TABLE, Row
from netc.compiler.layers.catalog import LAYERS
from netc.compiler.onnx.graph import OPSETS
from netc.compiler.onnx.lower import OnnxOptions
from netc.compiler.onnx.templates import TEMPLATES
from onnx_files import Array, drawn_network, drawn_samples, encoded, netc_outputs, run_file
from reference_net import distance

TOLERANCE = 1e-5


def compare(row: Row, options: OnnxOptions) -> None:
    spec, state = drawn_network(row.text("f32"))
    samples = drawn_samples(spec, row.batch)
    if not row.tokens:
        samples = {name: _all_different(array) for name, array in samples.items()}
    found = run_file(encoded(spec, state, options), samples)
    expected = netc_outputs(spec, state, samples)
    assert found.keys() == expected.keys()
    wrong = {
        name: error
        for name in found
        if not (error := distance(found[name], expected[name])) <= TOLERANCE
    }
    assert not wrong, wrong


def _all_different(array: Array) -> Array:
    return np.arange(array.size).reshape(array.shape)


def test_every_word_has_a_template() -> None:
    assert set(TEMPLATES) == {entry.word for entry in LAYERS} - {"input"}


@pytest.mark.parametrize("row", tuple(islice(TABLE, 0, None, 6)), ids=str)
def test_a_layer(row: Row) -> None:
    pytest.importorskip("onnxruntime")
    compare(row, OnnxOptions())


@pytest.mark.heavy
@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_layer_in_every_opset(row: Row, opset: int) -> None:
    pytest.importorskip("onnxruntime")
    compare(row, OnnxOptions(opset))


@pytest.mark.heavy
@pytest.mark.parametrize("row", [row for row in TABLE if "bn" in row.pipe], ids=str)
def test_a_folded_normalisation(row: Row) -> None:
    pytest.importorskip("onnxruntime")
    compare(row, OnnxOptions(fold_batchnorm=True))
