"""The package in tests/plug_in, installed in an environment of its own, as a user of it has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = """data rings n=200 rings=2
input 2 -> dense 16 mish -> dense 2 softmax
loss ce
opt sign_sgd lr=0.01
train epochs=15
expect acc>=90%
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`netc` in an environment with netc, what it needs, and the package."""
    # not imported here: setuptools is, in place of distutils, which another test may have loaded
    if not {"pip", "setuptools"} <= {item.name for item in distributions()}:
        pytest.skip("the package is built with setuptools and installed with pip")
    folder = tmp_path_factory.mktemp("plug_in")
    venv.create(folder / "env", with_pip=False)
    (site,) = (folder / "env").glob("lib/python3*/site-packages")
    # what netc needs is taken from the environment of the tests
    (folder / "here").mkdir()
    (folder / "here" / "netc").symlink_to(ROOT, target_is_directory=True)
    paths = [str(folder / "here"), *(item for item in sys.path if "site-packages" in item)]
    (site / "netc.pth").write_text("\n".join(paths))
    shutil.copytree(ROOT / "tests" / "plug_in", folder / "plug_in")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(site), str(folder / "plug_in")]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "p.net").write_text(SPEC)
    python = folder / "env" / "bin" / "python"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def netc(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(python), "-m", "netc", *arguments],
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )

    return netc


@pytest.mark.heavy
def test_its_words_are_those_of_the_command(run: Run) -> None:
    checked = run("check", "p.net")
    assert checked.returncode == 0, checked.stderr
    trained = run("run", "p.net", "--save", "p.safetensors")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert run("eval", "p.safetensors").returncode == 0
    assert run("fmt", "--check", "p.net").returncode == 0
    assert '"mish"' in run("show", "--json", "p.net").stdout
    assert '"rings"' in run("explain", "--schema").stdout
    assert "of the package `netc-plug-in`" in run("explain", "mish").stdout
    assert "mixed" in run("explain", "losses").stdout
    words = run("explain").stdout
    for word in ("mish, of", "loss mixed, of", "opt sign_sgd, of", "data rings, of"):
        assert f"{word} `netc-plug-in`" in words
    assert "netc-plug-in" in run("doctor").stdout


@pytest.mark.heavy
def test_its_gradients_are_the_numerical_ones(run: Run) -> None:
    spec = "input 3 -> dense 4 mish -> dense 2; loss mixed share=0.9"
    found = run("gradcheck", "-e", spec)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.heavy
def test_its_reporters_follow_a_run(run: Run, tmp_path: Path) -> None:
    told = ("--reporter", f"tally={tmp_path / 't.txt'}", "--reporter", "mistaken")
    done = run("run", "p.net", "--epochs", "3", "--no-keep", *told)
    assert "the reporter `mistaken` of the package `netc-plug-in` failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert len((tmp_path / "t.txt").read_text().splitlines()) == 3
    assert "a reporter of the package `netc-plug-in`" in run("explain", "tally").stdout
    assert "reporter tally, of `netc-plug-in`" in run("explain").stdout
    assert "`tally`" in run("run", "p.net", "--reporter", "tallly").stderr
