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
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "word", "options"), OPTIMIZERS)
def test_optimizers(name: str, config: Json, word: str, options: Json) -> None:
    found = compiled("softmax", optimizer={"class_name": name, "config": config})
    assert found.network is not None
    optimizer = found.network.optimizer
    assert optimizer is not None
    assert optimizer.word == word
    assert {key: dict(optimizer)[key] for key in options} == options


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
        "the optimizer `SGD`: its schedule of the learning rate is not taken over",
        "the optimizer `SGD`: its `clipnorm` is not taken over",
        "its metrics are not taken over",
    )
    found = compiled("softmax", optimizer={"class_name": "Adagrad", "config": {}})
    assert _texts(found) == ("netc has no optimizer like `Adagrad`",)


def _texts(found: KerasNetwork) -> tuple[str, ...]:
    return tuple(note.text for note in found.notes)
