"""The learning rate range test: rates that grow by one factor, losses before each step, and a rate
that trains."""

from __future__ import annotations

from pathlib import Path

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.optimizers.exact import Exact
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.rate_test import RateTest, find_rate, rate_picture, smoothed
from netc.runtime.training.session import prepare_run
from netc.runtime.training.spec import RunOptions, Spec

DIGITS = """\
data digits
input 64 -> dense 32 relu -> dense 10 softmax
loss ce
opt {}
train batch=32 epochs=10 seed=1
"""
OPTIMIZERS = [
    word
    for word in BUILTIN.words("optimizer")
    if not issubclass(BUILTIN.get("optimizer", word), Exact)
    and BUILTIN.get("optimizer", word).can_run()
]


def rate_test_of(text: str) -> RateTest:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, checked.problems
    session = prepare_run(
        Spec.of(checked),
        RunOptions(workers=1),
        root=Path(),
        problems=Problems(),
        reporter=lambda event: None,
    )
    assert session is not None
    return find_rate(session, lambda event: None)


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_the_rate_that_is_suggested_trains_with_every_optimizer(word: str) -> None:
    test = rate_test_of(DIGITS.format(word))
    assert test.falls
    ratios = test.rates[1:] / test.rates[:-1]
    assert np.allclose(ratios, ratios[0], rtol=1e-9)
    text = DIGITS.format(f"{word} lr={test.suggested:.1g}")
    report = netc.compile(text).fit(reporter=lambda event: None).report
    assert report is not None
    assert report.epochs[-1].measured["val_acc"] > 0.8


def test_the_first_losses_are_those_of_the_initial_network_on_the_first_batches() -> None:
    """At a rate of 1e-6 the weights hardly change: by 1e-6 times a gradient of about 1."""
    test = rate_test_of(DIGITS.format("sgd"))
    report = (
        netc.compile(DIGITS.format("sgd lr=1e-9")).fit(epochs=1, reporter=lambda event: None).report
    )
    assert report is not None
    steps = 45  # 1,437 samples in batches of 32; the last one has 29
    sizes = np.array([32] * 44 + [29])
    mean = float((test.losses[:steps] * sizes).sum() / sizes.sum())
    assert mean == pytest.approx(report.epochs[0].measured["train_loss"], rel=1e-3)


def test_it_gives_the_same_bits_each_time() -> None:
    one, other = (rate_test_of(DIGITS.format("adam")) for _ in range(2))
    assert one.losses.tolist() == other.losses.tolist()


def test_smoothing_keeps_constants_and_straight_lines_inside() -> None:
    assert np.allclose(smoothed(np.full(300, 2.5)), 2.5, rtol=1e-12)
    line = np.arange(300.0)
    assert np.allclose(smoothed(line)[80:-80], line[80:-80], rtol=1e-9)


def test_a_loss_that_cannot_fall_suggests_nothing() -> None:
    text = (
        "data digits; input 64 -> dense 8 relu -> dense 10 init=zeros freeze=true softmax; "
        "loss ce; opt sgd"
    )
    assert not rate_test_of(text).falls


def test_the_numbers_of_the_picture_are_the_losses() -> None:
    test = rate_test_of(DIGITS.format("sgd"))
    table = rate_picture(test, "digits").table
    assert list(table) == ["rate", "loss", "smoothed_loss"]
    assert list(table["loss"]) == test.losses.tolist()
