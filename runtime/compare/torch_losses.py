"""The losses of PyTorch, from the logits where netc's are too. Channels are axis 1 there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...compiler.losses.loss import Loss
from .case import TwinError
from .torch_twin import channels_last

Criterion = Callable[[Any, Any], Any]
"""The loss for an output and a target."""


def _kl(torch: Any, loss: Any) -> Criterion:
    """A mean over samples and positions; PyTorch's is over samples."""
    divergence = torch.nn.KLDivLoss(reduction="batchmean")

    def rows(x: Any) -> Any:
        return channels_last(x).reshape(-1, x.shape[1])

    return lambda output, target: divergence(
        torch.nn.functional.log_softmax(rows(output), 1), rows(target)
    )


def _margin(torch: Any, loss: Any) -> Criterion:
    """The hinge of one output, or of the best wrong class; PyTorch's is of all classes."""
    margin, relu = loss.margin, torch.nn.functional.relu

    def of_classes(output: Any, target: Any) -> Any:
        right = target[:, None]
        best = output.scatter(1, right, -torch.inf).amax(1)
        return relu(margin + best - output.gather(1, right)[:, 0]).mean()

    def of_one(output: Any, target: Any) -> Any:
        return relu(margin - target * output).mean()

    return lambda output, target: (
        of_one(output, target) if target.is_floating_point() else of_classes(output, target)
    )


LOSSES: dict[str, Callable[[Any, Any], Criterion]] = {
    "ce": lambda torch, loss: torch.nn.CrossEntropyLoss(label_smoothing=loss.smoothing),
    "nll": lambda torch, _: torch.nn.CrossEntropyLoss(),
    "kl": _kl,
    "bce": lambda torch, _: torch.nn.BCEWithLogitsLoss(),
    "mse": lambda torch, _: torch.nn.MSELoss(),
    "mae": lambda torch, _: torch.nn.L1Loss(),
    "huber": lambda torch, loss: torch.nn.HuberLoss(delta=loss.delta),
    "hinge": _margin,
    "perceptron": _margin,
    "logistic": lambda torch, _: torch.nn.SoftMarginLoss(),
}


def criterion(torch: Any, loss: Loss) -> Criterion:
    """A loss times its weight. Raises TwinError where PyTorch has no equal."""
    if loss.word not in LOSSES:
        raise TwinError(f"PyTorch has no equivalent of `loss {loss.word}`")
    if loss.is_weighted():
        raise TwinError("its classes count differently")
    found, weight = LOSSES[loss.word](torch, loss), loss.factor
    if weight == 1.0:
        return found
    return lambda output, target: weight * found(output, target)
