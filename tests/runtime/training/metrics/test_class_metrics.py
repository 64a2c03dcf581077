"""Class metrics against scikit-learn: unbalanced, of many classes, of several labels, with each
average, and where a class is missing; and why a metric has no meaning on a part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.cli.main import status_of
from netc.runtime.training.metrics.class_metrics import ClassificationMetrics

SCORED = {
    "precision": "precision_score",
    "recall": "recall_score",
    "f1": "f1_score",
    "iou": "jaccard_score",
}
"""By the name of scikit-learn's function."""
IN_REPORTS = ("precision", "recall", "f1")
N = 300
RNG = np.random.default_rng(11)


def softmaxed(labels: Any, classes: int) -> Any:
    scores = RNG.normal(size=(len(labels), classes))
    scores[np.arange(len(labels)), labels] += 0.8
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


LABELS = {
    "two classes": RNG.integers(0, 2, N),
    "two, one rare": (RNG.random(N) < 0.05).astype(int),
    "three": RNG.integers(0, 3, N),
    "five, unbalanced": RNG.choice(5, N, p=[0.7, 0.2, 0.06, 0.03, 0.01]),
    "six of which two never occur": RNG.integers(0, 4, N),
}
CLASSES = {"two classes": 2, "two, one rare": 2, "three": 3, "five, unbalanced": 5}


def gathered(metrics: ClassificationMetrics, scores: Any, labels: Any) -> dict[str, float]:
    for start in range(0, len(scores), 41):
        metrics.add(scores[start : start + 41], labels[start : start + 41])
    return metrics.values()


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
@pytest.mark.filterwarnings("ignore")  # scikit-learn warns of classes that are never predicted
def test_one_class_per_sample_is_as_in_scikit_learn(name: str, average: str | None) -> None:
    reference = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    labels, classes = LABELS[name], CLASSES.get(name, 6)
    scores = softmaxed(labels, classes)
    averages = {} if average is None else dict.fromkeys((*SCORED, "auc"), average)
    wanted = ("acc", *SCORED, "auc")
    found = gathered(ClassificationMetrics(classes, wanted, averages=averages), scores, labels)
    predicted = scores.argmax(axis=1)
    assert found["acc"] == pytest.approx(reference.accuracy_score(labels, predicted))
    theirs = average or ("binary" if classes == 2 else "macro")
    for metric, function in SCORED.items():
        expected = getattr(reference, function)(labels, predicted, average=theirs)
        assert found[metric] == pytest.approx(expected), metric
    if name.startswith("six"):
        assert np.isnan(found["auc"]) or average == "micro"
    elif classes == 2:
        assert found["auc"] == pytest.approx(reference.roc_auc_score(labels, scores[:, 1]))
    else:
        expected = reference.roc_auc_score(
            labels, scores, multi_class="ovr", average=average or "macro"
        )
        assert found["auc"] == pytest.approx(expected)


@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
def test_several_labels_are_as_in_scikit_learn(average: str | None) -> None:
    reference = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    labels = (RNG.random((N, 4)) < [0.5, 0.1, 0.9, 0.03]).astype(int)
    scores = np.clip(RNG.random((N, 4)) * 0.8 + 0.2 * labels, 0, 1)
    averages = {} if average is None else dict.fromkeys((*SCORED, "auc"), average)
    wanted = ("acc", "error", "subset_acc", *SCORED, "auc", "report")
    found = gathered(
        ClassificationMetrics(4, wanted, averages=averages, several=True), scores, labels
    )
    predicted = (scores > 0.5).astype(int)
    assert found["acc"] == pytest.approx(1 - reference.hamming_loss(labels, predicted))
    assert found["error"] == pytest.approx(reference.hamming_loss(labels, predicted))
    assert found["subset_acc"] == pytest.approx(reference.accuracy_score(labels, predicted))
    for metric, function in SCORED.items():
        score = getattr(reference, function)
        expected = score(labels, predicted, average=average or "macro", zero_division=0)
        assert found[metric] == pytest.approx(expected), metric
        if metric not in IN_REPORTS:
            continue
        each = score(labels, predicted, average=None, zero_division=0)
        assert [found[f"{metric}[{k}]"] for k in range(4)] == pytest.approx(each.tolist())
    expected = reference.roc_auc_score(labels, scores, average=average or "macro")
    assert found["auc"] == pytest.approx(expected)
    assert [found[f"samples[{k}]"] for k in range(4)] == labels.sum(axis=0).tolist()


def test_the_auc_of_two_linear_outputs_is_that_of_their_difference() -> None:
    reference = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    labels = LABELS["two classes"]
    scores = RNG.normal(size=(N, 2)) + 0.5 * np.stack([-labels, labels], axis=1)
    found = gathered(ClassificationMetrics(2, ("auc",), linear=True), scores, labels)
    expected = reference.roc_auc_score(labels, scores[:, 1] - scores[:, 0])
    assert found["auc"] == pytest.approx(expected)


