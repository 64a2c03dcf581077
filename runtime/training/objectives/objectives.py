"""What a network is asked to do: what is fed, how targets are coded, and what is measured.

Joins three things that must agree: the inputs and outputs of the network, what its losses compare
them with, and what the data holds.

A network with one input reads the data's first array, one with several reads those with the names
of its inputs. A loss on a label is compared with the target of that name, or with the data's only
one. Every output with a loss on it is measured; a bare name (`acc`) is that of the first output
that the metric fits, and any further one has its label in front (`aux_acc`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ....compiler.check.contracts.weighting import compare_ignored
from ....compiler.data.files import Images
from ....compiler.data.preparations import Impute, OneHot
from ....compiler.ir import Model
from ....compiler.layers.source import Input
from ....compiler.losses.loss import Loss, Target
from ....compiler.lower.network import loss_sites
from ....compiler.problems.arrays import TokensOutOfRange, TooManyInputs
from ....compiler.problems.data import InputDiffersFromData, TargetDoesNotFit
from ....compiler.problems.targets import TargetNotPrepared
from ....compiler.problems.weighting import WeightsWrong
from ....compiler.shapes import Shape, elements, is_turned
from ....compiler.spans import Place
from ....grammar.problem import Problems
from ...array_types import Array
from ...data.dataset import DataRequest, Dataset, Split, first_row
from ...data.target_prep import TargetSteps
from ..spec import Spec
from .batches import GroundTruth, TargetEncoding
from .loss_weights import Balanced, LossWeighting, weigh_loss, why_not_weighted
from .measured_outputs import MeasuredOutput, choose_metrics, measured_output
from .target_encoding import CLASSED, LossTarget, encode_target


@dataclass(frozen=True, slots=True)
class Objective:
    """The agreement: what to feed, and what to measure at which output."""

    inputs: Mapping[str, tuple[int, ...]]
    """The input nodes, in the order of the data, with the shape of one sample."""
    encodings: tuple[TargetEncoding, ...]
    measured_outputs: tuple[MeasuredOutput, ...] = ()
    """Of the outputs with anything to measure, in the order of their losses."""
    weightings: tuple[LossWeighting, ...] = ()
    """Of the losses whose rows count differently."""
    balanced: Balanced = field(default_factory=dict)

    def truths(self) -> tuple[GroundTruth, ...]:
        return tuple(reading.truth for reading in self.measured_outputs)

    def measured(self) -> tuple[str, ...]:
        """The quantities of one part in the order of a table."""
        names = [
            name
            for reading in self.measured_outputs
            for metric, name in reading.metrics
            if metric not in ("confusion", "report")
        ]
        return ("loss", *names)


def wants_classes(losses: Sequence[Loss]) -> bool:
    """Whether the losses that the data is compared with learn classes."""
    return any(loss.target is None and loss.targets[0] in CLASSED for loss in losses)


def data_request(model: Model) -> DataRequest:
    """What the network asks of its data, by name; `x` and `y` where there is none yet."""
    targets = dict.fromkeys(loss.on or "y" for loss in model.losses if loss.target is None)
    inputs = [(node.name, node.layer) for node in model.nodes if not node.inputs]
    shapes = tuple(layer.shape for _, layer in inputs if isinstance(layer, Input))
    plain = DataRequest()
    ignored: dict[str, int] = {}
    for loss in model.losses:
        label = loss.ignored()
        if loss.target is None and label is not None:
            ignored.setdefault(loss.on or "y", label)
    names = tuple(name for name, _ in inputs) or plain.inputs
    classed = tuple(
        any(
            loss.targets[0] in CLASSED
            for loss in model.losses
            if loss.target is None and (loss.on or "y") == name
        )
        for name in targets
    )
    return DataRequest(
        names,
        tuple(targets) if model.losses else plain.targets,
        shapes,
        classed=classed if model.losses else plain.classed,
        ignored=ignored,
        imputes=bool(model.preps) and isinstance(model.preps[0], Impute),
        encodes=any(isinstance(prep, OneHot) for prep in model.preps),
    )


def resolve_objective(
    spec: Spec,
    dataset: Dataset,
    problems: Problems,
    target_steps: Mapping[str, TargetSteps] | None = None,
    balanced: Balanced | None = None,
) -> Objective | None:
    """The task of a model on a data set, or None after problems. Every size of the graph is
    known. `target_steps` are the fitted preparations of targets by output node, and `balanced` the
    weights of classes, where an earlier run has fitted them."""
    model, graph = spec.model, spec.graph
    before = len(problems)
    inputs = input_shapes(spec, dataset, problems) or {}
    _check_tokens(spec, dataset, problems)
    encodings: dict[str, TargetEncoding] = {}
    measured_outputs: dict[str, MeasuredOutput] = {}
    weightings: list[LossWeighting] = []
    known = dict(balanced or {})
    _check_weights(spec, dataset, problems)
    for site in loss_sites(model, graph, sample_weights=dataset.train.weights is not None):
        loss, node = site.loss, site.output
        truth: GroundTruth | None = None
        encoding: TargetEncoding | None = None
        output = tuple(size or 0 for size in graph.node(node).shape)
        if loss.target is None:
            asked = LossTarget(
                loss,
                spec.place(f"losses.{site.index}"),
                node,
                output,
                target_index(loss, dataset),
                model.target_preps,
                None if target_steps is None else target_steps.get(node, ()),
            )
            encoding = encode_target(asked, dataset, problems)
            if encoding is None or not _can_be_weighed(asked, encoding, dataset, problems):
                continue
        if site.weighted:
            encoding, weighting = weigh_loss(site, output, encoding, dataset.train, known)
            weightings.append(weighting)
        if encoding is not None:
            truth = GroundTruth(_labelled(encodings.setdefault(encoding.feed, encoding), loss))
        elif loss.target is not None:
            source = _viewed(spec, graph.labels[loss.target])
            truth = GroundTruth(None, source) if source in inputs else None
        if truth is not None and node not in measured_outputs:
            measured_outputs[node] = measured_output(loss, node, truth, dataset)
    if len(problems) > before:
        return None
    if model.target_preps and not any(item.steps for item in encodings.values()):
        _report_not_prepared(spec, dataset, problems)
        return None
    chosen = choose_metrics(spec, dataset, tuple(measured_outputs.values()), problems)
    if len(problems) > before:
        return None
    return Objective(inputs, tuple(encodings.values()), chosen, tuple(weightings), known)


def _report_not_prepared(spec: Spec, dataset: Dataset, problems: Problems) -> None:
    word = spec.model.target_preps[0].word
    reason = f"the targets of `{dataset.name}` are classes"
    problems.add(TargetNotPrepared(at=spec.place("target_preps.0"), prep=word, reason=reason))


def _check_weights(spec: Spec, dataset: Dataset, problems: Problems) -> None:
    """Some sample counts, and losses on one target ignore the same label."""
    weights = dataset.train.weights
    if weights is not None and not weights.any():
        problems.add(WeightsWrong(at=spec.place("data"), name="", data=dataset.name))
    first: dict[int, tuple[Loss, Place]] = {}
    for index, loss in enumerate(spec.model.losses):
        if loss.target is None:
            here = loss, spec.place(f"losses.{index}")
            compare_ignored(first.setdefault(target_index(loss, dataset), here), here, problems)


def _can_be_weighed(
    asked: LossTarget, encoding: TargetEncoding, dataset: Dataset, problems: Problems
) -> bool:
    """Whether class weights and `ignore=` say something of a target."""
    name, loss = dataset.target_names[encoding.target], asked.loss
    found = why_not_weighted(loss, encoding, name) if loss.is_weighted() else None
    if found is None:
        return True
    reason, advice = found
    problems.add(
        TargetDoesNotFit(
            at=asked.place, loss=loss.word, data=dataset.name, reason=reason, advice=advice
        )
    )
    return False


def _viewed(spec: Spec, name: str) -> str:
    """The node of which another is only a view, such as a `flatten`."""
    nodes = {node.name: node for node in spec.model.nodes}
    while nodes[name].layer.is_view and nodes[name].inputs:
        name = nodes[name].inputs[0]
    return name


def _labelled(encoding: TargetEncoding, loss: Loss) -> TargetEncoding:
    """What metrics compare with: of probabilities the class that has the largest."""
    if encoding.codes is None and Target.SHARES in loss.targets:
        return replace(encoding, codes=np.eye(encoding.shape[-1]), kind="one_hot")
    return encoding


def target_index(loss: Loss, dataset: Dataset) -> int:
    """Which target a loss compares with: that with the name of its label, or the plain one."""
    names = dataset.target_names
    for name in (loss.on, "y"):
        if name in names:
            return names.index(name)
    return 0


# Inputs


def view_of(shape: Shape, sample: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape in which an input reads samples; a free size takes what is there. None when
    the numbers of elements differ."""
    count = elements(sample) or 0
    if None not in shape:
        same = elements(shape) == count and not is_turned(shape, sample)
        return tuple(size or 0 for size in shape) if same else None
    if len(shape) == len(sample):
        same = all(a is None or a == b for a, b in zip(shape, sample, strict=True))
        return sample if same else None
    if shape.count(None) > 1:
        return None
    known = elements(tuple(size for size in shape if size is not None)) or 1
    if count % known:
        return None
    return tuple(count // known if size is None else size for size in shape)


def input_shapes(
    spec: Spec, dataset: Dataset, problems: Problems
) -> dict[str, tuple[int, ...]] | None:
    """The input nodes in the order of the data, with their shapes; None after a problem."""
    nodes = {node.name: i for i, node in enumerate(spec.model.nodes) if not node.inputs}
    names = dataset.input_names
    if len(nodes) != len(names):
        place = spec.place(f"nodes.{list(nodes.values())[-1]}")
        problems.add(TooManyInputs(at=place, data=dataset.name, inputs=tuple(nodes)))
        return None
    order = list(nodes) if len(nodes) == 1 else list(names)
    shapes: dict[str, tuple[int, ...]] = {}
    for node, array in zip(order, dataset.train.inputs, strict=True):
        shape, sample = spec.graph.node(node).shape, array.shape[1:]
        view = view_of(shape, sample)
        if view is not None:
            shapes[node] = view
            continue
        place = spec.place(f"nodes.{nodes[node]}")
        data = dataset.name if len(names) == 1 else f"{dataset.name}: {node}"
        problems.add(
            InputDiffersFromData(
                at=place,
                shape=shape,
                sample=sample,
                data=data,
                resizes=isinstance(spec.model.data, Images),
                columns=dataset.columns,
                arithmetic=""
                if sample == (len(dataset.columns),)
                else f"`prep` makes {sample[0]} of {len(dataset.columns)}",
            )
        )
    return shapes if len(shapes) == len(nodes) else None


def _check_tokens(spec: Spec, dataset: Dataset, problems: Problems) -> None:
    """What an `embed` reads straight from the data are whole numbers of its vocabulary."""
    model = spec.model
    sources = [node.name for node in model.nodes if not node.inputs]
    names = dataset.input_names
    for index, source, tokens in token_readers(model):
        if len(sources) > 1 and source not in names:
            continue
        which = names.index(source) if len(sources) > 1 else 0
        strange: list[tuple[int, float]] = []
        for part in dataset.parts():
            found = strange_token(part.inputs[which], tokens, part)
            if found is not None:
                strange.append((int(part.numbers()[found[1]]), found[0]))
        if strange:
            row, value = strange[first_row(np.array([row for row, _ in strange]))]
            place = spec.place(f"nodes.{index}")
            problems.add(
                TokensOutOfRange(
                    at=place,
                    data=dataset.name,
                    tokens=tokens,
                    found=f"{value:g}",
                    sample=dataset.train.name_of_row(row),
                )
            )


def token_readers(model: Model) -> Iterator[tuple[int, str, int]]:
    """Every `embed` that reads an input as it comes: its index, the input, and the tokens that it
    knows."""
    nodes = {node.name: node for node in model.nodes}
    for index, node in enumerate(model.nodes):
        tokens = node.layer.token_count()
        if tokens is None:
            continue
        source = nodes[node.inputs[0]]
        while source.layer.is_view:
            source = nodes[source.inputs[0]]
        if not source.inputs:
            yield index, source.name, tokens


def strange_token(x: Array, tokens: int, part: Split | None = None) -> tuple[float, int] | None:
    """The first value that is not a token, with the index of its sample; of a part, the first in
    the file."""
    wrong = (x < 0) | (x >= tokens) | (x != np.floor(x))
    samples = np.flatnonzero(wrong.reshape(len(x), -1).any(axis=1))
    if not len(samples):
        return None
    first = int(samples[0]) if part is None else part.first_of(samples)
    return float(x[first][wrong[first]][0]), first
