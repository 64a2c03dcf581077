"""What a model of Keras was compiled with: loss, optimizer, metrics."""

from __future__ import annotations

from typing import Any

import pytest
from keras_files import Json, layer, sequential, source
from netc.compiler.importing.keras.reading import KerasNetwork, read_keras_model

COMPILED = {
    "optimizer": {
        "module": "keras.optimizers",
        "class_name": "Adam",
        "config": {"name": "adam", "learning_rate": 0.0010000000474974513, "weight_decay": None,
                   "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False,
                   "use_ema": False, "ema_momentum": 0.99},
        "registered_name": None,
    },
    "loss": "sparse_categorical_crossentropy",
    "metrics": ["accuracy"],
}  # fmt: skip


def compiled(activation: str, **changes: Any) -> KerasNetwork:
    last = layer("Dense", "d", units=3, activation=activation)
    return read_keras_model(sequential(source(4), last, compile_config={**COMPILED, **changes}))


def test_what_a_model_is_compiled_with_comes_along() -> None:
    found = compiled("softmax")
    assert found.notes == ()
    assert found.network is not None
    (loss,) = found.network.losses
    assert (loss.output, loss.loss.word) == ("d/softmax", "ce")
    optimizer = found.network.optimizer
    assert optimizer is not None
    assert (optimizer.word, dict(optimizer)["lr"], dict(optimizer)["eps"]) == ("adam", 1e-3, 1e-7)
    assert [metric.word for metric in found.network.metrics] == ["acc"]


OPTIMIZERS: list[tuple[str, Json, str, Json]] = [
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}, "sgd",
     {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"learning_rate": 0.1, "weight_decay": 0.02}, "adamw",
     {"weight_decay": 0.02, "eps": 1e-7}),
    ("AdamW", {"learning_rate": 0.1, "weight_decay": 0.004, "global_clipnorm": 2.0}, "adamw",
     {"weight_decay": 0.004, "clip": 2.0}),
    ("Nadam", {"learning_rate": 0.1}, "nadam", {"decay": 1.0}),
    ("RMSprop", {"learning_rate": 0.1, "epsilon": 1e-6}, "rmsprop", {"rho": 0.9, "eps": 1e-3}),
    ("Adadelta", {"learning_rate": 0.1}, "adadelta", {"lr": 0.1, "eps": 1e-7}),
    ("Lion", {"learning_rate": 0.1, "weight_decay": 0.5}, "lion",
     {"beta2": 0.99, "weight_decay": 0.5}),
    ("AdamW", {"learning_rate": 0.1, "weight_decay": None}, "adamw", {"weight_decay": 0.0}),
    # the default values of Keras's optimizers, which are not netc's
    ("AdamW", {}, "adamw", {"lr": 0.001, "weight_decay": 0.004}),
    ("SGD", {}, "sgd", {"lr": 0.01}),
    ("Lion", {}, "lion", {"lr": 0.001, "weight_decay": 0.0}),
    ("Nadam", {}, "nadam", {"lr": 0.001}),
    ("Adadelta", {}, "adadelta", {"lr": 0.001}),
    ("SGD", {"learning_rate": {"class_name": "PiecewiseConstantDecay",
                               "config": {"boundaries": [9], "values": [0.5, 0.1]}}},
     "sgd", {"lr": 0.5}),
    ("SGD", {"learning_rate": {"class_name": "my>Rates", "config": {}}}, "sgd", {"lr": 0.01}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "word", "options"), OPTIMIZERS)
def test_optimizers(name: str, config: Json, word: str, options: Json) -> None:
    found = compiled("softmax", optimizer={"class_name": name, "config": config})
    assert found.network is not None
    optimizer = found.network.optimizer
    assert optimizer is not None
    assert optimizer.word == word
    assert {key: dict(optimizer)[key] for key in options} == options


@pytest.mark.parametrize(("name", "lr"), [("adam", 0.001), ("SGD", 0.01), ("adadelta", 0.001)])
def test_an_optimizer_by_its_name_has_the_defaults_of_keras(name: str, lr: float) -> None:
    found = compiled("softmax", optimizer=name)
    assert found.network is not None
    optimizer = found.network.optimizer
    assert optimizer is not None
    assert (optimizer.word, dict(optimizer)["lr"]) == (name.lower(), lr)


