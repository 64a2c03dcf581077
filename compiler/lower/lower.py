"""Lowers a model to a plan. The whole way on one screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..graph import Graph
from ..ir import Model
from .assemble import Assembler
from .context import Choices, Context, Purpose
from .emit import Emitted, emit_evaluation, emit_training, emit_update_alone
from .layout import ParameterLayout, lay_out
from .network import Network, build_network
from .passes.pipeline import run_passes
from .plan import Plan
from .program import Program
from .request import NOTHING, PlanRequest


def lower(
    model: Model,
    graph: Graph,
    *,
    batch: int,
    total_batch: int | None = None,
    purpose: Purpose = "train",
    choices: Choices | None = None,
    request: PlanRequest = NOTHING,
    sample_weights: bool = False,
) -> Plan:
    """The plan of a model for a batch of this many samples, with the programs of its purpose.

    With `total_batch` the samples are one shard of a larger batch: losses and moments are over
    all of it, and a step is two programs, `gradients` for each shard and `update` for all.
    With `sample_weights` every loss reads what each sample counts; `request` is what else the
    caller reads. Every size of the graph must be known. Without a loss the plan cannot train, and
    without an optimizer a step changes no weight.
    """
    choices = choices or Choices()
    train = model.train
    context = Context(
        purpose,
        batch,
        total_batch,
        precision=train.precision,
        exact=train.exact,
        low_memory=train.memory == "low",
        choices=choices,
    )
    network = build_network(model, graph, request, sample_weights=sample_weights)
    network = run_passes(network, "network", context)
    layout = lay_out(model, graph)
    plan = Assembler(layout, context)
    for emitted in _programs(model, network, layout, context):
        program = run_passes(emitted.program, emitted.program.name, context)
        if program.name == "evaluate":
            plan.add(Emitted(Program("prepare", program.prepared)))
        plan.add(replace(emitted, program=program))
    return plan.finish()


def _programs(
    model: Model, network: Network, layout: ParameterLayout, context: Context
) -> Iterator[Emitted]:
    """The programs of a purpose, as they are emitted."""
    purpose = context.purpose
    if purpose in ("evaluate", "sample", "train"):
        yield emit_evaluation(network, layout, context)
    if purpose in ("evaluate", "sample") or not (network.losses or network.request.of):
        return
    updates = purpose in ("step", "train")
    if updates and context.total_batch is not None:
        yield emit_update_alone(model, layout, context)
        updates = False
    yield emit_training(model, network, layout, context, updates=updates)
