"""What the samples of a process add to the loss of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ....compiler.lower.network import LossSite
from .network import EngineNetwork
from .objectives import row_losses


@dataclass(frozen=True, slots=True, eq=False)
class BatchTensors:
    """The samples of a process on the device."""

    inputs: list[Tensor]
    """In the order of the module's arguments, channels last."""
    feeds: Mapping[str, Tensor]
    """Inputs, targets and what rows count, by name."""
    rows: int
    """Those that count: none where the process only takes part."""
    batch: int
    """Samples of all processes."""


def total_loss(
    network: EngineNetwork,
    sites: tuple[LossSite, ...],
    outputs: list[Tensor],
    samples: BatchTensors,
) -> Tensor:
    """The sum of all losses, each the sum over the rows of these samples by the number of all."""
    total = outputs[0].new_zeros(())
    for site in sites:
        own = network.computed(site.prediction)
        at, of_logits = next(
            (at, output.activated is not None)
            for at, output in enumerate(network.outputs)
            if own == (output.activated or output.node)
        )
        prediction = outputs[at]
        target = _target(network, site, outputs, samples).reshape(prediction.shape)
        if site.loss.weighs_outputs():
            prediction, target = prediction.unsqueeze(-1), target.unsqueeze(-1)
        losses = row_losses(site.loss, prediction, target, of_logits=of_logits)
        if site.weighted:
            losses = losses * samples.feeds[site.weight_feed]
        each = losses[0].numel()
        total = total + losses[: samples.rows].sum() * (site.loss.factor / (samples.batch * each))
        if samples.rows == 0:
            # other processes wait for gradients also of this one
            total = total + 0 * losses.sum()
    return total


def _target(
    network: EngineNetwork, site: LossSite, outputs: list[Tensor], samples: BatchTensors
) -> Tensor:
    if site.target is None:
        return samples.feeds[site.feed]
    own = network.computed(site.target)
    for argument, x in zip(network.inputs, samples.inputs, strict=True):
        if argument.node == own:
            return x.to(outputs[0].dtype)
    at = [output.node for output in network.outputs].index(own)
    return outputs[at].detach()
