"""Batch normalisation over the samples of all processes or of one, and over a single sample."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

from ....compiler.graph import Graph
from ....compiler.layers.norm import BatchNorm
from .network import EngineNetwork
from .processes import Processes


class BatchShare:
    """What part of a batch the process has now."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self.rows = 0
        """Its samples. Where it has none it computes another one, which counts nowhere."""
        self.batch = 0

    @property
    def world(self) -> int:
        """How many processes share it."""
        return self._processes.world


class _SumOfAll(torch.autograd.Function):  # type: ignore[misc]
    """The sum of values over all processes, and so is its gradient."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _SumOfAll.forward(ctx, gradients[0].contiguous())


class SharedNorm(nn.Module):  # type: ignore[misc]
    """A `BatchNorm` whose mean and variance are those of the whole batch, whatever part of it a
    process has, or (`sync=false`) those of the samples of this process. PyTorch's own normalises
    over processes on GPUs only, and refuses a single sample.
    """

    def __init__(self, norm: Any, share: BatchShare, *, sync: bool) -> None:
        super().__init__()
        self.sync = sync and share.world > 1
        self.weight, self.bias = norm.weight, norm.bias
        self.register_buffer("running_mean", norm.running_mean)
        self.register_buffer("running_var", norm.running_var)
        self.eps, self.momentum = norm.eps, norm.momentum
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        means, variances = self.running_mean, self.running_var
        if not self.training or (not self.sync and x.numel() > x.shape[1]):
            return functional.batch_norm(
                x, means, variances, self.weight, self.bias, self.training, self.momentum, self.eps
            )
        axes = [0, *range(2, x.ndim)]
        sizes = [1, -1, *(1 for _ in range(2, x.ndim))]
        wide = x.to(self.weight.dtype)
        own = wide[: self.share.rows] if self.sync else wide
        count = (self.share.batch if self.sync else len(x)) * (x[0].numel() // x.shape[1])
        mean = self._sum(own.sum(axes)) / count
        squares = self._sum((own - mean.view(sizes)).square().sum(axes))
        scale = self.weight * torch.rsqrt(squares / count + self.eps)
        with torch.no_grad():
            means.lerp_(mean.detach(), self.momentum)
            variances.lerp_(squares.detach() / max(1, count - 1), self.momentum)
        normal = (wide - mean.view(sizes)) * scale.view(sizes) + self.bias.view(sizes)
        return normal.to(x.dtype)

    def _sum(self, values: Tensor) -> Tensor:
        if not self.sync:
            return values
        total: Tensor = _SumOfAll.apply(values)
        return total


def share_norms(network: EngineNetwork, graph: Graph, share: BatchShare) -> bool:
    """Makes every batch normalisation of a network one over the batch that its layer names; says
    whether the running statistics of processes differ after a step. Frozen ones, of a class of
    their own, have no batch."""
    local = set[str]()
    for weight in network.weights:
        layer = graph.node(weight.name.rpartition(".")[0]).layer
        if isinstance(layer, BatchNorm) and not layer.sync:
            local.add(weight.key.rpartition(".")[0])
    drifts = False
    for path, norm in list(network.module.named_modules()):
        if type(norm) in (nn.BatchNorm1d, nn.BatchNorm2d):
            parent, _, name = path.rpartition(".")
            shared = SharedNorm(norm, share, sync=path not in local)
            setattr(network.module.get_submodule(parent), name, shared)
            drifts |= path in local
    return drifts and share.world > 1
