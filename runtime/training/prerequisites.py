"""What keeps a checked spec from being trained: parts that are missing, and parts that this
version cannot run."""

from __future__ import annotations

from ...compiler.ir import Model
from ...compiler.lower.context import Purpose
from ...compiler.optimizers.optimizer import Exact
from ...compiler.problems.running import (
    CannotRunYet,
    DataMissing,
    LossMissing,
    NetworkMissing,
    OptimizerMissing,
)
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ...grammar.source import Source, Span


def report_unready(
    model: Model, source: Source, spans: Spans, problems: Problems, *, purpose: Purpose = "train"
) -> None:
    """Puts every reason in the bag why the model cannot be trained, or only measured, as it is."""
    trains = purpose in ("step", "train")
    _report_missing(model, source, spans, problems, trains=trains)
    for path, what in _unrunnable(model, trains=trains):
        place = spans.get(path) or Place(Span(source, 0, 0))
        problems.add(CannotRunYet(at=place.span, calls=place.calls, what=what))


def _report_missing(
    model: Model, source: Source, spans: Spans, problems: Problems, *, trains: bool
) -> None:
    if not any(node.inputs for node in model.nodes):
        place = spans.get("nodes.0") or Place(Span(source, 0, 0))
        problems.add(NetworkMissing(at=place.span, calls=place.calls))
        return
    last = _outermost(spans, f"nodes.{len(model.nodes) - 1}", source)
    if model.data is None:
        first = _outermost(spans, "nodes.0", source)
        problems.add(DataMissing(at=first))
    if not model.losses:
        line = f"`loss {model.nodes[-1].layer.usual_losses[0]}`"
        problems.add(LossMissing(at=last, advice=line))
    if trains and model.optimizer is None:
        near = _outermost(spans, "losses.0", source) if model.losses else last
        problems.add(OptimizerMissing(at=near))


def _unrunnable(model: Model, *, trains: bool) -> list[tuple[str, str]]:
    """Path and text of every part without a runtime, in the order of a spec. A word is named
    once, however often it is used."""
    found: dict[str, str] = {}
    for index, node in enumerate(model.nodes):
        if node.inputs and not type(node.layer).can_run():
            found.setdefault(node.layer.word, f"nodes.{index}")
    if trains and model.augment is not None:
        found["augment"] = "augment"
    for index, loss in enumerate(model.losses):
        if not type(loss).can_run():
            found.setdefault(f"loss {loss.word}", f"losses.{index}")
    if not trains:
        return [(path, what) for what, path in found.items()]
    optimizer = model.optimizer
    if optimizer is not None and not (type(optimizer).can_run() or isinstance(optimizer, Exact)):
        found[f"opt {optimizer.word}"] = "optimizer"
    if model.kfold is not None:
        found["kfold"] = "kfold"
    if model.tune is not None:
        found["tune"] = "tune"
    return [(path, what) for what, path in found.items()]


def _outermost(spans: Spans, path: str, source: Source) -> Span:
    """Where the spec itself writes a part: the outermost call of a block that holds it."""
    place = spans.get(path)
    if place is None:
        return Span(source, 0, 0)
    return place.calls[-1] if place.calls else place.span
