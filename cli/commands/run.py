"""`netc run`: trains, evaluates and checks `expect`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click
from click.core import ParameterSource

from ...grammar.problem import Problems, in_order
from ...runtime.engine.torch.launched import launched
from ...runtime.training.spec import (
    EngineChoice,
    RunOptions,
    Spec,
    TorchOptions,
    TorchRequest,
)
from ..completing import any_file
from ..options import (
    BatchSize,
    data_option,
    engine_option,
    format_option,
    number_option,
    plots_option,
    spec_argument,
    text_option,
    workers_option,
)
from ..specs.checking import Request, request_options
from ..specs.one_spec import Opened, fail, open_spec
from ..terminal.figures import LABEL
from ..terminal.fit import print_fitted
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice
from ..training.following import check_launch, quiet_unless_first
from ..training.keep_request import KeepRequest, keep_request_options
from ..training.keeping import INTERRUPTED
from ..training.kept_run import KeptRun, kept_run, open_earlier
from ..training.outside_reporters import open_reporters, reporters_option
from ..training.run_plots import RunPlots
from ..training.torch_request import check_torch, put_precision, torch_request_options, with_torch
from ..training.training import Training, run_printer, train


@click.command()
@spec_argument
@text_option
@data_option
@number_option("--epochs", "Train for N epochs.")
@click.option("--batch", type=BatchSize(), metavar="N", help="Use batches of N samples, or `all`.")
@number_option("--seed", "Use another seed.", least=0)
@click.option(
    "--save",
    metavar="FILE",
    shell_complete=any_file,
    help="Save the trained network, for `eval` and `predict`.",
)
@keep_request_options
@workers_option
@engine_option
@torch_request_options
@click.option(
    "--autotune",
    "tunes",
    is_flag=True,
    help="Before training, time several algorithms for each convolution, and use the fastest.",
)
@click.option(
    "--fast", is_flag=True, help="Quick check: only a few batches of training and testing."
)
@click.option(
    "--profile",
    "profiles",
    is_flag=True,
    help="Profile some training steps instead of training.",
)
@click.option(
    "--compare",
    "comparisons",
    metavar="NAME=V1,V2,...",
    multiple=True,
    help="Train with each value of a `let` constant, or of `batch`, `epochs` or `seed`, and "
    "compare. If repeated, with every combination.",
)
@click.option(
    "--one-at-a-time",
    "one_at_a_time",
    is_flag=True,
    help="With --compare: change one constant at a time, instead of trying every combination.",
)
@click.option(
    "--overfit",
    "overfits",
    is_flag=True,
    help="First check of a new network: train on one batch until it is memorised.",
)
@click.option(
    "--find-lr",
    "finds_rate",
    is_flag=True,
    help="Find a learning rate: raise it at every step, and see where the loss falls.",
)
@plots_option
@click.option(
    "--record-layers",
    "records",
    is_flag=True,
    help="Also draw weights, outputs and gradients by layer over the epochs, with --plots.",
)
@reporters_option
@format_option
@request_options
def run(  # long because each option is a parameter
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    epochs: int | None,
    batch: int | str | None,
    seed: int | None,
    save: str | None,
    workers: int | None,
    engine: EngineChoice,
    tunes: bool,
    fast: bool,
    profiles: bool,
    comparisons: tuple[str, ...],
    one_at_a_time: bool,
    overfits: bool,
    finds_rate: bool,
    plots: Path | None,
    records: bool,
    reporters: tuple[str, ...],
    form: str,
    request: Request,
    keep: KeepRequest,
    torch: TorchRequest,
    color: ColorChoice,
) -> int:
    """Train the network of a spec, evaluate it on the test part, and check `expect`.

    SPEC is a file or `-` for standard input. Options override the spec. The run is kept in a folder
    of its own. With --format json, standard output is one JSON document.
    """
    _refuse_combinations(form)
    if tunes and engine != "numpy":
        raise click.UsageError("--autotune times algorithms of NumPy; it needs --engine numpy")
    if profiles and engine == "torch":
        raise click.UsageError("--profile measures instructions, which PyTorch does not run")
    check_torch(torch, engine)
    put_precision(torch, request)
    place = launched()
    shown = RunDisplay(save, RunPlots(plots, records), form, reporters)
    others = {"--profile": profiles, "--compare": comparisons, "--find-lr": finds_rate}
    others |= {"--overfit": overfits, "--record-layers": records}
    check_launch(
        place,
        engine if keep.resume is None else "torch",
        next((name for name, used in others.items() if used), ""),
    )
    click.get_current_context().with_resource(quiet_unless_first(place))
    if not place.leads:
        keep, plots = keep._replace(out=None, forgets=True), None
        shown = RunDisplay(None, RunPlots(None, layers=False), form, ())
    if keep.resume is not None:
        return _resume(keep, path, epochs, workers, shown, color)
    changes = {"epochs": epochs, "batch": batch, "seed": seed}
    request.train.update((name, value) for name, value in changes.items() if value is not None)
    opened = open_spec(path, texts, request, color, data)
    if opened is None:
        return 1
    _tell_searches(opened, form)
    if not _has_engine(engine, torch.options(shares=True), color):
        return 1
    options = RunOptions(
        fast, request.allow_outside, engine, 1 if profiles else workers, tunes, plots is not None
    )
    options = with_torch(torch, keep.applied_to(options))
    if profiles:
        return _profile(opened, color, options)
    printer = run_printer(opened, color)
    if comparisons:
        from ..training.compare import ComparisonRequest, compare

        asked = ComparisonRequest(comparisons, one_at_a_time)
        return compare(opened, request, asked, data, options, plots, printer, color)
    if overfits:
        from ..training.first_steps import learn_batch

        return learn_batch(opened, batch, options, plots, printer, color)
    if finds_rate:
        from ..training.first_steps import find_learning_rate

        return find_learning_rate(opened, options, plots, printer, color)
    kept = kept_run(opened, request, data, keep, fast=fast)
    return _train(Training(opened, color, options, shown.save, shown.plots, kept), shown)


def _has_engine(engine: EngineChoice, torch: TorchOptions, color: ColorChoice) -> bool:
    """Whether the engine can be used; if not, it is said why."""
    if engine not in ("native", "torch"):
        return True
    from ...runtime.training.engine_choice import engine_trouble

    problem = engine_trouble(engine, torch)
    if problem is not None:
        fail((problem,), color)
    return problem is None


class RunDisplay(NamedTuple):
    """Where a run is shown, beside its folder."""

    save: str | None
    plots: RunPlots
    form: str
    reporters: tuple[str, ...]


def _train(training: Training, shown: RunDisplay) -> int:
    listeners = open_reporters(shown.reporters, training.color)
    if listeners is None:
        return 1
    training = replace(training, listeners=listeners)
    if shown.form == "text":
        return train(training)
    from ..training.run_json import train_for_program

    return train_for_program(training)


def _tell_searches(opened: Opened, form: str) -> None:
    if opened.checked.model.tune is not None and form == "text":
        names = ", ".join(search.name for search in opened.checked.model.tune.searches)
        print_fitted(f"{'tune':<{LABEL}}not searched here: {names} as in `let`; see `netc tune`\n")


def _resume(
    keep: KeepRequest,
    path: str | None,
    epochs: int | None,
    workers: int | None,
    shown: RunDisplay,
    color: ColorChoice,
) -> int:
    """Goes on with an earlier run."""
    follows = not launched().leads
    found = open_earlier(
        keep.resume or "", path, epochs, accepts=keep.accepts, follows=follows, color=color
    )
    if found is None:
        return 1
    opened, earlier = found
    engine = earlier.record.engine
    options = engine.options(engine.workers if workers is None else workers)
    if not _has_engine(engine.name, options.torch, color):
        return 1
    options = replace(
        options,
        allow_outside=earlier.record.spec.allow_outside,
        keeps_samples=shown.plots.folder is not None,
        log_steps=earlier.record.log_steps,
    )
    kept = KeptRun(opened, options.allow_outside, earlier=None if follows else earlier)
    return _train(Training(opened, color, options, shown.save, shown.plots, kept), shown)


FOLDER = "--out --resume --log-steps"
"""Options of a run that is kept."""

EXCLUDED = {
    "--profile": (
        "measures some steps on one core",
        "--compare --overfit --find-lr --save --fast --workers --epochs --plots --record-layers "
        f"--reporter {FOLDER}",
    ),
    "--compare": (
        "trains several networks",
        f"--overfit --find-lr --save --record-layers --reporter {FOLDER}",
    ),
    "--overfit": (
        "trains on one batch",
        f"--find-lr --save --fast --epochs --record-layers --reporter {FOLDER}",
    ),
    "--find-lr": (
        "trains with useless rates",
        f"--save --fast --epochs --record-layers --reporter {FOLDER}",
    ),
    "--format": ("json describes one run", "--profile --compare --overfit --find-lr"),
    "--fast": ("trains on a few batches only", FOLDER),
    "--no-keep": ("keeps no folder", "--out --resume --log-steps"),
    "--resume": (
        "continues a run with its own settings",
        "-e --data --batch --seed --set --out --engine --device --precision --compile --autotune "
        "--log-steps --shards --allow-outside",
    ),
}
"""What an option does, and those that make no sense with it."""


def _refuse_combinations(form: str) -> None:
    """Raises UsageError."""
    context = click.get_current_context()
    used = {
        param.opts[-1]
        for param in context.command.params
        if context.get_parameter_source(param.name or "") == ParameterSource.COMMANDLINE
    }
    if form == "text":
        used.discard("--format")
    for option, (does, others) in EXCLUDED.items():
        for other in others.split():
            if {option, other} <= used:
                raise click.UsageError(f"{option} {does}; it cannot be combined with {other}")
    if "--record-layers" in used and "--plots" not in used:
        raise click.UsageError("--record-layers needs --plots FOLDER")
    if "--accept-changes" in used and "--resume" not in used:
        raise click.UsageError("--accept-changes needs --resume")
    if "--one-at-a-time" in used and "--compare" not in used:
        raise click.UsageError("--one-at-a-time needs --compare")


def _profile(opened: Opened, color: ColorChoice, options: RunOptions) -> int:
    """Measures in place of training."""
    from ...runtime.analysis.profile_run import profile_run
    from ..training.profile import profile_text

    optimizer = opened.checked.model.optimizer
    if optimizer is not None and not type(optimizer).can_run():
        raise click.UsageError(f"`opt {optimizer.word}` has no training steps to profile")
    printer = run_printer(opened, color)
    problems = Problems()
    try:
        profile = profile_run(
            Spec.of(opened.checked), options, root=opened.root, problems=problems, reporter=printer
        )
        printer.finish()
    except KeyboardInterrupt:
        printer.interrupted()
        return INTERRUPTED
    if profile is None:
        return fail(in_order(problems), color)
    print_text(profile_text(profile, printer.screen))
    return 0
