"""Torch engines for networks."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.lower.lower import lower
from ....compiler.lower.network import build_network, loss_sites
from ....compiler.problems.torch import TorchHasNoCounterpart
from ...native.failure import NOWHERE, EngineError
from ..memory import create_memory
from ..selection import EngineOptions
from .engine import TorchEngine, TorchProgram
from .launched import ALONE, Launched
from .network import torch_network
from .objectives import OF_OUTPUTS
from .processes import Processes
from .settings import TorchSettings, find_device


def build_torch(
    model: Model,
    graph: Graph,
    options: EngineOptions,
    *,
    device: str,
    precision: str | None = None,
    compiles: bool = False,
    workers: int | None = None,
    place: Launched = ALONE,
) -> TorchEngine:
    """An engine like that of `build_engine`, in PyTorch. `precision` is `bf16` or None; `workers`
    is how many threads of the processor work at once, and `place` says with which other processes
    it trains. Raises EngineError, and WorkerError where the
    other processes do not come."""
    if options.purpose in ("evaluate", "sample"):
        options = replace(options, batch=options.largest)
    if options.purpose not in ("step", "train"):
        place = ALONE
    settings = TorchSettings(precision or model.train.precision, compiles, workers)
    found = find_device(device, model.train.precision, place)
    plan = lower(
        model,
        graph,
        batch=options.batch,
        total_batch=options.batch,
        purpose=options.purpose,
        sample_weights=options.sample_weights,
    )
    sites = loss_sites(model, graph, sample_weights=options.sample_weights)
    for site in sites:
        if type(site.loss) not in OF_OUTPUTS:
            raise EngineError(_unknown_loss(site.loss.word))
    adversarial = bool(model.train.adversarial) and options.purpose in ("step", "train")
    program = TorchProgram(
        torch_network(model, graph),
        graph,
        plan,
        sites,
        tuple(build_network(model, graph).outputs),
        adversarial,
    )
    processes = Processes(place, found)
    memory = create_memory(plan, seed=options.seed)
    return TorchEngine(program, memory, settings, processes, batch=options.batch)


def _unknown_loss(word: str) -> TorchHasNoCounterpart:
    return TorchHasNoCounterpart(
        at=NOWHERE,
        layer=f"loss {word}",
        reason="it is a plug-in's loss, written for netc's own engines",
        advice="use a built-in loss",
    )
