"""The optimizers of PyTorch: fused where it has them so, with the decay, the penalties and the
learning rates of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...compiler.lower.layout import lay_out
from ...compiler.lower.vectors import Treatment
from .case import Case, TwinError

ParameterGroups = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Penalty:
    """What is added to the gradients of some parameters."""

    parameters: list[Any]
    l1: float
    l2: float


@dataclass(frozen=True, slots=True, eq=False)
class Stepper:
    """An optimizer of PyTorch, and what the spec does to gradients before its step."""

    torch: Any
    optimizer: Any
    parameters: list[Any]
    penalties: tuple[Penalty, ...]
    clip: float | None

    def clear(self) -> None:
        """Forgets the gradients."""
        self.optimizer.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Follows the gradients."""
        for penalty in self.penalties:
            for parameter in penalty.parameters:
                if penalty.l2:
                    parameter.grad.add_(parameter.detach(), alpha=penalty.l2)
                if penalty.l1:
                    parameter.grad.add_(parameter.detach().sign(), alpha=penalty.l1)
        if self.clip is not None:
            self.torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()


def _sgd(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    return torch.optim.SGD(groups, opt.lr, opt.momentum, nesterov=opt.nesterov, fused=True)


def _adam(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    kind = torch.optim.AdamW if opt.decouples else torch.optim.Adam
    return kind(groups, opt.lr, (opt.beta1, opt.beta2), opt.eps, fused=True)


def _nadam(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    betas = opt.beta1, opt.beta2
    return torch.optim.NAdam(groups, opt.lr, betas, opt.eps, momentum_decay=opt.decay)


def _rmsprop(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    return torch.optim.RMSprop(groups, opt.lr, opt.rho, opt.eps, momentum=opt.momentum)


def _adagrad(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    return torch.optim.Adagrad(groups, opt.lr, eps=opt.eps, fused=True)


def _adadelta(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    return torch.optim.Adadelta(groups, opt.lr, opt.rho, opt.eps)


def _lion(torch: Any, groups: ParameterGroups, opt: Any) -> Any:
    """PyTorch has none of its own; this is how its users write it."""
    beta1, beta2 = opt.beta1, opt.beta2

    class Lion(torch.optim.Optimizer):  # type: ignore[misc]
        @torch.no_grad()  # type: ignore[untyped-decorator]
        def step(self) -> None:
            for group in self.param_groups:
                rate, decay = group["lr"], group["weight_decay"]
                for w in group["params"]:
                    if "mean" not in self.state[w]:
                        self.state[w]["mean"] = torch.zeros_like(w)
                    mean = self.state[w]["mean"]
                    w.mul_(1 - rate * decay)
                    w.add_(torch.lerp(w.grad, mean, beta1).sign_(), alpha=-rate)
                    mean.lerp_(w.grad, 1 - beta2)

    return Lion(groups, {"lr": opt.lr, "weight_decay": 0.0})


OPTIMIZERS: dict[str, Callable[[Any, ParameterGroups, Any], Any]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adam,
    "nadam": _nadam,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "lion": _lion,
}


def stepper(torch: Any, case: Case, parameters: Mapping[str, Any]) -> Stepper:
    """The optimizer of a case, for parameters by netc's names. Raises TwinError."""
    opt: Any = case.model.optimizer
    if opt is None:
        raise TwinError("it has no `opt`")
    if opt.word not in OPTIMIZERS:
        raise TwinError(f"PyTorch has no equivalent of `opt {opt.word}`")
    # a decay in PyTorch's optimizer comes after clipping, or goes past the gradient
    folds = opt.clip is None and not opt.decouples
    groups: ParameterGroups = []
    penalties: list[Penalty] = []
    for treatment, own in _treated(case, parameters).items():
        decay = opt.weight_decay if treatment.decays else 0.0
        l2 = treatment.l2
        if folds:
            decay, l2 = decay + l2, 0.0
        groups.append({"params": own, "lr": opt.lr * treatment.rate, "weight_decay": decay})
        if treatment.l1 or l2:
            penalties.append(Penalty(own, treatment.l1, l2))
    if not groups:
        raise TwinError("it has no parameters to train")
    optimizer = OPTIMIZERS[opt.word](torch, groups, opt)
    return Stepper(torch, optimizer, list(parameters.values()), tuple(penalties), opt.clip)


def _treated(case: Case, parameters: Mapping[str, Any]) -> dict[Treatment, list[Any]]:
    """The parameters that are updated alike."""
    layout = lay_out(case.model, case.graph)
    found: dict[Treatment, list[Any]] = {}
    for slot in layout.trained:
        for segment in layout.segments:
            if segment.start <= slot.offset < segment.start + segment.size:
                found.setdefault(segment.treatment, []).append(parameters[slot.name])
    return found
