"""Output sizes and parameter counts equal PyTorch's modules, over a table of configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.compiler.geometry import Axis, count, extent, fits

if TYPE_CHECKING:
    from .conftest import Reader

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
nn = torch.nn

TABLE = [
    ("conv 6 5x5", "32x32x1", lambda: nn.Conv2d(1, 6, 5)),
    ("conv 64 7x7 stride=2 pad=3 bias=false", "224x224x3",
     lambda: nn.Conv2d(3, 64, 7, 2, 3, bias=False)),
    ("conv 12 3x5 stride=1x2 pad=1x2 dilation=2x1 groups=2", "9x15x4",
     lambda: nn.Conv2d(4, 12, (3, 5), (1, 2), (1, 2), (2, 1), groups=2)),
    ("conv 8 3x3 pad=same dilation=2", "9x10x4",
     lambda: nn.Conv2d(4, 8, 3, padding="same", dilation=2)),
    ("conv 8 4 pad=same", "9x4", lambda: nn.Conv1d(4, 8, 4, padding="same")),
    ("conv 8 3x3 stride=3 round=floor", "7x8x4", lambda: nn.Conv2d(4, 8, 3, 3)),
    ("conv 8 5 stride=2", "101x4", lambda: nn.Conv1d(4, 8, 5, 2)),
    ("depthwise 3x3 pad=1 multiplier=2", "9x9x4", lambda: nn.Conv2d(4, 8, 3, 1, 1, groups=4)),
    ("deconv 8 4x4 stride=2 pad=1", "7x7x16", lambda: nn.ConvTranspose2d(16, 8, 4, 2, 1)),
    ("deconv 8 3x2 stride=3x2 pad=1x0 output_pad=2x1 dilation=2x1", "7x5x16",
     lambda: nn.ConvTranspose2d(16, 8, (3, 2), (3, 2), (1, 0), (2, 1), dilation=(2, 1))),
    ("deconv 8 3 stride=2 output_pad=1 groups=4 bias=false", "5x16",
     lambda: nn.ConvTranspose1d(16, 8, 3, 2, 0, 1, 4, bias=False)),
    ("maxpool 2x2", "28x28x6", lambda: nn.MaxPool2d(2)),
    ("maxpool 3x3 stride=2 pad=1", "112x112x4", lambda: nn.MaxPool2d(3, 2, 1)),
    ("maxpool 2x2 round=floor", "7x7x4", lambda: nn.MaxPool2d(2)),
    ("maxpool 2x2 round=ceil", "7x7x4", lambda: nn.MaxPool2d(2, ceil_mode=True)),
    ("maxpool 3 stride=4 pad=1 round=ceil", "10x4",
     lambda: nn.MaxPool1d(3, 4, 1, ceil_mode=True)),
    ("avgpool 3x2 stride=2x1", "9x9x4", lambda: nn.AvgPool2d((3, 2), (2, 1))),
    ("avgpool 3 stride=2 round=ceil", "10x4", lambda: nn.AvgPool1d(3, 2, ceil_mode=True)),
    ("gap", "7x7x8", lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
    ("dense 10", "84", lambda: nn.Linear(84, 10)),
    ("dense 10 bias=false", "84", lambda: nn.Linear(84, 10, bias=False)),
    ("bn", "8x8x6", lambda: nn.BatchNorm2d(6)),
    ("bn", "20", lambda: nn.BatchNorm1d(20)),
    ("gn 3", "8x8x6", lambda: nn.GroupNorm(3, 6)),
    ("ln", "20", lambda: nn.LayerNorm(20)),
    ("prelu", "8x8x6", lambda: nn.PReLU(6)),
    ("upsample 2x3", "4x5x6", lambda: nn.Upsample(scale_factor=(2, 3))),
    ("pad 1x2 after=0x3", "4x5x6", lambda: nn.ZeroPad2d((2, 3, 1, 0))),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("call", "shape", "module"), TABLE, ids=[row[0] for row in TABLE])
def test_equal_sizes_and_counts(
    read: Reader, call: str, shape: str, module: Callable[[], Any]
) -> None:
    place = read.place(call, shape)
    sizes = place.inputs[0]
    reference = module()
    # Channels come first there, and the batch before them; two samples, for batch normalisation.
    x = torch.zeros((2, sizes[-1], *sizes[:-1]))
    _, channels, *positions = reference(x).shape
    assert place.infer() == (*positions, channels)
    trained = [p for p in place.layer.parameters(place.inputs) if p.trained]
    counts = sorted(torch.Size(p.shape).numel() for p in trained)
    assert counts == sorted(p.numel() for p in reference.parameters())


@pytest.mark.parametrize("word", ["conv", "deconv"])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_fan_in_of_an_ordinary_convolution(read: Reader, word: str, groups: int) -> None:
    """PyTorch's own rule reads fan_in off the weight; for `conv` they agree, with groups too."""
    place = read.place(f"{word} 8 3x3 groups={groups}", "9x9x4")
    w, _ = place.layer.parameters(place.inputs)
    if word == "conv":
        reference = nn.Conv2d(4, 8, 3, groups=groups)
        assert w.fan_in == nn.init._calculate_fan_in_and_fan_out(reference.weight)[0]
    else:
        assert w.fan_in == 9 * 4 // groups


@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 6),
    dilation=st.integers(1, 3),
    stride=st.integers(1, 5),
    pad=st.integers(0, 4),
)
def test_accepted_convolutions_have_torchs_size(
    size: int, kernel: int, dilation: int, stride: int, pad: int
) -> None:
    axis = Axis(size, extent(kernel, dilation), stride, pad, pad)
    if fits(axis):
        x = torch.zeros((1, 1, size))
        y = nn.functional.conv1d(
            x, torch.zeros((1, 1, kernel)), stride=stride, padding=pad, dilation=dilation
        )
        assert count(axis) == y.shape[-1]


@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 8),
    half=st.integers(0, 3),
    ceil=st.booleans(),
)
def test_rounded_pools_have_torchs_size(
    size: int, kernel: int, stride: int, half: int, ceil: bool
) -> None:
    pad = min(half, kernel // 2)
    axis = Axis(size, kernel, stride, pad, pad, "ceil" if ceil else "floor")
    if fits(axis):
        x = torch.zeros((1, 1, size))
        y = nn.functional.max_pool1d(x, kernel, stride, pad, ceil_mode=ceil)
        assert count(axis) == y.shape[-1]
