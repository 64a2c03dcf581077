"""What keeps a checked spec from being trained: parts that are missing, or that cannot run."""

from __future__ import annotations

from ...compiler.ir import Model
from ...compiler.lower.context import Purpose
from ...compiler.optimizers.exact import Exact
from ...compiler.problems.running import (
    CannotRunYet,
    DataMissing,
    LossMissing,
    NetworkMissing,
    OptimizerMissing,
)
from ...grammar.problem import Problems
from ...grammar.source import Span
from .spec import Spec


def report_missing_prerequisites(
    spec: Spec, problems: Problems, *, has_data: bool = False, purpose: Purpose = "train"
) -> None:
    """Reports every reason why the spec cannot be trained, or only measured, as it is. It needs no
    `data` where the samples come from elsewhere (`has_data`)."""
    trains = purpose in ("step", "train")
    _report_missing(spec, problems, has_data=has_data, trains=trains)
    for path, what in _unrunnable(spec.model, trains=trains):
        place = spec.place(path)
        problems.add(CannotRunYet(at=place, what=what))


def _report_missing(spec: Spec, problems: Problems, *, has_data: bool, trains: bool) -> None:
    model = spec.model
    if not any(node.inputs for node in model.nodes):
        place = spec.place("nodes.0")
        problems.add(NetworkMissing(at=place))
        return
    last = _outermost(spec, f"nodes.{len(model.nodes) - 1}")
    if model.data is None and not has_data:
        problems.add(DataMissing(at=_outermost(spec, "nodes.0")))
    if not model.losses:
        line = f"`loss {model.nodes[-1].layer.usual_losses[0]}`"
        problems.add(LossMissing(at=last, advice=line))
    if trains and model.optimizer is None:
        near = _outermost(spec, "losses.0") if model.losses else last
        problems.add(OptimizerMissing(at=near))


def _unrunnable(model: Model, *, trains: bool) -> list[tuple[str, str]]:
    """Path and text of every part without a runtime, in the order of a spec. A word is named
    once, however often it is used."""
    found: dict[str, str] = {}
    for index, node in enumerate(model.nodes):
        if node.inputs and not type(node.layer).can_run():
            found.setdefault(node.layer.word, f"nodes.{index}")
    for index, loss in enumerate(model.losses):
        if not type(loss).can_run():
            found.setdefault(f"loss {loss.word}", f"losses.{index}")
    if not trains:
        return [(path, what) for what, path in found.items()]
    optimizer = model.optimizer
    if optimizer is not None and not (type(optimizer).can_run() or isinstance(optimizer, Exact)):
        found[f"opt {optimizer.word}"] = "optimizer"
    return [(path, what) for what, path in found.items()]


def _outermost(spec: Spec, path: str) -> Span:
    """Where the spec itself writes a part: the outermost call of a block that holds it."""
    place = spec.place(path)
    return place.calls[-1] if place.calls else place
