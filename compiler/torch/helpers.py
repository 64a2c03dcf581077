"""Classes that a file defines because PyTorch has none."""

from __future__ import annotations

GAUSSIAN_DROPOUT = '''\
class GaussianDropout(nn.Module):
    """Multiplies by normal noise of mean 1 and variance rate / (1 - rate) in training."""

    def __init__(self, rate):
        super().__init__()
        self.std = math.sqrt(rate / (1 - rate))

    def forward(self, x):
        if not self.training:
            return x
        return x * (1 + self.std * torch.randn_like(x))
'''

GAUSSIAN_NOISE = '''\
class GaussianNoise(nn.Module):
    """Adds normal noise in training."""

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        if not self.training:
            return x
        return x + self.std * torch.randn_like(x)
'''

FROZEN_NORM = '''\
class FrozenBatchNorm{rank}d(nn.BatchNorm{rank}d):
    """Batch normalisation with its stored statistics, in training too."""

    def train(self, mode=True):
        return super().train(False)
'''

HELPERS = {
    "GaussianDropout": GAUSSIAN_DROPOUT,
    "GaussianNoise": GAUSSIAN_NOISE,
    "FrozenBatchNorm1d": FROZEN_NORM.format(rank=1),
    "FrozenBatchNorm2d": FROZEN_NORM.format(rank=2),
}
"""By name. Those with `math.` need its import."""
