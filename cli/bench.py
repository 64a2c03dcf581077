"""`netc bench`: how quick netc is beside other libraries on the same network."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ..compiler.graph import Graph
from ..compiler.ir import Model
from ..compiler.shapes import shape_text
from .checking import request_of
from .one_spec import read_one, warn
from .options import color_option, outside_option, set_option, text_option
from .output import print_text
from .screen import ColorChoice, Screen, screen_for
from .summary import counted

if TYPE_CHECKING:
    from ..runtime.compare.compare import Against, BenchResult, Skipped

INTERRUPTED = 130

USUAL = "input 784 -> dense 128 relu -> dense 64 relu -> dense 10 softmax; loss ce; opt adam"
"""What is measured where no spec is named."""

RIVALS = {
    "torch": "PyTorch",
    "torch_cl": "PyTorch, channels last",
    "torch_compile": "PyTorch, compiled",
    "sklearn": "scikit-learn",
    "textbook": "textbook class, float64",
}


@click.command()
@click.argument("path", metavar="[SPEC]", required=False)
@text_option
@click.option(
    "--against",
    default="torch,torch_cl",
    metavar="NAMES",
    show_default=True,
    help=f"What to compare with: {', '.join(RIVALS)}.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of cores for each library.",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=7, show_default=True, metavar="N",
    help="Number of timings per library.",
)  # fmt: skip
@click.option("--batch", type=click.IntRange(min=1), metavar="N", help="Batch size.")
@click.option("--infer", is_flag=True, help="Time inference, by default one sample at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@set_option
@outside_option
@color_option
def bench(
    path: str | None,
    texts: tuple[str, ...],
    against: str,
    threads: int,
    rounds: int,
    batch: int | None,
    infer: bool,
    as_json: bool,
    settings: tuple[str, ...],
    allow_outside: bool,
    color: ColorChoice,
) -> int:
    """Time training steps of a spec in netc and in other libraries, alternately.

    SPEC is a file or `-` for standard input. All libraries get the same network, weights, random
    samples and cores. A library whose gradients differ from netc's is not timed.
    """
    names = _rivals(against)
    request = request_of(settings, allow_outside=allow_outside)
    found = read_one(path, texts or (() if path else (USUAL,)), request, color)
    if found is None:
        return 1
    _, checked = found
    warn(checked.problems, color)
    model, graph = checked.model, checked.graph
    _refuse_incomplete(model, graph, trains=not infer)
    from ..runtime.compare.case import make_case, usual_batch
    from ..runtime.compare.compare import compare, missing_package

    for name in names:
        extra = missing_package(name)
        if extra is not None:
            raise click.UsageError(f"{RIVALS[name]} is not installed: pip install 'netc[{extra}]'")
    try:
        samples = batch or (1 if infer else usual_batch(model))
        case = make_case(model, graph, samples, trains=not infer)
        result = compare(case, names, threads=threads, rounds=rounds)
    except KeyboardInterrupt:
        return INTERRUPTED
    if as_json:
        print_text(json.dumps(asdict(result), indent=2) + "\n")
    else:
        print_text(bench_text(result, screen_for(sys.stdout, color)))
    return 1 if any(item.wrong for item in result.skipped) else 0


def _rivals(against: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in against.split(",") if name.strip()))
    for name in names:
        if name not in RIVALS:
            raise click.UsageError(f"cannot compare with `{name}`; choose from {', '.join(RIVALS)}")
    return names


def _refuse_incomplete(model: Model, graph: Graph, *, trains: bool) -> None:
    """Raises UsageError for a spec whose steps cannot be timed."""
    for node in graph.nodes:
        if None in node.shape:
            size = shape_text(node.shape)
            raise click.UsageError(
                f"all sizes must be known, but `{node.name}` is {size}; replace the `?` by a number"
            )
        if node.inputs and not type(node.layer).can_run():
            raise click.UsageError(f"`{node.layer.word}` cannot be run yet")
    if not trains:
        return
    if not model.losses or model.optimizer is None:
        raise click.UsageError("training needs a `loss` and an `opt`; --infer times inference only")
    if not type(model.optimizer).can_run():
        raise click.UsageError(f"`opt {model.optimizer.word}` has no training steps to time")


def bench_text(result: BenchResult, screen: Screen) -> str:
    """The table of a comparison."""
    what = "training step" if result.trains else "inference"
    cores = counted(result.threads, "core")
    rows: list[tuple[str, ...]] = [("", what, "samples/s", "netc is", "")]
    rows.append(("netc", *_figures(result.seconds, result.batch), "", ""))
    rows += [_row(item, result.batch) for item in result.rivals]
    rows += [(RIVALS[item.name], *_reason(item)) for item in result.skipped]
    wide = [max(len(row[n]) for row in rows if len(row) == 5) for n in range(5)]
    wide[0] = max(len(row[0]) for row in rows)
    lines = [_line(row, wide) for row in rows]
    lines[0] = screen.paint(lines[0], "faint")
    heading = f"{counted(result.batch, 'sample')}, {cores}, {counted(result.rounds, 'round')}"
    if result.workers > 1:
        heading += f", {result.workers} workers in netc"
    notes = [f"NumPy uses {result.blas}"]
    if result.floor is not None:
        notes.append(
            f"netc takes {result.seconds / result.floor:.1f} times the lower bound of this core"
        )
    if result.disturbed:
        notes.append(
            f"{result.disturbed} of {result.samples} timings were disturbed by other programs"
        )
    return "\n".join([heading, "", *lines, "", *notes]) + "\n"


def _figures(seconds: float, batch: int) -> tuple[str, str]:
    time = f"{1e3 * seconds:.2f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} µs"
    return time, f"{batch / seconds:,.0f}"


def _row(item: Against, batch: int) -> tuple[str, ...]:
    spread = f"({item.low:.2f} to {item.high:.2f})"
    return (
        RIVALS[item.name],
        *_figures(item.seconds, batch),
        f"{item.ratio:.2f} x as fast",
        spread,
    )


def _reason(item: Skipped) -> tuple[str]:
    return (f"skipped: {item.reason}",)


def _line(row: tuple[str, ...], wide: list[int]) -> str:
    if len(row) == 2:
        return f"  {row[0]:<{wide[0]}}  {row[1]}"
    cells = [f"{row[0]:<{wide[0]}}", *(f"{cell:>{wide[n]}}" for n, cell in enumerate(row) if n)]
    return ("  " + "  ".join(cells)).rstrip()