UNTAKEN: list[tuple[Json, str]] = [
    ({"optimizer": "adagrad"}, "netc has no optimizer like `adagrad`"),
    ({"optimizer": 3}, "netc has no optimizer like `3`"),
    ({"optimizer": {"class_name": "SGD", "config": {"learning_rate": "x"}}},
     "the optimizer `SGD` is not imported: `learning_rate` is `x`, not a number"),
    ({"optimizer": {"class_name": "SGD", "config": {"learning_rate": -3.0}}},
     "the optimizer `SGD` is not imported: `-3.0` is not a value that netc's `lr` can have"),
    ({"optimizer": {"class_name": "SGD", "config": {"weight_decay": 0.1}}},
     "the optimizer `SGD`: its `weight_decay` is not imported"),
    ({"optimizer": {"class_name": "Adam", "config": {"amsgrad": True}}},
     "the optimizer `Adam`: its `amsgrad` is not imported"),
    ({"loss": ["mse", "mae"]}, "its losses are not imported: they do not fit its outputs"),
    ({"loss": {"e": "mse"}}, "its losses are not imported: they do not fit its outputs"),
    ({"loss_weights": ["x"]}, "the loss of `d` is not imported: its weight is `x`"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "note"), UNTAKEN)
def test_what_does_not_come_along_is_said(changes: Json, note: str) -> None:
    own = {"loss": "mse", "optimizer": None, "metrics": []}
    assert _texts(compiled("linear", **own | changes)) == (note,)


WEIGHTS: list[tuple[Json, float | None]] = [
    ({"loss": ["mse"]}, 1.0),
    ({"loss": {"d": "mse"}, "loss_weights": {"d": 0.5}}, 0.5),
    ({"loss": "mse", "loss_weights": [2.0]}, 2.0),
    ({"loss": {"module": "keras.losses", "class_name": "function", "config": "mse"}}, 1.0),
    ({"loss": [None]}, None),
]


@pytest.mark.parametrize(("changes", "weight"), WEIGHTS)
def test_losses_and_their_weights_are_given_by_output(changes: Json, weight: float | None) -> None:
    found = compiled("linear", **{"metrics": []} | changes)
    assert found.network is not None
    weights = [dict(own.loss)["weight"] for own in found.network.losses]
    assert weights == ([] if weight is None else [weight])


LOSSES: list[tuple[str, Any, str | None]] = [
    ("softmax", "categorical_crossentropy", "ce"),
    ("softmax", {"class_name": "CategoricalCrossentropy",
                 "config": {"name": "c", "from_logits": False, "label_smoothing": 0.1}}, "ce"),
    ("linear", {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}},
     None),
    ("linear", "categorical_crossentropy", None),
    ("sigmoid", "binary_crossentropy", "bce"),
    ("softmax", "kl_divergence", "kl"),
    ("linear", "mse", "mse"),
    ("linear", {"class_name": "MeanAbsoluteError", "config": {}}, "mae"),
    ("linear", {"class_name": "Huber", "config": {"delta": 2.0}}, "huber"),
    ("softmax", "mse", None),
    ("linear", "poisson", None),
    ("linear", {"module": "my", "class_name": "function", "config": "f",
                "registered_name": "my>f"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("activation", "loss", "word"), LOSSES)
def test_losses_that_netc_has_come_along(activation: str, loss: Any, word: str | None) -> None:
    found = compiled(activation, loss=loss, metrics=[])
    assert found.network is not None
    assert [own.loss.word for own in found.network.losses] == ([] if word is None else [word])
    assert any("loss" in note for note in _texts(found)) is (word is None)


def test_what_only_training_has_and_netc_lacks_becomes_a_note() -> None:
    schedule = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.5}}
    config = {"learning_rate": schedule, "clipnorm": 1.0}
    found = compiled("softmax", optimizer={"class_name": "SGD", "config": config}, metrics=["mse"])
    assert _texts(found) == (
        "the optimizer `SGD`: its schedule of the learning rate is not imported",
        "the optimizer `SGD`: its `clipnorm` is not imported",
        "its metrics are not imported",
    )
    found = compiled("softmax", optimizer={"class_name": "Adagrad", "config": {}})
    assert _texts(found) == ("netc has no optimizer like `Adagrad`",)


def _texts(found: KerasNetwork) -> tuple[str, ...]:
    return tuple(note.text for note in found.notes)
