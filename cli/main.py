"""The `netc` command: what it offers, and how it ends.

Each command is a module that is imported when its name is typed. A command returns its exit
status: 0 good, 1 the spec is wrong, 2 wrong usage, 3 training failed, 70 a bug in netc,
130 stopped.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from .terminal.output import cannot_use, cannot_write, open_streams, print_text, silence

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

GROUPS = {
    "Getting started": {
        "new": (
            "new",
            "new",
            "Write a spec to start from, for a table or by kind.",
        ),
        "data": (
            "data",
            "data",
            "Show the data of a spec as a run would see it.",
        ),
        "check": (
            "check",
            "check",
            "Find mistakes in specs, and fix some of them.",
        ),
        "explain": (
            "explain",
            "explain",
            "Explain an error code, a layer, an option or any other word.",
        ),
        "doctor": (
            "doctor",
            "doctor",
            "Check the installation and the machine.",
        ),
    },
    "Training": {
        "run": ("run", "run", "Train and evaluate the network of a spec."),
        "stop": ("stop", "stop", "Stop a run early, and keep and test its weights."),
        "tune": (
            "tune",
            "tune",
            "Search for the best hyperparameters, as `tune` says.",
        ),
        "eval": (
            "eval",
            "evaluate",
            "Evaluate trained weights on a part of the data.",
        ),
        "predict": (
            "predict",
            "predict",
            "Predict classes or values for samples in files.",
        ),
        "export": ("export", "export", "Write a network as C, as a PyTorch module or as ONNX."),
        "import": (
            "import_model",
            "import_model",
            "Turn a network of another tool into a spec with weights.",
        ),
    },
    "Inspecting": {
        "show": (
            "show",
            "show",
            "Print a network layer by layer: shapes, parameters, costs.",
        ),
        "runs": (
            "runs",
            "runs",
            "List, show and compare the runs that are kept.",
        ),
        "inspect": ("inspect", "inspect", "Look inside a trained network."),
        "attack": (
            "attack",
            "attack",
            "Test a trained classifier on adversarial examples.",
        ),
    },
    "Tools": {
        "fmt": ("fmt", "fmt", "Format specs."),
        "report": (
            "report",
            "report",
            "Make the report of a run, or compare several runs.",
        ),
        "diff": ("diff", "diff", "Compare two specs, runs or trained networks."),
        "gradcheck": (
            "gradcheck",
            "gradcheck",
            "Compare gradients with numerical gradients.",
        ),
        "bench": (
            "bench",
            "bench",
            "Time training in netc and in other libraries.",
        ),
        "completion": (
            "completion",
            "completion",
            "Complete command lines in bash, zsh, fish or PowerShell.",
        ),
    },
}
"""Name, module in `commands/`, object, and the line in `netc --help`, in the order of the help."""

COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}

WELCOME = """\
netc compiles human-readable neural network specs.

Begin with a network to change, or with a table of your own:

  netc new mlp                    write a network for data that comes with netc
  netc new tabular FILE.csv       write a network for a table: text, Excel or Parquet
  netc data digits_mlp.net        look at its data
  netc run digits_mlp.net         train it, and test it

Explore:

  netc show -e 'input 28x28x1 -> conv 8 5x5 relu -> maxpool 2x2 -> flatten -> dense 10 softmax'
  netc explain conv               what a layer does, and its options
  netc explain E0312              what an error means, and how to fix it
  netc doctor                     whether everything that netc needs is installed

`netc --help` lists the commands, `netc COMMAND --help` explains one.
"""


class Commands(click.Group):
    """The group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"netc.cli.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        wide = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            rows = [(f"{name:<{wide}}", line) for name, (_, _, line) in group.items()]
            with formatter.section(title):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Commands by name, none of which is imported for that, and options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=line)
            for name, (_, _, line) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        unknown = name not in COMMANDS and not name.startswith("-")
        if unknown and not ctx.resilient_parsing:
            ctx.fail(_no_command(name))
        return super().resolve_command(ctx, args)


def _no_command(name: str) -> str:
    from ..compiler.suggest.spelling import closest

    near = closest(name, tuple(COMMANDS))
    if near:
        return f"unknown command `{name}`; did you mean `netc {near}`?"
    if name.endswith(".net"):
        return f"unknown command `{name}`; did you mean `netc run {name}`?"
    return f"unknown command `{name}`"


