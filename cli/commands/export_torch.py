"""`netc export -o FILE.py`: a network as a PyTorch module."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ... import __version__
from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.language.builtin import INSTALLED
from ...grammar import ast
from ...grammar.parser import parse
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Source, Span
from ..exporting.request import ExportRequest, lacks_network
from ..new_files import no_room_for
from ..specs.checking import Request
from ..specs.one_spec import fail, open_spec
from ..terminal.figures import LABEL, multiply_adds_text, size_text
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ...compiler.spans import Spans
    from ...compiler.torch.layer import NoCounterpartError
    from ...runtime.array_types import Array


class ExportedModel(NamedTuple):
    """What is exported."""

    model: Model
    graph: Graph
    spans: Spans
    source: Source
    files: tuple[ast.File, ...]
    """The text, as far as it is known."""
    weights: Mapping[str, Array] | None
    """None: it is not trained."""


def export_torch(request: ExportRequest) -> int:
    """Writes the file, and the weights of a trained network beside it."""
    from ...compiler.torch.block_names import block_names
    from ...compiler.torch.layer import NoCounterpartError
    from ...compiler.torch.remarks import file_remarks
    from ...compiler.torch.source import torch_source
    from ...runtime.torch.export import encode_state, write_torch_files

    name, output, weights, color = request.model, request.output, request.weights, request.color
    beside = weights or output.with_suffix(".safetensors")
    if beside.absolute() == output.absolute():
        raise click.UsageError("--weights and -o need files of their own")
    opened = _open(name, color)
    if opened is None:
        return 1
    trained = opened.weights is not None
    if weights is not None and not trained:
        raise click.UsageError(f"`{name}` has no weights: --weights is for a trained network")
    paths = [output, beside] if trained else [output]
    refused = no_room_for(paths, (Path(name),), force=request.force)
    if refused:
        return fail(refused, color)
    try:
        title = f"{Path(name).name}, exported by netc {__version__}."
        source = torch_source(
            opened.model,
            opened.graph,
            output.stem,
            training=request.training,
            names=block_names(opened.files, INSTALLED),
        )
        remarks = file_remarks(
            opened.model,
            opened.graph,
            title=title,
            class_name=source.class_name,
            weights=beside.name if trained else None,
        )
    except NoCounterpartError as error:
        return fail((_refused(opened, error),), color)
    state = None if opened.weights is None else encode_state(source, opened.weights)
    try:
        write_torch_files(f'"""{remarks}"""\n\n{source.text}', output, state, beside)
    except OSError as error:
        raise cannot_write(str(output), error) from error
    work = sum(node.multiply_adds or 0 for node in opened.graph.nodes)
    lines = [("code", f"{output}, class {source.class_name}")]
    if trained:
        lines.append(("weights", f"{beside} ({size_text(beside.stat().st_size)})"))
    lines.append(("work", f"{multiply_adds_text(work)} per sample"))
    screen = screen_for(sys.stdout, color)
    print_text("".join(f"{label:<{LABEL}}{screen.clean(line)}\n" for label, line in lines))
    return 0


def _open(name: str, color: ColorChoice) -> ExportedModel | None:
    """The network of a spec or of a file of weights; None after it was said why there is none."""
    if not name.endswith(".safetensors"):
        opened = open_spec(name, (), Request(), color)
        if opened is None:
            return None
        if lacks_network(opened, color):
            return None
        checked = opened.checked
        return ExportedModel(
            checked.model,
            checked.graph,
            checked.spans,
            opened.document.source,
            checked.files,
            None,
        )
    from ...runtime.model.load import load_trained

    problems = Problems()
    network = load_trained(Path(name), INSTALLED, problems)
    if network is None:
        fail(in_order(problems), color)
        return None
    spec = network.as_spec()
    weights = network.trained_state().weights
    text = parse(Source(spec.source.name, network.spec), Problems())
    return ExportedModel(spec.model, spec.graph, spec.spans, spec.source, (text,), weights)


def _refused(opened: ExportedModel, error: NoCounterpartError) -> Problem:
    from ...compiler.problems.export import NoCounterpart

    names = [node.name for node in opened.model.nodes]
    path = f"nodes.{names.index(error.node)}" if error.node in names else "losses.0"
    at = opened.spans.get(path) or Span(opened.source, 0, 0)
    return NoCounterpart(at=at, reason=error.reason, advice=error.advice)
