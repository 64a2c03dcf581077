"""`netc stop`: asks the process of a run to end it as early stopping ends it."""

from __future__ import annotations

import click

from ..completing import runs
from ..options import color_option
from ..specs.one_spec import fail
from ..terminal.fit import print_fitted
from ..terminal.output import cannot_write
from ..terminal.screen import ColorChoice


@click.command()
@click.argument("run", shell_complete=runs)
@color_option
def stop(run: str, color: ColorChoice) -> int:
    """Stop a run that another process is training, as early stopping would: it finishes the current
    step, then keeps and tests its weights.

    RUN is a folder, the name of a spec, or `latest`; `netc runs` lists them. `netc run --resume
    RUN` with more --epochs continues it later.
    """
    from ...compiler.problems.runs import RunNotRunning
    from ...runtime.runs.folder import runs_folder
    from ...runtime.runs.listing import list_runs, status_of
    from ...runtime.storage.files import place_of
    from ..training.kept_run import find

    found = find(run, None, color)
    if found is None:
        return 1
    folder, record = found
    status = status_of(record)
    if status != "running":
        others, _ = list_runs(runs_folder())
        running = tuple(other.folder.name for other in others if other.status == "running")
        at, name = place_of(folder.path), str(folder.path)
        fail((RunNotRunning(at=at, name=name, status=status, running=running),), color)
        return 1
    try:
        folder.stop_request.touch()
    except OSError as error:
        raise cannot_write(str(folder.stop_request), error) from error
    print_fitted(f"{folder.path} stops after its current step (process {record.process})\n", hang=0)
    return 0
