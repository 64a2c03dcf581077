"""A word from outside the package: the class of docs/plugins.md, and what it may do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.layers.layer import Layer
from netc.compiler.training.metrics import Metric

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
SPEC = "data moons\ninput 2 -> dense 16 mish -> dense 1 sigmoid\nloss bce\nopt adam lr=0.05\n"


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the listings of the page define."""
    names: dict[str, Any] = {"__name__": "page"}
    for listing in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(compile(listing, PAGE.name, "exec", dont_inherit=True), names)
    return names


def test_only_the_given_vocabulary_knows_the_word(page: dict[str, Any]) -> None:
    assert netc.check(SPEC, page["words"]) == []
    assert [found.code for found in netc.check(SPEC)] == ["E0201"]


def test_the_formula_is_that_of_the_paper(page: dict[str, Any]) -> None:
    net = netc.compile("input 5 -> mish; loss mse; opt sgd", page["words"])
    x = np.linspace(-4, 4, 30, dtype=np.float32).reshape(-1, 5)
    net.fit(x, x, epochs=1, batch=len(x))
    wanted = x * np.tanh(np.log1p(np.exp(x)))
    np.testing.assert_allclose(net.predict(x), wanted, atol=1e-6)  # a few roundings of float32


def test_it_is_trained_saved_and_loaded(page: dict[str, Any], tmp_path: Path) -> None:
    words = page["words"]
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (400, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    net = netc.compile(SPEC, words).fit(x, y, epochs=20)
    assert (net.predict(x) == y).mean() > 0.9, "no line separates these classes"
    net.save(tmp_path / "net.safetensors")
    loaded = netc.load(tmp_path / "net.safetensors", words)
    np.testing.assert_array_equal(loaded.predict_proba(x), net.predict_proba(x))
    with pytest.raises(netc.DataError):
        netc.load(tmp_path / "net.safetensors")


def test_it_goes_to_json_and_back(page: dict[str, Any]) -> None:
    net = netc.compile(SPEC, page["words"])
    assert netc.from_json(net.to_json(), page["words"]).to_json() == net.to_json()


def test_the_formatter_writes_it_behind_its_layer(page: dict[str, Any]) -> None:
    text = "input 2 -> dense 16 -> mish -> dense 1\n"
    assert netc.format(text, page["words"]) == "input 2 -> dense 16 mish -> dense 1\n"


def test_its_gradient_is_the_numerical_one(page: dict[str, Any]) -> None:
    for pipe in ("dense 16 mish", "reshape 1x1x2 -> conv 3 1x1 mish -> flatten"):
        net = netc.compile(f"input 2 -> {pipe} -> dense 1; loss mse", page["words"])
        assert page["gradients_hold"](net)


def test_its_weights_start_by_the_rule_of_its_family(page: dict[str, Any]) -> None:
    net = netc.compile(SPEC, page["words"])
    (first, _), *_ = (node.parameters for node in net.graph.nodes if node.parameters)
    assert first.initializer is not None
    assert first.initializer.rule == "he"


def test_a_word_is_taken_once() -> None:
    with pytest.raises(ValueError, match="`relu` is already a word"):
        netc.vocabulary(type("Relu", (Layer,), {"word": "relu"}))


def test_what_is_no_layer_loss_or_optimizer_cannot_be_added() -> None:
    with pytest.raises(TypeError, match="Share is neither a layer nor a loss nor an optimizer"):
        netc.vocabulary(type("Share", (Metric,), {"word": "share"}))
