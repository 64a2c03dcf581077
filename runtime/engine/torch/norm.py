"""Batch normalisation over the samples of all processes, and over a single sample."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

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
    process has. PyTorch's own normalises over processes on GPUs only, and refuses a single sample.
    """

    def __init__(self, norm: Any, share: BatchShare) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias
        self.register_buffer("running_mean", norm.running_mean)
        self.register_buffer("running_var", norm.running_var)
        self.eps, self.momentum = norm.eps, norm.momentum
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        means, variances = self.running_mean, self.running_var
        one_process = self.share.world == 1
        if not self.training or (one_process and x.numel() > x.shape[1]):
            return functional.batch_norm(
                x, means, variances, self.weight, self.bias, self.training, self.momentum, self.eps
            )
        axes = [0, *range(2, x.ndim)]
        sizes = [1, -1, *(1 for _ in range(2, x.ndim))]
        count = self.share.batch * (x[0].numel() // x.shape[1])
        wide = x.to(self.weight.dtype)
        own = wide[: self.share.rows]
        mean = self._sum(own.sum(axes)) / count
        squares = self._sum((own - mean.view(sizes)).square().sum(axes))
        scale = self.weight * torch.rsqrt(squares / count + self.eps)
        with torch.no_grad():
            means.lerp_(mean.detach(), self.momentum)
            variances.lerp_(squares.detach() / max(1, count - 1), self.momentum)
        normal = (wide - mean.view(sizes)) * scale.view(sizes) + self.bias.view(sizes)
        return normal.to(x.dtype)

    def _sum(self, values: Tensor) -> Tensor:
        if self.share.world == 1:
            return values
        total: Tensor = _SumOfAll.apply(values)
        return total


def share_norms(module: nn.Module, share: BatchShare) -> None:
    """Makes every batch normalisation of a module one over the whole batch. Frozen ones, of a class
    of their own, have nothing to share."""
    for name, child in list(module.named_children()):
        if type(child) in (nn.BatchNorm1d, nn.BatchNorm2d):
            setattr(module, name, SharedNorm(child, share))
        else:
            share_norms(child, share)
