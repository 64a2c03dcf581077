"""What each optimizer is in PyTorch: a class and its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from ..optimizers.adagrad import AdaDelta, AdaGrad
from ..optimizers.adam import Adam, AdamW, NAdam
from ..optimizers.exact import Exact
from ..optimizers.lion import Lion
from ..optimizers.optimizer import Optimizer
from ..optimizers.rmsprop import RmsProp
from ..optimizers.sgd import Sgd
from .layer import ArgumentValue, NoCounterpartError, constant_text


@dataclass(frozen=True, slots=True)
class TorchOptimizer:
    """An optimizer in PyTorch, without its learning rate and its weight decay."""

    cls: str
    options: tuple[str, ...] = ()
    """The others, as `momentum=0.9`; those that are PyTorch's defaults are left out."""
    usual_decay: float = 0.0
    """The weight decay that PyTorch takes by default."""
    helper: str | None = None
    """The class that the file must define, where PyTorch has none."""
    solves: bool = False
    """Whether it takes no steps but solves the normal equations."""


@singledispatch
def torch_optimizer(optimizer: Optimizer) -> TorchOptimizer:
    """The optimizer. Raises NoCounterpartError."""
    raise NoCounterpartError(
        "",
        f"there is no PyTorch code for `opt {optimizer.word}`",
        "register its PyTorch form with `netc.compiler.torch.optimizers.torch_optimizer.register`",
    )


def _options(**values: tuple[ArgumentValue | tuple[float, float], object]) -> tuple[str, ...]:
    """Options as text, given as their value and PyTorch's default."""
    found = []
    for name, (value, usual) in values.items():
        if value == usual:
            continue
        if isinstance(value, tuple):
            found.append(f"{name}=({', '.join(constant_text(number) for number in value)})")
        else:
            found.append(f"{name}={constant_text(value)}")
    return tuple(found)


@torch_optimizer.register
def _(optimizer: Sgd) -> TorchOptimizer:
    options = _options(
        momentum=(optimizer.momentum, 0.0),
        nesterov=(optimizer.nesterov and optimizer.momentum > 0, False),
    )
    return TorchOptimizer("torch.optim.SGD", options)


def _adam(cls: str, optimizer: Adam, decay: float) -> TorchOptimizer:
    betas = (optimizer.beta1, optimizer.beta2)
    options = _options(betas=(betas, (0.9, 0.999)), eps=(optimizer.eps, 1e-8))
    return TorchOptimizer(cls, options, decay)


@torch_optimizer.register
def _(optimizer: Adam) -> TorchOptimizer:
    return _adam("torch.optim.Adam", optimizer, 0.0)


@torch_optimizer.register
def _(optimizer: AdamW) -> TorchOptimizer:
    return _adam("torch.optim.AdamW", optimizer, 0.01)


@torch_optimizer.register
def _(optimizer: NAdam) -> TorchOptimizer:
    options = _options(
        betas=((optimizer.beta1, optimizer.beta2), (0.9, 0.999)),
        eps=(optimizer.eps, 1e-8),
        momentum_decay=(optimizer.decay, 4e-3),
    )
    return TorchOptimizer("torch.optim.NAdam", options)


@torch_optimizer.register
def _(optimizer: RmsProp) -> TorchOptimizer:
    options = _options(
        alpha=(optimizer.rho, 0.99),
        eps=(optimizer.eps, 1e-8),
        momentum=(optimizer.momentum, 0.0),
    )
    return TorchOptimizer("torch.optim.RMSprop", options)


@torch_optimizer.register
def _(optimizer: AdaGrad) -> TorchOptimizer:
    return TorchOptimizer("torch.optim.Adagrad", _options(eps=(optimizer.eps, 1e-10)))


@torch_optimizer.register
def _(optimizer: AdaDelta) -> TorchOptimizer:
    options = _options(rho=(optimizer.rho, 0.9), eps=(optimizer.eps, 1e-6))
    return TorchOptimizer("torch.optim.Adadelta", options)


@torch_optimizer.register
def _(optimizer: Lion) -> TorchOptimizer:
    betas = (optimizer.beta1, optimizer.beta2)
    return TorchOptimizer("Lion", _options(betas=(betas, (0.9, 0.99))), helper="Lion")


@torch_optimizer.register
def _(optimizer: Exact) -> TorchOptimizer:
    return TorchOptimizer("", solves=True)
