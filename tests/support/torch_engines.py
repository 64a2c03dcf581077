"""Torch engines for tests, and the NumPy engine beside them."""

from __future__ import annotations

from pathlib import Path

from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.engine.selection import EngineOptions
from netc.runtime.engine.torch.build import build_torch
from netc.runtime.engine.torch.engine import TorchEngine
from netc.runtime.events import Event, StepLogged
from netc.runtime.training.run import run
from netc.runtime.training.spec import DEFAULT_TORCH, EngineChoice, RunOptions, Spec, TorchOptions


def torch_engine(checked: Checked, *, batch: int, seed: int = 0) -> TorchEngine:
    """An engine for whole batches, on one thread."""
    options = EngineOptions(batch=batch, largest=batch, seed=seed)
    return build_torch(checked.model, checked.graph, options, device="cpu", workers=1)


def losses_of(
    text: str, engine: EngineChoice, root: Path = Path(), torch: TorchOptions = DEFAULT_TORCH
) -> list[float]:
    """Those of all steps of a training."""
    checked = check(Source("<t>", text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    found: list[float] = []
    problems = Problems()

    def tell(event: Event) -> None:
        if isinstance(event, StepLogged):
            found.append(event.loss)

    options = RunOptions(engine=engine, workers=1, log_steps=1, torch=torch)
    report = run(Spec.of(checked), options, root=root, problems=problems, reporter=tell)
    assert report is not None, [problem.message() for problem in problems]
    return found
