"""Ways to compute a convolution that were measured: what they change, and how they are kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.context import Choices
from netc.compiler.lower.lower import lower
from netc.compiler.lower.plan import Plan
from netc.compiler.lower.program import Algorithm
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.profile_run import profile_run
from netc.runtime.engine import autotune as tuning
from netc.runtime.engine.autotune import ALGORITHMS, autotune
from netc.runtime.engine.engine import Engine
from netc.runtime.training.spec import RunOptions, Spec

TEXT = """
input 11x9x32 -> conv 32 3x3 pad=1 relu -> conv 40 3x3 stride=2 relu -> flatten -> dense 3 softmax
loss ce
opt sgd lr=0.1
"""
BATCH = 6


def checked_of(train: str = "") -> Checked:
    checked = check(source_of(TEXT + train), BUILTIN, read_source)
    assert not checked.has_errors
    return checked


def plan_of(checked: Checked, algorithms: dict[str, Algorithm]) -> Plan:
    choices = Choices(algorithms=algorithms)
    return lower(checked.model, checked.graph, batch=BATCH, purpose="step", choices=choices)


def rows_of(plan: Plan, layer: str) -> set[str]:
    return {step.row for step in plan.programs["train"] if step.layer == layer}


def gradients(plan: Plan) -> dict[str, np.ndarray]:
    engine = Engine(lambda _: plan, batch=BATCH, seed=2)
    rng = np.random.default_rng(0)
    for name in sorted(engine.feeds):
        feed = engine.feeds[name]
        feed[...] = rng.random(feed.shape)
    engine.train_step(0.0)
    return {name: value.copy() for name, value in engine.gradients().items()}


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
def test_every_algorithm_gives_the_same_gradients(algorithm: Algorithm) -> None:
    checked = checked_of("train precision=f64")
    expected = gradients(plan_of(checked, {}))
    plan = plan_of(checked, dict.fromkeys(("conv1", "conv2"), algorithm))
    assert ("winograd2d" in rows_of(plan, "conv1")) == (algorithm.name == "winograd")
    for name, value in gradients(plan).items():
        # the sums are short and in double precision; Winograd's maps lose about three digits
        np.testing.assert_allclose(value, expected[name], rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
def test_exact_never_takes_winograd(algorithm: Algorithm) -> None:
    plan = plan_of(checked_of("train exact=true"), {"conv1": algorithm})
    assert "winograd2d" not in rows_of(plan, "conv1")


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    checked = checked_of()
    algorithms, first = autotune(checked.model, checked.graph, batch=BATCH, folder=tmp_path)
    assert (first.layers, first.measured, first.lost) == (2, 2, None)
    again, second = autotune(checked.model, checked.graph, batch=BATCH, folder=tmp_path)
    assert again == algorithms
    assert (second.layers, second.measured) == (2, 0)
    exact = checked_of("train exact=true")
    _, other = autotune(exact.model, exact.graph, batch=BATCH, folder=tmp_path)
    assert other.measured == 2


def test_the_quickest_algorithm_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With made-up times: columns of one size take half as long as all else."""
    checked = checked_of()
    quick = Algorithm("columns", 2**18)

    def seconds(plan: Plan, *_: object) -> dict[str, float]:
        chosen = plan_of(checked, dict.fromkeys(("conv1", "conv2"), quick))
        return dict.fromkeys(("conv1", "conv2"), 1.0 if plan == chosen else 2.0)

    monkeypatch.setattr(tuning, "_seconds", seconds)
    algorithms, tuned = autotune(checked.model, checked.graph, batch=BATCH, folder=tmp_path)
    assert algorithms == dict.fromkeys(("conv1", "conv2"), quick)
    assert tuned.changed == 2


@pytest.mark.parametrize(
    "damage", ["", "[]", "{", '{"a": {"b": {"algorithm": "fft", "size": 3}}}', '{"a": 3}']
)
def test_a_damaged_cache_is_measured_anew(tmp_path: Path, damage: str) -> None:
    (tmp_path / "autotune.json").write_text(damage)
    checked = checked_of()
    _, tuned = autotune(checked.model, checked.graph, batch=BATCH, folder=tmp_path)
    assert tuned.measured == 2
    assert len(json.loads((tmp_path / "autotune.json").read_text())) == 1


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checked = checked_of()
    _, tuned = autotune(checked.model, checked.graph, batch=BATCH, folder=tmp_path / "file" / "in")
    assert tuned.lost == "Not a directory"


def test_a_profile_shows_the_tuned_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(tuning, "_measure", lambda *_: {"conv1": Algorithm("columns", 2**18)})
    np.savez(
        tmp_path / "data.npz",
        x=np.random.default_rng(0).random((12, 11, 9, 32), np.float32),
        y=np.arange(12) % 3,
    )
    checked = check(
        source_of(f'data npz "{tmp_path / "data.npz"}"\n{TEXT}train batch={BATCH}'),
        BUILTIN,
        read_source,
    )
    rows = {}
    for tunes in (False, True):
        problems = Problems()
        found = profile_run(
            Spec.of(checked),
            RunOptions(tunes=tunes),
            root=tmp_path,
            problems=problems,
            reporter=lambda event: None,
            seconds=0.01,
        )
        assert found is not None, [problem.message() for problem in problems]
        rows[tunes] = {item.row for item in found.instructions if item.layer == "conv1"}
    assert "winograd2d" in rows[False]
    assert "conv2d" in rows[True]
    assert "winograd2d" not in rows[True]
