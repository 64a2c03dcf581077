"""Every optimizer against PyTorch's, a hundred steps of a small net in double precision.

The two sides take their gradients from the same formulas, so the weights stay equal up to
rounding: 1e-6 of the largest number allows errors of 1e-16 to grow ten-thousandfold in a hundred
steps of a net that is not linear. Lion, which PyTorch lacks, is written down from its paper.

Weights decay, biases do not: PyTorch gets two groups of parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from reference_net import CHOSEN, PLAIN, Array, Choices, Net, distance

torch = pytest.importorskip("torch", reason="the reference is PyTorch")

STEPS = 100
TOLERANCE = 1e-6

Groups = list[dict[str, Any]]


class Lion(torch.optim.Optimizer):
    """w <- w - lr (sign(b1 m + (1 - b1) g) + d w); m <- b2 m + (1 - b2) g."""

    def __init__(self, groups: Groups, lr: float, betas: tuple[float, float], **rest: Any) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0, **rest})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            lr, decay, (b1, b2) = group["lr"], group["weight_decay"], group["betas"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                direction = torch.sign(b1 * m + (1 - b1) * w.grad) + decay * w
                self.state[w]["m"] = b2 * m + (1 - b2) * w.grad
                w -= lr * direction


optim = torch.optim

# opt, and the same in PyTorch
TABLE: list[tuple[str, Callable[[Groups], Any]]] = [
    ("sgd lr=0.1", lambda g: optim.SGD(g, lr=0.1)),
    ("sgd lr=0.1 momentum=0.9", lambda g: optim.SGD(g, lr=0.1, momentum=0.9)),
    (
        "sgd lr=0.05 momentum=0.9 nesterov=true",
        lambda g: optim.SGD(g, lr=0.05, momentum=0.9, nesterov=True),
    ),
    ("adam", lambda g: optim.Adam(g, lr=1e-3)),
    (
        "adam lr=0.02 beta1=0.8 beta2=0.95 eps=1e-3",
        lambda g: optim.Adam(g, lr=0.02, betas=(0.8, 0.95), eps=1e-3),
    ),
    ("adam lr=0.01 beta1=0", lambda g: optim.Adam(g, lr=0.01, betas=(0.0, 0.999))),
    ("adamw weight_decay=0 lr=0.01", lambda g: optim.AdamW(g, lr=0.01, weight_decay=0)),
    ("rmsprop lr=0.01", lambda g: optim.RMSprop(g, lr=0.01, alpha=0.9)),
    (
        "rmsprop lr=0.003 rho=0.99 momentum=0.9 eps=1e-4",
        lambda g: optim.RMSprop(g, lr=0.003, alpha=0.99, momentum=0.9, eps=1e-4),
    ),
    ("adagrad lr=0.1", lambda g: optim.Adagrad(g, lr=0.1)),
    ("adagrad lr=0.1 eps=0.01", lambda g: optim.Adagrad(g, lr=0.1, eps=0.01)),
    ("adadelta", lambda g: optim.Adadelta(g, lr=1.0, rho=0.95, eps=1e-6)),
    ("adadelta lr=5 rho=0.8 eps=1e-4", lambda g: optim.Adadelta(g, lr=5.0, rho=0.8, eps=1e-4)),
    ("nadam", lambda g: optim.NAdam(g, lr=2e-3)),
    (
        "nadam lr=0.01 beta1=0.8 beta2=0.9 decay=0.02 eps=1e-4",
        lambda g: optim.NAdam(g, lr=0.01, betas=(0.8, 0.9), momentum_decay=0.02, eps=1e-4),
    ),
    ("lion lr=0.003", lambda g: Lion(g, 0.003, (0.9, 0.99))),
    ("lion lr=0.003 beta1=0 beta2=0.5", lambda g: Lion(g, 0.003, (0.0, 0.5))),
]

BODY = "input 4 name=x -> dense 6 tanh -> dense 5{first} sigmoid -> dense 3{second}"
WEIGHTS = ("dense1", "dense2", "dense3")


def net_of(opt: str, *, first: str = "", second: str = "", more: str = "") -> str:
    body = BODY.format(first=first, second=second)
    return f"{body}; loss mse; opt {opt}; {more}train precision=f64"


def follow(
    text: str,
    make: Callable[[Groups], Any],
    *,
    decay: float | None = None,
    clip: float | None = None,
    factor: dict[str, float] | None = None,
    penalty: Callable[[str, Any], Any] | None = None,
    frozen: tuple[str, ...] = (),
    choices: Choices = CHOSEN,
) -> float:
    """The largest distance of any parameter on the way."""
    net = Net(text, 16, choices)
    rng = np.random.default_rng(21)
    start = {
        name: value + 0.1 * rng.standard_normal(value.shape)
        for name, value in net.parameters().items()
    }
    net.set(start)
    p = {
        name: torch.tensor(value, requires_grad=name.split(".")[0] not in frozen)
        for name, value in start.items()
    }
    groups: Groups = []
    for name, tensor in p.items():
        group: dict[str, Any] = {"params": [tensor]}
        if decay is not None:
            group["weight_decay"] = decay if name.endswith(".w") else 0.0
        if tensor.requires_grad:
            groups.append(group)
    optimizer = make(groups)
    for group in optimizer.param_groups:
        (name,) = (key for key, tensor in p.items() if tensor is group["params"][0])
        group["lr"] *= (factor or {}).get(name.split(".")[0], 1.0)
    base = [group["lr"] for group in optimizer.param_groups]
    worst = 0.0
    (target,) = net.engine.feeds.keys() - {"x"}
    lr = net.checked.model.optimizer.lr
    for step in range(STEPS):
        x, t = rng.standard_normal((16, 4)), rng.standard_normal((16, 3))
        # A rate that changes, as a schedule makes it.
        share = 1 / (1 + 0.02 * step)
        net.feed({"x": x, target: t})
        net.train(lr * share)
        for group, rate in zip(optimizer.param_groups, base, strict=True):
            group["lr"] = rate * share
        descend(p, optimizer, x, t, clip=clip, penalty=penalty)
        found = net.parameters()
        worst = max(worst, *(distance(found[name], p[name].detach()) for name in p))
    moved = max(distance(p[name].detach(), start[name]) for name in p)
    assert moved > 1e-3, "nothing was learnt"
    return worst


def descend(
    p: dict[str, Any],
    optimizer: Any,
    x: Array,
    t: Array,
    *,
    clip: float | None,
    penalty: Callable[[str, Any], Any] | None,
) -> None:
    """One step of PyTorch."""
    h = torch.tanh(torch.tensor(x) @ p["dense1.w"] + p["dense1.b"])
    h = torch.sigmoid(h @ p["dense2.w"] + p["dense2.b"])
    y = h @ p["dense3.w"] + p["dense3.b"]
    loss = ((y - torch.tensor(t)) ** 2).mean()
    if penalty is not None:
        loss = loss + sum(penalty(name, tensor) for name, tensor in p.items())
    optimizer.zero_grad()
    loss.backward()
    learnt = [tensor for tensor in p.values() if tensor.requires_grad]
    if clip is not None:
        torch.nn.utils.clip_grad_norm_(learnt, clip)
    optimizer.step()


def test_every_optimizer_has_a_row() -> None:
    # `exact` takes no steps: it solves.
    assert {opt.split()[0] for opt, _ in TABLE} == set(BUILTIN.words("optimizer")) - {"exact"}


@pytest.mark.parametrize(("opt", "make"), TABLE, ids=[row[0] for row in TABLE])
def test_an_optimizer_is_that_of_pytorch(opt: str, make: Callable[[Groups], Any]) -> None:
    assert follow(net_of(opt), make) <= TOLERANCE


@pytest.mark.parametrize(("opt", "make"), TABLE, ids=[row[0] for row in TABLE])
def test_weights_decay_and_biases_do_not(opt: str, make: Callable[[Groups], Any]) -> None:
    opt = opt.replace("weight_decay=0 ", "")
    assert follow(net_of(f"{opt} weight_decay=0.03"), make, decay=0.03) <= TOLERANCE


def test_adamw_decays_by_a_hundredth_unless_told_otherwise() -> None:
    make: Callable[[Groups], Any] = lambda g: optim.AdamW(g, lr=1e-3)  # noqa: E731
    assert follow(net_of("adamw"), make, decay=0.01) <= TOLERANCE


@pytest.mark.parametrize(("opt", "make"), TABLE, ids=[row[0] for row in TABLE])
def test_gradients_are_clipped_together(opt: str, make: Callable[[Groups], Any]) -> None:
    """At a bound that some steps reach and others do not."""
    assert follow(net_of(f"{opt} clip=0.25"), make, clip=0.25) <= TOLERANCE


def l1_and_l2(name: str, w: Any) -> Any:
    """reg l1 0.01 and reg l2 0.1, with the second layer's own l2 0.5 and the third's l1 0.2."""
    if name.endswith(".b"):
        return 0.0
    l1 = 0.2 if name == "dense3.w" else 0.01
    l2 = 0.5 if name == "dense2.w" else 0.1
    return l1 * w.abs().sum() + l2 / 2 * (w**2).sum()


@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize(("opt", "make"), TABLE, ids=[row[0] for row in TABLE])
def test_penalties_are_part_of_the_loss(
    opt: str, make: Callable[[Groups], Any], clip: float | None
) -> None:
    """With everything at once: penalties, decay, clipping, a rate and a frozen layer."""
    opt = opt.replace("weight_decay=0 ", "") + " weight_decay=0.02"
    if clip is not None:
        opt += f" clip={clip}"
    text = net_of(opt, first=" l2=0.5 lr=0.3", second=" l1=0.2", more="reg l1 0.01; reg l2 0.1; ")
    found = follow(text, make, decay=0.02, clip=clip, factor={"dense2": 0.3}, penalty=l1_and_l2)
    assert found <= TOLERANCE


@pytest.mark.parametrize("frozen", ["dense2", "dense3"])
@pytest.mark.parametrize(("opt", "make"), TABLE[::4], ids=[row[0] for row in TABLE[::4]])
def test_a_frozen_layer_stays(opt: str, make: Callable[[Groups], Any], frozen: str) -> None:
    options = {"dense2": "first", "dense3": "second"}
    text = net_of(f"{opt} clip=0.3", **{options[frozen]: " freeze=true"})
    assert follow(text, make, clip=0.3, frozen=(frozen,)) <= TOLERANCE


@pytest.mark.parametrize(("opt", "make"), TABLE, ids=[row[0] for row in TABLE])
def test_slices_of_the_vectors_change_nothing(opt: str, make: Callable[[Groups], Any]) -> None:
    """Slices of seven elements, and no passes."""
    choices = Choices(without=PLAIN.without, inspect=PLAIN.inspect, loop_step=7)
    text = net_of(f"{opt} clip=0.25", first=" lr=0.5")
    assert follow(text, make, clip=0.25, factor={"dense2": 0.5}, choices=choices) <= TOLERANCE


def test_a_rate_of_zero_for_a_layer_keeps_it() -> None:
    text = net_of("sgd lr=0.1", first=" lr=0")
    make: Callable[[Groups], Any] = lambda g: optim.SGD(g, lr=0.1)  # noqa: E731
    assert follow(text, make, factor={"dense2": 0.0}) <= TOLERANCE
