"""Everything that is in effect: what was written, and what the defaults add."""

from __future__ import annotations

from ...compiler.graph import Graph, GraphNode
from ...compiler.ir import Model
from ...compiler.language.kinds import number_text
from ...compiler.language.options import Options, options_of
from ...compiler.shapes import shape_text
from ...compiler.spans import Spans
from ..terminal.fit import fit_lines
from ..terminal.screen import Screen

DIRECTIVES = (
    ("data", "data"),
    ("preps", "prep"),
    ("target_preps", "prep"),
    ("augment", ""),
    ("losses", "loss"),
    ("optimizer", "opt"),
    ("schedule", "schedule"),
    ("train", ""),
    ("stops", "stop"),
    ("regularizers", "reg"),
    ("metrics", "metric"),
    ("kfold", ""),
)
"""The model's fields in the order of a spec, and the word that each statement starts with."""


def resolved_text(model: Model, spans: Spans, graph: Graph, screen: Screen) -> str:
    """One block of lines for each layer and each directive: what was written, then what was not.

    An option that is not in effect at all (no `l2=`, no `warmup=`) is left out.
    """
    rows: list[str] = []
    chosen = {node.name: _follows(node) for node in graph.nodes}
    for index, node in enumerate(model.nodes):
        rows += _block(
            f"{node.name}: {node.layer.word}",
            node.layer,
            f"nodes.{index}",
            spans,
            screen,
            chosen.get(node.name, {}),
        )
    for field, word in DIRECTIVES:
        value = getattr(model, field)
        many = isinstance(value, tuple)
        for index, options in enumerate(value if many else (value,)):
            if options is not None and (field != "train" or model.losses or spans.get("train")):
                path = f"{field}.{index}" if many else field
                head = f"{word} {options.word}".strip()
                rows += _block(head, options, path, spans, screen, {})
    expectations = model.expectations
    rows += [
        f"expect {item.quantity}{item.operator}{number_text(item.bound)}" for item in expectations
    ]
    rows += [f"let {name}={value}" for name, value in model.lets.items()]
    return fit_lines("\n".join(rows) + "\n", screen, 11)


def _block(
    head: str,
    options: Options,
    path: str,
    spans: Spans,
    screen: Screen,
    chosen: dict[str, str],
) -> list[str]:
    """The head, and below it the written options and the others."""
    written: list[str] = []
    default: list[str] = []
    for option in options_of(type(options)):
        value = getattr(options, option.name)
        is_written = f"{path}.{option.name}" in spans.places
        if value is not None:
            text = f"{option.name}={option.kind.write(value)}"
            (written if is_written else default).append(text)
        elif option.name in chosen:
            default.append(f"{option.name}={chosen[option.name]}")
    rows = [screen.paint(head, "strong")]
    if written:
        rows.append(f"  written  {' '.join(written)}")
    if default:
        rows.append(screen.paint(f"  default  {' '.join(default)}", "faint"))
    return rows


def _follows(node: GraphNode) -> dict[str, str]:
    """Defaults that follow from the rest of the network or from other options: by which rule the
    weights start, how far a pooling window moves."""
    found = {}
    rules = [p.initializer for p in node.parameters if p.trained and p.decays and p.initializer]
    if rules:
        found["init"] = str(rules[0])
    if node.window is not None:
        found["stride"] = shape_text(node.window.stride)
    return found
