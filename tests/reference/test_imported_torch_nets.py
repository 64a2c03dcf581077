"""Networks that torch exports, by either exporter, give in netc what they give in onnxruntime."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from imported_files import assert_equal_to_runtime

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

import foreign_nets as nets  # noqa: E402

NETS: dict[str, tuple[type[Any], tuple[int, ...]]] = {
    "lenet": (nets.LeNet, (2, 1, 28, 28)),
    "resnet18": (nets.ResNet18, (2, 3, 64, 64)),
    "mobilenet_v2": (nets.MobileNetV2, (2, 3, 64, 64)),
    "unet": (nets.UNet, (2, 1, 32, 32)),
    "squeeze_excite": (nets.SqueezeExcite, (2, 3, 6, 6)),
    "norms": (nets.Norms, (2, 3, 8, 8)),
    "reader": (nets.Reader, (2, 3, 6, 9)),
    "gate_first": (nets.GateFirst, (2, 3, 6, 6)),
    "decoder": (nets.Decoder, (2, 6)),
    "hard_pieces": (nets.HardPieces, (2, 3, 6, 6)),
    "text": (nets.TextNet, (2, 9)),
}
TEXTS = {
    "lenet": """\
input 28x28x1 name=x
  -> conv 6 5x5 pad=2 relu -> maxpool 2x2
  -> conv 16 5x5 relu -> maxpool 2x2
  -> flatten -> dense 120 relu -> dense 84 relu -> dense 10
""",
    "norms": """\
input 8x8x3 name=x
  -> conv 8 3x3 stride=2 pad=1 -> gn 4 gelu -> deconv 6 3x3 stride=2 pad=1 output_pad=1
  -> gn 6 prelu -> gap ln -> dense 4 elu
""",
    "hard_pieces": """\
input 6x6x3 name=x
  -> conv 8 3x3 pad=1 hardswish -> depthwise 1x1 bias=false -> relu max=6
  -> repeat 2 [conv 8 1x1 hardswish]
  -> gap -> relu max=0.5 -> dense 4 hardsigmoid
""",
    "squeeze_excite": """\
input 6x6x3 name=x
  -> conv 8 3x3 pad=1 silu
  -> mul [
         id
       | gap -> reshape 1x1x8 -> conv 2 1x1 silu -> conv 8 1x1 sigmoid -> upsample 6
     ]
  -> flatten -> dense 4 softmax
""",
}


nn = torch.nn


def pooled(pool: Any, *behind: Any) -> Any:
    """A module with a pool of sequences."""
    return nn.Sequential(nn.Conv1d(2, 4, 3), pool, *behind)


MODULES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "largest": (lambda: pooled(nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(4, 3)), (2, 2, 11)),
    "mean": (lambda: pooled(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3)), (2, 2, 11)),
    "largest of 3": (
        lambda: pooled(nn.AdaptiveMaxPool1d(3), nn.Flatten(), nn.Linear(12, 3)),
        (2, 2, 11),
    ),
    "mean of 3": (
        lambda: pooled(nn.AdaptiveAvgPool1d(3), nn.Flatten(), nn.Linear(12, 3)),
        (2, 2, 11),
    ),
    "log softmax": (lambda: nn.Sequential(nn.Linear(5, 3), nn.LogSoftmax(-1)), (2, 5)),
    "tanh gelu": (lambda: nn.Sequential(nn.Linear(5, 3), nn.GELU(approximate="tanh")), (2, 5)),
    "responses": (
        lambda: nn.Sequential(nn.Conv2d(2, 6, 3), nn.LocalResponseNorm(5)),
        (2, 2, 6, 6),
    ),
}


def export(name: str, folder: Path, *, dynamo: bool) -> tuple[Path, np.ndarray[Any, Any]]:
    """A file of a network, and a batch of samples."""
    make, shape = (NETS | MODULES)[name]
    module = nets.shaken(make())
    rng = np.random.default_rng(1)
    if name == "text":
        x = rng.integers(0, 50, shape)
    else:
        x = rng.standard_normal(shape).astype(np.float32)
    path = folder / f"{name}.onnx"
    how: dict[str, Any] = {"dynamo": dynamo, "input_names": ["x"], "output_names": ["y"]}
    if dynamo:
        how |= {"dynamic_shapes": ({0: torch.export.Dim("n")},), "external_data": False}
        how["verbose"] = False
    else:
        how["dynamic_axes"] = {"x": {0: "n"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.from_numpy(x),), str(path), **how)
    return path, x


def compare(name: str, folder: Path, *, dynamo: bool) -> None:
    path, x = export(name, folder, dynamo=dynamo)
    found = assert_equal_to_runtime(path, {"x": x}, turned=True)
    text = found.spec.text.partition("\n")[2]
    assert text == TEXTS.get(name, text)


@pytest.mark.parametrize(
    "name",
    ["lenet", "squeeze_excite", "norms", "hard_pieces", "reader", "gate_first", "decoder", "text"],
)
def test_a_small_net(name: str, tmp_path: Path) -> None:
    compare(name, tmp_path, dynamo=False)


@pytest.mark.heavy
@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("name", NETS)
def test_a_net(name: str, dynamo: bool, tmp_path: Path) -> None:
    compare(name, tmp_path, dynamo=dynamo)


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("name", ["largest", "mean", "largest of 3", "mean of 3"])
def test_a_pool_of_sequences(name: str, dynamo: bool, tmp_path: Path) -> None:
    compare(name, tmp_path, dynamo=dynamo)


REFUSED = {
    "log softmax": "`LogSoftmax` has no counterpart in netc: netc has the logarithm in its losses",
    "tanh gelu": "`Gelu` has no counterpart in netc: it approximates by `tanh`",
    "responses": "`Div` has no counterpart in netc: netc has no quotient of two values",
}
"""Formulas that netc does not have, and one of the nodes that are named."""


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_other_formulas_are_refused_by_their_nodes(name: str, dynamo: bool, tmp_path: Path) -> None:
    path, _ = export(name, tmp_path, dynamo=dynamo)
    with pytest.raises(netc.DataError) as caught:
        netc.import_model(path)
    assert REFUSED[name] in str(caught.value)
