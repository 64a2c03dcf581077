"""`netc bench`: how quick netc is beside other libraries on the same network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

import click

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...grammar.text import counted
from ..options import number_option, spec_argument, text_option
from ..specs.checking import Request, request_options
from ..specs.one_spec import fail, open_spec, require_sizes
from ..terminal.figures import duration
from ..terminal.fit import fit_lines, table_lines
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

if TYPE_CHECKING:
    from ...runtime.compare.compare import BenchResult, EngineNames

USUAL = "input 784 -> dense 128 relu -> dense 64 relu -> dense 10 softmax; loss ce; opt adam"
"""What is measured where no spec is named."""

OWN = {"netc": "netc", "netc_native": "netc, compiled"}

RIVALS = {
    "torch": "PyTorch",
    "torch_cl": "PyTorch, channels last",
    "torch_compile": "PyTorch, compiled",
    "sklearn": "scikit-learn",
    "textbook": "textbook class, float64",
}

LARGEST_BATCH = 2**31 - 1
"""Far beyond the memory of any machine. NumPy has no arrays for sizes of 64 bits and more."""


@click.command()
@spec_argument
@text_option
@click.option(
    "--against",
    default="torch,torch_cl",
    metavar="NAMES",
    show_default=True,
    help=f"What to compare with: {', '.join(RIVALS)}.",
)
@click.option(
    "--engine",
    type=click.Choice(["numpy", "native", "both"]),
    default="numpy",
    show_default=True,
    help="What computes in netc: NumPy, C code that is compiled for the network, or each in turn.",
)
@number_option("--threads", "Number of cores for each library.", default=1, most=1024)
@number_option("--rounds", "Number of timings per library.", default=7)
@number_option("--batch", "Batch size.")
@click.option("--infer", is_flag=True, help="Time inference, by default one sample at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@request_options
def bench(
    path: str | None,
    texts: tuple[str, ...],
    against: str,
    engine: Literal["numpy", "native", "both"],
    threads: int,
    rounds: int,
    batch: int | None,
    infer: bool,
    as_json: bool,
    request: Request,
    color: ColorChoice,
) -> int:
    """Time training steps of a spec in netc and in other libraries, alternately.

    SPEC is a file or `-` for standard input. All libraries get the same network, weights, random
    samples and cores. A library whose gradients differ from netc's is not timed.
    """
    names = _rivals(against)
    found = open_spec(path, texts or (() if path else (USUAL,)), request, color)
    if found is None:
        return 1
    model, graph = found.checked.model, found.checked.graph
    _refuse_incomplete(model, graph, trains=not infer)
    from ...runtime.compare.case import make_case, usual_batch
    from ...runtime.compare.compare import PACKAGES, compare
    from ...runtime.native.failure import NativeError
    from ...runtime.packages import require_package
    from ...runtime.training.engine_choice import engine_problem

    for name in names:
        package = PACKAGES[name]
        if package is not None:
            require_package(package)
    samples = batch or (1 if infer else usual_batch(model))
    if samples > LARGEST_BATCH:
        raise click.UsageError(f"a batch of {samples:,} samples is too large to be timed")
    case = make_case(model, graph, samples, trains=not infer)
    engines: EngineNames = ("numpy", "native") if engine == "both" else (engine,)
    try:
        result = compare(case, names, threads=threads, rounds=rounds, engines=engines)
    except NativeError as error:
        return fail((engine_problem(error),), color)
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
    require_sizes(graph)
    for node in graph.nodes:
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
    titles = OWN | RIVALS
    first = result.engines[0]
    rivals = (*(item.name for item in result.rivals), *(item.name for item in result.skipped))
    wide = max(len(titles[name]) for name in (first.name, *rivals))
    own = [cell for item in result.engines for cell in (f"{titles[item.name]} is", "")]
    rows = [
        ("", "training step" if result.trains else "inference", "samples/s", *own),
        (titles[first.name], *_figures(result.seconds, result.batch), *_ratios(first.name, result)),
        *(
            (
                titles[item.name],
                *_figures(item.seconds, result.batch),
                *_ratios(item.name, result),
            )
            for item in result.rivals
        ),
    ]
    rows = [(f"{name:<{wide}}", *cells) for name, *cells in rows]
    lines = table_lines(rows, "l" + "r" * (len(rows[0]) - 1), screen, indent="  ", head="faint")
    lines += [f"  {titles[item.name]:<{wide}}  skipped: {item.reason}" for item in result.skipped]
    facts = [
        counted(result.batch, "sample"),
        counted(result.threads, "core"),
        counted(result.rounds, "round"),
    ]
    if result.workers > 1:
        facts.append(f"{result.workers} workers in netc")
    notes = [f"NumPy uses {result.blas}"]
    if result.compiler:
        notes.append(f"compiled with {result.compiler}")
    if result.floor is not None:
        times = result.seconds / result.floor
        notes.append(f"netc takes {times:.1f} times the lower bound of this core")
    if result.disturbed:
        notes.append(
            f"{result.disturbed} of {result.samples} timings were disturbed by other programs"
        )
    return fit_lines("\n".join([", ".join(facts), "", *lines, "", *notes]) + "\n", screen)


def _figures(seconds: float, batch: int) -> tuple[str, str]:
    return duration(seconds), f"{batch / seconds:,.0f}"


def _ratios(name: str, result: BenchResult) -> Iterator[str]:
    """How many times as fast each engine of netc is."""
    for engine in result.engines:
        found = next((item for item in engine.rivals if item.name == name), None)
        if found is None:
            yield from ("", "")
        else:
            yield f"{found.ratio:.2f} x as fast"
            yield f"({found.low:.2f} to {found.high:.2f})"
