"""`netc.compile(...)`, `fit`, `evaluate`, `predict`: what a program gets."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.events import EpochDone, Started
from netc.runtime.training.spec import Spec

Codes = Callable[..., list[str]]
LINE = "input 3 -> dense 1; loss mse; opt sgd lr=0.1; train epochs=3 seed=2"


def test_a_trained_model_answers_in_the_labels_it_was_given(trained: Any, flowers: Any) -> None:
    x, labels = flowers
    answers = trained.predict(x)
    assert answers.dtype == labels.dtype
    assert trained.classes_.tolist() == ["aster", "lily", "rose"]
    values = trained.evaluate(x, labels)
    assert list(values) == ["loss", "acc"]
    assert values["acc"] == np.mean(answers == labels) > 0.9
    probabilities = trained.predict_proba(x)
    assert probabilities.shape == (120, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (trained.classes_[probabilities.argmax(axis=1)] == answers).all()
    loss = -np.log(probabilities[np.arange(120), np.repeat(range(3), 40)]).mean()
    np.testing.assert_allclose(values["loss"], loss, rtol=1e-4)


def test_answers_do_not_depend_on_how_many_are_asked_for(trained: Any, flowers: Any) -> None:
    x, _ = flowers
    whole = trained.predict_proba(x)
    for count in (1, 2, 3, 7, 100):
        np.testing.assert_allclose(trained.predict_proba(x[:count]), whole[:count], rtol=1e-5)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(flowers: Any) -> None:
    spec = "input 4 -> dense 6 tanh -> dropout 0.2 -> dense 3 softmax; loss ce; opt adam"
    first, again, other = (netc.compile(spec).fit(*flowers, epochs=2, seed=s) for s in (1, 1, 2))
    for name, array in first.weights.items():
        assert (array == again.weights[name]).all()
    assert (first.weights["dense1.w"] != other.weights["dense1.w"]).any()


def test_fitting_again_begins_anew_and_a_warm_start_goes_on(flowers: Any) -> None:
    spec = "input 4 -> dense 3 softmax; loss ce; opt sgd lr=0.1; train epochs=2 seed=1"
    once = netc.compile(spec).fit(*flowers)
    twice = netc.compile(spec).fit(*flowers).fit(*flowers)
    assert (once.weights["dense1.w"] == twice.weights["dense1.w"]).all()
    further = netc.compile(spec).fit(*flowers).fit(*flowers, warm_start=True)
    assert further.evaluate(*flowers)["loss"] < once.evaluate(*flowers)["loss"]


def test_training_is_that_of_a_run() -> None:
    """No second loop: the spec's own data gives the figures of `netc run`, and so do its arrays."""
    spec = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam lr=0.1; train epochs=3 seed=5"
    from netc.compiler.language.builtin import BUILTIN
    from netc.compiler.pipeline import check
    from netc.compiler.reading import read_source, source_of
    from netc.grammar.problem import Problems
    from netc.runtime.training.run import run

    checked = check(source_of(spec), BUILTIN, read_source)

    report = run(Spec.of(checked), root=Path(), problems=Problems(), reporter=lambda event: None)
    model = netc.compile(spec).fit()
    assert report is not None
    assert model.report is not None
    assert report.test is not None
    assert model.report.test is not None
    assert [e.measured for e in model.report.epochs] == [e.measured for e in report.epochs]
    assert model.report.test.measured == report.test.measured


def test_a_reporter_gets_the_events() -> None:
    seen: list[object] = []
    netc.compile(LINE).fit(np.ones((30, 3)), np.ones(30), reporter=seen.append)
    assert isinstance(seen[0], Started)
    assert (seen[0].train, seen[0].validation, seen[0].test) == (27, 3, 0)
    assert sum(isinstance(event, EpochDone) for event in seen) == 3


@pytest.mark.parametrize(
    ("validation", "parts"),
    [(None, (36, 4)), (0, (40, 0)), (0.25, (30, 10)), ("arrays", (40, 5))],
)
def test_what_is_held_out(validation: Any, parts: tuple[int, int]) -> None:
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40.0)
    seen: list[Any] = []
    given = (x[:5], y[:5]) if validation == "arrays" else validation
    netc.compile(LINE).fit(x, y, validation=given, reporter=seen.append)
    assert (seen[0].train, seen[0].validation) == parts


LABELS = [
    (["no", "yes"] * 20, ["no", "yes"]),
    ([True, False] * 20, [False, True]),
    ([3, 7] * 20, [3, 7]),
    ([1.0, 0.0] * 20, [0, 1]),
    ([1] * 38 + [0] * 2, [0, 1]),
    (np.array(["no", "yes"] * 20, dtype=object), ["no", "yes"]),
    (np.array([[0], [1]] * 20), [0, 1]),
]


