"""`Model.outputs` and `Model.gradients` against PyTorch in evaluation mode and double precision.

Dropout is off and batch normalisation takes its running statistics, which are not those of the
batch. 1e-9 of the largest number of a tensor is far above the rounding of these nets; gradients
that are zero in theory are measured against a hundredth of the largest gradient.
"""

from __future__ import annotations

from typing import Any

import netc
import numpy as np
import pytest
from layer_rows import TABLE, Row
from netc.runtime.model.inference import InferenceSession
from netc.runtime.training.fitting import FitData
from netc.runtime.training.trained_state import TrainedState
from reference_net import Array, distance, shake

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
F = torch.nn.functional

TOLERANCE = 1e-9

NETS = {
    "convolutions, batch normalisation and dropout": (
        "input 12x12x1 name=x -> conv 4 3x3 pad=1 bias=false bn relu -> dropout 0.3 -> maxpool 2x2 "
        "-> conv 6 3x3 relu -> flatten -> dense 8 bn tanh -> gaussian_dropout 0.2 "
        "-> dense 3 -> @scores -> softmax; loss ce",
        20,
    ),
    "branches": (
        "input 8x8x3 name=x -> conv 4 3x3 pad=1 -> bn -> @stem "
        "-> add [conv 4 3x3 pad=1 relu | id] -> relu "
        "-> concat [maxpool 2x2 | avgpool 2x2] -> conv 5 1x1 silu -> gap "
        "-> dense 3 -> @scores -> softmax; loss ce",
        18,
    ),
    "a sequence": (
        "input 9x4 name=x -> conv 6 3 relu -> ln -> conv 5 3 -> gelu -> gap "
        "-> gaussian_noise 0.5 -> dense 3 -> @scores -> softmax; loss ce",
        5,
    ),
    "shared weights": (
        "input 6 name=x -> dense 6 -> @first -> tanh -> dense 6 share=@first -> sigmoid "
        "-> dense 3 -> @scores -> softmax; loss ce",
        7,
    ),
}  # fmt: skip


class Twin:
    """A net with its weights here and in PyTorch."""

    def __init__(self, text: str, x: dict[str, Array]) -> None:
        from torch_words import leaves, walk

        self.model = netc.compile(text + "; train precision=f64 batch=16")
        graph = self.model.graph
        start = shake(self.model.weights, 5)
        self.inference = InferenceSession(self.model.as_spec(), TrainedState(start, (), (), ()))
        trained = {
            f"{node.name}.{parameter.name}"
            for node in graph.nodes
            for parameter in node.parameters
            if parameter.trained and not getattr(node.layer, "freeze", False)
        }
        self.tensors = leaves(start, kept=set(start) - trained)
        self.inputs = {
            name: torch.tensor(array, dtype=torch.float64, requires_grad=True)
            for name, array in x.items()
        }
        self.values = walk(graph, self.inputs, self.tensors, training=False)

    def compare(self, found: dict[str, Array], score: Any) -> None:
        """Gradients with those of a scalar in PyTorch."""
        wanted = {n: t for n, t in (self.tensors | self.inputs).items() if t.requires_grad}
        if score.requires_grad:
            found_there = torch.autograd.grad(
                score, list(wanted.values()), retain_graph=True, allow_unused=True
            )
        else:
            found_there = (None,) * len(wanted)
        expected = {
            name: np.zeros(tensor.shape) if gradient is None else gradient.numpy()
            for (name, tensor), gradient in zip(wanted.items(), found_there, strict=True)
        }
        assert found.keys() == expected.keys()
        floor = 1e-2 * max(np.abs(array).max() for array in expected.values())
        wrong = {
            name: error
            for name, array in expected.items()
            if (error := distance(found[name], array, floor)) > TOLERANCE
        }
        assert not wrong


