"""Every net that ships with netc as a file of ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from netc.compiler.onnx.lower import OnnxOptions
from onnx_files import drawn_network, drawn_samples, encoded, netc_outputs, run_file
from reference_net import distance

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.net"))
SMALL = [path for path in SPECS if path.stem in ("lenet5", "two_heads", "text_cnn")]
OPSETS = (13, 15, 17, 18, 20, 21)


def compare(path: Path, options: OnnxOptions) -> None:
    spec, state = drawn_network(path)
    content = encoded(spec, state, options)
    for batch in (1, 7):
        samples = drawn_samples(spec, batch)
        found = run_file(content, samples)
        for name, expected in netc_outputs(spec, state, samples).items():
            assert np.isfinite(expected).all()
            assert distance(found[name], expected) <= 1e-5, (name, batch)


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_a_small_net(path: Path) -> None:
    pytest.importorskip("onnxruntime")
    compare(path, OnnxOptions())


@pytest.mark.heavy
@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_net(path: Path, opset: int) -> None:
    pytest.importorskip("onnxruntime")
    compare(path, OnnxOptions(opset))


@pytest.mark.heavy
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_net_with_folded_normalisations(path: Path) -> None:
    pytest.importorskip("onnxruntime")
    compare(path, OnnxOptions(fold_batchnorm=True))
