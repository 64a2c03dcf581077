"""What each loss is in PyTorch: an expression of an output and a target.

The output has its channels in axis 1; where the loss includes the activation before it, the output
is the logits. A target is int64 where it is a class, without the axis of the channels, and has the
shape of the output where it is numbers. Every loss is a mean over samples and positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from ..losses.cross_entropy import (
    BinaryCrossEntropy,
    CrossEntropy,
    KullbackLeibler,
    NegativeLogLikelihood,
)
from ..losses.loss import ClassLoss, ClassWeights, Loss
from ..losses.margin import Logistic, Margin
from ..losses.regression import Huber, MeanAbsoluteError, MeanSquaredError
from .layer import NoCounterpartError, call_text, constant_text


@dataclass(frozen=True, slots=True)
class TorchLoss:
    """A loss in PyTorch."""

    expression: str
    """A template of `{output}` and `{target}`."""
    takes_classes: bool
    """Whether the target is one of several classes, as int64."""
    helper: str | None = None
    """The function that the file must define, where PyTorch has none."""


@singledispatch
def torch_loss(loss: Loss, units: int) -> TorchLoss:
    """A loss of so many channels, without its factor. Raises NoCounterpartError."""
    raise NoCounterpartError(
        loss.on or "",
        f"there is no PyTorch code for `loss {loss.word}`",
        "register its PyTorch form with `netc.compiler.torch.losses.torch_loss.register`",
    )


def class_weights_text(weights: ClassWeights, loss: Loss) -> str:
    """Class weights as a tensor. Raises NoCounterpartError for those that the data say."""
    if isinstance(weights, str):
        raise NoCounterpartError(
            loss.on or "",
            f"`{weights}` class weights depend on the data, which the file does not contain",
            "write the weights as a list",
        )
    numbers = weights if isinstance(weights, tuple) else (weights,)
    return f"{{output}}.new_tensor([{', '.join(map(constant_text, numbers))}])"


def _softmax_loss(loss: ClassLoss, smoothing: float) -> TorchLoss:
    values = ["{output}", "{target}"]
    weights = loss.class_weights().get("weight")
    if weights is not None:
        values.append(f"weight={class_weights_text(weights, loss)}")
    text = call_text(
        "F.cross_entropy", *values,
        ignore_index=(loss.ignored(), None), label_smoothing=(smoothing, 0.0),
    )  # fmt: skip
    return TorchLoss(text, takes_classes=True)


@torch_loss.register
def _(loss: CrossEntropy, units: int) -> TorchLoss:
    return _softmax_loss(loss, loss.smoothing)


@torch_loss.register
def _(loss: NegativeLogLikelihood, units: int) -> TorchLoss:
    return _softmax_loss(loss, 0.0)


@torch_loss.register
def _(loss: KullbackLeibler, units: int) -> TorchLoss:
    """The sum over all numbers, divided by those of a channel: PyTorch's means are of all numbers
    or of samples."""
    divergence = 'F.kl_div(F.log_softmax({output}, dim=1), {target}, reduction="sum")'
    return TorchLoss(f"{divergence} / {{output}}[:, 0].numel()", takes_classes=False)


@torch_loss.register
def _(loss: BinaryCrossEntropy, units: int) -> TorchLoss:
    values = ["{output}", "{target}"]
    for name, weights in loss.class_weights().items():
        values.append(f"{name}={class_weights_text(weights, loss)}")
    return TorchLoss(
        f"F.binary_cross_entropy_with_logits({', '.join(values)})", takes_classes=False
    )


@torch_loss.register
def _(loss: Margin, units: int) -> TorchLoss:
    margin = constant_text(loss.margin)
    if units > 1:
        text = f"multiclass_hinge_loss({{output}}, {{target}}, margin={margin})"
        return TorchLoss(text, takes_classes=True, helper="multiclass_hinge_loss")
    ahead = "{target} * {output}"
    text = f"F.relu({margin} - {ahead})" if loss.margin else f"F.relu(-{ahead})"
    return TorchLoss(f"{text}.mean()", takes_classes=False)


@torch_loss.register
def _(loss: Logistic, units: int) -> TorchLoss:
    return TorchLoss("F.soft_margin_loss({output}, {target})", takes_classes=False)


@torch_loss.register
def _(loss: MeanSquaredError, units: int) -> TorchLoss:
    return TorchLoss("F.mse_loss({output}, {target})", takes_classes=False)


@torch_loss.register
def _(loss: MeanAbsoluteError, units: int) -> TorchLoss:
    return TorchLoss("F.l1_loss({output}, {target})", takes_classes=False)


@torch_loss.register
def _(loss: Huber, units: int) -> TorchLoss:
    text = call_text("F.huber_loss", "{output}", "{target}", delta=(loss.delta, 1.0))
    return TorchLoss(text, takes_classes=False)
