"""The command as a shell sees it: what it prints, where, and the status it ends with."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from netc import __version__
from netc.cli.main import COMMANDS

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

GOOD = "input 28x28x1 -> conv 8 5x5 relu -> flatten -> dense 10 softmax\nloss ce\nopt adam\n"
WRONG = "input 28x28x1 -> conv 8 5x5 rleu -> flatten -> dense 10 softmax\nloss ce\nopt adm\n"


def test_without_arguments_it_says_what_to_try(netc: Netc, snapshot: Snapshot) -> None:
    done = netc()
    assert (done.returncode, done.stderr) == (0, "")
    snapshot("commands/welcome.txt", done.stdout)


def test_the_version(netc: Netc) -> None:
    done = netc("--version")
    assert (done.returncode, done.stdout) == (0, f"netc {__version__}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_in_the_help_exists_and_has_help(name: str, netc: Netc) -> None:
    module, attribute, line = COMMANDS[name]
    command = getattr(import_module(f"netc.cli.commands.{module}"), attribute)
    assert command.name == name
    assert line.endswith(".")
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.name} has no help"
    started = [sys.executable, "-m", "netc", name, "--help"]
    done = subprocess.run(started, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: netc {name}")
    assert f"  {name} " in netc("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("chek",), 2, "did you mean `netc check`?"),
        (("lenet.net",), 2, "did you mean `netc run lenet.net`?"),
        (("check",), 2, "expected a file, a folder"),
        (("check", "--fixx", "-"), 2, "--fix"),
        (("check", "--format", "xml", "-"), 2, "xml"),
        (("check", "--max-errors", "-1", "-"), 2, "--max-errors"),
        (("check", "--set", "width", "-"), 2, "NAME=VALUE"),
        (("explain", "E9999"), 2, "unknown code E9999"),
        (("explain", "covn"), 2, "did you mean `netc explain conv`?"),
        (("explain", "Conv2D"), 2, "`Conv2D` is called `conv` here: see `netc explain conv`"),
        (("explain", "Linear"), 2, "`Linear` is called `dense` here: see `netc explain dense`"),
        (("explain", "AdamW"), 2, "did you mean `netc explain adamw`?"),
        (("explain", "LSTM"), 2, "`LSTM` is not a netc keyword: netc has no recurrent layers"),
        (("check", "nope.net"), 1, "E0701"),
        (("check", "."), 1, "E0720"),
        (("show", "nope.net"), 1, "E0701"),
        (("fmt", "nope.net"), 1, "E0701"),
        (("check", "-e", GOOD), 0, "no problems in 1 file"),
        (("check", "-e", WRONG), 1, "did you mean `relu`?"),
        (("check", "-e", ""), 1, "error["),
        (("show", "-e", GOOD), 0, "dense 10"),
        (("show", "-e", WRONG), 1, "error["),
    ],
)
def test_exit_statuses(netc: Netc, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = netc(*arguments)
    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", None),
        (b"\xef\xbb\xbfinput 8 -> dense 2 softmax\r\nloss ce\r\n", ""),
        (b"input 8\x00", "E0703"),
        (b"\x89PNG\r\n\x1a\n\x00", "E0703"),
        (b"# caf\xe9\ninput 8", "E0704"),
        (b"\xff\xfei\x00n\x00", "E0703"),
    ],
)
@pytest.mark.parametrize("way", ["file", "stdin"])
def test_any_bytes_end_in_a_diagnosis(
    netc: Netc, tmp_path: Path, data: bytes, code: str | None, way: str
) -> None:
    (tmp_path / "a.net").write_bytes(data)
    done = netc("check", "a.net") if way == "file" else netc("check", "-", stdin=data)
    assert done.returncode == (0 if code == "" else 1)
    assert (code or "") in done.stdout
    assert not done.stderr


def test_a_file_without_permission_is_a_problem(netc: Netc, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    done = netc("check", "a.net")
    assert done.returncode == 1
    assert "E0708" in done.stdout


def test_ascii_streams_get_ascii(netc: Netc) -> None:
    done = netc("check", "-e", WRONG, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert ",- <text>:1:29" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        ((), {"TERM": "dumb"}, False),
        (("--color", "never"), {}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_on_a_terminal(
    arguments: tuple[str, ...], environment: dict[str, str], colored: bool
) -> None:
    main, end = pty.openpty()
    variables = {"TERM": "xterm", "PATH": os.environ["PATH"], **environment}
    command = [sys.executable, "-m", "netc", "check", "-e", WRONG, *arguments]
    done = subprocess.run(command, stdout=end, env=variables, check=False)
    os.close(end)
    shown = os.read(main, 65536).decode()
    os.close(main)
    assert done.returncode == 1
    assert ("\x1b[1;31m" in shown) == colored


def test_no_colour_in_a_pipe(netc: Netc) -> None:
    assert "\x1b" not in netc("check", "-e", WRONG).stdout
    assert "\x1b" in netc("check", "-e", WRONG, "--color", "always").stdout


def test_a_closed_pipe_is_quiet() -> None:
    command = [sys.executable, "-m", "netc", "check", "-e", WRONG]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("redirection", "status"),
    [("<&- >/dev/null", 1), (">&- 2>&-", 1), (">/dev/full", 1)],
)
def test_streams_that_are_closed_or_full(redirection: str, status: int) -> None:
    command = f"{sys.executable} -m netc check - -e '{WRONG.splitlines()[0]}' {redirection}"
    done = subprocess.run(
        command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert "bug" not in done.stderr
    assert "Exception" not in done.stderr


PIPE_HOLDS = 2**20
"""More than a pipe holds: who has written it knows that it is being read."""


def test_ctrl_c_is_quiet() -> None:
    command = [sys.executable, "-m", "netc", "check", "-"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # in the background of a shell the tests ignore it, and so would what they start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdin is not None
    os.write(process.stdin.fileno(), b" " * PIPE_HOLDS)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err.strip()) == (130, b"", b"")


BROKEN = """
import sys, netc.cli.commands.check
def explode(*anything): raise ZeroDivisionError("one of a kind")
netc.cli.commands.check.examine_all = explode
sys.argv = ["netc", "check", "-e", "input 8"]
from netc.cli.main import main
main()
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_a_page_to_report(tmp_path: Path, debug: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN],
        cwd=tmp_path,
        env={**os.environ, "NETC_DEBUG": debug},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 70
    assert "ZeroDivisionError: one of a kind" in done.stderr
    assert "netc check -e 'input 8'" in done.stderr
    assert f"netc {__version__}" in done.stderr
    assert "netc/cli/commands/check.py" in done.stderr
    assert ("Traceback" in done.stderr) == bool(debug)