@pytest.mark.parametrize(("labels", "classes"), LABELS)
@pytest.mark.parametrize("end", ["dense 1 sigmoid; loss bce", "dense 2 softmax; loss ce"])
def test_labels_of_any_kind_are_classes(labels: Any, classes: list[Any], end: str) -> None:
    x = np.random.default_rng(1).normal(size=(40, 3))
    x[:, 0] = 3 * (np.asarray(labels).ravel() == classes[1])
    model = netc.compile(f"input 3 -> {end}; opt adam lr=0.3; train epochs=20").fit(x, labels)
    assert model.classes_ is not None
    assert model.classes_.tolist() == classes
    assert (model.predict(x) == np.asarray(labels).ravel()).mean() > 0.9
    assert model.predict_proba(x).shape == (40, 2)


def test_margins_of_minus_and_plus_one() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2))
    y = np.where(x[:, 0] > 0, 1, -1)
    model = netc.compile("input 2 -> dense 1; loss hinge; opt sgd lr=0.1").fit(x, y)
    assert model.classes_ is not None
    assert model.classes_.tolist() == [-1, 1]
    assert (model.predict(x) == y).mean() > 0.9


def test_one_hot_rows_are_labels() -> None:
    x, y = np.eye(3).repeat(10, axis=0), np.arange(3).repeat(10)
    spec = "input 3 -> dense 3 softmax; loss ce; opt adam lr=0.1; train epochs=20"
    rows, labels = netc.compile(spec).fit(x, np.eye(3)[y]), netc.compile(spec).fit(x, y)
    assert (rows.predict_proba(x) == labels.predict_proba(x)).all()
    assert rows.predict(x).tolist() == y.tolist()


def test_numbers_are_learnt_as_numbers() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 3))
    y = x @ [1.0, -2.0, 0.5] + 3
    model = netc.compile("input 3 -> dense 1; loss mse; opt exact; metric r2").fit(x, y)
    assert model.classes_ is None
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-3, atol=1e-3)
    assert model.evaluate(x, y)["r2"] > 0.999


def test_several_inputs_and_targets_by_name_and_by_order() -> None:
    random = np.random.default_rng(0)
    spec = (
        "input 3 name=left -> dense 4 -> @l; input 2 name=right -> dense 4 -> @r\n"
        "concat @l @r -> tanh -> @t; @t -> dense 2 softmax -> @kind; @t -> dense 3 -> @size\n"
        "loss ce on=@kind; loss mse on=@size; opt adam; train epochs=1"
    )
    left, right = random.normal(size=(20, 3)), random.normal(size=(20, 2))
    kind, size = np.array(["a", "b"] * 10), random.normal(size=(20, 3))
    named = netc.compile(spec).fit({"right": right, "left": left}, {"size": size, "kind": kind})
    ordered = netc.compile(spec).fit((left, right), (kind, size))
    outputs = named.outputs({"left": left, "right": right})
    assert {name: array.shape for name, array in outputs.items()} == {
        "kind": (20, 2),
        "size": (20, 3),
    }
    for name, array in ordered.outputs((left, right)).items():
        assert (array == outputs[name]).all()
    assert set(named.predict((left, right))) <= {"a", "b"}


def test_a_free_size_is_that_of_the_samples() -> None:
    random = np.random.default_rng(0)
    spec = "input ?x2 -> conv 4 3 relu -> gap -> dense 2 softmax; loss ce; opt adam"
    model = netc.compile(spec).fit(random.normal(size=(20, 9, 2)), [0, 1] * 10, epochs=1)
    for length in (5, 9, 30):
        assert model.predict_proba(random.normal(size=(3, length, 2))).shape == (3, 2)


def test_an_autoencoder_needs_no_targets() -> None:
    x = np.random.default_rng(0).normal(size=(30, 5))
    spec = "input 5 -> @x -> dense 2 -> dense 5; loss mse target=@x; opt adam; train epochs=1"
    model = netc.compile(spec).fit(x)
    assert model.predict(x).shape == (30, 5)
    assert model.evaluate(x)["loss"] > 0


def test_weights_are_named_copies_and_can_be_set(trained: Any, flowers: Any, codes: Codes) -> None:
    x, _ = flowers
    weights = trained.weights
    assert sorted(weights) == [
        "bn1.beta", "bn1.gamma", "bn1.mean", "bn1.var", "dense1.b", "dense1.w", "dense2.b",
        "dense2.w",
    ]  # fmt: skip
    before = trained.predict_proba(x)
    weights["dense1.w"][...] = 0
    assert (trained.predict_proba(x) == before).all()
    copy = pickle.loads(pickle.dumps(trained.weights))
    copy["dense2.w"] = copy["dense2.w"][:, :2]
    assert codes(netc.DataError, lambda: trained.set_weights(copy)) == ["E0735"]
    assert (trained.predict_proba(x) == before).all()


