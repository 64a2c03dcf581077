"""The bytes that docs/scale.md promises: those of weights, gradients and optimizer."""

from __future__ import annotations

import pytest
from reference_net import understand

pytest.importorskip("torch", reason="the torch engine computes with PyTorch")

from torch_engines import torch_engine

NETWORK = "input 20 -> dense 30 relu -> dense 10 softmax; loss ce; train precision={}; opt {}"
PARAMETERS = 20 * 30 + 30 + 30 * 10 + 10


@pytest.mark.parametrize(("precision", "size"), [("f32", 4), ("f64", 8)])
@pytest.mark.parametrize(
    ("optimizer", "vectors"),
    [
        ("sgd", 0),
        ("sgd momentum=0.9", 1),
        ("rmsprop", 1),
        ("adagrad", 1),
        ("lion", 1),
        ("adam", 2),
        ("nadam", 2),
        ("adadelta", 2),
    ],
)
def test_an_optimizer_remembers_so_many_numbers_per_parameter(
    optimizer: str, vectors: int, precision: str, size: int
) -> None:
    engine = torch_engine(understand(NETWORK.format(precision, optimizer)), batch=4)
    held = {
        name: vector.numel() * vector.element_size()
        for name, vector in engine._mirror.vectors.items()
    }
    room = 64 * 8  # parts begin at cache lines
    for name, times in (("parameters", 1), ("gradients", 1), ("state", vectors)):
        wanted = times * PARAMETERS * size
        assert wanted <= held[name] <= wanted + room, name
