"""A profile adds up, and prints what it measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from netc.cli.terminal.screen import ASCII, Screen
from netc.cli.training.profile import profile_text
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.profile import LEAST_STEPS, Profile, time_layers
from netc.runtime.analysis.profile_run import profile_run
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.selection import EngineOptions, build_single
from netc.runtime.training.session import prepare_run
from netc.runtime.training.spec import Spec

SPEC = """\
data digits
input 64 -> dense 32 relu -> dense 10 softmax
loss ce
opt adam
train batch=32
"""
OPTIONS = EngineOptions(32, 32, seed=1, purpose="step")
CHECKED = check(source_of(SPEC), BUILTIN, read_source)


@pytest.fixture(scope="module")
def profile() -> Profile:
    problems = Problems()
    found = profile_run(
        Spec.of(CHECKED), root=Path(), problems=problems, reporter=lambda event: None, seconds=0.01
    )
    assert found is not None
    return found


def test_it_has_every_instruction_of_the_training_program_in_order(profile: Profile) -> None:
    steps = lower(CHECKED.model, CHECKED.graph, batch=32).programs["train"]
    assert [(item.row, item.layer) for item in profile.instructions] == [
        (step.row, step.layer) for step in steps
    ]
    assert [item.at for item in profile.instructions] == list(range(len(steps)))
    assert profile.batch == 32
    assert profile.steps >= LEAST_STEPS


def test_its_times_are_positive_and_its_sums_are_sums(profile: Profile) -> None:
    assert all(item.seconds > 0 for item in profile.instructions if item.calls)
    assert profile.in_calls == pytest.approx(sum(item.seconds for item in profile.instructions))
    assert profile.floor == pytest.approx(sum(item.floor for item in profile.instructions))
    assert profile.step > 0
    assert profile.multiply_adds == 32 * (2 * (64 * 32 + 32 * 10) + 32 * 10)


def test_the_text_has_the_longest_first_and_every_layer(profile: Profile) -> None:
    text = profile_text(profile, Screen(ASCII, "utf-8", False, 100))
    head, *_ = text.splitlines()
    assert head.split() == [
        "#", "instruction", "layer", "calls", "time", "share", "GF/s", "floor", "x", "floor",
    ]  # fmt: skip
    first = text.split("\n\n")[0]
    shares = [float(share) for share in re.findall(r"([\d.]+) %", first)]
    others = "others" in first
    ordered = shares[:-1] if others else shares
    assert ordered == sorted(ordered, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=2)
    for name in ("dense1", "relu1", "dense2", "opt adam", "loss ce"):
        assert name in text
    assert re.search(r"^step .* 32 samples on one core, [\d,]+ samples/s", text, re.M)
    assert re.search(r"^floor .* times that$", text, re.M)


def test_profiling_a_spec_with_a_problem_gives_the_problem() -> None:
    wrong = check(source_of(SPEC.replace("loss ce", "")), BUILTIN, read_source)
    problems = Problems()
    found = profile_run(Spec.of(wrong), root=Path(), problems=problems, reporter=lambda event: None)
    assert found is None
    assert [problem.code for problem in problems] == ["E0652"]


def test_the_time_of_layers_is_that_of_their_instructions() -> None:
    session = prepare_run(
        Spec.of(CHECKED), root=Path(), problems=Problems(), reporter=lambda event: None
    )
    assert session is not None
    engine = build_single(session.spec.model, session.spec.graph, OPTIONS)
    assert isinstance(engine, Engine)
    found = time_layers(engine, session.encoded().train, rate=0.1, seed=1, seconds=0.0)
    assert found.steps == LEAST_STEPS
    assert found.step > 0
    assert set(found.layers) == {step.layer for step in engine.plan.programs["train"]}
    assert all(seconds > 0 for seconds in found.layers.values())
