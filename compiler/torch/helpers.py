"""Classes and functions that a file defines because PyTorch has none."""

from __future__ import annotations

GAUSSIAN_DROPOUT = '''\
class GaussianDropout(nn.Module):
    """Multiplies by noise of mean 1 and variance rate / (1 - rate) in training."""

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

LION = '''\
class Lion(torch.optim.Optimizer):
    """The sign of a running mean of the gradient: Chen et al., 2023."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                if not self.state[p]:
                    self.state[p]["mean"] = torch.zeros_like(p)
                mean = self.state[p]["mean"]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * torch.lerp(p.grad, mean, beta1).sign())
                mean.lerp_(p.grad, 1 - beta2)
'''

MULTICLASS_HINGE = '''\
def multiclass_hinge_loss(output, target, margin):
    """How far the best wrong class is ahead: Crammer & Singer, 2001."""
    target = target.unsqueeze(1)
    right = output.gather(1, target)
    wrong = output.scatter(1, target, -torch.inf).amax(1, keepdim=True)
    return F.relu(margin + wrong - right).mean()
'''

HELPERS = {
    "GaussianDropout": GAUSSIAN_DROPOUT,
    "GaussianNoise": GAUSSIAN_NOISE,
    "Lion": LION,
    "multiclass_hinge_loss": MULTICLASS_HINGE,
    "FrozenBatchNorm1d": FROZEN_NORM.format(rank=1),
    "FrozenBatchNorm2d": FROZEN_NORM.format(rank=2),
}
"""By name. Those with `math.` need its import."""
