"""Arguments of a program that are of the wrong type, or out of range, are refused before anything
is trained, in a sentence that names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

SPEC = "input 2 -> dense 3 -> dropout 0.5 -> dense 2 softmax; loss ce; opt sgd; train epochs=1"
X, Y = np.zeros((40, 2)), np.arange(40) % 2
MANY = np.ones(3)


class EmptyReporter(list[Any]):
    """Nothing so far, so it is false as a truth value."""

    def __call__(self, event: Any) -> None:
        self.append(event)


@pytest.fixture(scope="module")
def model() -> netc.Model:
    return netc.compile(SPEC).fit(X, Y, validation=0)


TRAINING = {
    "epochs": [True, 1.0, "1", MANY, np.array("x"), 0, 10**18],
    "batch": [True, 1.5, "al", "f32", MANY, np.array("all"), 0, 10**18],
    "seed": [False, "0", MANY, -1, 10**18],
    "workers": [True, 1.0, MANY, 0],
    "engine": [1, "num", MANY, np.array("numpy")],
    "device": [1, "gpu", MANY],
    "precision": [32, "f16", MANY],
    "compile": [None, 1, 2**40, "yes", MANY],
    "reporter": [0, "", "print", MANY],
}
ARGUMENTS: list[tuple[str, str, Any]] = [
    (call, name, value)
    for call in ("fit", "cross_validate")
    for name, values in TRAINING.items()
    for value in values
]
ARGUMENTS += [("cross_validate", "folds", value) for value in (1, 2.0, MANY, 10**18)]
ARGUMENTS += [
    ("fit", "validation", value)
    for value in (True, "0.1", 1.0, -0.1, 10**400, float("nan"), np.array(True), np.array("x"))
]
ARGUMENTS += [("fit", "validation", np.datetime64("2020-01-01")), ("fit", "warm_start", MANY)]
ARGUMENTS += [("fit", "warm_start", 1), ("fit", "keep", 3), ("fit", "resume", b"run")]
ARGUMENTS += [("attack", "eps", value) for value in (True, "1", MANY, -1, 10**400, np.array("x"))]
ARGUMENTS += [("attack", "method", MANY), ("attack", "norm", "l1"), ("attack", "steps", MANY)]
ARGUMENTS += [("gradients", "unit", value) for value in (np.uint64(2**64 - 1), 1e300, (True,), "a")]
ARGUMENTS += [("predict_proba", "samples", MANY), ("outputs", "name", True)]


IDS = [f"{call} {name} {place}" for place, (call, name, _) in enumerate(ARGUMENTS)]


@pytest.mark.parametrize(("call", "name", "value"), ARGUMENTS, ids=IDS)
def test_wrong_arguments_of_a_model_are_refused(
    call: str, name: str, value: Any, model: netc.Model
) -> None:
    x = (X, Y) if call in ("fit", "cross_validate", "attack") else (X,)
    beside = {"of": "dense2"} if name == "unit" else {}
    named = "name of a layer" if call == "outputs" else rf"(^|\b){name}\b"
    with pytest.raises((TypeError, ValueError), match=named) as caught:
        getattr(model, call)(*x, **{name: value}, **beside)
    assert type(caught.value) in (TypeError, ValueError)
    assert len(str(caught.value)) < 160


OTHERS: dict[str, tuple[Callable[..., Any], str]] = {
    "vocabulary": (lambda value: netc.check(SPEC, value), "vocabulary"),
    "vocabulary of compile": (lambda value: netc.compile(SPEC, value), "vocabulary"),
    "vocabulary of schema": (lambda value: netc.schema(value), "vocabulary"),
    "class of words": (lambda value: netc.vocabulary(value), "neither a layer"),
    "text to format": (lambda value: netc.format(value), "text"),
    "report": (lambda value: netc.save_pictures(value, "folder"), "report"),
    "picture": (lambda value: netc.inspect_data("data iris", picture=value), "picture"),
    "file": (lambda value: netc.load(value), "path"),
    "file of a model": (lambda value: netc.import_model(value), "path"),
    "study": (lambda value: netc.tune(SPEC, study=value), "study"),
    "prune": (lambda value: netc.tune(SPEC, prune=value), "prune"),
    "storage": (lambda value: netc.tune(SPEC, storage=value), "storage"),
    "lets": (lambda value: netc.tune(SPEC, lets=value), "lets"),
}


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("value", [3, b"x", [1], MANY], ids=["number", "bytes", "list", "array"])
def test_wrong_arguments_of_functions_are_refused(what: str, value: Any) -> None:
    call, named = OTHERS[what]
    with pytest.raises(TypeError, match=named):
        call(value)


@pytest.mark.parametrize("value", [None, 3, [1, 2]])
def test_weights_are_named(value: Any, model: netc.Model) -> None:
    with pytest.raises(TypeError, match="dict of arrays by name"):
        model.set_weights(value)


def test_rows_of_weights_have_one_length(model: netc.Model) -> None:
    with pytest.raises(ValueError, match=r"'dense1\.b' have different lengths"):
        model.set_weights({**model.weights, "dense1.b": [[1], [1, 2]]})


def test_no_samples_are_no_array(model: netc.Model) -> None:
    with pytest.raises(netc.DataError, match="`x` cannot be used: it is a `NoneType`"):
        model.predict(None)


def test_a_run_of_an_impossible_name_is_missing(tmp_path: Path) -> None:
    with pytest.raises(netc.DataError) as caught:
        netc.compile(SPEC).fit(X, Y, resume=str(tmp_path / ("x" * 5000)))
    assert caught.value.diagnostics[0].code == "E0760"


def test_a_reporter_may_be_false_as_a_truth_value() -> None:
    reporter = EmptyReporter()
    netc.compile(SPEC).fit(X, Y, validation=0, reporter=reporter)
    assert len(reporter) > 0
