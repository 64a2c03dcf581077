"""E0760 to E0779: runs that are kept in folders, and continued. W0610: their checkpoints."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.text import counted


class RunMissing(Problem):
    """There is no such run.

    `netc run` keeps each run in `runs/NAME/TIME/`. Refer to a run by its folder, by the name of its
    spec (its newest run), by `NAME/TIME` with enough of the time to be unique, or by `latest`.
    `netc runs` lists all of them.

    ```text
    netc run --resume lenet5/2026-11-20
    ```
    """

    code = "E0760"
    title = "run missing"
    text: str
    folder: str
    near: tuple[str, ...] = ()
    """Runs that it could be."""

    def message(self) -> str:
        if not self.near:
            return f"there is no run in `{self.folder}`"
        return f"no run, or more than one, is called `{self.text}`"

    def help(self) -> tuple[str, ...]:
        if not self.near:
            return ("`netc run SPEC` keeps its run in `runs`; NETC_RUNS_DIR names another folder",)
        return (f"there are {', '.join(f'`{name}`' for name in self.near)}",)


class CannotKeepRun(Problem):
    """The folder of the run cannot be created.

    `netc run` keeps each run in a folder of its own, so that nothing is lost when it is
    interrupted. `--out` and the environment variable NETC_RUNS_DIR choose another place;
    `--no-keep` keeps nothing.

    ```text
    netc run digits.net --out /read-only/folder
    ```
    """

    code = "E0761"
    title = "cannot keep the run"
    message_text = "the run cannot be kept in `{path}`: {reason}"
    path: str
    reason: str
    program: bool = False
    """Whether no command line asked for it."""
    is_resumed: bool = False

    def help(self) -> tuple[str, ...]:
        if self.is_resumed:
            return ("copy the folder to a place where files can be written, and continue the copy",)
        if self.program:
            return ("`keep=` takes a folder that does not exist, or is empty",)
        return ("`--out DIR` keeps it elsewhere; `--no-keep` does not keep it",)


class RunDamaged(Problem):
    """A file of the run cannot be used.

    `run.json` says what was run; `checkpoints/last.state.safetensors` holds the state from which
    the run continues, and `previous.state.safetensors` the one before it. Each state has a
    checksum. Where the last one is damaged, the one before it is used, and netc says so.

    ```text
    netc run --resume runs/digits/2026-11-20_21-48-03      # whose run.json was emptied
    ```
    """

    code = "E0762"
    title = "run damaged"
    message_text = "`{path}` cannot be used: {reason}"
    help_texts = ("the weights of its last checkpoint are in its folder `checkpoints`",)
    path: str
    reason: str


class RunChanged(Problem):
    """The spec or its data have changed since the run began.

    A run continues with the spec and the data that it began with; with others, it would end with
    weights that no single run could reproduce. `--accept-changes` continues anyway, as long as the
    parameters match.

    ```text
    netc run --resume digits       # after digits.net was edited
    ```
    """

    code = "E0763"
    title = "run changed"
    lines: tuple[str, ...]
    """What has changed, as `diff` writes it."""
    program: bool = False
    """Whether no command line asked for it."""

    def message(self) -> str:
        return "the run cannot continue: its spec or its data have changed"

    def help(self) -> tuple[str, ...]:
        if self.program:
            return (*self.lines, "undo the change, or start anew with `keep=`")
        return (
            *self.lines,
            "undo the change, start anew with `netc run SPEC`, or continue with `--accept-changes`",
        )


class RunStillRunning(Problem):
    """Another process is training the run.

    ```text
    netc run --resume latest       # while it is being trained
    ```
    """

    code = "E0764"
    title = "run still running"
    message_text = "`{name}` is still being trained, by process {process}"
    help_texts = ("`netc stop {name}` ends it as early stopping does",)
    name: str
    process: int


class NothingToContinue(Problem):
    """The run has finished.

    With a larger `--epochs`, a run continues after its end, even after early stopping. The learning
    rate then follows the schedule of the longer run. All folds of a cross-validation train for the
    same number of epochs, so it is fixed once one fold has finished.

    ```text
    netc run --resume latest       # which has done all its epochs
    ```
    """

    code = "E0765"
    title = "nothing to continue"
    name: str
    epochs: int
    """Those that are done."""
    ended: bool = True
    """False for a run that was interrupted after more epochs than are asked for."""
    program: bool = False
    """Whether no command line asked for it."""
    folds: int = 0
    """Those of a cross-validation that are done."""

    def message(self) -> str:
        done = counted(self.epochs, "epoch")
        if self.folds:
            return f"`{self.name}` has done {counted(self.folds, 'fold')} of {done}"
        if not self.ended:
            return f"`{self.name}` has done {done} already"
        return f"`{self.name}` has finished, after {done}"

    def help(self) -> tuple[str, ...]:
        if self.folds:
            return ("start a new run to change the number of epochs: all folds train equally long",)
        way = f"epochs={2 * self.epochs}" if self.program else f"--epochs {2 * self.epochs}"
        return (f"`{way}` continues training up to that many epochs",)


class StateDiffers(Problem):
    """The saved state belongs to a different network.

    `--accept-changes` continues a run with a changed spec as long as the layers with parameters,
    the optimizer and the random layers are the same.

    ```text
    netc run --resume latest --accept-changes      # after a layer was added
    ```
    """

    code = "E0766"
    title = "state differs"
    message_text = "the state of `{name}` does not match the network: {reason}"
    help_texts = ('`netc run SPEC` starts a new run; `init "FILE"` starts from trained weights',)
    name: str
    reason: str


class RunNotRunning(Problem):
    """No process is training the run, so there is nothing to stop.

    ```text
    netc stop latest       # after the run has ended
    ```
    """

    code = "E0767"
    title = "run not running"
    message_text = "`{name}` is not being trained: it is {status}"
    name: str
    status: str
    running: tuple[str, ...] = ()
    """Runs that are."""

    def help(self) -> tuple[str, ...]:
        if not self.running:
            return ("no run in this folder is being trained; `netc runs` lists them",)
        return (f"these are being trained: {', '.join(f'`{name}`' for name in self.running)}",)


class CheckpointNotWritten(Problem):
    """A checkpoint could not be written; training continues.

    netc tries again whenever the next one is due. If none can be written, the run cannot be resumed
    from its last epoch.

    ```text
    netc run digits.net        # on a disk that is full
    ```
    """

    code = "W0610"
    title = "checkpoint not written"
    message_text = "the run cannot be kept in `{path}` now: {reason}"
    help_texts = ("training continues, and netc tries again at each later checkpoint",)
    path: str
    reason: str


class CheckpointDamaged(Problem):
    """The last state is damaged, and the one before it is used.

    ```text
    netc run --resume latest       # after a bit of the last state has changed
    ```
    """

    code = "W0611"
    title = "checkpoint damaged"
    message_text = "the last state of the run is damaged ({reason}); the one before it is used"
    reason: str
