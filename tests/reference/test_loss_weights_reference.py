"""Weights of classes, outputs and samples, and labels that are ignored, against PyTorch.

One step of `fit` on all samples at once with a learning rate of 1: the loss is that of the batch,
and the change of the weights is its gradient. The tolerance is 1e-10, for sums of a few hundred
numbers in double precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.engine import selection

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
F = torch.nn.functional

TOLERANCE = 1e-10
SAMPLES, FEATURES, CLASSES = 90, 4, 3
W = (0.5, 2.0, 3.0)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """A loss on a dense layer, its targets, and the loss of PyTorch from the logits."""

    loss: str
    last: str
    draw: Callable[[np.random.Generator], Array]
    reference: Callable[[Any, Any], Any]
    """From logits and targets to the loss, or to that of each row where samples have weights."""

    def __str__(self) -> str:
        return f"{self.last}: {self.loss}"


def classes(rng: np.random.Generator) -> Array:
    return rng.choice(CLASSES, SAMPLES, p=[0.6, 0.3, 0.1])


def two(rng: np.random.Generator) -> Array:
    return rng.choice(2, SAMPLES, p=[0.8, 0.2])


def signs(rng: np.random.Generator) -> Array:
    return 2 * two(rng) - 1


def labels(rng: np.random.Generator) -> Array:
    return (rng.random((SAMPLES, CLASSES)) < [0.1, 0.5, 0.7]).astype(np.int64)


def parts(rng: np.random.Generator) -> Array:
    return rng.random((SAMPLES, CLASSES))


def shares(rng: np.random.Generator) -> Array:
    t = rng.random((SAMPLES, CLASSES))
    return np.asarray(t / t.sum(axis=1, keepdims=True))


def reals(rng: np.random.Generator) -> Array:
    return rng.normal(size=(SAMPLES, CLASSES))


def with_label(draw: Callable[..., Array], label: int) -> Callable[[np.random.Generator], Array]:
    def drawn(rng: np.random.Generator) -> Array:
        y = draw(rng)
        return np.where(rng.random(y.shape) < 0.3, label, y)

    return drawn


def balanced(y: Any) -> Any:
    """n / (K n_k), as `compute_class_weight` of scikit-learn; a test below compares the two."""
    counts = torch.bincount(y)
    return len(y) / (len(counts) * counts.double())


def ce(weight: Any = None, **options: Any) -> Callable[[Any, Any], Any]:
    def loss(logits: Any, y: Any) -> Any:
        w = balanced(y) if weight == "balanced" else weight and torch.tensor(weight).double()
        return F.cross_entropy(logits, y, weight=w, **options)

    return loss


def bce(pos: Any = (1.0,), weight: Any = (1.0,)) -> Callable[[Any, Any], Any]:
    """`weight` is what each label counts."""
    w = torch.tensor(weight).double()

    def loss(logits: Any, y: Any) -> Any:
        y = y.double().reshape(logits.shape)
        p = (1 - y).sum(0) / y.sum(0) if pos == "balanced" else torch.tensor(pos).double()
        return F.binary_cross_entropy_with_logits(logits, y, weight=w, pos_weight=p)

    return loss


def by_class(row: Callable[[Any, Any], Any], weight: Any) -> Callable[[Any, Any], Any]:
    """The weighted mean of a loss of rows; classes are 0 and up, or -1 and +1."""

    def loss(logits: Any, y: Any) -> Any:
        index = (y > 0).long() if y.min() < 0 else y
        w = (balanced(index) if weight == "balanced" else torch.tensor(weight).double())[index]
        return (w * row(logits, y)).sum() / w.sum()

    return loss


def bce_row(logits: Any, y: Any) -> Any:
    t = y if logits.shape[1] == 1 else F.one_hot(y, logits.shape[1])
    t = t.double().reshape(logits.shape)
    return F.binary_cross_entropy_with_logits(logits, t, reduction="none").mean(1)


def hinge_row(logits: Any, y: Any) -> Any:
    if logits.shape[1] == 1:
        return (1 - logits[:, 0] * y).clamp(min=0)
    own = logits.gather(1, y[:, None])
    others = logits.scatter(1, y[:, None], -torch.inf).amax(1)
    return (1 + others - own[:, 0]).clamp(min=0)


def logistic_row(logits: Any, y: Any) -> Any:
    return F.softplus(-logits[:, 0] * y)


SOFTMAX, SIGMOID, ONE = f"dense {CLASSES} softmax", f"dense {CLASSES} sigmoid", "dense 1 sigmoid"
TABLE = [
    Case(f"ce weight={W}", SOFTMAX, classes, ce(W)),
    Case("ce weight=balanced", SOFTMAX, classes, ce("balanced")),
    Case(f"ce weight={W} smoothing=0.1", SOFTMAX, classes, ce(W, label_smoothing=0.1)),
    Case("ce weight=(0, 1, 3)", SOFTMAX, classes, ce((0, 1, 3))),
    Case("ce weight=(0, 1, 3) smoothing=0.2", SOFTMAX, classes, ce((0, 1, 3), label_smoothing=0.2)),
    Case(f"ce weight={W}", SOFTMAX, shares, ce(W)),
    Case(f"ce weight={W} smoothing=0.1", SOFTMAX, shares, ce(W, label_smoothing=0.1)),
    Case("ce ignore=255", SOFTMAX, with_label(classes, 255), ce(ignore_index=255)),
    Case("ce ignore=-1", SOFTMAX, with_label(classes, -1), ce(ignore_index=-1)),
    Case("ce ignore=1", SOFTMAX, classes, ce(ignore_index=1)),
    Case(
        f"ce ignore=-1 weight={W} smoothing=0.1",
        SOFTMAX,
        with_label(classes, -1),
        ce(W, ignore_index=-1, label_smoothing=0.1),
    ),
    Case(
        "ce ignore=-1 smoothing=0.1",
        SOFTMAX,
        with_label(classes, -1),
        ce(ignore_index=-1, label_smoothing=0.1),
    ),
    Case(f"nll weight={W}", SOFTMAX, classes, ce(W)),
    Case(f"nll weight={W} ignore=7", SOFTMAX, with_label(classes, 7), ce(W, ignore_index=7)),
    Case("bce pos_weight=3", ONE, two, bce((3.0,))),
    Case("bce pos_weight=balanced", ONE, two, bce("balanced")),
    Case(f"bce pos_weight={W}", SIGMOID, labels, bce(W)),
    Case("bce pos_weight=balanced", SIGMOID, labels, bce("balanced")),
    Case(f"bce pos_weight={W}", SIGMOID, parts, bce(W)),
    Case("bce pos_weight=(0, 1, 3)", SIGMOID, labels, bce((0.0, 1.0, 3.0))),
    Case(f"bce weight={W}", SIGMOID, labels, bce(weight=W)),
    Case(f"bce weight={W}", SIGMOID, parts, bce(weight=W)),
    Case(f"bce weight={W} pos_weight=(1, 2, 4)", SIGMOID, labels, bce((1.0, 2.0, 4.0), W)),
    Case(f"bce weight={W} pos_weight=balanced", SIGMOID, parts, bce("balanced", W)),
    Case("bce weight=(0, 1, 3)", SIGMOID, labels, bce(weight=(0.0, 1.0, 3.0))),
    Case("bce weight=(1, 4)", ONE, two, by_class(bce_row, (1, 4))),
    Case("bce weight=balanced", ONE, two, by_class(bce_row, "balanced")),
    Case(f"bce weight={W}", SIGMOID, classes, by_class(bce_row, W)),
    Case(f"hinge weight={W}", f"dense {CLASSES}", classes, by_class(hinge_row, W)),
    Case("hinge weight=balanced", "dense 1", signs, by_class(hinge_row, "balanced")),
    Case("logistic weight=(1, 4)", "dense 1", signs, by_class(logistic_row, (1, 4))),
]


def spec(case: Case) -> str:
    return (
        f"input {FEATURES} -> {case.last}; loss {case.loss}; opt sgd lr=1; "
        "train batch=all epochs=1 precision=f64"
    )


def draw(case: Case, seed: int = 3) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(SAMPLES, FEATURES)), case.draw(rng)


def logits(parameters: dict[str, Any], x: Array) -> Any:
    return torch.tensor(x) @ parameters["dense1.w"] + parameters["dense1.b"]


def agree(
    text: str, x: Array, y: Array, loss: Callable[[Any], Any], workers: int = 1, **given: Any
) -> None:
    """The loss of a step and its gradient are those of a function of the logits."""
    model = netc.compile(text)
    first = model.weights
    model.fit(x, y, validation=0, workers=workers, **given)
    parameters = {name: torch.tensor(w, requires_grad=True) for name, w in first.items()}
    wanted = loss(logits(parameters, x))
    wanted.backward()
    assert model.report is not None
    found = model.report.epochs[0].measured["train_loss"]
    assert found == pytest.approx(float(wanted.detach()), rel=TOLERANCE, abs=TOLERANCE)
    for name, array in model.weights.items():
        gradient = parameters[name].grad.numpy()
        np.testing.assert_allclose(first[name] - array, gradient, rtol=1e-10, atol=TOLERANCE)


@pytest.fixture
def shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is divided among four shards, however small it is."""
    monkeypatch.setattr(selection, "LEAST_WORK", 0)
    monkeypatch.setattr(selection, "LEAST_ROWS", 1)
    monkeypatch.setattr(selection, "count_cores", lambda: 4)


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_loss_and_gradient_are_those_of_pytorch(case: Case) -> None:
    x, y = draw(case)
    agree(spec(case), x, y, lambda z: case.reference(z, torch.tensor(y)))


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_the_mean_is_that_of_the_whole_batch_for_several_workers(case: Case, shards: None) -> None:
    x, y = draw(case)
    agree(spec(case), x, y, lambda z: case.reference(z, torch.tensor(y)), workers=2)


