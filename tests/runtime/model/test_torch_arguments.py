"""`device=`, `precision=` and `compile=` of a program, beside `engine=`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import netc
import numpy as np
import pytest
from netc.cli.options import engine_option
from netc.compiler.diagnostics import DataError
from netc.runtime.training.spec import EngineChoice

SPEC = (
    "input 3 -> dense 4 tanh -> dense 2 softmax; loss ce; opt adam lr=0.01"
    "; train epochs=2 batch=16 seed=1"
)
X = np.random.default_rng(0).normal(size=(64, 3))
Y = (X.sum(axis=1) > 0).astype(int)


def model() -> netc.Model:
    return netc.compile(SPEC)


def test_a_command_has_the_same_engines() -> None:
    def command() -> None: ...

    (option,) = engine_option(command).__click_params__  # type: ignore[attr-defined]
    assert list(option.type.choices) == list(get_args(EngineChoice))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"device": "tpu"}, ValueError, "device must be 'cpu', 'cuda' or 'mps', not 'tpu'"),
        ({"precision": "f16"}, ValueError, "precision must be 'f32', 'f64' or 'bf16', not 'f16'"),
        ({"engine": "jax"}, ValueError, "engine must be 'numpy', 'native', 'auto' or 'torch', not"),
        ({"device": "cpu"}, TypeError, "device='cpu' needs engine='torch'"),
        ({"precision": "bf16"}, TypeError, "precision='bf16' needs engine='torch'"),
        ({"compile": True, "engine": "numpy"}, TypeError, "compile=True needs engine='torch'"),
    ],
)
@pytest.mark.parametrize("call", ["fit", "partial_fit", "cross_validate"])
def test_what_there_is_not_is_refused(
    call: str, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        getattr(model(), call)(X, Y, **given)


def test_a_search_refuses_it_too() -> None:
    pytest.importorskip("optuna", reason="a search needs it")
    with pytest.raises(TypeError, match="device='cpu' needs engine='torch'"):
        netc.tune(f"{SPEC}; data moons", device="cpu")


@pytest.mark.parametrize("given", [{"device": "cpu"}, {"precision": "f64"}, {"compile": True}])
def test_a_run_that_goes_on_keeps_its_own(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"`{next(iter(given))}` is not allowed"):
        model().fit(X, Y, resume="run", **given)


def test_the_precision_is_that_of_the_trained_network() -> None:
    double = model().fit(X, Y, precision="f64")
    written = netc.compile(f"{SPEC} precision=f64").fit(X, Y)
    assert double.ir.train.precision == "f64"
    assert (double.predict_proba(X) == written.predict_proba(X)).all()
    assert double.weights["dense1.w"].dtype == np.float64
    double.fit(X, Y, warm_start=True)
    assert double.ir.train.precision == "f64"
    assert double.fit(X, Y).ir.train.precision == "f32"


def test_partial_fit_stays_in_its_precision() -> None:
    other = model().partial_fit(X, Y, precision="f64")
    other.partial_fit(X, Y, precision="f64")
    with pytest.raises(ValueError, match="must stay 'f64'"):
        other.partial_fit(X, Y, precision="f32")
    twice = netc.compile(f"{SPEC} precision=f64").partial_fit(X, Y).partial_fit(X, Y)
    assert (other.predict_proba(X) == twice.predict_proba(X)).all()


def test_a_device_that_is_not_there_is_a_diagnostic() -> None:
    torch = pytest.importorskip("torch", reason="computes")
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(DataError, match="E0775"):
        model().fit(X, Y, engine="torch", device="cuda")


@pytest.mark.parametrize(("precision", "digits"), [("f64", 1e-9), ("f32", 1e-4), ("bf16", 0.05)])
def test_pytorch_trains_in_each_precision(precision: Any, digits: float) -> None:
    pytest.importorskip("torch", reason="computes")
    numpy = netc.compile(f"{SPEC} precision=f64").fit(X, Y)
    other = model().fit(X, Y, engine="torch", device="cpu", precision=precision)
    assert other.ir.train.precision == ("f64" if precision == "f64" else "f32")
    np.testing.assert_allclose(other.predict_proba(X), numpy.predict_proba(X), rtol=digits)


def test_folds_and_further_epochs_are_computed_by_pytorch_as_well() -> None:
    pytest.importorskip("torch", reason="computes")
    given: dict[str, Any] = {"engine": "torch", "precision": "f64"}
    numpy = netc.compile(f"{SPEC} precision=f64")
    one, other = numpy.cross_validate(X, Y, folds=2), model().cross_validate(X, Y, folds=2, **given)
    assert other.mean["val_loss"] == pytest.approx(one.mean["val_loss"], rel=1e-9)
    numpy.partial_fit(X, Y)
    further = model().partial_fit(X, Y, **given)
    np.testing.assert_allclose(further.predict_proba(X), numpy.predict_proba(X), rtol=1e-9)


def test_the_program_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="computes")
    page = (Path(__file__).parents[3] / "docs" / "scale.md").read_text()
    (listing,) = re.findall(r"^```py\n(.*?)^```$", page, re.M | re.S)
    exec(listing, {})
    assert f"# prints {capsys.readouterr().out.strip()}" in listing
