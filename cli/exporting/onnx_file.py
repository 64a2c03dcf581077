"""`netc export -o FILE.onnx`: a network for the many runtimes of ONNX."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ... import __version__
from ...compiler.onnx.graph import USUAL_OPSET
from ...compiler.onnx.lower import OnnxOptions
from ...grammar.problem import Problems, in_order
from ...grammar.text import listed
from ...runtime.packages import require_package
from ..new_files import no_room_for
from ..specs.one_spec import fail
from ..terminal.figures import LABEL, size_text
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import screen_for
from .request import Exportable, ExportRequest, open_exportable

if TYPE_CHECKING:
    from ...compiler.onnx.graph import OnnxGraph


def export_onnx(request: ExportRequest) -> int:
    """Writes the file and says what it is."""
    require_package("onnx")
    from ...runtime.interchange.onnx.export import onnx_graph
    from ...runtime.interchange.onnx.write import encode_graph
    from ...runtime.storage.files import write_atomically

    refused = no_room_for((request.output,), (Path(request.model),), force=request.force)
    if refused:
        return fail(refused, request.color)
    found = open_exportable(request)
    if found is None:
        return 1
    options = OnnxOptions(request.opset or USUAL_OPSET, request.preparation, request.fold_batchnorm)
    problems = Problems()
    graph = onnx_graph(found.spec, found.state, request.output.stem, options, problems)
    if graph is None:
        return fail(in_order(problems), request.color)
    encoded = encode_graph(graph, found.state.weights, __version__)
    if isinstance(encoded, int):
        from ...compiler.problems.interchange import TooLargeForOnnx

        large = TooLargeForOnnx(at=found.spec.place("nodes.0"), size=size_text(encoded))
        return fail((large,), request.color)
    try:
        write_atomically(request.output, encoded)
    except OSError as error:
        raise cannot_write(str(request.output), error) from error
    screen = screen_for(sys.stdout, request.color)
    text = _report(graph, request.output, len(encoded), trained=found.trained)
    note = _unprepared(found, in_graph=request.preparation)
    print_text(screen.clean(text + (note and f"{'note':<{LABEL}}{note}\n")))
    return 0


def _unprepared(found: Exportable, *, in_graph: bool) -> str:
    """Which preparation the graph lacks, and how to get it; nothing where it lacks none."""
    from ...runtime.interchange.onnx.export import holds_texts

    preps = dict.fromkeys(f"prep {prep.word}" for prep in found.spec.model.preps)
    is_fitted = any(found.state.steps)
    if not preps or (in_graph and is_fitted):
        return ""
    if not is_fitted:
        return f"without {listed(preps)}, which training fits: export the trained weights"
    if holds_texts(found.state):
        return f"without {listed(preps)}: columns of text cannot be in it"
    return f"without {listed(preps)}, which `--preparation` puts into it"


def _report(graph: OnnxGraph, path: Path, size: int, *, trained: bool) -> str:
    """What was written, and what goes in and comes out."""
    file = f"{path} ({size_text(size)}), opset {graph.opset}, {len(graph.nodes)} nodes"
    inputs = ", ".join(f"{own.name} {_sizes(own.shape)} {own.type}" for own in graph.inputs)
    outputs = ", ".join(f"{own.name} {_sizes(own.shape)}" for own in graph.outputs)
    lines = [("file", file), ("inputs", inputs), ("outputs", outputs)]
    if not trained:
        lines.append(("weights", "initial values, not trained"))
    return "".join(f"{label:<{LABEL}}{line}\n" for label, line in lines)


def _sizes(shape: tuple[int | None, ...]) -> str:
    """`batch x 28 x 28 x 1`."""
    return " x ".join(["batch", *("?" if size is None else str(size) for size in shape)])
