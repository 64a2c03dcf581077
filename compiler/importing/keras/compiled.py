"""What a model was compiled with: loss, optimizer and metrics, as far as netc has them.

All of it concerns training only. So what has no counterpart is a note, and no refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...layers.layer import Layer
from ...losses.cross_entropy import BinaryCrossEntropy, CrossEntropy, KullbackLeibler
from ...losses.loss import Loss
from ...losses.regression import Huber, MeanAbsoluteError, MeanSquaredError
from ...optimizers.adagrad import AdaDelta
from ...optimizers.adam import Adam, AdamW, NAdam
from ...optimizers.lion import Lion
from ...optimizers.optimizer import Optimizer
from ...optimizers.rmsprop import RmsProp
from ...optimizers.sgd import Sgd
from ...training.metrics import Accuracy
from ..network import ImportedLoss, ImportedNetwork
from .fields import Fields, UnsupportedError, is_from_keras, is_real, shown

LossReader = Callable[[Fields], Loss]
OptimizerReader = Callable[[Fields], Optimizer]


def _from_probabilities(fields: Fields) -> None:
    why = "netc's loss reads probabilities, which a last `softmax` or `sigmoid` gives"
    fields.expect("from_logits", False, (False,), why)


def _cross_entropy(fields: Fields) -> Loss:
    _from_probabilities(fields)
    fields.expect("axis", -1, (-1,), "netc has the last axis only")
    ignored = fields.take("ignore_class")
    options = {} if ignored is None else {"ignore": ignored}
    smoothing = fields.real("label_smoothing", 0.0)
    return fields.make(CrossEntropy, smoothing=smoothing, **options)


def _binary(fields: Fields) -> Loss:
    _from_probabilities(fields)
    fields.expect("axis", -1, (-1,), "netc has the last axis only")
    fields.expect("label_smoothing", 0.0, (0, 0.0), "netc smooths classes only")
    return BinaryCrossEntropy()


def _divergence(fields: Fields) -> Loss:
    return KullbackLeibler()


def _huber(fields: Fields) -> Loss:
    return fields.make(Huber, delta=fields.real("delta", 1.0))


LOSSES: dict[str, LossReader] = {
    "categorical_crossentropy": _cross_entropy,
    "sparse_categorical_crossentropy": _cross_entropy,
    "binary_crossentropy": _binary,
    "kl_divergence": _divergence,
    "kullback_leibler_divergence": _divergence,
    "kld": _divergence,
    "mean_squared_error": lambda fields: MeanSquaredError(),
    "mse": lambda fields: MeanSquaredError(),
    "mean_absolute_error": lambda fields: MeanAbsoluteError(),
    "mae": lambda fields: MeanAbsoluteError(),
    "huber": _huber,
    "huber_loss": _huber,
}
"""By the name of the function; the class of a loss has its name in capitals."""


def _rates(fields: Fields) -> dict[str, Any]:
    """The options that all optimizers have."""
    rate = fields.take("learning_rate")
    if isinstance(rate, dict):
        fields.notes.append("its schedule of the learning rate is not imported")
        others = {name: item for name, item in fields.values.items() if name != "learning_rate"}
        fields.values = {**others, **_first_rate(rate.get("config"))}
    usual = 0.01 if fields.what == "SGD" else 0.001  # Keras's own, of all other optimizers
    options: dict[str, Any] = {"lr": fields.real("learning_rate", usual)}
    if fields.take("global_clipnorm") is not None:
        options["clip"] = fields.real("global_clipnorm")
    for name in ("clipnorm", "clipvalue", "loss_scale_factor", "gradient_accumulation_steps"):
        if fields.take(name) is not None:
            fields.notes.append(f"its `{name}` is not imported")
    for name in ("use_ema", "amsgrad", "centered"):
        if fields.take(name):
            fields.notes.append(f"its `{name}` is not imported")
    return options


def _first_rate(schedule: Any) -> dict[str, Any]:
    """The learning rate that a schedule begins with, where it says one."""
    own = schedule if isinstance(schedule, dict) else {}
    values = own.get("values")  # of `PiecewiseConstantDecay`
    first = values[0] if isinstance(values, list) and values else own.get("initial_learning_rate")
    return {"learning_rate": first} if is_real(first) else {}


def _decay(fields: Fields, options: dict[str, Any]) -> None:
    """Decay apart from the gradient."""
    if fields.take("weight_decay") is not None:
        options["weight_decay"] = fields.real("weight_decay")


def _no_decay(fields: Fields) -> None:
    """Keras shrinks weights apart from the gradient, which these optimizers of netc do not."""
    if fields.take("weight_decay"):
        fields.notes.append("its `weight_decay` is not imported")


def _sgd(fields: Fields) -> Optimizer:
    options = _rates(fields)
    _no_decay(fields)
    momentum, nesterov = fields.real("momentum", 0.0), fields.flag("nesterov", False)
    return fields.make(Sgd, momentum=momentum, nesterov=nesterov, **options)


def _betas(fields: Fields, second: float) -> dict[str, float]:
    return {"beta1": fields.real("beta_1", 0.9), "beta2": fields.real("beta_2", second)}


def _adam(fields: Fields) -> Optimizer:
    options = _rates(fields)
    usual = 0.004 if fields.what == "AdamW" else None
    decays = fields.take("weight_decay", usual)
    if decays or fields.what == "AdamW":
        options["weight_decay"] = fields.real("weight_decay", usual) if decays else 0.0
    word = AdamW if "weight_decay" in options else Adam
    return fields.make(word, eps=fields.real("epsilon", 1e-7), **_betas(fields, 0.999), **options)


def _nadam(fields: Fields) -> Optimizer:
    """mu_t = beta1 (1 - 0.5 * 0.96^t) in Keras: netc's `decay` is 1."""
    options = _rates(fields)
    _no_decay(fields)
    eps, betas = fields.real("epsilon", 1e-7), _betas(fields, 0.999)
    return fields.make(NAdam, eps=eps, decay=1.0, **betas, **options)


