"""`netc export`: a network as a file of another language, chosen by the suffix of the file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import __version__
from ...compiler.language.builtin import INSTALLED
from ...compiler.native.export.names import file_stem
from ...grammar.problem import Problems, in_order
from ..completing import any_file
from ..options import color_option
from ..specs.one_spec import fail
from ..terminal.figures import LABEL, multiply_adds_text, size_text
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

if TYPE_CHECKING:
    from ...compiler.graph import Graph
    from ...compiler.native.export.source import ExportedFiles

LARGE = 4 << 20
"""Bytes of weights from which a C compiler takes long for them as text."""


@click.command()
@click.argument("model", metavar="SPEC_OR_WEIGHTS", shell_complete=any_file)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write: C for `.c`, with a header beside it, PyTorch for `.py`.",
)
@click.option(
    "--weights",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the weights to this file. C without it has them in its text, and `netc_load` "
    "reads the file; PyTorch without it has them beside its text, in `.safetensors`.",
)
@click.option("--training", is_flag=True, help="Write how the spec trains, too. Only for PyTorch.")
@color_option
def export(
    model: str, output: Path, weights: Path | None, training: bool, color: ColorChoice
) -> int:
    """Write a network as plain C or as a PyTorch module.

    C is written of trained weights, a file of `netc run --save`: a function that needs no library
    but libm. PyTorch is written of a spec, or of trained weights, which come along. Files that
    exist are replaced.
    """
    if output.suffix == ".py":
        from .export_torch import export_torch

        return export_torch(model, output, weights, color, training=training)
    if output.suffix != ".c":
        raise click.UsageError("-o takes a file that ends in `.c` or `.py`")
    if training:
        raise click.UsageError("--training is for PyTorch, a file that ends in `.py`")
    return _export_c(model, output, weights, color)


def _export_c(model: str, output: Path, weights: Path | None, color: ColorChoice) -> int:
    from ...runtime.model.export import export_model, write_files
    from ...runtime.model.load import load_trained
    from ...runtime.storage.files import unwritable

    header = output.with_name(f"{file_stem(output.name)}.h")
    paths = [output, header] if weights is None else [output, header, weights]
    if len({path.absolute() for path in paths}) < len(paths):
        raise click.UsageError("--weights and -o need files of their own")
    refused = [found for path in paths if (found := unwritable(path, (Path(model),)))]
    if refused:
        return fail((refused[0],), color)
    problems = Problems()
    network = load_trained(Path(model), INSTALLED, problems)
    files = None
    if network is not None:
        title = f"{Path(model).name}, exported by netc {__version__}"
        files = export_model(network, title, output.name, problems, apart=weights is not None)
    if network is None or files is None:
        return fail(in_order(problems), color)
    try:
        write_files(files, output, header, weights)
    except OSError as error:
        raise cannot_write(str(output), error) from error
    print_text(_report(files, paths, network.graph, screen_for(sys.stdout, color)))
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