def test_weights_of_another_precision_are_converted(trained: Any, codes: Codes) -> None:
    before = trained.weights
    trained.set_weights({name: array.astype(np.float64) for name, array in before.items()})
    for name, array in before.items():
        np.testing.assert_array_equal(trained.weights[name], array, strict=True)
    beyond = {name: np.full(array.shape, 1e300) for name, array in before.items()}
    assert codes(netc.DataError, lambda: trained.set_weights(beyond)) == ["E0743"]


def test_before_training_the_weights_are_what_it_starts_from(codes: Codes) -> None:
    spec = "input 4 -> dense 3 softmax; loss ce; opt adam; train seed=7"
    model = netc.compile(spec)
    assert not model.trained
    start = model.weights
    again = netc.compile(spec).weights
    assert (start["dense1.w"] == again["dense1.w"]).all()
    for ask in (model.predict, model.predict_proba, model.outputs):
        assert codes(netc.DataError, lambda ask=ask: ask(np.ones((1, 4)))) == ["E0741"]
    assert codes(netc.DataError, lambda: model.save("nowhere")) == ["E0741"]


def test_a_model_shows_itself(trained: Any) -> None:
    assert repr(netc.compile(LINE)) == "<netc.Model: 4 parameters, not trained>"
    assert trained.summary().splitlines()[0].split() == ["layer", "gives", "parameters"]
    assert trained.summary().splitlines()[-1] == "63 parameters, trained"
    page = trained._repr_html_()
    assert page.startswith("<table>")
    assert "dense 6" in page


WRONG = [
    (lambda x, y: (x[:, :3], y), ["E0504"], "arrays"),
    (lambda x, y: (x, y[:5]), ["E0514"], "120"),
    (lambda x, y: (x, None), ["E0543"], "loss ce"),
    (lambda x, y: ([[1, 2], [3]], y), ["E0540"], "lengths"),
    (lambda x, y: (x.astype(str), y), ["E0512"], "text"),
    (lambda x, y: (np.where(x > 4, np.nan, x), y), ["E0513"], "NaN"),
    (lambda x, y: ({"a": x}, y), ["E0545"], "`input1`"),
    (lambda x, y: (x, np.arange(120)), ["E0505"], "120 classes"),
    (lambda x, y: (x, [{}] * 120), ["E0540"], "types"),
    (lambda x, y: (x[:0], y[:0]), ["E0540"], "no samples"),
    (lambda x, y: (x[:1], y[:1]), ["E0505"], "1 class"),
]


@pytest.mark.parametrize(("wrong", "expected", "words"), WRONG)
def test_arrays_that_do_not_fit_name_both_sides(
    flowers: Any, wrong: Any, expected: list[str], words: str
) -> None:
    spec = "input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1"
    model = netc.compile(spec)
    with pytest.raises(netc.DataError, match=words) as caught:
        model.fit(*wrong(*flowers), validation=0)
    assert [item.code for item in caught.value.diagnostics] == expected
    assert not model.trained


def test_what_does_not_fit_a_trained_model(trained: Any, flowers: Any, codes: Codes) -> None:
    x, _ = flowers
    assert codes(netc.DataError, lambda: trained.predict(x[:, :3])) == ["E0541"]
    assert codes(netc.DataError, lambda: trained.predict(x[0])) == ["E0541"]
    assert codes(netc.DataError, lambda: trained.evaluate(x, ["tulip"] * 120)) == ["E0544"]
    assert codes(netc.DataError, lambda: trained.evaluate(x, [1] * 120)) == ["E0544"]
    assert codes(netc.DataError, lambda: trained.evaluate(x)) == ["E0543"]
    line = netc.compile(LINE).fit(np.ones((20, 3)), np.arange(20.0))
    assert codes(netc.DataError, lambda: line.predict_proba(np.ones((2, 3)))) == ["E0742"]


def test_a_failed_training_leaves_the_model_as_it_was(codes: Codes) -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0)
    model = netc.compile("let lr=1e30\n" + LINE.replace("0.1", "$lr"))
    assert codes(netc.TrainingError, lambda: model.fit(x, y)) == ["E0651"]
    assert not model.trained
    assert model.report is None


@pytest.mark.parametrize(
    "options",
    [{"epochs": 0}, {"batch": 0}, {"seed": -1}, {"validation": 1.5}, {"validation": (1, 2, 3)}],
)
def test_options_out_of_range_are_value_errors(options: Any) -> None:
    with pytest.raises(ValueError, match=r"share|cannot be|must be"):
        netc.compile(LINE).fit(np.ones((9, 3)), np.ones(9), **options)


