"""The textbook's class in the experiments: what it is trained on, and when it stops."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.runtime.training.spec import Spec

FILE = Path(__file__).parents[2] / "benchmarks" / "experiments.py"
DIGITS = "data digits; input 64 -> dense 16 relu -> dense 10 softmax; loss ce; opt sgd lr=0.1"


@pytest.fixture(scope="module")
def experiments() -> ModuleType:
    """benchmarks/experiments.py, loaded from its file."""
    spec = importlib.util.spec_from_file_location("experiments", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["experiments"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def course(experiments: ModuleType) -> Any:
    spec = Spec.of(check(source_of(DIGITS), BUILTIN, read_source))
    session = experiments.opened(spec, 1)
    return experiments.Course.of((64, 16, 10), session, 1)


def test_it_learns_the_samples_that_netc_is_trained_on(course: Any) -> None:
    assert [len(labels) for _, labels in course.parts] == [1437, 180, 180]
    for _ in range(20):
        course.run_epoch()
    assert course.test() > 0.9


@pytest.mark.parametrize(
    ("accuracies", "done"),
    [
        ([], False),
        ([0.5, 0.6], False),
        ([0.5, 0.991], True),
        ([0.6] + [0.5] * 9, False),
        ([0.6] + [0.5] * 10, True),
        ([0.6] + [0.5] * 9 + [0.7], False),
        ([0.01 * epoch for epoch in range(51)], True),
    ],
    ids=["begun", "better", "target", "waits", "patience", "better again", "epochs"],
)
def test_it_stops_as_the_course_does(course: Any, accuracies: list[float], done: bool) -> None:
    course.accuracies = accuracies
    assert course.is_done is done


def test_it_is_tested_with_the_weights_of_its_best_epoch(course: Any) -> None:
    course.run_epoch()
    best = course.accuracy(course.parts[2])
    course.accuracies = [1.0]
    course.rate = 0
    course.run_epoch()
    course.net.weights = [np.zeros_like(w) for w in course.net.weights]
    assert course.test() == best
