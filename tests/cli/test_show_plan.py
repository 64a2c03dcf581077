"""`netc show --plan`: the program, the arrays, the bytes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

SPECS = Path(__file__).parents[2] / "specs"
SMALL = "input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt adam; reg l2 0.01"


def test_a_plan_looks_like_this(netc: Netc, snapshot: Snapshot) -> None:
    done = netc("show", "--plan", "--batch", "2", "-e", SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    snapshot("show/plan.txt", done.stdout)


@pytest.mark.parametrize("name", ["lenet5", "two_heads", "googlenet", "densenet121"])
def test_plans_are_readable_at_100_columns(name: str, netc: Netc) -> None:
    done = netc("show", "--plan", "--batch", "1", str(SPECS / f"{name}.net"))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)


def test_a_plan_can_be_verified(netc: Netc) -> None:
    plain, verified = (
        netc("show", "--plan", *more, "-e", SMALL).stdout for more in ([], ["--verify"])
    )
    assert verified == plain + ("\nverified: each of 16 passes that ran, and the finished plan\n")
    done = netc("show", "--verify", "-e", SMALL)
    assert (done.returncode, "--verify needs --plan" in done.stderr) == (2, True)


def test_the_bytes_add_up(netc: Netc) -> None:
    done = netc("show", "--plan", str(SPECS / "lenet5.net"))
    assert done.stdout.startswith("plan for a batch of 64 in f32\n")
    _, _, table = done.stdout.rpartition("\nbytes\n")
    sizes = [int(re.split(r"\s{2,}", line)[2].replace(",", "")) for line in table.splitlines()]
    assert sum(sizes[:-1]) == sizes[-1] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plan", "-e", "input ?x8 -> gap -> dense 2"], "`input1` is ?x8"),
        (["--plan", "-e", "input 2 -> dense 1; loss mse; train batch=all"], "give the batch size"),
        (["--batch", "3", "-e", "input 2 -> dense 1"], "--batch needs --plan"),
        (["--plan", "--batch", "0", "-e", "input 2 -> dense 1"], "--batch"),
    ],
)
def test_what_has_no_plan_says_why(arguments: list[str], words: str, netc: Netc) -> None:
    done = netc("show", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_wrong_spec_shows_its_mistakes_and_no_plan(netc: Netc) -> None:
    done = netc("show", "--plan", "-e", "input 4x4x1 -> dense 2")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[E0" in done.stderr


def test_a_plan_for_c_says_what_is_compiled_and_which_loops_are_shared(netc: Netc) -> None:
    done = netc("show", "--plan", "--engine", "native", "--batch", "2", "-e", SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    plan, found = done.stdout.split("\nnative  ")
    match = re.match(r"(\d+) of (\d+) instructions are in C, in (\d+) functions\n", found)
    assert match is not None
    count, total, functions = map(int, match.groups())
    assert 0 < functions <= count <= total
    left = found.splitlines()[-1].split(maxsplit=1)
    assert left[0] == "numpy"
    assert (left[1] == "nothing") == (count == total)
    assert " + " in found
    assert plan != netc("show", "--plan", "--batch", "2", "-e", SMALL).stdout
    done = netc("show", "--engine", "native", "-e", SMALL)
    assert (done.returncode, "--engine needs --plan" in done.stderr) == (2, True)
