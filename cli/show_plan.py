"""`netc show --plan`: what a step runs and the bytes it takes, for one size of the batch."""

from __future__ import annotations

import click

from ..compiler.graph import Graph
from ..compiler.ir import Model
from ..compiler.language.frozen import change
from ..compiler.lower.context import Choices
from ..compiler.lower.lower import lower
from ..compiler.lower.network import Network
from ..compiler.lower.plan import Plan
from ..compiler.lower.plan_text import WIDTH, plan_text
from ..compiler.lower.program import Program
from ..compiler.lower.verify import verify
from ..compiler.lower.verify_plan import verify_plan
from .fit import fit_lines
from .one_spec import require_sizes
from .screen import Screen


def plan_view(
    model: Model, graph: Graph, batch: int | None, *, verifies: bool, screen: Screen
) -> str:
    """The plan of a complete model; `batch` None means what the spec trains with. `verifies` looks
    for mistakes of the compiler after each pass and in the plan.

    Raises UsageError when the plan needs more than the spec says, and VerificationError.
    """
    require_sizes(graph)
    missing = _without_instructions(model)
    if missing is not None:
        raise click.UsageError(f"no plan: `{missing}` cannot be run yet")
    samples = batch or _batch_of(model)
    if model.optimizer is not None and not type(model.optimizer).can_run():
        # `exact` takes no steps: it is solved outside the plan.
        model = change(model, optimizer=None)
    if not verifies:
        return _text(lower(model, graph, batch=samples), screen)
    passed: list[str] = []

    def inspect(name: str, subject: Network | Program) -> None:
        verify(name, subject)
        passed.append(name)

    plan = lower(model, graph, batch=samples, choices=Choices(inspect=inspect))
    verify_plan(plan)
    times = len([name for name in passed if name])
    verified = f"verified: each of {times} passes that ran, and the finished plan\n"
    return f"{_text(plan, screen)}\n{fit_lines(verified, screen)}"


def _text(plan: Plan, screen: Screen) -> str:
    width = min(WIDTH, screen.width) if screen.terminal else WIDTH
    return fit_lines(screen.clean(plan_text(plan, width=width)), screen, 4)


def _batch_of(model: Model) -> int:
    if model.train.batch == "all":
        raise click.UsageError("the spec has `batch=all`: give the batch size with --batch")
    return int(model.train.batch)


def _without_instructions(model: Model) -> str | None:
    for node in model.nodes:
        if node.inputs and not type(node.layer).can_run():
            return str(node.layer.word)
    for loss in model.losses:
        if not type(loss).can_run():
            return str(loss.word)
    return None
