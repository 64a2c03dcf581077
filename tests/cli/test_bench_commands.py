"""`netc bench` and `netc run --profile` as a shell sees them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from command import run_netc

TINY = "input 6 -> dense 5 tanh -> dense 3 softmax; loss ce; opt adam"


def netc(*arguments: str) -> CompletedProcess[str]:
    return run_netc(Path(), *arguments)


def test_a_profile_is_printed_in_place_of_a_run(tmp_path: Path) -> None:
    spec = tmp_path / "digits.net"
    spec.write_text(f"data digits\n{TINY.replace('6', '64').replace('3', '10')}\n")
    done = netc("run", str(spec), "--profile")
    assert done.returncode == 0, done.stderr
    assert "epoch" not in done.stdout
    assert done.stdout.splitlines()[0].split()[:3] == ["#", "instruction", "layer"]


def test_a_profile_in_c_times_every_call_and_says_what_is_in_numpy(
    native_cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "net.net").write_text(
        "data iris; input 4 -> dense 5 relu -> dense 3 softmax; loss ce; opt adam; train batch=20"
    )
    done = run_netc(tmp_path, "run", "net.net", "--profile", "--engine", "native")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("engine  native: ")
    assert re.match(r"engine  native; [\d.]+ % of the time is in NumPy", lines[-1])
    # all that computes is on the list, also what shares a loop
    assert any(re.match(r" +\d+  .*adam.* opt adam +\d", line) for line in lines)
    assert {"dense1", "dense2"} <= {line.split()[0] for line in lines if line.startswith("  ")}


def test_a_profile_takes_no_options_of_a_run(tmp_path: Path) -> None:
    done = netc("run", "-e", f"data digits; {TINY}", "--profile", "--epochs", "3")
    assert done.returncode == 2
    assert "cannot be combined" in done.stderr


@pytest.mark.parametrize(
    ("spec", "options", "says"),
    [
        (TINY, ("--batch", str(10**17)), "is too large to be timed"),
        (f"{TINY}; train batch=100000000000000000", (), "is too large to be timed"),
        (TINY, ("--threads", str(10**30)), "is not in the range 1<=x<=1024"),
    ],
)
def test_numbers_that_no_machine_has_are_refused(
    spec: str, options: tuple[str, ...], says: str
) -> None:
    done = netc("bench", "-e", spec, "--against", "textbook", "--rounds", "1", *options)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


def test_a_comparison_prints_a_line_for_each_side() -> None:
    done = netc("bench", "-e", TINY, "--batch", "8", "--rounds", "1", "--against", "textbook")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "8 samples, 1 core, 1 round"
    assert "netc takes" in done.stdout
    assert any(line.startswith("  textbook class, float64") for line in lines)


def test_the_figures_are_there_as_json() -> None:
    done = netc("bench", "-e", TINY, "--infer", "--rounds", "1", "--against", "textbook", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["batch"] == 1
    assert figures["skipped"][0]["reason"] == "it is compared in training only"


def test_both_engines_are_timed_and_a_compiler_that_fails_is_an_error(
    native_cache: Path, tmp_path: Path
) -> None:
    text = "input 4 -> dense 3 softmax; loss ce; opt sgd"
    rows = ("bench", "-e", text, "--against", "textbook", "--rounds", "1", "--engine")
    done = run_netc(tmp_path, *rows, "both")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^ +training step +samples/s +netc is +netc, compiled is$", done.stdout, re.M)
    assert re.search(r"^  netc, compiled +.*\d x as fast", done.stdout, re.M)
    assert re.search(r"^  textbook.*\d x as fast.*\d x as fast", done.stdout, re.M)
    assert re.search(r"^compiled with (gcc|clang|zig) [\d.]+$", done.stdout, re.M)
    found = json.loads(run_netc(tmp_path, *rows, "native", "--json").stdout)
    assert [item["name"] for item in found["engines"]] == ["netc_native"]
    assert [item["name"] for item in found["rivals"]] == ["textbook"]
    refused = run_netc(tmp_path, *rows, "both", NETC_CC="no-such-compiler")
    assert (refused.returncode, "E0769" in refused.stderr) == (1, True)


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    # a module that is None cannot be imported, nor found
    monkeypatch.setitem(sys.modules, "torch", None)
    done = netc("bench", "-e", TINY)
    assert done.returncode == 1
    assert "pip install 'netc[torch]'" in done.stderr


def test_wrong_usage_is_told() -> None:
    assert "cannot compare with `tensorflow`" in netc("bench", "--against", "tensorflow").stderr
    assert "needs a `loss`" in netc("bench", "-e", "input 4 -> dense 2").stderr
    free = netc("bench", "-e", "input ?x?x3 -> gap -> dense 2; loss mse; opt sgd")
    assert "all sizes must be known" in free.stderr
