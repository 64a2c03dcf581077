"""Every loss and its gradient against PyTorch's, or its formula where PyTorch has none.

The logits are the weights of an embedding, so their gradient is read off directly. Tolerances as
for layers: 1e-10 and 1e-5 of the largest number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from reference_net import CHOSEN, PLAIN, Array, Net, distance

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
F = torch.nn.functional

TOLERANCE = {"f32": 1e-5, "f64": 1e-10}


def one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]


def shares(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Probabilities, some of them 0."""
    t = rng.uniform(0, 1, shape) * (rng.uniform(0, 1, shape) < 0.7)
    t[..., 0] += 0.1
    return t / t.sum(-1, keepdims=True)


def bits(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.integers(0, 2, shape).astype(float)


def parts(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(0, 1, shape)


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return 2 * bits(rng, shape) - 1


def reals(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


def ahead(y: Any, t: Any) -> Any:
    """How far the best wrong class is ahead of the right one."""
    wrong = torch.where(t > 0, torch.full_like(y, -torch.inf), y).amax(-1)
    return wrong - (y * t).sum(-1)


def classes_first(y: Any) -> Any:
    return y.movedim(-1, 1)


@dataclass(frozen=True)
class Case:
    """A loss, the shape of the logits, its targets, and the same in PyTorch from the logits."""

    loss: str
    shape: str
    draw: Callable[[np.random.Generator, tuple[int, ...]], Array]
    reference: Callable[[Any, Any], Any]
    activation: str = ""

    def __str__(self) -> str:
        return f"{self.loss} {self.shape} {self.draw.__name__}"


def softmax_cases(shape: str) -> list[Case]:
    def ce(smoothing: float) -> Callable[[Any, Any], Any]:
        return lambda y, t: F.cross_entropy(
            classes_first(y), classes_first(t), label_smoothing=smoothing
        )

    def nll(y: Any, t: Any) -> Any:
        return F.nll_loss(F.log_softmax(y, -1).flatten(0, -2), t.argmax(-1).flatten())

    def kl(y: Any, t: Any) -> Any:
        rows = y.reshape(-1, y.shape[-1]), t.reshape(-1, y.shape[-1])
        return F.kl_div(F.log_softmax(rows[0], -1), rows[1], reduction="batchmean")

    return [
        Case("ce", shape, one_hot, ce(0), "softmax"),
        Case("ce", shape, shares, ce(0), "softmax"),
        Case("ce smoothing=0.1", shape, one_hot, ce(0.1), "softmax"),
        Case("ce smoothing=50%", shape, shares, ce(0.5), "softmax"),
        Case("ce weight=0.3", shape, one_hot, lambda y, t: 0.3 * ce(0)(y, t), "softmax"),
        Case("nll", shape, one_hot, nll, "softmax"),
        Case("kl", shape, shares, kl, "softmax"),
        Case("kl", shape, one_hot, kl, "softmax"),
    ]


def number_cases(shape: str) -> list[Case]:
    bce = F.binary_cross_entropy_with_logits
    return [
        Case("bce", shape, bits, bce, "sigmoid"),
        Case("bce", shape, parts, bce, "sigmoid"),
        Case("mse", shape, reals, F.mse_loss),
        Case("mse weight=0.5", shape, reals, lambda y, t: 0.5 * F.mse_loss(y, t)),
        Case("mae", shape, reals, F.l1_loss),
        Case("huber", shape, reals, F.huber_loss),
        Case("huber delta=0.3", shape, reals, lambda y, t: F.huber_loss(y, t, delta=0.3)),
    ]


TABLE = [
    *softmax_cases("5"),
    *softmax_cases("2"),
    *softmax_cases("4x3x5"),
    *softmax_cases("6x3"),
    *number_cases("5"),
    *number_cases("1"),
    *number_cases("4x3x2"),
    Case("hinge", "1", signs, lambda y, t: F.relu(1 - t * y).mean()),
    Case("hinge", "5", one_hot, lambda y, t: F.relu(1 + ahead(y, t)).mean()),
    Case("hinge", "4x3x5", one_hot, lambda y, t: F.relu(1 + ahead(y, t)).mean()),
    Case("perceptron", "1", signs, lambda y, t: F.relu(-t * y).mean()),
    Case("perceptron", "5", one_hot, lambda y, t: F.relu(ahead(y, t)).mean()),
    # F.soft_margin_loss takes the exponential as it is, which is infinite from 89 on.
    Case("logistic", "1", signs, lambda y, t: torch.logaddexp(-t * y, 0 * y).mean()),
]


def net_of(case: Case, precision: str, batch: int, choices: Any = CHOSEN) -> Net:
    count = int(np.prod([int(size) for size in case.shape.split("x")]))
    text = (
        f"input {count} name=tokens -> embed {batch * count} 1 name=x -> reshape {case.shape}"
        + (f" -> {case.activation}" if case.activation else "")
        + f"; loss {case.loss}; opt sgd lr=0.01; train precision={precision}"
    )
    net = Net(text, batch, choices)
    net.feed({"tokens": np.arange(batch * count)})
    return net


def compare(net: Net, case: Case, logits: Array, target: Array) -> dict[str, float]:
    """Distances of the loss while training and evaluating, and of the gradient."""
    (name,) = net.engine.feeds.keys() - {"tokens"}
    net.feed({name: target})
    net.set({"x.w": logits.reshape(-1, 1)})
    net.engine.evaluate_step()
    evaluated = net.engine.loss()
    loss = net.train()
    y = torch.tensor(logits, requires_grad=True)
    expected = case.reference(y, torch.tensor(target))
    expected.backward()
    gradient = net.gradients()["x.w"].reshape(logits.shape)
    return {
        "loss": distance(loss, expected.detach()),
        "evaluated": distance(evaluated, expected.detach()),
        "gradient": distance(gradient, y.grad),
    }


def sizes(case: Case, batch: int) -> tuple[int, ...]:
    return (batch, *(int(size) for size in case.shape.split("x")))


def test_every_loss_has_a_case() -> None:
    known = set(BUILTIN.words("loss"))
    assert {case.loss.split()[0] for case in TABLE} == known


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_loss_is_that_of_pytorch(case: Case, precision: str) -> None:
    rng = np.random.default_rng(11)
    for batch in (1, 7):
        logits = rng.normal(0, 2, sizes(case, batch)).astype(np.float32).astype(float)
        target = case.draw(rng, logits.shape).astype(np.float32).astype(float)
        if case.activation == "softmax":
            # Their sum is 1 up to single precision only; the formulas differ in what is left.
            target /= target.sum(-1, keepdims=True)
        found = compare(net_of(case, precision, batch), case, logits, target)
        assert max(found.values()) <= TOLERANCE[precision], (batch, found)


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_loss_apart_from_its_activation_is_the_same(case: Case) -> None:
    """Without the pass that joins them, for logits where that is stable."""
    rng = np.random.default_rng(12)
    logits = rng.normal(0, 2, sizes(case, 4))
    target = case.draw(rng, logits.shape)
    found = compare(net_of(case, "f64", 4, PLAIN), case, logits, target)
    assert max(found.values()) <= TOLERANCE["f64"], found


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_loss_of_huge_logits_is_finite_and_right(case: Case, precision: str) -> None:
    rng = np.random.default_rng(13)
    batch = 9
    net = net_of(case, precision, batch)
    for _ in range(3):
        logits = rng.choice([-1000.0, 0.0, 1000.0], sizes(case, batch))
        if "hinge" in case.loss or "perceptron" in case.loss:
            # At a kink or a tie a subgradient is free to choose.
            logits += rng.uniform(-400, 400, logits.shape).round()
        target = case.draw(rng, logits.shape)
        # Sums of a thousand times numbers below one.
        found = compare(net, case, logits, target)
        assert max(found.values()) <= TOLERANCE[precision], found


def test_a_loss_behind_a_contract_in_the_pipe_is_joined_too() -> None:
    net = Net(
        "input 3 name=tokens -> embed 3 1 name=x -> flatten -> softmax -> expect 3 -> expect ?"
        "; loss ce; opt sgd lr=0.1",
        1,
    )
    (name,) = net.engine.feeds.keys() - {"tokens"}
    net.feed({"tokens": np.arange(3), name: np.array([1.0, 0, 0])})
    net.set({"x.w": np.array([[-1000.0], [1000.0], [0.0]])})
    assert net.train() == 2000
    np.testing.assert_array_equal(net.gradients()["x.w"], [[-1], [1], [0]])


@pytest.mark.parametrize("loss", ["perceptron", "hinge"])
@pytest.mark.parametrize("units", [1, 3])
def test_weights_that_start_at_zero_learn(loss: str, units: int) -> None:
    net = Net(f"input 2 name=x -> dense {units} init=zeros; loss {loss}; opt sgd lr=1", 1)
    (name,) = net.engine.feeds.keys() - {"x"}
    target = np.array([1.0]) if units == 1 else np.array([0.0, 1.0, 0.0])
    net.feed({"x": np.array([2.0, 3.0]), name: target})
    net.train(1.0)
    right = net.parameters()["dense1.w"][:, -1 if units == 1 else 1]
    assert (right > 0).all()


def test_several_losses_add_up_with_their_weights() -> None:
    """Two heads, two losses on one of them, and the input as a target."""
    text = """
    input 5 name=x -> @x -> dense 4 tanh -> @trunk
    @trunk -> dense 3 softmax -> @a
    @trunk -> dense 5 -> @b
    loss ce on=@a weight=0.7
    loss mse on=@b target=@x weight=2
    loss huber on=@b target=@x delta=0.5
    loss mae on=@b target=@x weight=0
    opt sgd lr=0.1
    train precision=f64
    """
    for choices in (CHOSEN, PLAIN):
        net = Net(text, 6, choices)
        rng = np.random.default_rng(4)
        x, t = rng.standard_normal((6, 5)), one_hot(rng, (6, 3))
        (name,) = net.engine.feeds.keys() - {"x"}
        net.feed({"x": x, name: t})
        p = {k: torch.tensor(v, requires_grad=True) for k, v in net.parameters().items()}
        trunk, first, second = (
            sorted({k.split(".")[0] for k in p if p[k].shape[-1] == size})[0] for size in (4, 3, 5)
        )
        xs = torch.tensor(x)
        h = torch.tanh(xs @ p[f"{trunk}.w"] + p[f"{trunk}.b"])
        logits = h @ p[f"{first}.w"] + p[f"{first}.b"]
        y = h @ p[f"{second}.w"] + p[f"{second}.b"]
        expected = (
            0.7 * F.cross_entropy(logits, torch.tensor(t))
            + 2 * F.mse_loss(y, xs)
            + F.huber_loss(y, xs, delta=0.5)
        )
        expected.backward()
        assert distance(net.train(), expected.detach()) < 1e-12
        for key, value in net.gradients().items():
            assert distance(value, p[key].grad) < 1e-10, key
        net.engine.evaluate_step()
        assert distance(net.engine.loss(), expected.detach()) < 1e-12


def test_two_losses_with_targets_of_their_own_on_one_output_share_the_fed_target() -> None:
    net = Net(
        "input 2 name=x -> dense 3 -> @y; loss mse on=@y; loss mae on=@y weight=0.1"
        "; opt sgd lr=0.1; train precision=f64",
        4,
    )
    (name,) = net.engine.feeds.keys() - {"x"}
    rng = np.random.default_rng(4)
    x, t = rng.standard_normal((4, 2)), rng.standard_normal((4, 3))
    net.feed({"x": x, name: t})
    loss = net.train()
    (y,) = net.outputs().values()
    assert loss == pytest.approx(((y - t) ** 2).mean() + 0.1 * np.abs(y - t).mean(), rel=1e-12)


def test_an_output_may_be_called_loss() -> None:
    net = Net("input 2 name=x -> dense 3 name=loss; loss mse; opt sgd lr=0.1", 4)
    net.feed({"x": np.ones((4, 2)), "target:loss": np.zeros((4, 3))})
    loss = net.train()
    assert loss == pytest.approx(float((net.outputs()["loss"] ** 2).mean()))


def test_an_activation_that_others_read_too_gets_both_gradients() -> None:
    text = (
        "input 4 name=x -> dense 3 softmax -> @p; @p -> dense 2 -> @q"
        "; loss ce on=@p; loss mse on=@q; opt sgd lr=0.1; train precision=f64"
    )
    rng = np.random.default_rng(6)
    x, t, u = rng.standard_normal((5, 4)), one_hot(rng, (5, 3)), rng.standard_normal((5, 2))
    for choices in (CHOSEN, PLAIN):
        net = Net(text, 5, choices)
        feeds = {
            name: t if array.shape == t.shape else u for name, array in net.engine.feeds.items()
        }
        net.feed(feeds | {"x": x})
        p = {k: torch.tensor(v, requires_grad=True) for k, v in net.parameters().items()}
        logits = torch.tensor(x) @ p["dense1.w"] + p["dense1.b"]
        y = F.softmax(logits, -1) @ p["dense2.w"] + p["dense2.b"]
        expected = F.cross_entropy(logits, torch.tensor(t)) + F.mse_loss(y, torch.tensor(u))
        expected.backward()
        assert distance(net.train(), expected.detach()) < 1e-12
        for key, value in net.gradients().items():
            assert distance(value, p[key].grad) < 1e-10, key
