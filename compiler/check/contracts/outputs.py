"""Loss, last activation, target and data: rule 3 of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....grammar.problem import Problems
from ...graph import GraphNode
from ...layers.layer import Learning
from ...shapes import Shape, elements, may_be_equal
from ...spans import Place
from .network import CheckedNetwork, Head
from .readings import facts_of, readings_of
from .weighting import one_class_needed

if TYPE_CHECKING:
    from ...losses.loss import Loss


def read_heads(network: CheckedNetwork, problems: Problems) -> tuple[Head, ...]:
    """The output of every loss, or a report where a loss does not say which."""
    heads: list[Head] = []
    for index, loss in enumerate(network.model.losses):
        place = network.place(f"losses.{index}")
        node = _output_of(network, loss, place, problems)
        if node is not None and not network.is_missing(network.origin(node)):
            heads.append(Head(loss, place, network.origin(node), network.shapes.get(node)))
    return tuple(heads)


def _output_of(network: CheckedNetwork, loss: Loss, place: Place, problems: Problems) -> str | None:
    if loss.on is not None:
        return network.model.labels.get(loss.on)
    if len(network.outputs) > 1:
        from ...problems.contracts import WhichOutput

        labels = {node: label for label, node in network.model.labels.items()}
        problems.add(
            WhichOutput(
                at=place,
                loss=loss.word,
                outputs=tuple(network.node_place(name) for name in network.outputs),
                known=tuple(labels[name] for name in network.outputs if name in labels),
            )
        )
        return None
    return network.outputs[0] if network.outputs else None


def check_softmax(network: CheckedNetwork, problems: Problems) -> set[str]:
    """No softmax over one output. Gives the nodes that were reported."""
    reported: set[str] = set()
    for name, shape in network.shapes.items():
        if network.layer(name).sums_to_one and shape[-1] == 1:
            from ...problems.contracts import SoftmaxOfOne

            problems.add(SoftmaxOfOne(at=network.node_place(name), shape=shape))
            reported.add(name)
    return reported


def check_activation(network: CheckedNetwork, head: Head, problems: Problems) -> bool:
    """Whether the last activation is one that the loss is defined for."""
    layer, loss = network.layer(head.node), head.loss
    last = layer.word if layer.activation else "linear"
    if loss.needs is not None and last != loss.needs:
        if layer.zero_gradient:
            return True  # check_gradients says what is wrong with it
        from ...problems.contracts import LossNeedsActivation

        before = _needed_before(network, head)
        problems.add(
            LossNeedsActivation(
                at=head.place,
                loss=loss.word,
                needs=loss.needs,
                last=layer.word,
                before=None if before is None else network.node_place(before),
                is_activation=layer.activation,
                output=network.node_place(head.node),
                instead=layer.usual_losses,
                outputs=network.shapes.get(head.node, (None,))[-1],
            )
        )
        return False
    if last in loss.refuses:
        from ...problems.contracts import LossRefusesActivation

        problems.add(
            LossRefusesActivation(
                at=head.place, loss=loss.word, last=last, output=network.node_place(head.node)
            )
        )
        return False
    return True


def _needed_before(network: CheckedNetwork, head: Head) -> str | None:
    """The activation that the loss needs, where only noise and normalisation follow it."""
    name = head.node
    while network.layer(name).keeps_shape and not network.layer(name).activation:
        name = network.origin(network.nodes[name].inputs[0])
        if network.layer(name).word == head.loss.needs:
            return name
    return None


def check_target(network: CheckedNetwork, head: Head, problems: Problems) -> None:
    """The target has a value for each output."""
    loss = head.loss
    if head.shape is None:
        return
    if loss.one_unit and any(size not in (1, None) for size in head.shape):
        from ...problems.targets import LossNeedsOneOutput

        problems.add(
            LossNeedsOneOutput(
                at=head.place,
                loss=loss.word,
                shape=head.shape,
                output=network.node_place(head.node),
            )
        )
    elif loss.target is not None:
        _check_label(network, head, loss.target, head.shape, problems)
    elif network.model.data is not None:
        _check_data(network, head, head.shape, problems)


def _check_label(
    network: CheckedNetwork, head: Head, label: str, shape: Shape, problems: Problems
) -> None:
    loss = head.loss
    if loss.learns_only_classes():
        from ...problems.targets import TargetIsNoClass

        problems.add(TargetIsNoClass(at=head.place, loss=loss.word, target=label))
        return
    made = network.shapes.get(network.model.labels.get(label, ""))
    if made is None or may_be_equal(made, shape):
        return
    from ...problems.targets import TargetShapeDiffers

    problems.add(
        TargetShapeDiffers(
            at=head.place,
            loss=loss.word,
            target=label,
            output_shape=shape,
            target_shape=made,
            output=network.node_place(head.node),
        )
    )


def _check_data(network: CheckedNetwork, head: Head, shape: Shape, problems: Problems) -> None:
    """The outputs are as many as the classes or numbers of the data."""
    data = network.model.data
    if data is None or readings_of(network, head):
        return
    facts = facts_of(network, head.loss)
    output = network.node_place(head.node)
    units = shape[-1]
    plain = head._replace(loss=head.loss.without_class_options())
    if head.loss.needs_one_class(units) and readings_of(network, plain):
        from ...problems.data import TargetDoesNotFit

        target = f"a target of {elements(facts.target or ())} columns"
        reason, advice = one_class_needed(head.loss, target, units)
        problems.add(
            TargetDoesNotFit(
                at=head.place, loss=head.loss.word, data=data.word, reason=reason, advice=advice
            )
        )
    elif facts.compares == "numbers" and not head.loss.learns_numbers():
        from ...problems.data import TargetDoesNotFit

        problems.add(
            TargetDoesNotFit(
                at=head.place,
                loss=head.loss.word,
                data=data.word,
                reason="they are numbers, not classes",
                advice="use `loss mse` with a linear output",
            )
        )
    elif not may_be_equal(shape[:-1], facts.target or ()) and (
        facts.compares == "classes" or not (facts.target or head.loss.learns_numbers())
    ):
        from ...problems.targets import ClassForEachPlace

        problems.add(ClassForEachPlace(at=head.place, data=data.word, shape=shape, output=output))
    else:
        from ...problems.data import ClassesDiffer

        problems.add(
            ClassesDiffer(
                at=output,
                outputs=elements(shape) or 0,
                data=data.word,
                wanted=facts.classes or elements(facts.target or ()) or 0,
                what="classes" if facts.classes else "values per target",
                single=head.loss.one_unit,
            )
        )


def check_target_preps(network: CheckedNetwork, problems: Problems) -> None:
    """What prepares targets has numbers to prepare."""
    model = network.model
    if not model.target_preps or not model.losses:
        return
    losses = [loss for loss in model.losses if loss.target is None]
    compared = {facts_of(network, loss).compares for loss in losses if loss.learns_numbers()}
    if compared - {"classes"}:
        return
    from ...problems.targets import TargetNotPrepared

    reason = f"`loss {losses[0].word}` learns classes" if losses else "the loss has `target=`"
    if compared and model.data is not None:
        reason = f"the targets of `{model.data.word}` are classes"
    at = network.place("target_preps.0")
    word = model.target_preps[0].word
    problems.add(TargetNotPrepared(at=at, prep=word, reason=reason))


def check_gradients(network: CheckedNetwork, heads: tuple[Head, ...], problems: Problems) -> None:
    """Every layer that a loss should train gets a gradient: none precedes a step."""
    reached: set[str] = set()
    below: dict[str, str] = {}
    """Every node that a step cuts off, with that step."""
    waiting = [(head.node, "") for head in heads]
    cut: list[tuple[str, str]] = []
    while waiting or cut:
        name, step = waiting.pop() if waiting else cut.pop()
        if name in reached or name in below:
            continue
        if step:
            below[name] = step
        else:
            reached.add(name)
        blocks = network.layer(name).zero_gradient
        for source in network.nodes[name].inputs:
            if step or blocks:
                cut.append((source, step or name))
            else:
                waiting.append((source, ""))
    reported: set[str] = set()
    for name, step in below.items():
        made = network.graph.by_name().get(name)
        if made is not None and _is_trained(made) and step not in reported:
            from ...problems.contracts import NothingLearns

            reported.add(step)
            problems.add(
                NothingLearns(
                    at=network.node_place(step),
                    word=network.layer(step).word,
                    smooth=network.layer(step).smooth,
                    learner=network.node_place(name),
                )
            )


def _is_trained(node: GraphNode) -> bool:
    layer = node.layer
    if isinstance(layer, Learning) and (layer.freeze or layer.lr == 0):
        return False
    return any(item.trained for item in node.parameters)
