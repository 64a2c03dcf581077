"""The nets of specs/ in PyTorch, written by hand from their papers and not from the specs.

A net takes the parameters of its layers in the order of the paper's figure, main path first.
Images are channels-first here; only `flatten` has to know that a spec's are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch_words import F, Tensor, filters

Layers = Iterator[dict[str, Tensor]]
"""The parameters of one layer after another."""


def conv(take: Layers, x: Tensor, stride: int = 1, pad: int = 0, groups: int = 1) -> Tensor:
    p = next(take)
    return F.conv2d(x, filters(p["w"]), p.get("b"), stride, pad, 1, groups)


def dense(take: Layers, x: Tensor) -> Tensor:
    p = next(take)
    return x @ p["w"] + p["b"]


def bn(take: Layers, x: Tensor) -> Tensor:
    p = next(take)
    return F.batch_norm(x, p["mean"], p["var"], p["gamma"], p["beta"], True, 0.1, 1e-5)


def flatten(x: Tensor) -> Tensor:
    return x.movedim(1, -1).flatten(1)


def lrn(x: Tensor, k: float) -> Tensor:
    """The paper's: alpha times the sum, where PyTorch takes the mean over five."""
    return F.local_response_norm(x, 5, 5e-4, 0.75, k)


def lenet5(take: Layers, x: Tensor) -> Tensor:
    x = F.avg_pool2d(torch.tanh(conv(take, x)), 2)
    x = F.avg_pool2d(torch.tanh(conv(take, x)), 2)
    x = flatten(torch.tanh(conv(take, x)))
    return dense(take, torch.tanh(dense(take, x)))


def alexnet(take: Layers, x: Tensor) -> Tensor:
    x = F.max_pool2d(lrn(F.relu(conv(take, x, stride=4)), 2.0), 3, 2)
    x = F.max_pool2d(lrn(F.relu(conv(take, x, pad=2, groups=2)), 2.0), 3, 2)
    x = F.relu(conv(take, x, pad=1))
    x = F.relu(conv(take, x, pad=1, groups=2))
    x = F.max_pool2d(F.relu(conv(take, x, pad=1, groups=2)), 3, 2)
    x = F.relu(dense(take, flatten(x)))
    return dense(take, F.relu(dense(take, x)))


def vgg16(take: Layers, x: Tensor) -> Tensor:
    for count in (2, 2, 3, 3, 3):
        for _ in range(count):
            x = F.relu(conv(take, x, pad=1))
        x = F.max_pool2d(x, 2)
    x = F.relu(dense(take, flatten(x)))
    return dense(take, F.relu(dense(take, x)))


def inception(take: Layers, x: Tensor) -> Tensor:
    one = F.relu(conv(take, x))
    three = F.relu(conv(take, F.relu(conv(take, x)), pad=1))
    five = F.relu(conv(take, F.relu(conv(take, x)), pad=2))
    pooled = F.relu(conv(take, F.max_pool2d(x, 3, 1, 1)))
    return torch.cat([one, three, five, pooled], 1)


def googlenet(take: Layers, x: Tensor) -> Tensor:
    def halve(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    x = lrn(halve(F.relu(conv(take, x, stride=2, pad=3))), 1.0)
    x = F.relu(conv(take, F.relu(conv(take, x)), pad=1))
    x = halve(lrn(x, 1.0))
    for count in (2, 5, 2):
        for _ in range(count):
            x = inception(take, x)
        if count != 2 or x.shape[-1] > 7:
            x = halve(x)
    return dense(take, x.mean((2, 3)))


def resnet(take: Layers, x: Tensor, blocks: tuple[int, ...], *, bottleneck: bool) -> Tensor:
    def unit(x: Tensor, stride: int, *, widens: bool) -> Tensor:
        y = x
        if bottleneck:
            y = F.relu(bn(take, conv(take, y)))
            y = F.relu(bn(take, conv(take, y, stride, 1)))
            y = bn(take, conv(take, y))
        else:
            y = F.relu(bn(take, conv(take, y, stride, 1)))
            y = bn(take, conv(take, y, pad=1))
        skip = bn(take, conv(take, x, stride)) if widens else x
        return F.relu(y + skip)

    x = F.max_pool2d(F.relu(bn(take, conv(take, x, 2, 3))), 3, 2, 1)
    for stage, count in enumerate(blocks):
        for index in range(count):
            first = index == 0
            stride = 2 if first and stage > 0 else 1
            x = unit(x, stride, widens=first and (bottleneck or stage > 0))
    return dense(take, x.mean((2, 3)))


def resnet18(take: Layers, x: Tensor) -> Tensor:
    return resnet(take, x, (2, 2, 2, 2), bottleneck=False)


def resnet50(take: Layers, x: Tensor) -> Tensor:
    return resnet(take, x, (3, 4, 6, 3), bottleneck=True)


def allconv(take: Layers, x: Tensor) -> Tensor:
    for _ in range(2):
        x = F.relu(conv(take, x, pad=1))
        x = F.relu(conv(take, x, pad=1))
        x = F.relu(conv(take, x, stride=2, pad=1))
    x = F.relu(conv(take, x))
    x = F.relu(conv(take, x))
    return conv(take, x).mean((2, 3))


def unet(take: Layers, x: Tensor) -> Tensor:
    def twice(x: Tensor) -> Tensor:
        return F.relu(conv(take, F.relu(conv(take, x))))

    skips = []
    for _ in range(4):
        x = twice(x)
        skips.append(x)
        x = F.max_pool2d(x, 2)
    x = twice(x)
    for skip in reversed(skips):
        p = next(take)
        x = F.conv_transpose2d(x, filters(p["w"]), p["b"], 2)
        off = (skip.shape[-1] - x.shape[-1]) // 2
        centre = skip[:, :, off : off + x.shape[2], off : off + x.shape[3]]
        x = twice(torch.cat([x, centre], 1))
    return conv(take, x)


def two_heads(take: Layers, image: Tensor, meta: Tensor) -> tuple[Tensor, Tensor]:
    a = flatten(F.relu(conv(take, image)))
    b = F.relu(dense(take, meta))
    trunk = F.relu(dense(take, torch.cat([a, b], 1)))
    return dense(take, trunk), dense(take, trunk)


NETS: dict[str, Callable[..., Any]] = {
    "lenet5": lenet5,
    "alexnet": alexnet,
    "vgg16": vgg16,
    "googlenet": googlenet,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "allconv": allconv,
    "unet": unet,
    "two_heads": two_heads,
}
