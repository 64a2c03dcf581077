"""The spec that a person would write of a network, and which of its nodes is which step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.format.document import format_file
from ...grammar.lalr import KEYWORDS
from ...grammar.parser import parse
from ...grammar.problem import Problems
from ...grammar.source import Source
from ..format_words import format_words
from ..graph import Graph
from ..language.vocabulary import Vocabulary
from ..layers.layer import Layer
from ..layers.merge import Elementwise
from ..pipeline import Checked, check
from ..reading import ReadFailure
from .blocks import compressed
from .decompose import NetworkStatements, decompose, with_own_outputs
from .names import NewNames
from .network import ImportedNetwork
from .text import spec_text, words_text
from .tree import SpecTree, options_as_written, steps_of


@dataclass(frozen=True, slots=True)
class WrittenSpec:
    """A spec, and the network that it is of."""

    text: str
    """In canonical form."""
    checked: Checked
    """Has errors where the network has something that a spec must not have."""
    nodes: dict[str, str]
    """The node of each input and step, by its name in the file, where there are no errors. Steps
    that no output needs have none."""
    outputs: tuple[str, ...]
    """The node of each output, in the order of the file."""


def write_spec(
    network: ImportedNetwork, vocabulary: Vocabulary, remarks: tuple[str, ...] = ()
) -> WrittenSpec:
    """The spec of a network, with remarks at its head."""
    names = NewNames({*vocabulary.words("layer"), *vocabulary.words("directive"), *KEYWORDS})
    network = with_own_outputs(network, names)
    statements = decompose(network, names)
    spec = compressed(SpecTree((), statements.pipes), names)
    lines = [*map(_comment, remarks), *(f"prep {words_text(prep)}" for prep in network.preps)]
    lines.append(spec_text(spec).rstrip("\n"))
    lines += _training(network, statements)
    source = Source("spec", "\n".join(lines) + "\n")
    text = format_file(parse(source, Problems()), format_words(vocabulary))
    checked = check(Source("spec", text), vocabulary, _reads_nothing)
    if checked.has_errors:
        return WrittenSpec(text, checked, {}, ())
    nodes = _nodes(network, statements, checked.graph)
    return WrittenSpec(text, checked, nodes, tuple(nodes[name] for name in network.outputs))


def _comment(remark: str) -> str:
    """A remark on one line: what a file says of itself may hold line ends and other controls."""
    shown = "".join(letter if letter.isprintable() else " " for letter in remark)
    return f"# {' '.join(shown.split())}"


def _training(network: ImportedNetwork, statements: NetworkStatements) -> Iterator[str]:
    """The statements of how the file says that the network is trained."""
    for own in network.losses:
        label = statements.outputs.get(own.output)
        yield f"loss {words_text(own.loss, *([] if label is None else [f'on=@{label}']))}"
    if network.optimizer is not None:
        yield f"opt {words_text(network.optimizer)}"
    if network.metrics:
        yield " ".join(["metric", *map(words_text, network.metrics)])


def _reads_nothing(path: str) -> ReadFailure:
    return ReadFailure(path, "missing")


def _nodes(network: ImportedNetwork, statements: NetworkStatements, graph: Graph) -> dict[str, str]:
    """The node of each step: both stand in the order of the text, and what is written is held
    against what it was made of."""
    order = [step for pipe in statements.pipes for step in steps_of(pipe)]
    found = dict(zip(order, (node.name for node in graph.nodes), strict=True))
    nodes = graph.by_name()
    for step in network.steps:
        node = nodes[found[step.name]]
        assert _is_alike(step.layer, node.layer), f"{step.layer!r} became {node.layer!r}"
        wanted = [found[source] for source in step.inputs]
        if isinstance(step.layer, Elementwise):
            assert sorted(wanted) == sorted(node.inputs), node.name
        else:
            assert wanted == list(node.inputs), node.name
    return found


def _is_alike(one: Layer, other: Layer) -> bool:
    """Whether two layers are written alike, but for what refers to names."""
    pairs = zip(options_as_written(one), options_as_written(other), strict=True)
    return one.word == other.word and all(
        value == another or slot.key in ("name", "share") for (slot, value), (_, another) in pairs
    )
