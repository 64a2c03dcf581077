"""`netc diff`: what differs, and an exit status for CI."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import run_netc
from netc.cli.commands import diff as diff_command
from netc.runtime.storage.tensor_changes import tensor_changes
from safetensors.numpy import save_file

SPEC = (
    "data iris; input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt adam;"
    " train epochs=2 batch=32 seed=1\n"
)


def netc(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return run_netc(folder, *arguments, stdin=stdin, NETC_RUNS_DIR="runs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with specs, their runs and their weights."""
    folder = tmp_path_factory.mktemp("diff")
    (folder / "a.net").write_text(SPEC)
    (folder / "b.net").write_text(
        SPEC.replace("dense 8", "dense 9").replace("adam", "adam lr=0.01")
    )
    for name, *options in (("a",), ("b",), ("a", "--seed", "2")):
        weights = f"{name}{''.join(options[1:])}.safetensors"
        done = netc(folder, "run", f"{name}.net", "--save", weights, *options)
        assert done.returncode == 0, done.stderr
    return folder


def test_the_same_is_the_same_however_it_is_named(folder: Path) -> None:
    text = (folder / "a.net").read_text().replace("; ", "\n")
    for pair in (("a.net", "-"), ("a.net", "a.safetensors"), ("b.net", "b"), ("b", "b")):
        done = netc(folder, "diff", *pair, stdin=text)
        assert (done.returncode, done.stdout) == (0, "no differences\n"), pair


def test_a_difference_is_told_with_status_1(folder: Path) -> None:
    done = netc(folder, "diff", "a.net", "b.net")
    assert done.returncode == 1
    assert "- dense1  dense 8  to 8  40 parameters" in done.stdout
    assert "+ dense1  dense 9  to 9  45 parameters" in done.stdout
    assert "opt lr   0.001  0.01" in done.stdout
    assert "parameters" in done.stdout


def test_weights_are_compared_tensor_by_tensor(folder: Path) -> None:
    done = netc(folder, "diff", "a.safetensors", "a2.safetensors", "--format", "json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["layers"] == []
    assert found["settings"] == {"train seed": ["1", "2"]}
    assert {one["name"] for one in found["tensors"]} >= {"dense1.w", "dense2.w"}
    done = netc(folder, "diff", "a.safetensors", "b.safetensors")
    assert "4x8, then 4x9" in done.stdout


def test_weights_of_others_are_compared_with_weights_only(folder: Path) -> None:
    save_file({"x": np.ones(2, "f4")}, folder / "other.safetensors")
    assert netc(folder, "diff", "other.safetensors", "other.safetensors").returncode == 0
    done = netc(folder, "diff", "other.safetensors", "a.safetensors", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["layers"] is None
    done = netc(folder, "diff", "a.net", "other.safetensors")
    assert done.returncode == 2
    assert "`other.safetensors` holds weights without a spec" in done.stderr


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nothing", "E0760"),
        ("nothing.net", "E0701"),
        ("nothing.safetensors", "E07"),
        ("bad.net", "E"),
    ],
)
def test_trouble_has_the_status_2(folder: Path, name: str, code: str) -> None:
    (folder / "bad.net").write_text("input 4 -> dence 3\n")
    done = netc(folder, "diff", "a.net", name)
    assert done.returncode == 2
    assert f"[{code}" in done.stderr


def test_the_json_is_described(folder: Path) -> None:
    found = json.loads(netc(folder, "diff", "a.net", "b.net", "--format", "json").stdout)
    assert found["version"] == 1
    for name, value in found.items():
        assert f"    {name} " in (diff_command.__doc__ or "")
        for key in value[0] if isinstance(value, list) and name == "layers" else {}:
            assert f'"{key}"' in (diff_command.__doc__ or "")


def test_the_largest_difference_of_tensors() -> None:
    a = {"w": np.array([1.0, -4.0], "f4"), "same": np.zeros(3), "gone": np.zeros(2)}
    b = {"w": np.array([1.5, -3.0], "f4"), "same": np.zeros(3), "new": np.zeros((1, 2))}
    found = {one.name: one for one in tensor_changes(a, b)}
    assert found.keys() == {"w", "gone", "new"}
    assert (found["w"].difference, found["w"].relative) == (1.0, 0.25)
    assert (found["new"].first, found["new"].second) == (None, (1, 2))
    assert tensor_changes({"e": np.zeros(0)}, {"e": np.zeros(0, "f4")})[0].difference == 0