def _rmsprop(fields: Fields) -> Optimizer:
    """Keras adds epsilon under the root, netc beside it: near 0 the root of it is what counts."""
    options = _rates(fields)
    _no_decay(fields)
    rho, momentum = fields.real("rho", 0.9), fields.real("momentum", 0.0)
    eps = float(f"{fields.real('epsilon', 1e-7) ** 0.5:.3g}")
    fields.notes.append(f"its epsilon is under the root: `eps` is the root of it, {eps:g}")
    return fields.make(RmsProp, rho=rho, momentum=momentum, eps=eps, **options)


def _adadelta(fields: Fields) -> Optimizer:
    options = _rates(fields)
    _no_decay(fields)
    rho, eps = fields.real("rho", 0.95), fields.real("epsilon", 1e-7)
    return fields.make(AdaDelta, rho=rho, eps=eps, **options)


def _lion(fields: Fields) -> Optimizer:
    options = _rates(fields)
    _decay(fields, options)
    return fields.make(Lion, **_betas(fields, 0.99), **options)


OPTIMIZERS: dict[str, OptimizerReader] = {
    "SGD": _sgd,
    "Adam": _adam,
    "AdamW": _adam,
    "Nadam": _nadam,
    "RMSprop": _rmsprop,
    "Adadelta": _adadelta,
    "Lion": _lion,
}
"""By class. Adagrad is not among them: that of Keras starts its sums at 0.1, netc's at 0."""


@dataclass(frozen=True, slots=True)
class KerasHead:
    """An output of the network."""

    step: str
    layer: Layer | None
    """What computes it; None of an input."""


def with_training(
    network: ImportedNetwork,
    heads: Mapping[str, KerasHead],
    config: dict[str, Any],
    notes: list[str],
) -> ImportedNetwork:
    """The network with what a `compile_config` says, as far as netc has it. `heads` are the outputs
    by the names of their layers in the file."""
    losses = _losses(config, heads, notes)
    optimizer = _optimizer(config, notes)
    metrics = config.get("metrics") or []
    of_classes = len(losses) == len(heads) == 1 and not losses[0].loss.learns_numbers()
    if of_classes and metrics in ACCURACIES:
        return replace(network, losses=losses, optimizer=optimizer, metrics=(Accuracy(),))
    if metrics or config.get("weighted_metrics"):
        notes.append("its metrics are not imported")
    return replace(network, losses=losses, optimizer=optimizer)


