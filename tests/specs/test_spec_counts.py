"""The parameter counts of the shipped nets against the same nets written in PyTorch.

The modules stand on the `meta` device: they have shapes and no memory, so that building VGG-16
takes a millisecond. Each is written from its paper, not from the spec.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source
from netc.grammar.source import Source

torch = pytest.importorskip("torch", reason="the reference counts are PyTorch's")
nn = torch.nn

SPECS = Path(__file__).parents[2] / "specs"


def dense(*widths: int) -> Any:
    return nn.Sequential(*(nn.Linear(i, o) for i, o in pairwise(widths)))


def normed(i: int, o: int, k: int, groups: int = 1) -> Any:
    """A convolution without a bias and the normalisation after it."""
    return nn.Sequential(nn.Conv2d(i, o, k, groups=groups, bias=False), nn.BatchNorm2d(o))


def lenet5() -> Any:
    convolutions = [nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5)]
    return nn.Sequential(*convolutions, dense(120, 84, 10))


def batchnormed(*widths: int) -> Any:
    """Dense layers without biases and the normalisation after each; the last layer has a bias."""
    pairs = list(pairwise(widths))
    hidden = [nn.Linear(i, o, bias=False) for i, o in pairs[:-1]]
    return nn.Sequential(*hidden, *(nn.BatchNorm1d(o) for o in widths[1:-1]), nn.Linear(*pairs[-1]))


def small_lenet() -> Any:
    convolutions = [normed(1, 16, 5), normed(16, 64, 3), normed(64, 64, 3)]
    return nn.Sequential(*convolutions, batchnormed(4 * 4 * 64, 128, 10))


def alexnet() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 96, 11),
        nn.Conv2d(96, 256, 5, groups=2),
        nn.Conv2d(256, 384, 3),
        nn.Conv2d(384, 384, 3, groups=2),
        nn.Conv2d(384, 256, 3, groups=2),
        dense(6 * 6 * 256, 4096, 4096, 1000),
    )


def vgg16() -> Any:
    widths = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    convolutions = [nn.Conv2d(i, o, 3) for i, o in pairwise(widths)]
    return nn.Sequential(*convolutions, dense(7 * 7 * 512, 4096, 4096, 1000))


def inception(i: int, n1: int, r3: int, n3: int, r5: int, n5: int, pool: int) -> Any:
    return nn.Sequential(
        nn.Conv2d(i, n1, 1),
        nn.Conv2d(i, r3, 1),
        nn.Conv2d(r3, n3, 3),
        nn.Conv2d(i, r5, 1),
        nn.Conv2d(r5, n5, 5),
        nn.Conv2d(i, pool, 1),
    )


def googlenet() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 64, 7),
        nn.Conv2d(64, 64, 1),
        nn.Conv2d(64, 192, 3),
        inception(192, 64, 96, 128, 16, 32, 32),
        inception(256, 128, 128, 192, 32, 96, 64),
        inception(480, 192, 96, 208, 16, 48, 64),
        inception(512, 160, 112, 224, 24, 64, 64),
        inception(512, 128, 128, 256, 24, 64, 64),
        inception(512, 112, 144, 288, 32, 64, 64),
        inception(528, 256, 160, 320, 32, 128, 128),
        inception(832, 256, 160, 320, 32, 128, 128),
        inception(832, 384, 192, 384, 48, 128, 128),
        dense(1024, 1000),
    )


def resnet18() -> Any:
    layers = [normed(3, 64, 7)]
    i = 64
    for o in (64, 128, 256, 512):
        layers += [normed(i, o, 3), normed(o, o, 3), normed(o, o, 3), normed(o, o, 3)]
        if i != o:
            layers.append(normed(i, o, 1))
        i = o
    return nn.Sequential(*layers, dense(512, 1000))


def resnet50() -> Any:
    layers = [normed(3, 64, 7)]
    i = 64
    for c, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
        layers.append(normed(i, 4 * c, 1))
        for _ in range(count):
            layers += [normed(i, c, 1), normed(c, c, 3), normed(c, 4 * c, 1)]
            i = 4 * c
    return nn.Sequential(*layers, dense(2048, 1000))


def allconv() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 96, 3),
        nn.Conv2d(96, 96, 3),
        nn.Conv2d(96, 96, 3),
        nn.Conv2d(96, 192, 3),
        nn.Conv2d(192, 192, 3),
        nn.Conv2d(192, 192, 3),
        nn.Conv2d(192, 192, 3),
        nn.Conv2d(192, 192, 1),
        nn.Conv2d(192, 10, 1),
    )


def densenet121() -> Any:
    layers: list[Any] = [normed(3, 64, 7)]
    channels = 64
    for block, count in enumerate((6, 12, 24, 16)):
        for _ in range(count):
            layers += [nn.BatchNorm2d(channels), normed(channels, 128, 1)]
            layers.append(nn.Conv2d(128, 32, 3, bias=False))
            channels += 32
        layers.append(nn.BatchNorm2d(channels))
        if block < 3:
            layers.append(nn.Conv2d(channels, channels // 2, 1, bias=False))
            channels //= 2
    return nn.Sequential(*layers, dense(1024, 1000))


def mobilenet_v2() -> Any:
    layers = [normed(3, 32, 3), normed(32, 32, 3, groups=32), normed(32, 16, 1)]
    i = 16
    for o, count in ((24, 2), (32, 3), (64, 4), (96, 3), (160, 3), (320, 1)):
        for _ in range(count):
            wide = 6 * i
            layers += [normed(i, wide, 1), normed(wide, wide, 3, groups=wide), normed(wide, o, 1)]
            i = o
    return nn.Sequential(*layers, normed(320, 1280, 1), dense(1280, 1000))


def squeezenet() -> Any:
    layers = [nn.Conv2d(3, 96, 7)]
    i = 96
    for s, e in (
        (16, 64),
        (16, 64),
        (32, 128),
        (32, 128),
        (48, 192),
        (48, 192),
        (64, 256),
        (64, 256),
    ):
        layers += [nn.Conv2d(i, s, 1), nn.Conv2d(s, e, 1), nn.Conv2d(s, e, 3)]
        i = 2 * e
    return nn.Sequential(*layers, nn.Conv2d(512, 1000, 1))


def unet() -> Any:
    layers: list[Any] = []
    i = 1
    for c in (64, 128, 256, 512, 1024):
        layers += [nn.Conv2d(i, c, 3), nn.Conv2d(c, c, 3)]
        i = c
    for c in (512, 256, 128, 64):
        layers += [nn.ConvTranspose2d(2 * c, c, 2), nn.Conv2d(2 * c, c, 3), nn.Conv2d(c, c, 3)]
    return nn.Sequential(*layers, nn.Conv2d(64, 2, 1))


def text_cnn() -> Any:
    windows = [nn.Conv1d(300, 100, k) for k in (3, 4, 5)]
    return nn.Sequential(nn.Embedding(18_765, 300), *windows, dense(300, 2))


def two_heads() -> Any:
    trunk = [nn.Conv2d(1, 8, 3), dense(12, 16), dense(26 * 26 * 8 + 16, 64)]
    return nn.Sequential(*trunk, dense(64, 10), dense(64, 4))


def highway() -> Any:
    return nn.Sequential(nn.Linear(784, 50), *(nn.Linear(50, 50) for _ in range(27)), dense(50, 10))


def tcn() -> Any:
    layers = [nn.Conv1d(32, 32, 3, dilation=d) for d in (1, 1, 2, 2, 4, 4, 8, 8)]
    return nn.Sequential(nn.Conv1d(8, 32, 1), *layers, dense(32, 1))


def siamese() -> Any:
    both = [nn.Conv2d(1, 8, 5), nn.Linear(12 * 12 * 8, 32)]
    return nn.Sequential(*both, dense(2 * 32, 16, 1))


NETS: dict[str, Callable[[], Any]] = {
    "lenet5": lenet5,
    "alexnet": alexnet,
    "vgg16": vgg16,
    "googlenet": googlenet,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "allconv": allconv,
    "densenet121": densenet121,
    "mobilenet_v2": mobilenet_v2,
    "squeezenet": squeezenet,
    "unet": unet,
    "text_cnn": text_cnn,
    "two_heads": two_heads,
    "highway": highway,
    "tcn": tcn,
    "siamese": siamese,
    "oneliner": lambda: dense(784, 128, 10),
    "mnist_mlp": lambda: dense(784, 128, 64, 10),
    **{
        f"course/experiments/{name}": lambda: dense(784, 128, 64, 10)
        for name in ("batch_sizes", "decay", "depth", "learning_rates", "widths")
    },
    "course/experiments/mlp_128_64": lambda: batchnormed(784, 128, 64, 10),
    "course/experiments/mlp_512_64": lambda: batchnormed(784, 512, 64, 10),
    "course/experiments/mlp_512_128": lambda: batchnormed(784, 512, 128, 10),
    "course/experiments/mlp_512_256": lambda: batchnormed(784, 512, 256, 10),
    "course/experiments/lenet": small_lenet,
    "autoencoder": lambda: dense(784, 256, 32, 256, 784),
}


@pytest.mark.parametrize("name", NETS)
def test_a_shipped_net_has_as_many_parameters_as_in_pytorch(name: str) -> None:
    with torch.device("meta"):
        reference = sum(parameter.numel() for parameter in NETS[name]().parameters())
    source = read_source(str(SPECS / f"{name}.net"))
    assert isinstance(source, Source)
    assert check(source, BUILTIN, read_source).graph.parameter_count() == reference
