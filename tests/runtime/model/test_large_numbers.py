"""Numbers that single precision cannot hold: told with their place, and without a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner
from netc.cli.main import netc as command

pytestmark = pytest.mark.filterwarnings("error")

END = "loss mse; opt adam; train epochs=1{precision}"
NET = "input 2 -> dense 1; " + END
LARGE = 1e300


def errors(*arguments: str) -> str:
    """What a command writes to standard error: a warning would raise."""
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    return done.stderr


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(*, x: float = 1.0, y: float = 1.0) -> None:
    rows = [[f"{i / 40:g}", f"{-i / 40:g}", f"{i / 20:g}"] for i in range(40)]
    rows[6][1], rows[8][2] = f"{x:g}", f"{y:g}"
    Path("t.csv").write_text("\n".join(["a,b,y", *map(",".join, rows)]) + "\n")


@pytest.mark.parametrize(
    ("values", "says"),
    [({"x": LARGE}, "line 8: `b`, 1e+300,"), ({"y": -LARGE}, "line 10: `y`, -1e+300,")],
)
def test_a_cell_of_a_table(values: dict[str, float], says: str) -> None:
    table(**values)
    text = f'data csv "t.csv"; prep scale; {NET}'
    wrong = errors("run", "-e", text.format(precision=""))
    assert f"error[E0524]: `t.csv`, {says} is too large for single precision" in wrong
    assert "`train precision=f64` computes with numbers up to 1.8e308" in wrong
    assert wrong.count("error[") == 1
    assert "E0524" not in errors("run", "-e", text.format(precision=" precision=f64"))


def test_a_value_of_an_array() -> None:
    x = np.random.default_rng(0).random((40, 2))
    np.save("y.npy", x[:, 0])
    x[6, 1] = LARGE
    np.save("x.npy", x)
    np.savez("f.npz", x=x, y=x[:, 0])
    for data, says in (
        ('npy "x.npy" target="y.npy"', "`x.npy`, sample 7, column 2: 1e+300"),
        ('npz "f.npz"', "`f.npz`, `x`, sample 7, column 2: 1e+300"),
    ):
        wrong = errors("run", "-e", f"data {data}; {NET.format(precision='')}")
        assert f"error[E0524]: {says} is too large for single precision" in wrong
    with pytest.raises(netc.DataError, match=r"`x`, sample 7, column 2: 1e\+300 is too large"):
        netc.compile(NET.format(precision="")).fit(x, x[:, 0])


@pytest.mark.parametrize("prep", ["scale", "standardize"])
def test_a_preparation_that_ends_within_bounds(prep: str) -> None:
    """Single precision holds each value and not their difference; preparations do not compute in
    it."""
    x = np.random.default_rng(0).random((40, 2))
    x[::2, 1], x[1::2, 1] = 3.4e38, -3.4e38
    x[0] *= -1
    np.savez("f.npz", x=x, y=x[::-1, 0])
    text = f'data npz "f.npz"; prep {prep}; {NET.format(precision="")}'
    assert errors("run", "-e", text) == ""


def test_a_feature_that_hardly_differs() -> None:
    x = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    x[:, 1] = 0
    x[3, 1] = 1e-44
    np.savez("f.npz", x=x, y=x[::-1, 0])
    text = f'data npz "f.npz" split=(100%, 0%, 0%); prep scale; {NET.format(precision="")}'
    assert errors("run", "-e", text) == ""


def test_a_sample_that_training_did_not_have() -> None:
    x = np.random.default_rng(0).random((40, 2)) * 1e-3
    model = netc.compile(f"prep standardize; {NET.format(precision='')}").fit(x, x[:, 0])
    model.save("w.safetensors")
    x[6, 1] = 3e38
    says = "after `prep standardize`: a number is too large for single precision"
    for ask in (model.predict, lambda given: model.evaluate(given, given[:, 0])):
        with pytest.raises(netc.DataError, match=says):
            ask(x)
    np.savetxt("x.csv", x, delimiter=",")
    assert f"`x.csv`, {says}" in errors("predict", "w.safetensors", "x.csv")
    np.savez("f.npz", x=x, y=x[:, 0])
    evaluated = errors("eval", "w.safetensors", "--data", 'npz "f.npz"', "--part", "all")
    assert f"`f.npz`, {says}" in evaluated
    x[6, 1] = LARGE
    np.savetxt("x.csv", x, delimiter=",")
    said = "`x.csv`, line 7: `column2`, 1e+300, is too large for single precision"
    assert said in errors("predict", "w.safetensors", "x.csv")