def mse(z: Any, y: Any) -> Any:
    return F.mse_loss(z, y, reduction="none").mean(1)


ROWS = [
    ("ce", SOFTMAX, classes, lambda z, y: F.cross_entropy(z, y, reduction="none")),
    ("ce", SOFTMAX, shares, lambda z, y: F.cross_entropy(z, y, reduction="none")),
    ("nll", SOFTMAX, classes, lambda z, y: F.cross_entropy(z, y, reduction="none")),
    ("bce", ONE, two, bce_row),
    ("hinge", f"dense {CLASSES}", classes, hinge_row),
    ("logistic", "dense 1", signs, logistic_row),
    ("mse", f"dense {CLASSES}", reals, mse),
    ("mae", f"dense {CLASSES}", reals, lambda z, y: (z - y).abs().mean(1)),
    (
        "huber",
        f"dense {CLASSES}",
        reals,
        lambda z, y: F.huber_loss(z, y, reduction="none").mean(1),
    ),
    ("kl", SOFTMAX, shares, lambda z, y: F.kl_div(F.log_softmax(z, 1), y, reduction="none").sum(1)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[2].__name__}")
@pytest.mark.parametrize("workers", [1, 2])
def test_sample_weights_give_the_weighted_mean(row: Any, workers: int, shards: None) -> None:
    word, last, drawn, each = row
    case = Case(word, last, drawn, each)
    x, y = draw(case)
    s = np.random.default_rng(5).choice([0, 0.5, 3], SAMPLES)

    def loss(z: Any) -> Any:
        return (torch.tensor(s) * each(z, torch.tensor(y))).sum() / s.sum()

    agree(spec(case), x, y, loss, workers=workers, sample_weight=s)


def test_weights_of_samples_and_classes_are_multiplied() -> None:
    case = TABLE[0]
    x, y = draw(case)
    s = np.random.default_rng(5).random(SAMPLES)
    w = torch.tensor(s * np.array(W)[y])

    def loss(z: Any) -> Any:
        return (w * F.cross_entropy(z, torch.tensor(y), reduction="none")).sum() / w.sum()

    agree(spec(case), x, y, loss, sample_weight=s)


@pytest.mark.parametrize("option", ["", " weight=(1, 2, 4) smoothing=0.1"])
def test_masks_count_by_the_pixel(option: str, shards: None) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 5, 4, 2))
    y = rng.choice([0, 1, 2, 255], size=(12, 5, 4))
    y[3] = 255
    model = netc.compile(
        f"input 5x4x2 -> conv 3 1x1 softmax; loss ce ignore=255{option}; "
        "opt sgd lr=1; train batch=all epochs=1 precision=f64"
    )
    first = model.weights
    model.fit(x, y, validation=0, workers=2)
    w = torch.tensor(first["conv1.w"], requires_grad=True)
    z = torch.tensor(x) @ w[0, 0] + torch.tensor(first["conv1.b"])
    wanted = F.cross_entropy(
        z.movedim(-1, 1),
        torch.tensor(y),
        weight=torch.tensor([1.0, 2, 4]).double() if option else None,
        ignore_index=255,
        label_smoothing=0.1 if option else 0.0,
    )
    wanted.backward()
    assert model.report is not None
    assert model.report.epochs[0].measured["train_loss"] == pytest.approx(
        float(wanted.detach()), rel=1e-10
    )
    change = first["conv1.w"] - model.weights["conv1.w"]
    np.testing.assert_allclose(change, w.grad.numpy(), rtol=1e-10, atol=TOLERANCE)


def test_balanced_is_that_of_scikit_learn() -> None:
    weights = pytest.importorskip("sklearn.utils.class_weight", reason="the reference")
    y = classes(np.random.default_rng(0))
    found = balanced(torch.tensor(y)).numpy()
    wanted = weights.compute_class_weight("balanced", classes=np.unique(y), y=y)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)
