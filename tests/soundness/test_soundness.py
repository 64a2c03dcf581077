"""What `check` accepts runs, and what it refuses is explained."""

from __future__ import annotations

import os

import pytest
from generated_models import Generated, models
from growing import examined
from hypothesis import HealthCheck, given, note, settings
from laws import accepted_runs, refusal_is_explained

QUICK = settings(max_examples=300, suppress_health_check=list(HealthCheck))
LONG = settings(QUICK, max_examples=max(1, int(os.environ.get("NETC_MODELS", "4000")) // 4))
"""Of four shares; `NETC_MODELS` says how many models are tried in all."""


def _holds(model: Generated) -> None:
    for text in model.refused:
        refusal_is_explained(text)
    checked = examined(model.text)
    if checked.has_errors:
        refusal_is_explained(model.text)
    else:
        accepted_runs(model, checked)


@pytest.mark.parametrize(
    "network",
    [
        "input 4 -> dense 12 -> reshape 2x2x3 -> bn -> flatten -> dense 2 -> @out",
        "input 4 -> dense 12 -> reshape 2x2x3 -> relu -> flatten -> dense 2 -> @out",
        "input 4x4x3 -> conv 4 2x2 -> flatten -> bn -> dense 2 -> @out",
        "input 4x4x3 -> conv 4 2x2 -> flatten -> relu -> dense 2 -> @out",
        "input 8x4x3 -> conv 4 1x1 -> reshape 32x4 -> relu bn -> flatten -> dense 2 -> @out",
        "input 4x4x3 -> conv 1 3x3 pad=1 bn -> reshape 4x4x1 -> relu -> flatten -> dense 2 -> @out",
        "input 4 -> @trunk -> dense 2 -> @out\n@trunk -> dense 3",
        "input 1x3 -> conv 3 1 -> maxpool 3 stride=1 pad=1 -> flatten -> dense 2 -> @out",
    ],
)
def test_what_was_once_wrong(network: str) -> None:
    text = f"{network}\nloss mse on=@out\nopt sgd\ntrain precision=f64\n"
    _holds(Generated(text, [], {}, {"out": "mse"}))


def test_probabilities_that_only_training_brings_near_1_lose_no_digits() -> None:
    text = (
        "input 7 name=in0 -> leaky 0.2 -> bn -> dense 1 prelu -> poly 3"
        " -> add [dense 3 bn relu | id] -> dense 2 -> sigmoid -> @out0\n"
        "loss bce on=@out0\nopt sgd\ntrain precision=f64\n"
    )
    _holds(Generated(text, [], {}, {"out0": "bce"}))


@QUICK
@given(models())
def test_what_check_accepts_runs(model: Generated) -> None:
    note(model.text)
    _holds(model)


@pytest.mark.heavy
@pytest.mark.parametrize("share", range(4))
@LONG
@given(model=models())
def test_what_check_accepts_runs_for_thousands(model: Generated, share: int) -> None:
    """In shares, which several processes take."""
    note(model.text)
    _holds(model)


def test_most_models_are_accepted_and_all_layers_occur() -> None:
    """The strategy would be no test if `check` refused what it makes."""
    words: set[str] = set()
    counts = {"all": 0, "accepted": 0}

    @settings(QUICK, max_examples=150, database=None, derandomize=True)
    @given(models())
    def count(model: Generated) -> None:
        checked = examined(model.text)
        counts["all"] += 1
        if not checked.has_errors:
            counts["accepted"] += 1
            words.update(node.layer.word for node in checked.graph.nodes)

    count()
    assert counts["accepted"] >= 0.7 * counts["all"]
    assert len(words) >= 35, sorted(words)
