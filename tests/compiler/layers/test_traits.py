"""What the classes of layers state is true: each trait is held against numbers.

Every layer that runs is computed alone, in double precision, and what it states must show in what
it gives; where the law can be seen from outside, a layer that keeps it must state it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.layers.catalog import LAYERS
from netc.compiler.layers.layer import Arity, Layer, Learning
from netc.compiler.layers.windowed import Windowed
from netc.compiler.lower.context import Choices, Context
from netc.compiler.lower.isa import ROWS
from netc.compiler.lower.lower import lower
from netc.compiler.lower.network import build_network
from netc.compiler.lower.passes.choose_layouts import choose_layouts
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.runtime.engine.engine import Engine

Array = np.ndarray[Any, Any]

IMAGE, VECTOR = (4, 4, 4), (6,)
CALLS = {
    "id": "id name=same", "expect": "expect 4x4x4", "dense": "dense 3", "poly": "poly 2",
    "embed": "embed 9 2",
    "conv": "conv 3 3x3", "deconv": "deconv 3 3x3", "depthwise": "depthwise 3x3",
    "maxpool": "maxpool 2x2", "avgpool": "avgpool 2x2", "reshape": "reshape 2x8x4", "pad": "pad 1",
    "crop": "crop 1", "upsample": "upsample 2", "gn": "gn 2", "lrn": "lrn 3",
    "dropout": "dropout 0.5", "gaussian_dropout": "gaussian_dropout 0.5",
    "gaussian_noise": "gaussian_noise 0.5",
}  # fmt: skip
"""How a layer is called that needs arguments."""

WORDS = [
    entry.word
    for entry in LAYERS
    if BUILTIN.get("layer", entry.word).can_run()  # type: ignore[attr-defined]
    and BUILTIN.get("layer", entry.word).arity is Arity.ONE  # type: ignore[attr-defined]
]
CLASSES: dict[str, type[Layer]] = {
    entry.word: BUILTIN.get("layer", entry.word)  # type: ignore[misc]
    for entry in LAYERS
}
ACTIVATIONS = [word for word in WORDS if CLASSES[word].activation]
REAL = [word for word in WORDS if word != "embed"]


def sample_of(word: str) -> tuple[int, ...]:
    return VECTOR if word in ("dense", "poly", "embed") else IMAGE


@cache
def checked_of(word: str) -> Checked:
    shape = "x".join(map(str, sample_of(word)))
    loss = "ce" if CLASSES[word].sums_to_one else "mse"
    text = f"input {shape} -> {CALLS.get(word, word)}; loss {loss}; opt sgd; train precision=f64"
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return checked


def layer_of(word: str) -> Layer:
    layer: Layer = checked_of(word).model.nodes[-1].layer
    return layer


@cache
def engine_of(word: str) -> Engine:
    checked = checked_of(word)
    return Engine(lambda size: lower(checked.model, checked.graph, batch=size), batch=8, seed=1)


def value_of(word: str, x: Array) -> Array:
    """What a layer gives for a batch of 8 when evaluating."""
    engine = engine_of(word)
    name = checked_of(word).model.nodes[0].name
    engine.feeds[name][...] = x
    engine.evaluate_step()
    (output,) = checked_of(word).graph.outputs
    return np.array(engine.outputs[output])


def drawn(word: str, seed: int = 0) -> Array:
    """A batch of normal numbers."""
    return np.random.default_rng(seed).normal(size=(8, *sample_of(word)))


def on(word: str, numbers: Array) -> Array:
    """A batch whose samples begin with some numbers; an activation gives theirs."""
    x = np.zeros((8, *sample_of(word)))
    x.reshape(-1)[: len(numbers)] = numbers
    return value_of(word, x).reshape(-1)[: len(numbers)]


def programs(word: str) -> Iterator[str]:
    """The instructions of training."""
    checked = checked_of(word)
    yield from (step.row for step in lower(checked.model, checked.graph, batch=8).programs["train"])


def test_every_layer_of_one_input_is_held_against_numbers() -> None:
    cannot = {word for word, cls in CLASSES.items() if not cls.can_run()}
    merges = {word for word, cls in CLASSES.items() if cls.arity is Arity.MANY}
    assert set(WORDS) == set(CLASSES) - cannot - merges


@pytest.mark.parametrize("word", REAL)
def test_elementwise_is_one_function_of_each_number(word: str) -> None:
    x = drawn(word)
    y = value_of(word, x)
    order = np.random.default_rng(1).permutation(x.size)
    moved = value_of(word, x.reshape(-1)[order].reshape(x.shape))
    is_one = y.shape == x.shape and np.array_equal(y.reshape(-1)[order], moved.reshape(-1))
    layer = layer_of(word)
    # y = x has traits of its own; before training all channels of these are treated alike
    same = layer.passes_through or layer.random or word in ("prelu", "bn")
    assert is_one == (layer.elementwise or same)


@pytest.mark.parametrize("word", REAL)
def test_a_view_gives_the_same_numbers(word: str) -> None:
    x = drawn(word)
    y = value_of(word, x)
    layer = layer_of(word)
    same = np.array_equal(y.reshape(-1), x.reshape(-1))
    assert same == (layer.is_view or layer.random)
    assert layer.is_view or not layer.passes_through
    if layer.passes_through:
        assert y.shape == x.shape


@pytest.mark.parametrize("word", WORDS)
def test_a_random_layer_draws_numbers_when_training(word: str) -> None:
    draws = any(ROWS[row].random for row in programs(word))
    assert draws == layer_of(word).random
    assert layer_of(word).random or not layer_of(word).multiplicative_noise
    assert layer_of(word).without_noise() == layer_of(word) or draws


def test_without_noise_nothing_is_drawn() -> None:
    for word in (word for word in WORDS if CLASSES[word].random):
        pipe = layer_of(word).without_noise().heading()
        checked = check(source_of(f"input 3 -> {pipe}; loss mse; opt sgd"), BUILTIN, read_source)
        plan = lower(checked.model, checked.graph, batch=8)
        assert not any(ROWS[step.row].random for step in plan.programs["train"])


@pytest.mark.parametrize("word", REAL)
def test_linear_layers_are_those_that_keep_sums(word: str) -> None:
    a, b = drawn(word, 0), drawn(word, 1)
    values = [value_of(word, x) for x in (a, b, np.zeros_like(a), a + b)]
    keeps = np.allclose(values[0] + values[1], values[2] + values[3], rtol=0, atol=1e-9)
    assert keeps == layer_of(word).linear


@pytest.mark.parametrize("word", REAL)
def test_what_keeps_the_shape_keeps_every_shape(word: str) -> None:
    if layer_of(word).keeps_shape or layer_of(word).elementwise or layer_of(word).passes_through:
        assert value_of(word, drawn(word)).shape[1:] == sample_of(word)


@pytest.mark.parametrize("word", WORDS)
def test_only_layers_that_learn_have_parameters(word: str) -> None:
    parameters = checked_of(word).graph.nodes[-1].parameters
    layer = layer_of(word)
    assert bool(parameters) == isinstance(layer, Learning)
    assert layer.has_bias() == any(parameter.name == "b" for parameter in parameters)
    assert not parameters or not (layer.elementwise or layer.resamples or layer.is_view)
    assert layer.uses_batch_statistics() == any(not item.trained for item in parameters)


@pytest.mark.parametrize("word", WORDS)
def test_windowed_layers_slide_a_window_and_resampling_keeps_channels(word: str) -> None:
    layer = layer_of(word)
    assert layer.windowed == isinstance(layer, Windowed)
    if layer.resamples:
        before, after = (node.shape for node in checked_of(word).graph.nodes)
        assert (before[-1], before[:-1] != after[:-1]) == (after[-1], True)


@pytest.mark.parametrize("word", REAL)
def test_a_normalised_batch_has_mean_0_and_variance_1(word: str) -> None:
    if not layer_of(word).normalizes:
        return
    x = 3 + 2 * drawn(word)
    checked = checked_of(word)
    engine = Engine(lambda size: lower(checked.model, checked.graph, batch=size), batch=8, seed=1)
    for name, feed in engine.feeds.items():
        feed[...] = x if name == checked.model.nodes[0].name else 0
    engine.train_step(0.0)
    (output,) = checked.graph.outputs
    y = np.array(engine.outputs[output])
    # eps adds 1e-5 to the variance
    assert (abs(y.mean()) < 1e-6, abs(y.var() - 1) < 1e-4) == (True, True)


@pytest.mark.parametrize("word", ACTIVATIONS)
def test_the_traits_of_an_activation_are_those_of_its_curve(word: str) -> None:
    layer = layer_of(word)
    grid = np.linspace(-6, 6, 25) + 0.1
    y, near = on(word, grid), on(word, grid + 1e-4)
    flat = np.abs(near - y) < 1e-12
    if layer.elementwise:
        assert bool(flat.all()) == layer.zero_gradient
        far = on(word, np.array([-31.0, -30.0, 30.0, 31.0]))
        level = abs(far[1] - far[0]) < 1e-6 and abs(far[3] - far[2]) < 1e-6
        assert level == (layer.saturates or layer.zero_gradient)
    if layer.commutes_with_max:
        assert (np.diff(y) >= 0).all()
    if layer.rectifier:
        ends = on(word, np.array([-30.0, 30.0]))
        assert ends[1] == pytest.approx(30)
        assert abs(ends[0]) < 15


@pytest.mark.parametrize("word", ACTIVATIONS)
def test_probabilities_lie_between_0_and_1(word: str) -> None:
    layer = layer_of(word)
    y = value_of(word, drawn(word))
    inside = bool(((y > 0) & (y < 1)).all())
    assert inside == layer.probabilities
    sums = bool(np.allclose(y.sum(axis=-1), 1, rtol=0, atol=1e-12))
    assert sums == layer.sums_to_one


@pytest.mark.parametrize("word", WORDS)
def test_the_usual_losses_fit_the_layer(word: str) -> None:
    for loss in layer_of(word).usual_losses:
        assert BUILTIN.has("loss", loss)
        text = f"input 4 -> dense 4 -> {CALLS.get(word, word)}; loss {loss}"
        codes = {problem.code for problem in check(source_of(text), BUILTIN, read_source).problems}
        assert not codes & {"E0420", "E0421"} or layer_of(word).zero_gradient


@pytest.mark.parametrize("word", WORDS)
def test_layers_that_read_tokens_look_rows_up(word: str) -> None:
    reads = "take_rows" in set(programs(word))
    assert (layer_of(word).token_count() is not None) == reads


INNERMOST = Choices(least_innermost=1)
"""A batch of 8 is too small for the batch-innermost layout by itself."""


@pytest.mark.parametrize("word", WORDS)
def test_what_is_agnostic_of_the_layout_gives_the_same_numbers_in_both(word: str) -> None:
    call = {"expect": "expect 6x6x4", "reshape": "reshape 6x6x4"}.get(word, CALLS.get(word, word))
    text = f"input 8x8x2 -> conv 4 3x3 -> {call} -> flatten -> dense 3; loss mse; opt sgd"
    checked = check(source_of(f"{text}; train precision=f64"), BUILTIN, read_source)
    if not checked.complete or word == "conv":
        assert not layer_of(word).layout_agnostic
        return
    context = Context("train", 8, None, "f64", exact=True, low_memory=False, choices=INNERMOST)
    network = build_network(checked.model, checked.graph)
    innermost = choose_layouts(network, context).innermost
    assert (checked.model.nodes[2].name in innermost) == layer_of(word).layout_agnostic
    if layer_of(word).layout_agnostic:
        first, second = trained(checked, INNERMOST), trained(checked, Choices())
        for name, gradient in first.items():
            # other orders of summation, in double precision
            np.testing.assert_allclose(gradient, second[name], rtol=1e-9, atol=1e-12)


def trained(checked: Checked, choices: Choices) -> dict[str, Array]:
    """The gradients and outputs of one step on a batch of 8."""
    engine = Engine(
        lambda size: lower(checked.model, checked.graph, batch=size, choices=choices),
        batch=8,
        seed=1,
    )
    for index, feed in enumerate(engine.feeds.values()):
        feed[...] = np.random.default_rng(index).normal(size=feed.shape)
    engine.train_step(0.0)
    return {
        name: array.copy() for name, array in (*engine.gradients().items(), *engine.outputs.items())
    }