@pytest.mark.parametrize("form", ["full", "concise", "json", "github", "sarif"])
def test_formats(netc: Netc, tmp_path: Path, snapshot: Snapshot, form: str) -> None:
    (tmp_path / "a.net").write_text(WRONG)
    (tmp_path / "b.net").write_text(GOOD)
    done = netc("check", ".", "--format", form)
    assert done.returncode == 1
    snapshot(f"commands/check.{form}.txt", done.stdout.replace(f'"{__version__}"', '"VERSION"'))


def test_the_number_of_errors_can_be_limited(netc: Netc, snapshot: Snapshot) -> None:
    done = netc("check", "-e", WRONG, "--max-errors", "1")
    snapshot("commands/max_errors.txt", done.stdout)
    programs = netc("check", "-e", WRONG, "--max-errors", "1", "--format", "json")
    assert len(json.loads(programs.stdout)["problems"]) == 1


def test_the_first_warnings_are_shown(netc: Netc) -> None:
    text = f"input 4{' -> dense 3' * 60}; data iris; loss mse; opt adam"
    done = netc("check", "-e", text)
    assert done.stdout.count("warning[W0316]") == 50
    assert "9 more warnings: --max-errors 0 shows all" in done.stdout
    shown = netc("gradcheck", "-e", text, "--parameters", "1")
    assert (shown.returncode, shown.stderr.count("warning[W0316]")) == (0, 50)
    assert "9 more warnings: `netc check --max-errors 0` shows all" in shown.stderr


@pytest.mark.parametrize("command", ["run", "show"])
def test_other_commands_show_the_first_errors(netc: Netc, command: str) -> None:
    text = "input 4" + " -> dens 3" * 60 + " -> dense 3 softmax; data iris; loss ce; opt adam"
    done = netc(command, "-e", text)
    assert done.returncode == 1
    assert done.stderr.count("error[E0201]") == 50
    assert "10 more errors: `netc check --max-errors 0` shows all" in done.stderr
    assert "60 errors in 1 file" in done.stderr


def test_fixes_are_written(netc: Netc, tmp_path: Path, snapshot: Snapshot) -> None:
    path = tmp_path / "a.net"
    path.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    shown = netc("check", "a.net", "--fix", "--diff")
    assert shown.returncode == 1
    snapshot("commands/diff.txt", shown.stdout.replace("\r", "<CR>"))
    assert b"rleu" in path.read_bytes()
    done = netc("check", "a.net", "--fix")
    snapshot("commands/fix.txt", done.stdout)
    assert done.returncode == 0
    fixed = WRONG.replace("rleu", "relu").replace("adm", "adam")
    assert path.read_bytes() == b"\xef\xbb\xbf" + fixed.replace("\n", "\r\n").encode()


def test_a_fixed_standard_input_is_printed(netc: Netc) -> None:
    done = netc("check", "-", "--fix", stdin=WRONG)
    assert done.stdout == WRONG.replace("rleu", "relu").replace("adm", "adam")
    assert "fixed 2 problems" in done.stderr
    untouched = netc("check", "-", "--fix", stdin=GOOD)
    assert untouched.stdout == GOOD


def test_settings_reach_the_spec(netc: Netc) -> None:
    spec = "let width=64\ninput 8 -> dense $width relu -> dense 10 softmax\n"
    assert "650" in netc("show", "-e", spec).stdout
    assert "dense 7" in netc("show", "-e", spec, "--set", "width=7").stdout
    wrong = netc("check", "-e", spec, "--set", "widht=7")
    assert wrong.returncode == 1
    assert "width" in wrong.stdout


def test_a_problem_with_standard_input_names_it(netc: Netc, tmp_path: Path) -> None:
    rows = "".join(f"{i % 5},{'red' if i % 2 else 'blue'},{i % 2}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"a,colour,y\n{rows}")
    spec = 'data csv "t.csv"; prep onehot; input 3 -> dense 2 softmax; loss ce; opt adam'
    assert netc("run", "-e", spec, "--epochs", "1", "--save", "t.safetensors").returncode == 0
    for table, message in {
        "a,colour\n1,green\n": "`colour` of `<stdin>` is `green` in line 2",
        "a\n1\n": "`<stdin>` has no column `colour`",
        "": "cannot read `<stdin>`: it is empty",
    }.items():
        done = netc("predict", "t.safetensors", "-", stdin=table)
        assert done.returncode == 1
        assert message in done.stderr
        assert "─ <stdin>\n" in done.stderr
        assert "stdin.csv" not in done.stderr
