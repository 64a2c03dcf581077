"""`netc show --plan`: what a step runs and the bytes it takes, for one size of the batch."""

from __future__ import annotations

from collections import Counter

import click

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.lower.context import Choices
from ...compiler.lower.lower import lower
from ...compiler.lower.network import Network
from ...compiler.lower.plan import Plan
from ...compiler.lower.plan_text import WIDTH, plan_text
from ...compiler.lower.program import Program
from ...compiler.lower.verify import verify
from ...compiler.lower.verify_plan import verify_plan
from ..options import PlanOptions
from ..specs.one_spec import require_sizes
from ..terminal.figures import LABEL
from ..terminal.fit import fit_lines
from ..terminal.screen import Screen


def plan_view(model: Model, graph: Graph, options: PlanOptions, screen: Screen) -> str:
    """The plan of a complete model.

    Raises UsageError when the plan needs more than the spec says, and VerificationError.
    """
    require_sizes(graph)
    missing = _without_instructions(model)
    if missing is not None:
        raise click.UsageError(f"no plan: `{missing}` cannot be run yet")
    samples = options.batch or _batch_of(model)
    if model.optimizer is not None and not type(model.optimizer).can_run():
        # `exact` takes no steps: it is solved outside the plan.
        model = change(model, optimizer=None)
    if not options.verifies:
        plan = lower(model, graph, batch=samples, choices=Choices(native=options.is_native))
        return _text(plan, options, screen)
    passed: list[str] = []

    def inspect(name: str, subject: Network | Program) -> None:
        verify(name, subject)
        passed.append(name)

    plan = lower(
        model, graph, batch=samples, choices=Choices(native=options.is_native, inspect=inspect)
    )
    verify_plan(plan)
    times = len([name for name in passed if name])
    verified = f"verified: each of {times} passes that ran, and the finished plan\n"
    return f"{_text(plan, options, screen)}\n{fit_lines(verified, screen)}"


def _text(plan: Plan, options: PlanOptions, screen: Screen) -> str:
    width = min(WIDTH, screen.width) if screen.terminal else WIDTH
    text = fit_lines(screen.clean(plan_text(plan, width=width)), screen, 4)
    return f"{text}\n{native_text(plan, screen)}" if options.is_native else text


def native_text(plan: Plan, screen: Screen) -> str:
    """What of a plan is compiled to C, which instructions share a loop, and what is left."""
    from ...compiler.native.lower import lower_to_c
    from ...compiler.native.target import CTarget

    # which instructions have a C text does not depend on the vectors of the processor
    found = lower_to_c(plan, CTarget(plan.precision), plan.programs)
    left = found.kernel_rows()
    total = sum(len(steps) for steps in plan.programs.values())
    count = total - sum(left.values())
    lines = [f"native  {count} of {total} instructions are in C, in {found.functions} functions"]
    shared = Counter(rows for rows in found.loops if len(rows) > 1)
    for number, (rows, times) in enumerate(shared.items()):
        label = "" if number else "loops"
        several = f"  ({times} times)" if times > 1 else ""
        lines.append(f"{label:<{LABEL}}{' + '.join(rows)}{several}")
    named = ", ".join(f"{row} ({times})" if times > 1 else row for row, times in left.items())
    lines.append(f"{'numpy':<{LABEL}}{named or 'nothing'}")
    return fit_lines("\n".join(lines) + "\n", screen, LABEL)


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
