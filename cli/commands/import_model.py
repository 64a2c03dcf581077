"""`netc import`: a network of another tool as a spec, with its weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.language.builtin import INSTALLED
from ...grammar.problem import Problems
from ...grammar.text import counted, listed
from ..completing import any_file
from ..new_files import no_room_for
from ..options import color_option, force_option
from ..specs.one_spec import fail, warn
from ..terminal.figures import LABEL, short, size_text
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ...runtime.interchange.importing import Import


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path), shell_complete=any_file)
@click.option(
    "-o",
    "--output",
    metavar="SPEC",
    type=click.Path(path_type=Path),
    help="The spec to write; by default FILE's name with `.net`, in this folder.",
)
@click.option(
    "--weights",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The weights to write; by default the spec's name with `.safetensors`.",
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Say which operations have no counterpart in netc; write nothing.",
)
@force_option
@color_option
def import_model(
    file: Path,
    output: Path | None,
    weights: Path | None,
    only_check: bool,
    force: bool,
    color: ColorChoice,
) -> int:
    """Turn a network of another tool into a spec and a weights file.

    FILE is an ONNX network (`.onnx`), or a Keras model (`.keras`, `.h5`, `.hdf5`, or `.json` for
    the output of `model.to_json()`, which has no weights). The spec is what a person would write,
    with blocks and loops for repeated parts. The weights file is like one from `netc run --save`,
    for `netc predict`, `netc eval` and `init`. A network with operations that netc does not have is
    refused, and all of them are listed. Code in a file is never run.
    """
    from ...runtime.interchange.importing import FORMATS, import_network

    known = FORMATS.get(file.suffix.lower())
    if known is None:
        endings = listed(FORMATS, "or")
        raise click.UsageError(f"netc imports files that end in {endings}")
    spec_path = output or Path(file.with_suffix(".net").name)
    weights_path = weights or spec_path.with_suffix(".safetensors")
    if weights_path.resolve() == spec_path.resolve():
        raise click.UsageError(
            "the spec and the weights need a file each: `-o SPEC --weights FILE`"
        )
    if not only_check:
        written_to = (spec_path, weights_path) if known.has_weights else (spec_path,)
        refused = no_room_for(written_to, (file,), force=force)
        if refused:
            return fail(refused, color)
    problems = Problems()
    found = import_network(file, INSTALLED, problems)
    if found is None:
        return fail(tuple(problems), color)
    screen = screen_for(sys.stdout, color)
    if only_check:
        warn(tuple(problems), color)
        print_text(screen.clean(f"{file}: every operation has its layer ({_size(found)})\n"))
        return 0
    written = _write(found, spec_path, weights_path, problems)
    if written is None:
        return fail(tuple(problems), color)
    warn(tuple(problems), color)
    print_text(screen.clean(written))
    return 0


def _write(found: Import, spec: Path, weights: Path, problems: Problems) -> str | None:
    """Writes both files, and says what they are; None after a problem."""
    from ...runtime.storage.files import write_atomically
    from ...runtime.training.saved import save

    lines = [("spec", f"{spec}, {_size(found)}")]
    if found.state is not None:
        if not save(weights, found.spec.checked.model, found.spec.text, found.state, problems):
            return None
        lines.append(("weights", f"{weights} ({size_text(weights.stat().st_size)})"))
    try:
        write_atomically(spec, found.spec.text.encode())
    except OSError as error:
        raise cannot_write(str(spec), error) from error
    return "".join(f"{label:<{LABEL}}{line}\n" for label, line in lines)


def _size(found: Import) -> str:
    graph = found.spec.checked.graph
    layers = sum(1 for node in graph.nodes if node.inputs)
    return f"{counted(layers, 'layer')}, {short(graph.parameter_count())} parameters"
