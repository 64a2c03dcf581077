"""A look inside a trained network: its figures are those of NumPy on what the model itself gives.

Saliency is compared with PyTorch's and the confusion matrix with scikit-learn's in
`tests/reference/test_inspection_reference.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import netc
import numpy as np
import pytest
from inspecting import inspection_of
from netc.runtime.analysis.inspection.gradients import gradient_figures
from netc.runtime.analysis.inspection.layers import find_layer, shown_layers
from netc.runtime.analysis.inspection.looking import ASPECTS, InspectionRequest, look
from netc.runtime.analysis.inspection.maps import feature_maps, first_filters, picture_shape
from netc.runtime.analysis.inspection.occlusion import occlude, places
from netc.runtime.analysis.inspection.opening import Inspection
from netc.runtime.analysis.inspection.receptive import field_of
from netc.runtime.analysis.inspection.reconstructions import reconstructions
from netc.runtime.analysis.inspection.report import inspect_network
from netc.runtime.analysis.inspection.saliency import (
    blurred,
    differentiator,
    optimal_inputs,
    saliency,
)
from netc.runtime.analysis.inspection.scores import score_of_class

Array = np.ndarray[Any, Any]

DIGITS = (
    "data digits; input 8x8x1 name=x -> conv 4 3x3 relu -> maxpool 2x2 -> flatten "
    "-> dropout 0.2 -> dense 12 relu -> dense 10 -> @scores -> softmax; loss ce; opt adam lr=0.01; "
    "train epochs=1 batch=32 seed=1 precision=f64"
)


@pytest.fixture(scope="module")
def model() -> netc.Model:
    return netc.compile(DIGITS).fit()


@pytest.fixture(scope="module")
def inspection(model: netc.Model) -> Inspection:
    return inspection_of(model)


def samples(inspection: Inspection) -> Array:
    return np.asarray(inspection.read.x)


def test_layers_are_those_of_a_reader() -> None:
    model = netc.compile(
        "input 8x8x1 -> conv 4 3x3 bn relu -> dropout 0.2 -> flatten -> @flat -> dense 3 -> softmax"
    )
    layers = shown_layers(model.graph)
    assert [(layer.name, layer.heading) for layer in layers] == [
        ("conv1", "conv 4 3x3 bn relu"),
        ("dense1", "dense 3 softmax"),
    ]
    assert [layer.last.name for layer in layers] == ["relu1", "softmax1"]
    assert find_layer(layers, model.graph, "bn1") is layers[0]
    assert find_layer(layers, model.graph, "dense1") is layers[1]
    assert find_layer(layers, model.graph, "dense7") is None


def test_a_tensor_that_is_read_twice_is_a_layer_of_its_own() -> None:
    model = netc.compile("input 4 -> dense 5 -> @a -> relu -> @b; concat @a @b -> dense 2")
    names = [layer.name for layer in shown_layers(model.graph)]
    assert names == ["dense1", "relu1", "concat1", "dense2"]


def test_figures_of_outputs_are_those_of_numpy(model: netc.Model, inspection: Inspection) -> None:
    report = inspect_network(inspection, None)
    for item, layer in zip(report.activations, shown_layers(model.graph), strict=True):
        output = model.outputs(samples(inspection), layer.last.name)
        found = (item.mean, item.deviation, item.least, item.most, item.zeros)
        wanted = (output.mean(), output.std(), output.min(), output.max(), np.mean(output == 0))
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)  # rounding of the sums
        assert item.histogram.counts.sum() == output.size
        if item.dead is not None:
            assert item.dead == np.sum(~output.reshape(-1, output.shape[-1]).any(axis=0))


def test_figures_of_parameters_are_those_of_numpy(
    model: netc.Model, inspection: Inspection
) -> None:
    report = inspect_network(inspection, None)
    weights = model.weights
    assert {item.name for item in report.parameters} == set(weights)
    for item in report.parameters:
        array = weights[item.name]
        found = (item.mean, item.deviation, item.least, item.most)
        np.testing.assert_allclose(
            found, (array.mean(), array.std(), array.min(), array.max()), rtol=1e-12
        )


def test_dead_and_equal_units_are_counted() -> None:
    changed = netc.compile(DIGITS).fit()
    weights = changed.weights
    weights["dense1.b"][:5], weights["dense1.b"][5:] = -1000, 1000
    weights["conv1.w"][..., 2] = weights["conv1.w"][..., 0]
    changed.set_weights(weights)
    report = inspect_network(inspection_of(changed), None)
    by_name = {item.name: item for item in report.activations}
    assert (by_name["dense1"].dead, by_name["dense1"].units) == (5, 12)
    assert by_name["dense2"].dead is None, "a softmax does not die"
    distinct = {item.name: item.distinct for item in report.parameters}
    assert (distinct["conv1.w"], distinct["dense1.w"]) == (3, 12)


def test_saturated_outputs_are_those_with_a_small_derivative() -> None:
    x = np.linspace(-8, 8, 200).reshape(-1, 1)
    for word in ("tanh", "sigmoid"):
        text = f"input 1 -> dense 1 -> {word}; loss mse; opt sgd; train precision=f64 epochs=1"
        model = netc.compile(text).fit(x, np.zeros(200), validation=0)
        model.set_weights({"dense1.w": [[1.0]], "dense1.b": [0.0]})
        y = model.outputs(x, "dense1")
        steep = np.tanh(y) if word == "tanh" else 1 / (1 + np.exp(-y))
        slope = 1 - steep**2 if word == "tanh" else 4 * steep * (1 - steep)
        from netc.runtime.analysis.inspection.figures import ActivationGatherer

        (layer,) = shown_layers(model.graph)
        gatherer = ActivationGatherer(layer, 200)
        gatherer.add(np.arange(200), {layer.last.name: steep})
        assert gatherer.figures().saturated == np.mean(slope < 0.05)


def test_the_loss_of_a_sample_is_that_of_a_batch_of_one(
    model: netc.Model, inspection: Inspection
) -> None:
    outcomes = inspect_network(inspection, None).outcomes
    x, y = samples(inspection), inspection.read.y
    assert model.classes_ is not None
    for index in (0, 7, 100):
        alone = model.evaluate(x[index : index + 1], model.classes_[y[index : index + 1]])
        assert outcomes.losses[index] == pytest.approx(alone["loss"], rel=1e-12)
    assert outcomes.losses.mean() == pytest.approx(model.evaluate()["loss"], rel=1e-12)
    order = outcomes.losses[outcomes.worst(10)]
    assert list(order) == sorted(outcomes.losses, reverse=True)[:10]


def test_predictions_are_those_of_the_model(model: netc.Model, inspection: Inspection) -> None:
    outcomes = inspect_network(inspection, None).outcomes
    assert outcomes.predicted is not None
    assert outcomes.scores is not None
    x = samples(inspection)
    assert np.array_equal(
        np.array(outcomes.names)[outcomes.predicted], model.predict(x).astype(str)
    )
    np.testing.assert_allclose(outcomes.scores, model.predict_proba(x).max(axis=1), rtol=1e-12)


@pytest.mark.parametrize(("layer", "node"), [("conv1", "relu1"), ("dense2", "dense2")])
def test_the_samples_that_a_unit_responds_to_most_are_those_of_a_sort(
    layer: str, node: str, model: netc.Model, inspection: Inspection
) -> None:
    """Before the softmax, where it is the last layer."""
    shown = find_layer(shown_layers(model.graph), model.graph, layer)
    responses = inspect_network(inspection, shown).responses
    assert responses is not None
    output = model.outputs(samples(inspection), node)
    for unit in range(3):
        flat = output[..., unit].reshape(len(output), -1)
        naive = sorted(range(len(flat)), key=lambda index: -flat[index].max())[:9]
        assert list(responses.strongest(unit, 9)) == naive
        index = naive[0]
        assert output[(index, *responses.position(index, unit), unit)] == flat[index].max()


NETS = {
    "stride and border": "conv 3 3x3 stride=2 pad=1 -> conv 2 3x3",
    "pooling": "conv 3 5x5 pad=2 -> maxpool 3x3 stride=2 round=floor -> relu",
    "two ways": "conv 3 3x3 pad=same -> add [conv 3 5x5 pad=same | id] -> avgpool 3x3",
    "dilation": "conv 2 3x3 dilation=2 -> bn",
}


@pytest.mark.parametrize("name", NETS)
def test_a_unit_depends_on_its_receptive_field_and_on_nothing_else(name: str) -> None:
    text = f"input 15x15x1 name=x -> {NETS[name]} -> @seen; train precision=f64"
    model = netc.compile(text)
    node = model.graph.labels["seen"]
    random = np.random.default_rng(2)
    rows, columns, _ = model.graph.node(node).shape
    for position in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
        found = field_of(model.graph, node, position)
        assert found is not None
        inside = np.zeros((15, 15), bool)
        inside[tuple(slice(max(first, 0), last + 1) for first, last in found)] = True
        moved = np.zeros((15, 15), bool)
        for _ in range(40):
            # different samples, as a maximum depends on one pixel at a time
            x = random.normal(size=(1, 15, 15, 1))
            gradient = model.gradients(x, of=node, unit=(*position, 0))["x"]
            moved |= gradient[0, :, :, 0] != 0
        assert not (moved & ~inside).any()
        for axis in (0, 1):
            reached = np.flatnonzero(moved.any(axis=1 - axis))
            held = np.flatnonzero(inside.any(axis=1 - axis))
            assert (reached[0], reached[-1]) == (held[0], held[-1])


def test_the_field_after_a_flatten_is_the_whole_input(model: netc.Model) -> None:
    assert field_of(model.graph, "dense1", ()) is None


def test_occlusion_is_the_answer_to_covered_pictures(
    model: netc.Model, inspection: Inspection
) -> None:
    score = score_of_class(inspection, 3)
    assert score is not None
    found = occlude(inspection, 5, score, (8, 8, 1), size=3, step=2)
    x = samples(inspection)
    assert (found.tops, found.lefts) == ((0, 2, 4, 5), (0, 2, 4, 5))
    assert found.whole == pytest.approx(model.predict_proba(x[5:6])[0, 3], rel=1e-12)
    for row, top in enumerate(found.tops):
        for column, left in enumerate(found.lefts):
            covered = x[5:6].copy()
            covered[:, top : top + 3, left : left + 3] = x.mean()
            wanted = model.predict_proba(covered)[0, 3]
            assert found.covered[row, column] == pytest.approx(wanted, rel=1e-9)  # sum of the mean


def test_a_patch_reaches_the_end_of_an_axis() -> None:
    assert places(8, 3, 2) == (0, 2, 4, 5)
    assert places(7, 3, 2) == (0, 2, 4)
    assert places(2, 5, 1) == (0,)


def test_smoothgrad_is_the_mean_of_noisy_gradients_and_follows_its_seed(
    inspection: Inspection,
) -> None:
    score = score_of_class(inspection, 3)
    assert score is not None
    of = differentiator(inspection, score.logits)
    first, again, other = (saliency(of, 5, score, (8, 8, 1), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.smooth, again.smooth)
    assert np.array_equal(first.gradient, other.gradient)
    assert not np.array_equal(first.smooth, other.smooth)


def test_an_optimised_input_beats_every_sample_and_stays_in_their_range(
    model: netc.Model, inspection: Inspection
) -> None:
    found = optimal_inputs(inspection, "dense2", (2, 7), (8, 8, 1), seed=0)
    x = samples(inspection)
    scores = model.outputs(x, "dense2")
    for item in found:
        assert item.response > scores[:, item.unit].max()
        assert (item.pixels.min() >= x.min(), item.pixels.max() <= x.max()) == (True, True)
        response = model.outputs(item.pixels[None], "dense2")[0, item.unit]
        assert item.response == pytest.approx(response, rel=1e-9)
    again = optimal_inputs(inspection, "dense2", (2, 7), (8, 8, 1), seed=0)
    assert np.array_equal(found[1].pixels, again[1].pixels)


def test_a_blur_keeps_flat_pictures_and_the_sum_of_a_dot() -> None:
    assert np.allclose(blurred(np.full((1, 5, 6, 2), 3.0)), 3.0, rtol=1e-15)
    dot = np.zeros((1, 7, 7, 1))
    dot[0, 3, 3] = 16
    found = blurred(dot)[0, 2:5, 2:5, 0]
    assert found.tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_feature_maps_and_filters_are_those_of_the_model(
    model: netc.Model, inspection: Inspection
) -> None:
    maps = feature_maps(inspection, 4)
    assert [item.layer.name for item in maps] == ["conv1", "maxpool1"]
    x = samples(inspection)[4:5]
    assert np.array_equal(maps[0].maps, model.outputs(x, "relu1")[0])
    filters = first_filters(inspection)
    assert filters is not None
    assert np.array_equal(filters.weights[2], model.weights["conv1.w"][..., 2])


def test_filters_of_a_dense_layer_have_the_shape_of_its_picture() -> None:
    model = netc.compile(
        "data digits; input 64 -> dense 5 relu -> dense 10 softmax; loss ce; opt adam; "
        "train epochs=1"
    ).fit()
    inspection = inspection_of(model)
    filters = first_filters(inspection)
    assert filters is not None
    assert filters.weights.shape == (5, 8, 8, 1)
    assert np.array_equal(filters.weights[1].ravel(), model.weights["dense1.w"][:, 1])
    assert picture_shape(inspection, "input1") == (8, 8, 1)


def test_gradients_are_those_of_a_step() -> None:
    text = DIGITS.replace("-> dropout 0.2 ", "")
    model = netc.compile(text).fit()
    inspection = inspection_of(model)
    assert len(inspection.encoded) <= inspection.batch, "all samples are in the batch"
    assert model.classes_ is not None
    wanted = model.gradients(samples(inspection), model.classes_[inspection.read.y])
    for item in gradient_figures(inspection):
        size = np.hypot(item.mean, item.deviation)
        assert size == pytest.approx(np.sqrt(np.square(wanted[item.name]).mean()), rel=1e-9)


def test_samples_are_evenly_spaced_and_those_that_are_named_are_among_them(
    model: netc.Model,
) -> None:
    whole = inspection_of(model)
    some = inspection_of(model, most=9, places=(2, 180))
    assert some.places.tolist() == [1, 2, 21, 41, 61, 81, 101, 121, 141, 161, 180]
    assert (some.total, len(some.encoded)) == (180, 11)
    for index, place in enumerate(some.places):
        assert np.array_equal(some.read.x[index], whole.read.x[place - 1])
        assert some.index_of(int(place)) == index


def test_a_class_that_is_asked_for_has_its_own_samples_and_score(inspection: Inspection) -> None:
    wanted = InspectionRequest(frozenset(ASPECTS), category=4)
    found = look(inspection, wanted)
    assert {int(inspection.read.y[index]) for index in found.explained} == {4}
    (one,) = found.inputs
    assert {item.score.name for item in (*one.saliency, *one.occlusion)} == {"4"}
    assert one.optimum is not None
    assert one.optimum.names == ("4",)
    assert look(inspection, replace(wanted, samples=(7,), category=None)).explained == (6,)


def test_what_an_autoencoder_gives_back_are_its_outputs() -> None:
    model = netc.compile(
        "data digits; input 64 -> @x -> dense 8 relu -> dense 64 -> sigmoid -> @y; "
        "loss bce target=@x; opt adam lr=0.01; train epochs=1 seed=1 precision=f64"
    ).fit()
    found = inspection_of(model)
    rebuilt = reconstructions(found)
    assert rebuilt is not None
    assert rebuilt.samples.shape == rebuilt.outputs.shape == (10, 8, 8, 1)
    x = samples(found)[:10]
    np.testing.assert_allclose(rebuilt.samples, x.reshape(10, 8, 8, 1), rtol=1e-6)
    given = model.outputs(x.reshape(10, 64), "y")
    np.testing.assert_allclose(rebuilt.outputs.reshape(10, 64), given, rtol=1e-6)


def test_a_classifier_gives_nothing_back(inspection: Inspection) -> None:
    assert reconstructions(inspection) is None
    found = look(inspection, InspectionRequest(frozenset({"reconstructions"})))
    assert list(found.missing) == ["reconstructions"]


DRAWN = {
    "pictures": DIGITS,
    "a table": "data iris; input 4 -> dense 5 relu -> dense 3 softmax; loss ce; opt adam; "
    "train epochs=1",
    "many units": "data digits; input 64 -> dense 70 tanh -> dense 10 softmax; loss ce; opt adam; "
    "train epochs=1",
}


@pytest.mark.parametrize("kind", DRAWN)
def test_every_picture_is_drawn_the_same_twice(kind: str) -> None:
    pytest.importorskip("matplotlib", reason="pictures are drawn with matplotlib")
    from netc.runtime.analysis.inspection.pictures import pictures_of
    from netc.runtime.analysis.inspection.report import usual_layer
    from netc.runtime.plots.style import draw

    inspection = inspection_of(netc.compile(DRAWN[kind]).fit())
    layer = usual_layer(shown_layers(inspection.graph))
    wanted = InspectionRequest(frozenset(ASPECTS), layer=layer)
    pictures = list(pictures_of(inspection, look(inspection, wanted), wanted))
    names = [picture.name for picture in pictures]
    assert len(set(names)) == len(names) >= 5
    for picture in pictures:
        drawn = draw(picture.fill, ".svg")
        assert drawn == draw(picture.fill, ".svg")
        assert all(len(list(column)) for column in picture.table.values())
