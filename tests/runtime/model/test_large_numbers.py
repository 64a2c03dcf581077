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


OPTIONS = {
    "opt sgd lr=1e50": "`lr` of `sgd`: 1e50 is too large",
    "opt sgd lr=1e-50": "`lr` of `sgd`: 1e-50 is too small",
    "opt sgd clip=1e39": "`clip` of `sgd`: 1e39 is too large",
    "opt adam eps=1e-39": "`eps` of `adam`: 1e-39 is too small",
    "reg l2 1e50": "`strength` of `l2`: 1e50 is too large",
    "schedule poly power=1e40": "`power` of `poly`: 1e40 is too large",
    "augment noise=1e40": "`noise` of `augment`: 1e40 is too large",
    "loss huber delta=1e40": "`delta` of `huber`: 1e40 is too large",
    "loss mse weight=1e40": "`weight` of `mse`: 1e40 is too large",
    "loss ce weight=(1, 1e40, 1)": "`weight` of `ce`: 1e40 is too large",
    "dense 4 init=normal(1e40)": "`init` of `dense`: 1e40 is too large",
    "dense 4 l1=1e-40": "`l1` of `dense`: 1e-40 is too small",
    "bn eps=1e-40": "`eps` of `bn`: 1e-40 is too small",
    "leaky 1e40": "`slope` of `leaky`: 1e40 is too large",
}  # fmt: skip


@pytest.mark.parametrize(("words", "says"), OPTIONS.items(), ids=OPTIONS)
@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_a_number_of_an_option(words: str, says: str, precision: str) -> None:
    kind = words.split()[0]
    lines = {"loss": "loss ce", "opt": "opt sgd"}
    directive = kind in ("opt", "reg", "schedule", "augment", "loss")
    lines |= {kind: words} if directive else {}
    layer = "" if directive else f"-> {words} "
    end = "dense 1" if "huber" in words or "mse" in words else "dense 3 softmax"
    text = "\n".join(
        ["data iris", f"input 4 {layer}-> {end}", *lines.values(), f"train precision={precision}"]
    )
    problems = netc.check(text)
    found = [f"{problem.code} {problem.message}" for problem in problems]
    told = [line for line in found if line.startswith("E0239")]
    assert told == ([f"E0239 {says} for single precision"] if precision == "f32" else [])


def test_the_ends_of_single_precision_are_inside() -> None:
    for lr in ("3.4028234663852886e38", "1.1754943508222875e-38"):
        assert "E0239" not in {p.code for p in netc.check(f"input 1 -> dense 1; opt sgd lr={lr}")}


def test_a_number_of_a_model_in_json() -> None:
    text = netc.compile("input 4 -> dense 3; loss mse; opt sgd lr=0.5").to_json()
    with pytest.raises(netc.CompileError, match="E0239 `lr` of `sgd`: 1e50 is too large"):
        netc.from_json(text.replace("0.5", "1e50"))


def test_a_deviation_without_an_inverse() -> None:
    x = np.random.default_rng(0).random((40, 2)) * 5e-324
    np.savez("f.npz", x=x, y=np.arange(40.0))
    wrong = errors("run", "-e", f'data npz "f.npz"; prep scale; {NET.format(precision="")}')
    assert "`f.npz`, after `prep scale`: a number is too large for single precision" in wrong


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