REASONS = [
    (2, [0, 0, 0], [0, 1, 0], ("recall", "auc"), "no positive among 3 samples"),
    (2, [1, 1, 1], [0, 1, 0], ("auc",), "no negative among 3 samples"),
    (2, [0, 1, 0], [0, 0, 0], ("precision",), "no sample is predicted positive"),
    (2, [0, 0, 0], [0, 0, 0], ("f1", "iou"), "no positive among 3 samples"),
    (3, [0, 1, 0], [0, 1, 0], ("auc",), "no sample of class `c` among 3 samples"),
]


@pytest.mark.parametrize(("classes", "labels", "predicted", "metrics", "reason"), REASONS)
def test_why_a_metric_has_no_meaning(
    classes: int, labels: Any, predicted: Any, metrics: Any, reason: str
) -> None:
    wanted = ("acc", "precision", "recall", "f1", "iou", "auc")
    gatherer = ClassificationMetrics(classes, wanted, names=("a", "b", "c")[:classes])
    values = gathered(gatherer, np.eye(classes)[predicted], np.array(labels))
    told = {name: why for name, why in gatherer.reasons().items() if name in metrics}
    assert told == dict.fromkeys(metrics, reason)
    assert "acc" not in gatherer.reasons()
    assert np.isnan(values["auc"]) == ("auc" in gatherer.reasons())


def test_the_f1_of_positives_that_are_never_predicted_is_0() -> None:
    gatherer = ClassificationMetrics(2, ("f1", "iou"))
    assert gathered(gatherer, np.eye(2)[[0, 0]], np.array([0, 1])) == {"f1": 0, "iou": 0}
    assert gatherer.reasons() == {}


def test_metrics_with_a_meaning_have_no_reason() -> None:
    gatherer = ClassificationMetrics(2, ("precision", "recall", "f1", "auc"))
    gathered(gatherer, softmaxed(LABELS["two classes"], 2), LABELS["two classes"])
    assert gatherer.reasons() == {}


# Whole runs

X = RNG.normal(size=(100, 4))
Y = (X[:, :3] > 0).astype(int)
NET = "input 4 -> dense 16 relu -> dense 3 sigmoid; loss bce; opt adam lr=0.02; train epochs=20"


@pytest.fixture(scope="module")
def model() -> netc.Model:
    text = f"{NET}; metric acc subset_acc f1 auc; metric precision average=micro"
    return netc.compile(text).fit(X, Y)


def test_labels_are_predicted_above_one_half(model: netc.Model) -> None:
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (100, 3)
    predicted = model.predict(X)
    np.testing.assert_array_equal(predicted, probabilities > 0.5)
    assert predicted.dtype.kind == "i"
    assert model.classes_ is None


def test_the_figures_of_a_model_are_those_of_scikit_learn(model: netc.Model) -> None:
    reference = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    found = model.evaluate(X, Y)
    predicted, scores = model.predict(X), model.predict_proba(X)
    assert found["acc"] == pytest.approx((predicted == Y).mean())
    assert found["subset_acc"] == pytest.approx(reference.accuracy_score(Y, predicted))
    assert found["f1"] == pytest.approx(reference.f1_score(Y, predicted, average="macro"))
    micro = reference.precision_score(Y, predicted, average="micro")
    assert found["precision"] == pytest.approx(micro)
    assert found["auc"] == pytest.approx(reference.roc_auc_score(Y, scores))


def test_a_saved_model_knows_that_it_gives_labels(model: netc.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "w.safetensors")
    again = netc.load(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_probabilities_as_targets_are_numbers_not_labels() -> None:
    soft = 1 / (1 + np.exp(-X[:, :3]))
    model = netc.compile(f"{NET}; metric rmse").fit(X, soft)
    assert model.predict(X).dtype.kind == "f"
    assert set(model.evaluate(X, soft)) == {"loss", "rmse"}


def test_an_expectation_on_a_metric_without_meaning_fails_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i},{i % 7},{'ill' if i < 20 else 'well'}\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}")
    (tmp_path / "t.net").write_text(
        'data csv "t.csv" shuffle=false\nprep standardize\ninput 2 -> dense 2 softmax\nloss ce\n'
        "opt adam\ntrain epochs=1\nmetric auc recall\nexpect auc>=0%\nexpect loss<=1e9\n"
    )
    assert status_of(["run", str(tmp_path / "t.net")]) == 1
    shown = capsys.readouterr().out
    assert "auc undefined (no negative among 6 samples)" in shown
    assert "expect  auc>=0%  FAILED  (no negative among 6 samples)" in shown


def test_the_figures_of_every_class_are_those_of_a_report() -> None:
    random = np.random.default_rng(0)
    scores, labels = random.random((50, 3)), random.integers(0, 3, 50)
    metrics = ClassificationMetrics(3, ("report",))
    metrics.add(scores, labels)
    values, each = metrics.values(), metrics.by_class()
    assert {f"{name}[{n}]": each[name][n] for name in each for n in range(3)} == values
    unscored = ClassificationMetrics(3, ())
    unscored.add(scores, labels)
    assert set(unscored.by_class()) == set(each) - {"auc"}