ACCURACIES = (["accuracy"], ["acc"], [["accuracy"]], [["acc"]], "accuracy")


def _optimizer(config: dict[str, Any], notes: list[str]) -> Optimizer | None:
    """None, with a note, where netc has none like it."""
    value = config.get("optimizer") or config.get("optimizer_config")  # as Keras 2 calls it
    if value is None:
        return None
    if isinstance(value, str):
        named = {name.lower(): name for name in OPTIMIZERS}
        value = {"class_name": named.get(value.lower(), value), "config": {}}
    own = value.get("config") if isinstance(value, dict) and is_from_keras(value) else None
    name = str(value.get("class_name")) if isinstance(value, dict) else shown(value)
    reader = OPTIMIZERS.get(name)
    if reader is None or not isinstance(own, dict):
        notes.append(f"netc has no optimizer like `{name}`")
        return None
    fields = Fields(name, own)
    try:
        found = reader(fields)
    except UnsupportedError as error:
        notes.append(f"the optimizer `{name}` is not imported: {error.reason}")
        return None
    notes.extend(f"the optimizer `{name}`: {note}" for note in fields.notes)
    return found


def _losses(
    config: dict[str, Any], heads: Mapping[str, KerasHead], notes: list[str]
) -> tuple[ImportedLoss, ...]:
    values = _by_output(config.get("loss"), heads)
    factors = _by_output(config.get("loss_weights"), heads)
    if values is None or factors is None:
        notes.append("its losses are not imported: they do not fit its outputs")
        return ()
    found: list[ImportedLoss] = []
    for name, item in values.items():
        if item is None:
            continue
        try:
            loss = _loss(item, factors.get(name))
            _check_head(loss, heads[name])
        except UnsupportedError as error:
            notes.append(f"the loss of `{name}` is not imported: {error.reason}")
            continue
        found.append(ImportedLoss(heads[name].step, loss))
    return tuple(found)


def _by_output(value: Any, heads: Mapping[str, KerasHead]) -> dict[str, Any] | None:
    """One value for each output, by name; a single one is for all. None where they do not fit."""
    if isinstance(value, list):
        return dict(zip(heads, value, strict=True)) if len(value) == len(heads) else None
    if isinstance(value, dict) and "class_name" not in value:
        return value if value.keys() <= heads.keys() else None
    return dict.fromkeys(heads, value)


def _loss(value: Any, factor: Any) -> Loss:
    name: str = ""
    config: Any = None
    if isinstance(value, str):
        name, config = value, {}
    elif isinstance(value, dict) and is_from_keras(value):
        name, config = str(value.get("class_name")), value.get("config")
        if name == "function" and isinstance(config, str):
            name, config = config, {}
    reader = LOSSES.get(LOSS_NAMES.get(name.replace("_", "").lower(), name))
    if reader is None or not isinstance(config, dict):
        raise UnsupportedError(f"netc has no loss like {shown(name or value)}")
    fields = Fields(name, {key: item for key, item in config.items() if key not in PLAIN})
    fields.expect("reduction", "sum_over_batch_size", MEANS, "netc takes the mean")
    found = reader(fields)
    fields.finish()
    if factor is None or factor == 1:
        return found
    if not is_real(factor):
        raise UnsupportedError(f"its weight is {shown(factor)}")
    return fields.make(type(found), **{**dict(found), "weight": float(factor)})


def _check_head(loss: Loss, head: KerasHead) -> None:
    """Refuses a loss that netc does not allow behind the last layer."""
    last = "linear" if head.layer is None or not head.layer.activation else head.layer.word
    if (loss.needs is not None and last != loss.needs) or last in loss.refuses:
        wanted = f"`{loss.needs}`" if loss.needs else "another layer"
        raise UnsupportedError(
            f"`{loss.word}` needs {wanted} at the end, and it ends with `{last}`"
        )


LOSS_NAMES = {name.replace("_", ""): name for name in LOSSES}
"""`CategoricalCrossentropy` as `categorical_crossentropy`, by `categoricalcrossentropy`."""
PLAIN = ("name", "dtype", "fn")
MEANS = ("sum_over_batch_size", "mean", "auto", "mean_with_sample_weight")
