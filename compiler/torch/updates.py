"""How parameters follow their gradients, as functions of a PyTorch file: `make_optimizer` and
`penalty`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import Graph
from ..ir import Model
from ..lower.layout import lay_out
from ..lower.vectors import Treatment
from .layer import constant_text
from .optimizers import TorchOptimizer
from .wrapping import WIDTH, wrapped


@dataclass(frozen=True, slots=True)
class TrainedParameter:
    """A parameter of the module that is trained."""

    access: str
    """`model.conv1.weight`."""
    axes: int
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class UpdateWriter:
    """Writes the functions for an optimizer that takes steps."""

    model: Model
    parameters: Sequence[TrainedParameter]
    has_frozen: bool
    """Whether some parameters of the module are constants."""

    @property
    def folds(self) -> bool:
        """Whether `reg l2` is weight decay: not where gradients are clipped with it before, or
        where decay goes past the gradient."""
        optimizer: Any = self.model.optimizer
        return optimizer.clip is None and not optimizer.decouples

    def decay(self, treatment: Treatment) -> float:
        optimizer: Any = self.model.optimizer
        decay = float(optimizer.weight_decay) if treatment.decays else 0.0
        return decay + treatment.l2 if self.folds else decay

    def make_optimizer(self, own: TorchOptimizer) -> list[str]:
        optimizer: Any = self.model.optimizer
        groups: dict[tuple[float, float], list[TrainedParameter]] = {}
        for parameter in self.parameters:
            key = (parameter.treatment.rate, self.decay(parameter.treatment))
            groups.setdefault(key, []).append(parameter)
        lines = ["def make_optimizer(model):"]
        rate = f"lr={constant_text(float(optimizer.lr))}"
        if len(groups) <= 1:
            ((own_rate, decay),) = groups or {(1.0, own.usual_decay): []}
            rate = f"lr={constant_text(float(optimizer.lr * own_rate))}"
            options = [rate, *own.options, *_decay_option(decay, own)]
            call = f"{own.cls}(model.parameters(), {', '.join(options)})"
            return [*lines, *wrapped(f"return {call}", 4)]
        tables = []
        for at, ((own_rate, decay), members) in enumerate(groups.items()):
            chosen, definition = self.chosen(members, at)
            lines += definition
            entries = [f'"params": {chosen}']
            if own_rate != 1:
                entries.append(f'"lr": {constant_text(float(optimizer.lr * own_rate))}')
            if decay != own.usual_decay:
                entries.append(f'"weight_decay": {constant_text(decay)}')
            tables.append(f"{{{', '.join(entries)}}}")
        lines += wrapped(f"groups = [{', '.join(tables)}]", 4)
        call = f"{own.cls}(groups, {', '.join([rate, *own.options])})"
        return [*lines, *wrapped(f"return {call}", 4)]

    def chosen(self, members: Sequence[TrainedParameter], at: int) -> tuple[str, list[str]]:
        """A list of parameters as an expression, and the statements that it needs: by their axes
        where these tell them from all others."""
        axes = {parameter.axes for parameter in members}
        rest = {parameter.axes for parameter in self.parameters} - {
            parameter.axes for parameter in members
        }
        whole = sum(parameter.axes in axes for parameter in self.parameters) == len(members)
        if whole and (min(axes) > 1 or max(axes) <= 1) and not (rest and min(rest) > 1 < min(axes)):
            name, sign = ("weights", ">") if min(axes) > 1 else ("others", "<=")
            trained = " and p.requires_grad" if self.has_frozen else ""
            test = f"p.ndim {sign} 1{trained}"
            return name, wrapped(f"{name} = [p for p in model.parameters() if {test}]", 4)
        name = f"group{at + 1}"
        accesses = ", ".join(parameter.access for parameter in members)
        return name, wrapped(f"{name} = [{accesses}]", 4)

    def penalty(self) -> list[str]:
        """What the loss has besides `loss_function`, where weight decay does not say it."""
        terms: list[str] = []
        lines: list[str] = []
        groups: dict[tuple[float, float], list[TrainedParameter]] = {}
        for parameter in self.parameters:
            l2 = 0.0 if self.folds else parameter.treatment.l2
            if parameter.treatment.l1 or l2:
                groups.setdefault((parameter.treatment.l1, l2), []).append(parameter)
        for at, ((l1, l2), members) in enumerate(groups.items()):
            chosen, definition = self.chosen(members, at)
            lines += definition
            if l1:
                terms.append(f"{constant_text(l1)} * sum(p.abs().sum() for p in {chosen})")
            if l2:
                half = constant_text(l2 / 2)
                terms.append(f"{half} * sum(p.square().sum() for p in {chosen})")
        if not terms:
            return []
        head = [
            "def penalty(model):",
            '    """What the loss grows by for large weights."""',
            *lines,
        ]
        return [*head, *sum_lines("total", terms)]


def sum_lines(name: str, terms: Sequence[str]) -> list[str]:
    """Returns a sum: in one line where it fits."""
    whole = wrapped(f"return {' + '.join(terms)}", 4)
    if len(terms) == 1 or (len(whole) == 1 and len(whole[0]) <= WIDTH):
        return whole
    lines: list[str] = []
    for at, term in enumerate(terms):
        lines += wrapped(f"{name} = {term}" if not at else f"{name} = {name} + {term}", 4)
    return [*lines, f"    return {name}"]


def _decay_option(decay: float, own: TorchOptimizer) -> list[str]:
    return [] if decay == own.usual_decay else [f"weight_decay={constant_text(decay)}"]


def treatments(model: Model, graph: Graph) -> dict[str, Treatment]:
    """How each trained parameter is treated, by netc's name."""
    layout = lay_out(model, graph)
    return {
        slot.name: segment.treatment
        for slot in layout.trained
        for segment in layout.segments
        if segment.start <= slot.offset < segment.start + segment.size
    }
