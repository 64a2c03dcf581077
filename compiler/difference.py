"""Where two networks first differ."""

from __future__ import annotations

from dataclasses import dataclass

from .ir import Model, Node
from .language.options import options_of

OF_TRAINING = frozenset(("name", "init", "l1", "l2", "lr", "freeze"))
"""Options of a layer that decide how it learns, not what it computes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A layer by its name, as netc text in either network; None where there is none."""

    layer: str
    first: str | None
    second: str | None


def first_difference(first: Model, second: Model) -> Difference | None:
    """The first layer, in the order of the specs, that computes something else; None when the
    networks are the same up to how they learn."""
    for here, there in zip(first.nodes, second.nodes, strict=False):
        if _text(here) != _text(there):
            return Difference(here.name, _text(here), _text(there))
        if here.name != there.name:
            return Difference(here.name, _named(here), _named(there))
        if here.inputs != there.inputs:
            return Difference(here.name, _with_inputs(here), _with_inputs(there))
    common = min(len(first.nodes), len(second.nodes))
    if len(first.nodes) > common:
        node = first.nodes[common]
        return Difference(node.name, _text(node), None)
    if len(second.nodes) > common:
        node = second.nodes[common]
        return Difference(node.name, None, _text(node))
    return None


def _text(node: Node) -> str:
    """The layer with every option that is not its default."""
    layer = node.layer
    words = [layer.heading()]
    for option in options_of(type(layer)):
        value = getattr(layer, option.name)
        if option.name in layer.positional or option.name in OF_TRAINING:
            continue
        if value is not None and value != option.default:
            words.append(f"{option.name}={option.kind.write(value)}")
    return " ".join(words)


def _named(node: Node) -> str:
    return f"{_text(node)} name={node.name}"


def _with_inputs(node: Node) -> str:
    return f"{_text(node)} of {' and '.join(node.inputs)}"