def test_options_of_another_type_are_type_errors() -> None:
    for options in (
        {"epochs": 2.5},
        {"epochs": True},
        {"batch": "many"},
        {"workers": 1.5},
        {"workers": "2"},
        {"validation": "0.1"},
        {"validation": [np.ones((9, 3)), np.ones(9)]},
    ):
        with pytest.raises(TypeError, match=r"^(epochs|batch|workers|validation) must be a "):
            netc.compile(LINE).fit(np.ones((9, 3)), np.ones(9), **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        netc.compile(LINE).fit(None, np.ones(9))


def test_all_samples_at_once() -> None:
    seen: list[Any] = []
    netc.compile(LINE).fit(np.ones((30, 3)), np.ones(30), batch="all", reporter=seen.append)
    assert (seen[0].batch, seen[0].steps) == (27, 1)


def test_errors_have_one_base_and_survive_pickling() -> None:
    assert {netc.CompileError.__base__, netc.TrainingError.__base__} == {netc.NetcError}
    assert issubclass(netc.DataError, (netc.NetcError, ValueError))
    with pytest.raises(netc.NetcError) as caught:
        netc.compile("input 4 -> dens 3")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.diagnostics == caught.value.diagnostics
    assert str(copy) == str(caught.value)


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_compiling_loads_no_arrays() -> None:
    code = (
        "import netc, sys; model = netc.compile('input 4 -> dense 3 softmax; loss ce')\n"
        "model.parameters; model.summary(); repr(model)\n"
        "heavy = {'numpy', 'safetensors', 'rich', 'click', 'torch'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    assert python(code) == "[]\n"


def test_training_prints_nothing_and_leaves_global_state_alone() -> None:
    code = (
        "import logging, random, sys, warnings, numpy as np, netc\n"
        "def state():\n"
        "    n = np.random.get_state()\n"
        "    return (random.getstate(), n[1].tolist(), n[2], np.geterr(), warnings.filters[:],\n"
        "            logging.root.handlers[:], logging.root.level)\n"
        "before = state()\n"
        "model = netc.compile('data iris; input 4 -> dropout 0.1 -> dense 3 softmax; loss ce; '\n"
        "                     'opt adam; train epochs=1').fit()\n"
        "model.predict(np.ones((2, 4)))\n"
        "assert state() == before\n"
        "assert not {'click', 'rich'} & set(sys.modules)"
    )
    assert python(code) == ""


def test_samples_may_come_flat_although_training_saw_pictures(codes: Codes) -> None:
    x = np.random.default_rng(0).normal(3, 2, (40, 4, 4, 2))
    spec = "input 32 -> dense 2 softmax; prep standardize; loss ce; opt adam"
    model = netc.compile(spec).fit(x, [0, 1] * 20, epochs=1)
    flat = x.reshape(40, 32)
    assert (model.predict_proba(flat) == model.predict_proba(x)).all()
    assert model.evaluate(flat, [0, 1] * 20) == model.evaluate(x, [0, 1] * 20)
    assert codes(netc.DataError, lambda: model.evaluate(flat[:, 1:], [0, 1] * 20)) == ["E0504"]


def test_workers_change_no_figure_and_leave_nothing_behind() -> None:
    from threadpoolctl import threadpool_info

    x = np.random.default_rng(0).normal(size=(256, 300))
    spec = "input 300 -> dense 200 relu -> dense 2 softmax; loss ce; opt adam; train batch=128"
    before = [item["num_threads"] for item in threadpool_info()]
    alone, shared = (
        netc.compile(spec).fit(x, [0, 1] * 128, epochs=1, workers=count) for count in (1, 2)
    )
    assert before == [item["num_threads"] for item in threadpool_info()]
    for name, array in alone.weights.items():
        assert (array == shared.weights[name]).all()


def test_validation_samples_have_the_shape_of_training_samples(codes: Codes) -> None:
    x, y = np.ones((8, 3)), np.arange(8.0)
    model = netc.compile(LINE)
    assert codes(netc.DataError, lambda: model.fit(x, y, validation=(x[:, :2], y))) == ["E0523"]


def test_without_shuffling_steps_are_taken_in_the_order_of_the_samples() -> None:
    random = np.random.default_rng(1)
    x, y = random.normal(size=(10, 1)), random.normal(size=10)
    spec = "input 1 -> dense 1 init=zeros; loss mse; opt sgd lr=0.1; "
    model = netc.compile(spec + "train epochs=2 batch=1 shuffle=false precision=f64")
    for validation, count in ((0, 10), (0.2, 8)):
        w = b = 0.0
        for i in [*range(count)] * 2:
            error = 2 * (w * x[i, 0] + b - y[i])
            w, b = w - 0.1 * error * x[i, 0], b - 0.1 * error
        weights = model.fit(x, y, validation=validation).weights
        np.testing.assert_allclose([weights["dense1.w"][0, 0], weights["dense1.b"][0]], [w, b])
