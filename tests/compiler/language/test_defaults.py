"""Defaults against the papers, and against PyTorch where the papers are silent."""

from __future__ import annotations

import inspect

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.optimizers.optimizer import Stepping
from netc.compiler.training.directives import Train

EQUAL = [
    # word, class of torch.optim, our option -> theirs
    (
        "sgd",
        "SGD",
        {"momentum": "momentum", "nesterov": "nesterov", "weight_decay": "weight_decay"},
    ),
    ("adam", "Adam", {"lr": "lr", "eps": "eps", "weight_decay": "weight_decay"}),
    ("adamw", "AdamW", {"lr": "lr", "eps": "eps", "weight_decay": "weight_decay"}),
    ("rmsprop", "RMSprop", {"eps": "eps", "momentum": "momentum", "weight_decay": "weight_decay"}),
    ("adagrad", "Adagrad", {"lr": "lr", "eps": "eps", "weight_decay": "weight_decay"}),
    ("adadelta", "Adadelta", {"lr": "lr", "eps": "eps", "weight_decay": "weight_decay"}),
    ("nadam", "NAdam", {"lr": "lr", "eps": "eps", "decay": "momentum_decay"}),
]


def default(cls: type, name: str) -> object:
    return inspect.signature(cls).parameters[name].default


@pytest.mark.parametrize(("word", "name", "options"), EQUAL, ids=[row[0] for row in EQUAL])
def test_defaults_are_those_of_pytorch(word: str, name: str, options: dict[str, str]) -> None:
    # a folder of tests may have the name `torch`, but has no optimizers
    pytest.importorskip("torch.optim", reason="PyTorch is the reference")
    import torch

    theirs = getattr(torch.optim, name)
    ours = BUILTIN.get("optimizer", word)()
    for option, other in options.items():
        assert getattr(ours, option) == default(theirs, other), option
    if hasattr(ours, "beta1"):
        assert (ours.beta1, ours.beta2) == default(theirs, "betas")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("rmsprop", {"lr": 1e-3, "rho": 0.9}),  # Tieleman & Hinton, lecture 6
        ("adadelta", {"rho": 0.95, "eps": 1e-6}),  # Zeiler, section 4.1
        ("lion", {"lr": 1e-4, "beta1": 0.9, "beta2": 0.99}),  # Chen et al., algorithm 2
    ],
)
def test_defaults_are_those_of_the_paper(word: str, values: dict[str, float]) -> None:
    ours = BUILTIN.get("optimizer", word)()
    assert {name: getattr(ours, name) for name in values} == values


@pytest.mark.parametrize("word", BUILTIN.words("optimizer"))
def test_a_default_rate_is_a_usual_rate(word: str) -> None:
    cls = BUILTIN.get("optimizer", word)
    if not issubclass(cls, Stepping):
        assert cls.usual is None  # type: ignore[attr-defined]
        return
    assert cls.usual is not None
    least, most = cls.usual
    assert least < cls.model_fields["lr"].default < most


def test_training_defaults() -> None:
    assert vars(Train()) == {
        "epochs": 10,
        "batch": 64,
        "last": "keep",
        "seed": 0,
        "shuffle": True,
        "precision": "f32",
        "exact": False,
        "memory": "normal",
        "keep": None,
        "adversarial": 0.0,
    }


@pytest.mark.parametrize("word", BUILTIN.words("data"))
def test_a_tenth_is_held_out(word: str) -> None:
    assert BUILTIN.get("data", word).model_fields["val"].default == 0.1


@pytest.mark.parametrize(
    ("word", "sample", "classes", "samples"),
    [
        ("mnist", (28, 28, 1), 10, (60_000, 10_000)),
        ("fashion_mnist", (28, 28, 1), 10, (60_000, 10_000)),
        ("cifar10", (32, 32, 3), 10, (50_000, 10_000)),
        ("digits", (8, 8, 1), 10, (1_797, None)),
        ("iris", (4,), 3, (150, None)),
        ("spirals", (2,), 2, (1_000, None)),
        ("blobs", (2,), 3, (1_000, None)),
        ("sine", (1,), None, (1_000, None)),
    ],
)
def test_what_is_known_of_data_before_it_is_loaded(
    word: str,
    sample: tuple[int, ...],
    classes: int | None,
    samples: tuple[int, int | None],
) -> None:
    facts = BUILTIN.get("data", word)().facts()  # type: ignore[attr-defined]
    assert (facts.sample, facts.classes) == (sample, classes)
    assert (facts.train, facts.test) == samples
    assert facts.compares == ("numbers" if classes is None else "classes")
