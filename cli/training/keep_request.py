"""The options of `netc run` that say where a run is kept, and which earlier one goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from ...runtime.training.spec import RunOptions
from ..completing import runs
from ..options import number_option


class KeepRequest(NamedTuple):
    """What a command line says about the folder of a run."""

    out: Path | None
    """The folder of this run itself."""
    forgets: bool
    """No folder is kept."""
    resume: str | None
    """The run that goes on."""
    accepts: bool
    """It goes on though its spec or its data have changed."""
    log_steps: int | None
    shards: int | None
    """Into how many parts each batch is divided, as in an earlier run."""

    def applied_to(self, options: RunOptions) -> RunOptions:
        return replace(options, shards=self.shards, log_steps=self.log_steps)


def keep_request_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options, which the command gets as `keep`."""

    @wraps(command)
    def called(
        *,
        out: Path | None,
        forgets: bool,
        resume: str | None,
        accepts: bool,
        log_steps: int | None,
        shards: int | None,
        **others: Any,
    ) -> int:
        keep = KeepRequest(out, forgets, resume, accepts, log_steps, shards)
        return command(keep=keep, **others)

    for option in reversed(OPTIONS):
        called = option(called)
    return called


OPTIONS = (
    click.option(
        "--out",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Keep the run in this folder. [default: runs/NAME/TIME]",
    ),
    click.option("--no-keep", "forgets", is_flag=True, help="Do not keep the run."),
    click.option(
        "--resume",
        metavar="[RUN]",
        shell_complete=runs,
        is_flag=False,
        flag_value="latest",
        help="Continue an interrupted run or, with a larger --epochs, a finished one. "
        "[default: the newest run, or that of SPEC]",
    ),
    click.option(
        "--accept-changes",
        "accepts",
        is_flag=True,
        help="With --resume: continue even if the spec or its data have changed.",
    ),
    number_option("--log-steps", "Record the loss of every Nth step in metrics.jsonl."),
    number_option(
        "--shards",
        "Divide each batch into N parts. To repeat a run bit for bit on another machine, use the N "
        "in its run.json.",
        most=64,
    ),
)
