"""Other libraries compute what netc does, and are timed only when they do. Nothing is clocked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.runtime.compare import compare as comparing
from netc.runtime.compare.case import Case, TwinError, make_case
from netc.runtime.compare.compare import compare
from netc.runtime.compare.interleave import interleave
from netc.runtime.compare.netc_side import NetcSide, Shown, differ, show
from netc.runtime.compare.sklearn_side import SklearnSide
from netc.runtime.compare.textbook import TextbookSide
from netc.runtime.compare.torch_side import TorchSide

TINY = "input 6 -> dense 5 tanh -> dense 3 softmax; loss ce; opt adam"
CLOSE = 1e-9
"""In double precision."""


def case_of(checked: Checked, batch: int, *, trains: bool = True) -> Case:
    return make_case(checked.model, checked.graph, batch, trains=trains)


def checked(text: str) -> Checked:
    found = check(source_of(text), BUILTIN, read_source)
    assert not found.has_errors
    return found


def parameters_of(case: Case) -> dict[str, Any]:
    """Random everywhere, so that a swapped axis or a missing bias shows."""
    side = NetcSide(case, threads=1)
    random = np.random.default_rng(3)
    found = side.parameters()
    side.close()
    for name, array in found.items():
        array += 0.1 * random.standard_normal(array.shape)
        if name.endswith(".var"):
            np.abs(array, out=array)
    return found


def torch_gap(case: Case, **options: bool) -> tuple[str, float]:
    pytest.importorskip("torch", reason="the twin is a network of PyTorch")
    parameters = parameters_of(case)
    side = TorchSide(case, parameters, threads=1, **options)
    gap = differ(show(case, parameters), side.show())
    side.run(1)
    return gap


@pytest.mark.parametrize("channels_last", [False, True])
def test_gradients_of_every_net_of_the_table_agree(net: Checked, channels_last: bool) -> None:
    images = any(len(node.shape) == 3 for node in net.graph.nodes)
    if channels_last and not images:
        pytest.skip("it has no images")
    where, gap = torch_gap(case_of(net, 2), channels_last=channels_last)
    assert gap < CLOSE, where


def test_answers_of_every_net_of_the_table_agree(net: Checked) -> None:
    where, gap = torch_gap(case_of(net, 2, trains=False))
    assert gap < CLOSE, where


NETWORKS = {
    "strides, dilation, groups": """
input 13x11x4 -> conv 6 3x3 stride=2 groups=2 relu -> conv 4 2x2 dilation=2 silu
  -> flatten -> dense 3 softmax
loss ce; opt sgd
""",
    "uneven padding and depthwise": """
input 8x8x3 -> conv 4 4x4 pad=same gelu -> depthwise 3x3 multiplier=2 pad=1 elu
  -> avgpool 2x2 -> flatten -> dropout 0.5 -> dense 3
loss mse; opt sgd momentum=0.9 nesterov=true; reg l2 0.01
""",
    "a skip, a concatenation and a mean": """
input 6x6x4 -> add [conv 4 3x3 pad=1 bn relu | id]
  -> concat [conv 2 1x1 | maxpool 3x3 stride=1 pad=1] -> gap -> dense 3 softmax
loss ce smoothing=0.1; opt adamw
""",
    "normalisations and learnt slopes": """
input 6x6x4 -> conv 4 3x3 -> gn 2 -> prelu -> lrn 3 -> flatten -> dense 6 ln tanh
  -> dense 4 sigmoid
loss bce; opt adam
""",
    "a padding that PyTorch has not": """
input 6x6x2 -> avgpool 3x3 stride=2 pad=2 round=ceil -> flatten -> dense 2; loss mse; opt sgd
""",
    "a target that is computed": """
input 4x4x2 -> @x -> conv 2 3x3 pad=1 -> @y; @x -> conv 2 1x1 -> @z
loss mse on=@y target=@z; opt sgd
""",
    "an output without a loss": """
input 4x4x2 -> @x -> conv 2 3x3 pad=1 -> @y; @x -> conv 3 1x1 -> @z; loss mse on=@y; opt sgd
""",
    "an image that is the target": """
