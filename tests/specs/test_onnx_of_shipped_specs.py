"""Every net that ships with netc as a file of ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from netc.compiler.onnx.lower import OnnxOptions
from onnx_files import drawn_network, drawn_samples, encoded, in_double, netc_outputs, run_file
from reference_net import distance

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.net"))
SMALL = [path for path in SPECS if path.stem in ("lenet5", "two_heads", "text_cnn")]
DEFAULT = OnnxOptions()
FOLDED = OnnxOptions(fold_batchnorm=True)
OTHERS = [OnnxOptions(opset) for opset in (13, 15, 17, 20, 21)]


def compare(path: Path, *others: OnnxOptions) -> None:
    """Files of the default operator set answer batches of 1 and 7, `others` of 1, as netc does.

    It computes in double precision here, so that the rounding of single precision counts once:
    that of mobilenet_v2 is 1e-5 in netc, 0.7e-6 in onnxruntime.
    """
    spec, state = drawn_network(path)
    samples = {batch: drawn_samples(spec, batch) for batch in (1, 7)}
    right = {batch: netc_outputs(*in_double(spec, state), samples[batch]) for batch in samples}
    for options in (DEFAULT, FOLDED, *others):
        content = encoded(spec, state, options)
        for batch in (1,) if options in others else (1, 7):
            found = run_file(content, samples[batch])
            for name, expected in right[batch].items():
                assert np.isfinite(expected).all()
                assert distance(found[name], expected) <= 1e-5, (options, name, batch)


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_a_small_net(path: Path) -> None:
    pytest.importorskip("onnxruntime")
    compare(path)


@pytest.mark.heavy
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_net(path: Path) -> None:
    pytest.importorskip("onnxruntime")
    compare(path, *OTHERS)
