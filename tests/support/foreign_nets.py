"""Networks written by hand in PyTorch, as their papers have them, to be exported by torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

Module = Any


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Module) -> Module:
        x = torch.flatten(self.features(x), 1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class BasicBlock(nn.Module):
    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.down = None
        if stride != 1 or channels != out:
            self.down = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: Module) -> Module:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.down is None else self.down(x)))


class ResNet18(nn.Module):
    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1, self.pool = nn.BatchNorm2d(width), nn.MaxPool2d(3, 2, 1)
        blocks, channels = [], width
        for stage in range(4):
            for number in range(2):
                out = width * 2**stage
                blocks.append(BasicBlock(channels, out, 2 if stage and not number else 1))
                channels = out
        self.layers, self.fc = nn.Sequential(*blocks), nn.Linear(channels, 10)

    def forward(self, x: Module) -> Module:
        x = self.layers(self.pool(torch.relu(self.bn1(self.conv1(x)))))
        return self.fc(x.mean((2, 3)))


class Inverted(nn.Module):
    def __init__(self, channels: int, out: int, stride: int, ratio: int) -> None:
        super().__init__()
        inner = channels * ratio
        layers: list[Module] = []
        if ratio != 1:
            layers += [nn.Conv2d(channels, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU6()]
        layers += [
            nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, out, 1, bias=False),
            nn.BatchNorm2d(out),
        ]
        self.body, self.skips = nn.Sequential(*layers), stride == 1 and channels == out

    def forward(self, x: Module) -> Module:
        return x + self.body(x) if self.skips else self.body(x)


class MobileNetV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[Module] = [
            nn.Conv2d(3, 32, 3, 2, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU6(),
        ]
        channels = 32
        stages = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1))
        for ratio, out, times, stride in (*stages, (6, 160, 3, 2), (6, 320, 1, 1)):
            for number in range(times):
                layers.append(Inverted(channels, out, 1 if number else stride, ratio))
                channels = out
        layers += [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6()]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Module) -> Module:
        x = nn.functional.adaptive_avg_pool2d(self.features(x), 1)
        return self.head(torch.flatten(x, 1))


def twice(channels: int, out: int) -> Module:
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, padding=1),
        nn.BatchNorm2d(out),
        nn.ReLU(),
        nn.Conv2d(out, out, 3, padding=1),
        nn.BatchNorm2d(out),
        nn.ReLU(),
    )


class UNet(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        sizes = [width * 2**level for level in range(4)]
        self.down = nn.ModuleList(map(twice, [1, *sizes[:-1]], sizes))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * s, s, 2, 2) for s in sizes[-2::-1])
        self.join = nn.ModuleList(twice(2 * s, s) for s in sizes[-2::-1])
        self.pool, self.last = nn.MaxPool2d(2), nn.Conv2d(width, 2, 1)

    def forward(self, x: Module) -> Module:
        skips = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else self.pool(x))
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
            x = join(torch.cat([skip, up(x)], 1))
        return self.last(x)


class SqueezeExcite(nn.Module):
    """A gate for each channel, with `silu` written out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.squeeze, self.excite = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.fc = nn.Linear(8 * 6 * 6, 4)

    def forward(self, x: Module) -> Module:
        x = nn.functional.silu(self.bn(self.conv(x)))
        s = nn.functional.adaptive_avg_pool2d(x, 1)
        s = torch.sigmoid(self.excite(nn.functional.silu(self.squeeze(s))))
        return torch.softmax(self.fc((x * s).flatten(1)), 1)


class TextNet(nn.Module):
    """Tokens, windows over a sentence, the strongest answer of each filter."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 12)
        self.windows = nn.ModuleList(nn.Conv1d(12, 5, size) for size in (2, 3))
        self.fc = nn.Linear(10, 3)

    def forward(self, x: Module) -> Module:
        x = self.embed(x).transpose(1, 2)
        return self.fc(torch.cat([torch.relu(w(x)).amax(2) for w in self.windows], 1))


class Norms(nn.Module):
    """Group, instance and layer normalisation, `gelu`, `prelu`, and a transposed convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.gn = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.GroupNorm(4, 8)
        self.up = nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1)
        self.norm, self.prelu = nn.InstanceNorm2d(6, affine=True), nn.PReLU(6)
        self.ln, self.fc = nn.LayerNorm(6), nn.Linear(6, 4)

    def forward(self, x: Module) -> Module:
        x = nn.functional.gelu(self.gn(self.conv(x)))
        x = self.prelu(self.norm(self.up(x))).mean((2, 3))
        return nn.functional.elu(self.fc(self.ln(x)))


class Reader(nn.Module):
    """Columns of an image as a sequence: one layer for each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 5, (6, 3)), nn.Linear(5, 4)

    def forward(self, x: Module) -> Module:
        return self.fc(self.conv(x).squeeze(2).transpose(1, 2)).flatten(1)


class GateFirst(nn.Module):
    """A gate times what it scales, in this order."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.gate = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Module) -> Module:
        x = self.conv(x)
        pooled = nn.functional.adaptive_avg_pool2d(x, 1)
        return nn.functional.hardsigmoid(self.gate(pooled)) * x


class Decoder(nn.Module):
    """A vector that becomes an image channels-first, and one that is read elsewhere, too."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.bn = nn.Linear(6, 5), nn.Linear(5, 4 * 3 * 2), nn.BatchNorm1d(24)
        self.prelu, self.up = nn.PReLU(24), nn.ConvTranspose2d(4, 2, 2, stride=2)

    def forward(self, x: Module) -> Module:
        x = torch.relu(self.fc1(x))
        x = self.prelu(self.bn(nn.functional.leaky_relu(self.fc2(x))))
        return torch.sigmoid(self.up(x.view(-1, 4, 3, 2)))


class HardPieces(nn.Module):
    """Activations of straight pieces, by name and as the formulas that MobileNetV3 was written
    with."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.third, self.fc = nn.Conv2d(8, 8, 1), nn.Linear(8, 4)

    def forward(self, x: Module) -> Module:
        f = nn.functional
        x = f.relu6(4 * f.hardswish(self.first(x)))
        x = self.second(x)
        x = x * f.relu6(x + 3) / 6
        x = self.third(x)
        x = x * (f.relu6(x + 3) / 6)
        return f.hardsigmoid(self.fc(f.hardtanh(x.mean((2, 3)), 0.0, 0.5)))


def shaken(module: Module, seed: int = 0) -> Module:
    """The module ready for inference, with statistics and scales that are not 0 and 1."""
    torch.manual_seed(seed)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.dtype == torch.float32 and tensor.ndim == 1:
            with torch.no_grad():
                spread = torch.rand_like(tensor)
                tensor.copy_(spread + 0.5 if "var" in name or "weight" in name else spread / 4)
    return module.eval()