@click.command(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="netc %(version)s", help="Show the version.")
@click.pass_context
def netc(ctx: click.Context) -> None:
    """A compiler for human-readable neural network specs."""
    if ctx.invoked_subcommand not in (None, "completion", "explain"):
        _need_a_folder()
    if ctx.invoked_subcommand is None:
        from .terminal.fit import fit_lines
        from .terminal.screen import screen_for

        screen = screen_for(sys.stdout)
        # what a command is for starts in column 34
        hangs = (
            (line, 34 if "   " in line else 4 if line[:1] == " " else 0)
            for line in WELCOME.split("\n")
        )
        print_text("\n".join(fit_lines(line, screen, hang) for line, hang in hangs))


def main() -> None:
    """Runs the command of this process and exits with its status."""
    open_streams()
    _await_children()
    if sys.argv[1:2] != ["run"]:
        # What these commands build they need until they end. Looking for garbage in it took two
        # thirds of the time of checking a long spec.
        gc.disable()
    # Pydantic would look through every installed package for plug-ins that watch it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        status = status_of(sys.argv[1:])
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # from here on the process only ends, and nobody would catch what Python raises
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _need_a_folder() -> None:
    """What a command reads and writes is relative to the working folder, which may have been
    removed: then the system's own words name no file."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        reason = "the working folder no longer exists: change to one that does"
        raise click.ClickException(reason) from error


def _await_children() -> None:
    """A process that began this one may have SIGCHLD ignored, and that is inherited: then nobody
    learns how a child has ended, neither netc of its workers nor a compiler of its passes."""
    number = getattr(signal, "SIGCHLD", None)  # Windows has none
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def _show(error: click.ClickException) -> None:
    """Says what is wrong, on a terminal in lines that fit."""
    if sys.stderr.isatty():
        from .terminal.fit import fit_lines
        from .terminal.screen import screen_for

        start = "Error: "
        text = fit_lines(start + error.format_message(), screen_for(sys.stderr), 0)
        text = text.removeprefix(start)
        if isinstance(error, click.UsageError):
            error = click.UsageError(text, error.ctx)
        else:
            error = click.ClickException(text)
    try:
        error.show()
    except OSError:
        silence(sys.stderr)  # there is nobody to tell, and the exit status still says it


def _failed(error: Exception, arguments: list[str]) -> int:
    """An engine that fails in the middle of the work is a problem, anything else a bug."""
    from ..runtime.native.failure import EngineError
    from ..runtime.packages import UnusablePackageError
    from .crash import report_bug

    if isinstance(error, UnusablePackageError):
        _show(click.ClickException(str(error)))
        return 1
    if not isinstance(error, EngineError):
        return report_bug(error, arguments)
    from ..runtime.training.engine_choice import engine_problem
    from .specs.one_spec import fail

    return fail((engine_problem(error),), "auto")


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C caused it: before Python 3.12, what is raised while a class is made becomes a
    RuntimeError."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _refused(error: OSError) -> int:
    """Says what the system refuses, such as a name that is too long or a full disk."""
    if error.filename is None:
        # what is still buffered would fail again at the end
        silence(sys.stdout)
    name = "the output" if error.filename is None else f"`{error.filename}`"
    _show(cannot_write(name, error) if error.filename is None else cannot_use(name, error))
    return 1


def status_of(arguments: list[str]) -> int:
    """Runs a command line and gives its exit status, whatever happens."""
    try:
        result: Any = netc.main(
            arguments, prog_name="netc", standalone_mode=False, obj=tuple(arguments)
        )
        sys.stdout.flush()
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Who read the output went away, as `| head` does, before the command was through.
        silence(sys.stdout)
        return 130
    except MemoryError as error:
        click.echo(f"Error: out of memory ({error})".replace(" ()", ""), err=True)
        return 1
    except OSError as error:
        return _failed(error, arguments) if error.errno is None else _refused(error)
    except Exception as error:
        if "_NETC_COMPLETE" in os.environ:
            return 1  # a shell asks for words with variables that are none; it shows what is said
        return 130 if _is_interrupt(error) else _failed(error, arguments)
    return result if isinstance(result, int) else 0
