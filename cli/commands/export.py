"""`netc export`: a network as a file for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import click

from ...compiler.onnx.graph import OPSETS, USUAL_OPSET
from ..completing import any_file
from ..exporting.request import ExportRequest
from ..options import color_option, force_option, number_option
from ..terminal.screen import ColorChoice


class ExportTarget(NamedTuple):
    """A format that networks are written in."""

    options: tuple[str, ...]
    """Those that it has of its own."""
    write: Callable[[ExportRequest], int]


def _c(request: ExportRequest) -> int:
    from ..exporting.c_file import export_c

    return export_c(request)


def _torch(request: ExportRequest) -> int:
    from .export_torch import export_torch

    return export_torch(request)


def _onnx(request: ExportRequest) -> int:
    from ..exporting.onnx_file import export_onnx

    return export_onnx(request)


TARGETS = {
    ".c": ExportTarget(("weights",), _c),
    ".py": ExportTarget(("weights", "training"), _torch),
    ".onnx": ExportTarget(("opset", "preparation", "fold_batchnorm"), _onnx),
}
"""By the ending of the file."""

OPTIONS = tuple(dict.fromkeys(name for target in TARGETS.values() for name in target.options))


@click.command()
@click.argument("model", metavar="SPEC_OR_WEIGHTS", shell_complete=any_file)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write: C for `.c`, with a header beside it, PyTorch for `.py`, ONNX for "
    "`.onnx`.",
)
@click.option(
    "--weights",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the weights to this file. By default, C code contains them, and PyTorch has them "
    "in a `.safetensors` file beside its own. C code reads the file by `netc_load`.",
)
@click.option(
    "--training", is_flag=True, help="PyTorch: also write functions that train as the spec does."
)
@number_option(
    "--opset",
    f"ONNX: the version of its operators, {OPSETS[0]} to {OPSETS[-1]}; by default {USUAL_OPSET}.",
    least=OPSETS[0],
    most=OPSETS[-1],
)
@click.option(
    "--preparation",
    is_flag=True,
    help="ONNX: put `prep` into the graph, so that it takes samples as they are in the data.",
)
@click.option(
    "--fold-batchnorm",
    is_flag=True,
    help="ONNX: fold batch normalisation into the layer before it.",
)
@force_option
@color_option
def export(
    model: str,
    output: Path,
    weights: Path | None,
    training: bool,
    opset: int | None,
    preparation: bool,
    fold_batchnorm: bool,
    force: bool,
    color: ColorChoice,
) -> int:
    """Write a network for other programs: as plain C, as a PyTorch module or as ONNX.

    C needs trained weights, a file written by `netc run --save`, and becomes a function that needs
    no library but libm. PyTorch and ONNX can be written from a spec, or from trained weights, which
    are then included. Existing files are replaced only with --force.
    """
    target = TARGETS.get(output.suffix)
    if target is None:
        raise click.UsageError(f"-o takes a file that ends in {_listed(TARGETS)}")
    request = ExportRequest(
        model, output, color, weights, training, opset, preparation, fold_batchnorm, force
    )
    for name in OPTIONS:
        if getattr(request, name) and name not in target.options:
            suffixes = [suffix for suffix, other in TARGETS.items() if name in other.options]
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is for files that end in {_listed(suffixes)}")
    return target.write(request)


def _listed(suffixes: Iterable[str]) -> str:
    """`.c` or `.onnx`."""
    *others, last = (f"`{suffix}`" for suffix in suffixes)
    return f"{', '.join(others)} or {last}" if others else last
