"""A command in one of several processes that `torchrun` has started: the first one shows the run
and keeps it, the others only compute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO

import click

from ...runtime.engine.torch.launched import Launched
from ...runtime.training.spec import EngineChoice


def check_launch(place: Launched, engine: EngineChoice, what: str) -> None:
    """Raises UsageError for what several processes cannot do together."""
    if place.world == 1:
        return
    if engine != "torch":
        raise click.UsageError("several processes (torchrun) train together with --engine torch")
    if what:
        raise click.UsageError(f"{what} works in one process, without torchrun")


@contextmanager
def quiet_unless_first(place: Launched) -> Iterator[None]:
    """The output of the first process. Another one shows nothing but its errors, at its end: what
    all of them warn of is said once."""
    if place.leads:
        yield
        return
    said = StringIO()
    failed = True
    try:
        with redirect_stdout(StringIO()), redirect_stderr(said):
            yield
        failed = False
    finally:
        lines = [line for line in said.getvalue().splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("error")]
        for line in lines if failed else errors:
            print(f"[process {place.rank}] {line}", file=sys.stderr)
