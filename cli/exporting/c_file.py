"""`netc export -o FILE.c`: a trained network as plain C."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import __version__
from ...compiler.language.builtin import INSTALLED
from ...compiler.native.export.names import file_stem
from ...grammar.problem import Problems, in_order
from ..new_files import no_room_for
from ..specs.one_spec import fail
from ..terminal.figures import LABEL, multiply_adds_text, size_text
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import Screen, screen_for
from .request import ExportRequest

if TYPE_CHECKING:
    from ...compiler.graph import Graph
    from ...compiler.native.export.source import ExportedFiles

LARGE = 4 << 20
"""Bytes of weights from which a C compiler takes long for them as text."""


def export_c(request: ExportRequest) -> int:
    """Writes the files of C and says what they are."""
    from ...runtime.model.export import export_model, write_files
    from ...runtime.model.load import load_trained

    output, weights, model = request.output, request.weights, Path(request.model)
    header = output.with_name(f"{file_stem(output.name)}.h")
    paths = [output, header] if weights is None else [output, header, weights]
    if len({path.absolute() for path in paths}) < len(paths):
        raise click.UsageError("--weights and -o need files of their own")
    refused = no_room_for(paths, (model,), force=request.force)
    if refused:
        return fail(refused, request.color)
    problems = Problems()
    network = load_trained(model, INSTALLED, problems)
    files = None
    if network is not None:
        title = f"{model.name}, exported by netc {__version__}"
        files = export_model(network, title, output.name, problems, apart=weights is not None)
    if network is None or files is None:
        return fail(in_order(problems), request.color)
    try:
        write_files(files, output, header, weights)
    except OSError as error:
        raise cannot_write(str(output), error) from error
    print_text(_report(files, paths, network.graph, screen_for(sys.stdout, request.color)))
    return 0


def _report(files: ExportedFiles, paths: list[Path], graph: Graph, screen: Screen) -> str:
    """What was written, what it needs and what it does."""
    text, header, *weights = (f"{path} ({size_text(path.stat().st_size)})" for path in paths)
    work = sum(node.multiply_adds or 0 for node in graph.nodes)
    lines = [
        ("code", f"{text}, {header}"),
        ("weights", ", ".join([size_text(files.weight_bytes), *weights])),
        ("buffers", size_text(files.buffer_bytes)),
        ("work", f"{multiply_adds_text(work)} per sample"),
    ]
    shown = [f"{label:<{LABEL}}{screen.clean(line)}\n" for label, line in lines]
    if not weights and files.weight_bytes > LARGE:
        shown.append("A C compiler takes long for so many numbers: use --weights FILE.\n")
    return "".join(shown)
