"""The second oracle: the node tests that ONNX brings along, as specs.

Inputs and expected outputs are those of `onnx.backend.test.case.node`; onnx_trials.py turns each
test of an operator that netc has a word for into a spec, or says why it cannot. What a newer
ONNX adds runs without further ado; what was covered here must stay covered.

`COVERED` says how many tests run for each operator. Left out, with the reason given by the code:

- whole-number arithmetic (Add, Mul, Max, MaxPool of int8, uint8 and so on): tensors are floats
- broadcasting (Add, Mul) and merges of one tensor (Max, Mean, Sum)
- more than three axes in a sample (ConvTranspose, pools, Flatten, Reshape)
- dilated pools; averages that do not count padding; padding larger before than after
- the tanh approximation of GELU; SELU with other constants; PReLU with a slope for each number
- matrix products where the right side differs between samples
- cross-entropy with class weights or an ignored class
- padding by edges or reflection; interpolation, and factors that are not whole
- Gather with negative indices; Dropout while training, whose random numbers are ONNX's own
- NegativeLogLikelihoodLoss reads log-probabilities, the `nll` of a spec a softmax
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from onnx_trials import MAKERS, Array, Trial
from reference_net import Net, distance

onnx = pytest.importorskip("onnx", reason="the reference is ONNX")

TOLERANCE = 1e-5
"""Single precision on both sides; see test_layers_reference.py."""

COVERED: dict[str, tuple[int, int]] = {
    "Add": (1, 8),
    "AveragePool": (8, 20),
    "BatchNormalization": (4, 4),
    "Concat": (12, 12),
    "Conv": (6, 6),
    "ConvTranspose": (10, 11),
    "Dropout": (8, 12),
    "Elu": (3, 3),
    "Flatten": (7, 9),
    "Gather": (3, 4),
    "Gelu": (2, 4),
    "Gemm": (11, 11),
    "GlobalAveragePool": (2, 2),
    "GlobalMaxPool": (2, 2),
    "GroupNormalization": (2, 2),
    "HardSwish": (1, 1),
    "Identity": (2, 5),
    "InstanceNormalization": (2, 2),
    "LRN": (2, 2),
    "LayerNormalization": (19, 19),
    "LeakyRelu": (3, 3),
    "MatMul": (3, 7),
    "Max": (5, 14),
    "MaxPool": (12, 19),
    "Mean": (2, 3),
    "Mul": (2, 9),
    "PRelu": (1, 2),
    "Pad": (3, 6),
    "Relu": (1, 1),
    "Reshape": (8, 10),
    "Resize": (4, 39),
    "Selu": (1, 3),
    "Sigmoid": (2, 2),
    "Sign": (1, 1),
    "Softmax": (7, 7),
    "SoftmaxCrossEntropyLoss": (10, 34),
    "Softplus": (2, 2),
    "Sum": (2, 3),
    "Swish": (1, 1),
    "Tanh": (2, 2),
    "Upsample": (1, 1),
}
"""How many tests ran, of how many there were, when this was written."""

ROUNDED = {"test_averagepool_2d_ceil_last_window_starts_on_pad": 1e-3}
"""Tests whose inputs and outputs are written down with four digits."""


@pytest.fixture(scope="session")
def node_tests() -> dict[str, list[tuple[str, dict[str, Any], list[Array], list[Array]]]]:
    """Tests of one node: name, attributes, inputs and outputs, by operator."""
    with warnings.catch_warnings():
        # Its own references divide by zero and overflow on purpose.
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        cases = collect_testcases(None)
    found = defaultdict(list)
    for case in cases:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in MAKERS:
            attributes = {
                item.name: onnx.helper.get_attribute_value(item) for item in nodes[0].attribute
            }
            inputs, outputs = case.data_sets[0]
            found[nodes[0].op_type].append((case.name, attributes, inputs, outputs))
    return found


def error_of(trial: Trial) -> float:
    """Runs a trial; the largest distance."""
    single = trial.loss and np.asarray(trial.expected).ndim > 0
    net = Net(trial.text, 1 if single else trial.batch)
    net.set(trial.parameters)
    feeds = dict(trial.feeds)
    if trial.loss:
        (name,) = net.engine.feeds.keys() - {"x"}
        feeds[name] = feeds.pop("target")
    elif trial.trains:
        (name,) = net.engine.feeds.keys() - {"x"}
        feeds[name] = np.zeros(net.engine.feeds[name].shape)
    if single:
        losses = []
        for index in range(trial.batch):
            net.feed({name: value[index] for name, value in feeds.items()})
            net.engine.evaluate_step()
            losses.append(net.engine.loss())
        return distance(trial.back(np.array(losses)), trial.expected)
    net.feed(feeds)
    if trial.trains:
        net.train()
    else:
        net.engine.evaluate_step()
    if trial.loss:
        return distance(trial.back(np.array(net.engine.loss())), trial.expected)
    (output,) = net.outputs().values()
    errors = [distance(trial.back(output), trial.expected)]
    errors += [distance(net.parameters()[name], value) for name, value in trial.kept.items()]
    return max(errors)


@pytest.mark.parametrize("operator", MAKERS)
def test_an_operator_computes_what_onnx_says(operator: str, node_tests: Any) -> None:
    ran, left_out, wrong = 0, Counter(), {}
    for name, attributes, inputs, outputs in node_tests[operator]:
        trial = MAKERS[operator](attributes, inputs, outputs)
        if isinstance(trial, str):
            left_out[trial] += 1
            continue
        ran += 1
        error = error_of(trial)
        if error > ROUNDED.get(name, TOLERANCE):
            wrong[name] = f"{error:.1e}: {trial.text}"
    reasons = ", ".join(f"{count} for: {reason}" for reason, count in left_out.items())
    assert not wrong, (wrong, f"{ran} ran; left out {reasons or 'nothing'}")
    assert ran >= COVERED[operator][0], f"{ran} ran; left out {reasons}"