input 6x6x2 -> @image -> conv 3 3x3 pad=1 leaky -> upsample 2x2 -> conv 2 2x2 stride=2
loss mse target=@image weight=0.5; opt sgd
""",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_a_network_agree(name: str) -> None:
    for channels_last in (False, True):
        where, gap = torch_gap(case_of(checked(NETWORKS[name]), 4), channels_last=channels_last)
        assert gap < CLOSE, where


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("input 4 -> dense 2 softmax; loss ce weight=(1, 2); opt sgd", "count differently"),
        ("input 4 -> dense 2; loss mse", "no `opt`"),
    ],
)
def test_what_has_no_twin_is_refused_with_a_reason(text: str, reason: str) -> None:
    pytest.importorskip("torch", reason="the twin is a network of PyTorch")
    case = case_of(checked(text), 2)
    with pytest.raises(TwinError, match=reason):
        TorchSide(case, parameters_of(case), threads=1)


@pytest.mark.parametrize("layer", ["conv 4 1x1 stride=2", "deconv 3 1x1 stride=2"])
def test_channels_last_is_left_out_where_pytorch_oversteps_its_memory(layer: str) -> None:
    pytest.importorskip("torch", reason="the twin is a network of PyTorch")
    case = case_of(checked(f"input 8x8x3 -> {layer} -> flatten -> dense 2; loss mse; opt sgd"), 2)
    with pytest.raises(TwinError, match="beyond its memory"):
        TorchSide(case, parameters_of(case), threads=1, channels_last=True)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_textbook_has_the_gradients_of_netc(activation: str) -> None:
    case = case_of(checked(TINY.replace("tanh", activation)), 8)
    parameters = parameters_of(case)
    side = TextbookSide(case, parameters, threads=1)
    where, gap = differ(show(case, parameters), side.show())
    assert gap < CLOSE, where
    side.run(3)
    assert differ(show(case, parameters), side.show())[1] > CLOSE


def test_scikit_learn_answers_as_netc_and_learns() -> None:
    pytest.importorskip("sklearn", reason="the rival is scikit-learn")
    case = case_of(checked(TINY), 8)
    parameters = parameters_of(case)
    side = SklearnSide(case, parameters, threads=1)
    (answers,) = show(case_like(case), parameters).values.values()
    np.testing.assert_allclose(side.answers(), answers, atol=1e-5)
    side.run(case.batches + 3)
    assert not np.allclose(side.answers(), answers, atol=1e-5)


def case_like(case: Case) -> Case:
    """The same samples, to be answered."""
    found = make_case(case.model, case.graph, case.batch, trains=False)
    found.inputs.update(case.inputs)
    return found


def test_a_network_that_is_no_chain_of_dense_layers_is_refused() -> None:
    case = case_of(checked("input 4 -> dense 3 bn -> dense 2 softmax; loss ce; opt sgd"), 2)
    with pytest.raises(TwinError, match="chain"):
        TextbookSide(case, {}, threads=1)


def test_a_comparison_of_one_short_round() -> None:
    model = checked(TINY)
    case = make_case(model.model, model.graph, 4, trains=True)
    result = compare(case, ("textbook",), threads=1, rounds=1, seconds=0.001, trials=1)
    (rival,) = result.rivals
    assert (rival.name, result.batch, result.rounds, result.workers) == ("textbook", 4, 1, 1)
    assert rival.ratio == pytest.approx(rival.seconds / result.seconds)
    assert result.floor is not None
    assert result.skipped == ()


def test_a_wrong_twin_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(TextbookSide):
        def show(self) -> Shown:
            shown = super().show()
            shown.values["dense1.w"] *= 1.001
            return shown

    monkeypatch.setattr(comparing, "TextbookSide", Wrong)
    model = checked(TINY)
    case = make_case(model.model, model.graph, 4, trains=True)
    result = compare(case, ("textbook",), rounds=1, seconds=0.001, trials=1)
    assert result.rivals == ()
    (skipped,) = result.skipped
    assert skipped.wrong
    assert "dense1.w differs" in skipped.reason


def test_a_difference_that_is_no_number_is_a_difference() -> None:
    one = Shown({"w": np.array([1.0, 2.0])})
    assert not differ(one, Shown({"w": np.array([1.0, np.nan])}))[1] <= 1


class Counting:
    """A side that writes down what is asked of it."""

    threads = 1

    def __init__(self) -> None:
        self.awake = True
        self.asked: list[str] = []

    def run(self, steps: int) -> None:
        assert self.awake
        self.asked.append("run")

    def rest(self) -> None:
        self.awake = False

    def wake(self) -> None:
        self.awake = True

    def close(self) -> None: ...


def test_sides_run_only_while_the_others_rest() -> None:
    sides = {"a": Counting(), "b": Counting()}

    class Watching(Counting):
        def run(self, steps: int) -> None:
            super().run(steps)
            assert not any(side.awake for side in sides.values() if side is not self)

    sides["c"] = Watching()
    timings = interleave(sides, rounds=2, seconds=1e-6, trials=1)
    assert {name: len(times) for name, times in timings.seconds.items()} == dict.fromkeys("abc", 2)
    assert timings.samples == 6
    assert all(side.awake for side in sides.values())
