"""The losses of the rows of a batch, from what netc feeds: targets of the form of the output, and
what each row counts. The formulas are those of `compiler/losses/`; channels are the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ....compiler.losses.cross_entropy import (
    BinaryCrossEntropy,
    CrossEntropy,
    KullbackLeibler,
    NegativeLogLikelihood,
)
from ....compiler.losses.loss import Loss
from ....compiler.losses.margin import Hinge, Logistic, Perceptron
from ....compiler.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError

RowLoss = Callable[[Any, Tensor, Tensor], Tensor]
"""The loss of each row, for the loss of the spec, the prediction and the target."""


def _tiny(x: Tensor) -> float:
    """The smallest normal number: it keeps a logarithm finite where a probability is 0."""
    return float(torch.finfo(x.dtype).tiny)


def _negentropy(t: Tensor) -> Tensor:
    return (t * t.clamp(min=_tiny(t)).log()).sum(-1)


def _softened(loss: Loss, t: Tensor) -> Tensor:
    """The target of `ce` with smoothing; with class weights the one that is fed is smooth."""
    if not isinstance(loss, CrossEntropy) or loss.smoothing == 0 or loss.weighs_classes():
        return t
    return t * (1 - loss.smoothing) + loss.smoothing / t.shape[-1]


def _softmax_of_logits(loss: Loss, x: Tensor, t: Tensor) -> Tensor:
    target = _softened(loss, t)
    found = -(target * functional.log_softmax(x, -1)).sum(-1)
    return found + _negentropy(t) if isinstance(loss, KullbackLeibler) else found


def _softmax_of_probabilities(loss: Loss, p: Tensor, t: Tensor) -> Tensor:
    target = _softened(loss, t)
    found = -(target * p.clamp(min=_tiny(p)).log()).sum(-1)
    return found + _negentropy(t) if isinstance(loss, KullbackLeibler) else found


def _bce_of_logits(loss: Loss, x: Tensor, t: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(x, t, reduction="none").mean(-1)


def _bce_of_probabilities(loss: Loss, p: Tensor, t: Tensor) -> Tensor:
    tiny = _tiny(p)
    found = t * p.clamp(min=tiny).log() + (1 - t) * (1 - p).clamp(min=tiny).log()
    return -found.mean(-1)


def _squared(loss: Loss, y: Tensor, t: Tensor) -> Tensor:
    return (y - t).square().mean(-1)


def _absolute(loss: Loss, y: Tensor, t: Tensor) -> Tensor:
    return (y - t).abs().mean(-1)


def _huber(loss: Any, y: Tensor, t: Tensor) -> Tensor:
    return functional.huber_loss(y, t, reduction="none", delta=loss.delta).mean(-1)


class _Hinge(torch.autograd.Function):  # type: ignore[misc]
    """max(0, margin - t y), whose gradient at the kink is not 0: a perceptron whose weights are all
    zero must learn."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, t: Tensor, margin: float) -> Tensor:
        ahead = y * t
        ctx.save_for_backward(t * (ahead <= margin))
        return (margin - ahead).clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (active,) = ctx.saved_tensors
        return -gradients[0] * active, None, None


def _margin(loss: Any, y: Tensor, t: Tensor) -> Tensor:
    if y.shape[-1] == 1:
        found: Tensor = _Hinge.apply(y, t, loss.margin)
        return found.squeeze(-1)
    return (loss.margin * (1 - t) + y).amax(-1) - (y * t).sum(-1)


def _logistic(loss: Loss, y: Tensor, t: Tensor) -> Tensor:
    return functional.softplus(-(y * t)).squeeze(-1)


OF_LOGITS: dict[type[Loss], RowLoss] = {
    CrossEntropy: _softmax_of_logits,
    NegativeLogLikelihood: _softmax_of_logits,
    KullbackLeibler: _softmax_of_logits,
    BinaryCrossEntropy: _bce_of_logits,
}
"""Of what flows into the activation that the loss includes."""

OF_OUTPUTS: dict[type[Loss], RowLoss] = {
    CrossEntropy: _softmax_of_probabilities,
    NegativeLogLikelihood: _softmax_of_probabilities,
    KullbackLeibler: _softmax_of_probabilities,
    BinaryCrossEntropy: _bce_of_probabilities,
    MeanSquaredError: _squared,
    MeanAbsoluteError: _absolute,
    Huber: _huber,
    Hinge: _margin,
    Perceptron: _margin,
    Logistic: _logistic,
}


def row_losses(loss: Loss, prediction: Tensor, target: Tensor, *, of_logits: bool) -> Tensor:
    """The loss of each row, without its factor: of the shape of the prediction without its last
    axis."""
    table = OF_LOGITS if of_logits else OF_OUTPUTS
    return table[type(loss)](loss, prediction, target)