def drawn(shape: tuple[int, ...], seed: int = 3) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("row", [row for row in TABLE if not row.tokens], ids=str)
def test_every_layer_in_evaluation_mode(row: Row) -> None:
    x = drawn((row.batch, *map(int, row.shape.split("x"))))
    twin = Twin(f"input {row.shape} name=x -> {row.pipe}; loss mse", {"x": x})
    graph = twin.model.graph
    outputs = twin.inference.outputs(x, tuple(graph.by_name()))
    for name in graph.by_name():
        assert distance(outputs[name], twin.values[name].detach()) <= TOLERANCE, name
    y = twin.values[graph.outputs[0]]
    target = drawn(y.shape, 4)
    loss = ((y - torch.tensor(target)) ** 2).mean()
    twin.compare(twin.inference.loss_gradients(FitData(x, target, None)), loss)
    found = twin.inference.unit_gradients(x, graph.outputs[0], 0)
    twin.compare(found, y[..., 0].sum())


@pytest.mark.parametrize("name", NETS)
def test_the_gradients_of_a_net(name: str) -> None:
    text, count = NETS[name]
    shape = tuple(map(int, text.split()[1].split("x")))
    x, y = drawn((count, *shape)), np.arange(count) % 3
    twin = Twin(text, {"x": x})
    loss = F.cross_entropy(twin.values[twin.model.graph.labels["scores"]], torch.tensor(y))
    twin.compare(twin.inference.loss_gradients(FitData(x, y, None)), loss)
    for node in twin.model.graph.nodes[1:]:
        tensor = twin.values[node.name]
        channels = tensor.shape[-1]
        own = np.arange(count) % channels
        picked = torch.stack([tensor[i, ..., channel].sum() for i, channel in enumerate(own)])
        twin.compare(twin.inference.unit_gradients(x, node.name, own), picked.sum())
        if node.layer.word != "softmax":  # whose sum is always 1
            twin.compare(twin.inference.unit_gradients(x, node.name, None), tensor.sum())
    one = tuple(0 for _ in tensor.shape[1:])
    twin.compare(
        twin.inference.unit_gradients(x, node.name, one), tensor[(slice(None), *one)].sum()
    )


def test_the_gradients_of_a_net_with_several_inputs_and_losses() -> None:
    text = (
        "input 6x6x2 name=image -> conv 3 3x3 relu -> flatten -> @a; "
        "input 4 name=more -> dense 5 tanh -> @b; "
        "concat [@a | @b] -> dense 6 relu -> @trunk; "
        "@trunk -> dense 3 -> @scores -> softmax -> @kind; @trunk -> dense 2 -> @box; "
        "loss ce on=@kind; loss mse on=@box weight=0.5"
    )
    count = 6
    x = {"image": drawn((count, 6, 6, 2)), "more": drawn((count, 4), 5)}
    y = {"kind": np.arange(count) % 3, "box": drawn((count, 2), 6)}
    twin = Twin(text, x)
    labels = twin.model.graph.labels
    scores, box = (twin.values[labels[name]] for name in ("scores", "box"))
    loss = F.cross_entropy(scores, torch.tensor(y["kind"])) + 0.5 * F.mse_loss(
        box, torch.tensor(y["box"])
    )
    twin.compare(twin.inference.loss_gradients(FitData(x, y, None)), loss)


def test_the_gradients_of_many_samples_are_those_of_their_mean_loss() -> None:
    """300 samples are several batches of different sizes."""
    x, y = drawn((300, 6)), np.arange(300) % 3
    twin = Twin(
        "input 6 name=x -> dense 8 relu -> dense 3 -> @scores -> softmax; loss ce", {"x": x}
    )
    scores = twin.values[twin.model.graph.labels["scores"]]
    twin.compare(
        twin.inference.loss_gradients(FitData(x, y, None)),
        F.cross_entropy(scores, torch.tensor(y)),
    )
    twin.compare(
        twin.inference.unit_gradients(x, twin.model.graph.labels["scores"], 1), scores[:, 1].sum()
    )


def test_a_sample_weight_counts_in_the_loss() -> None:
    x, y = drawn((10, 6)), np.arange(10) % 3
    weights = np.arange(10.0) + 1
    twin = Twin("input 6 name=x -> dense 3 -> @scores -> softmax; loss ce", {"x": x})
    each = F.cross_entropy(
        twin.values[twin.model.graph.labels["scores"]], torch.tensor(y), reduction="none"
    )
    counts = torch.tensor(weights)
    found = twin.inference.loss_gradients(FitData(x, y, None, None, weights))
    twin.compare(found, (each * counts).sum() / counts.sum())
