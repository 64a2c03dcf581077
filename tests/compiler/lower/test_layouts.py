"""Which convolutions have the samples of a batch innermost."""

from __future__ import annotations

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

END = " -> flatten -> dense 3 softmax; loss ce; opt sgd"


@pytest.mark.parametrize(
    ("network", "rows"),
    [
        ("input 12x12x6 -> conv 16 3x3 relu", ["conv2d_chwn"]),
        ("input 12x12x12 -> conv 16 3x3 relu", ["winograd2d"]),
        ("input 12x12x12 -> conv 16 3x3 stride=2 pad=same relu", ["conv2d_chwn"]),
        ("input 5x5x12 -> conv 16 3x3 relu", ["conv2d_chwn"]),
        ("input 12x12x8 -> conv 24 3x3 relu", ["winograd2d"]),
        ("input 12x12x7 -> conv 24 3x3 relu", ["conv2d"]),
        ("input 12x12x1 -> conv 20 3x3 relu", ["conv2d"]),
        ("input 12x12x1 -> conv 20 3x3 relu -> maxpool 2x2", ["conv2d_chwn"]),
        ("input 12x12x12 -> conv 50 5x5 relu", ["conv2d_chwn"]),
        ("input 12x12x16 -> conv 16 5x5 relu", ["winograd2d"]),
        ("input 24x24x8 -> conv 50 5x5 relu", ["winograd2d"]),
        ("input 24x24x7 -> conv 50 5x5 relu", ["conv2d"]),
        ("input 12x12x20 -> conv 50 5x3 relu", ["conv2d"]),
        ("input 12x12x20 -> conv 50 6x6 relu", ["conv2d_chwn"]),
        ("input 7x7x20 -> conv 50 5x5 relu", ["conv2d_chwn"]),
        ("input 24x24x20 -> conv 50 5x5 stride=2 pad=same relu", ["conv2d_chwn"]),
        ("input 24x24x20 -> conv 50 6x6 relu", ["conv2d"]),
        ("input 12x12x21 -> conv 50 6x6 relu", ["conv2d"]),
        ("input 12x12x1 -> conv 20 3x3 bn relu -> maxpool 2x2", ["conv2d_chwn"]),
        ("input 12x12x1 -> conv 33 3x3 relu -> maxpool 2x2", ["conv2d"]),
        ("input 12x12x3 -> conv 20 3x3 relu -> maxpool 2x2", ["conv2d"]),
        ("input 12x12x1 -> conv 20 3x3 -> dropout 0.1 -> maxpool 2x2", ["conv2d"]),
        ("input 12x12x1 -> conv 20 3x3 -> maxpool 2x2 -> conv 50 2x2", ["conv2d_chwn", "conv2d"]),
    ],
)
def test_narrow_convolutions(network: str, rows: list[str]) -> None:
    checked = check(source_of(network + END), BUILTIN, read_source)
    assert not checked.has_errors
    plan = lower(checked.model, checked.graph, batch=64)
    forward = [step.row for step in plan.programs["train"]]
    assert [row for row in forward if row in ("conv2d", "conv2d_chwn", "winograd2d")] == rows
