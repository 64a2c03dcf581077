"""A step takes the bytes that its plan says, and takes nothing more the next time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPECS = Path(__file__).parents[3] / "specs"

PROGRAM = """
import gc, json, sys, tracemalloc
from pathlib import Path
import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.runtime.engine.engine import Engine

def plan_of(text, batch):
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return lower(checked.model, checked.graph, batch=batch)

def engine_of(plan):
    engine = Engine(lambda batch: plan, batch=plan.batch)
    for feed in engine.feeds.values():
        feed[...] = 0.5
    return engine

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

text, batch = json.load(sys.stdin)
warm = engine_of(plan_of("input 4 -> dense 2 relu; loss mse; opt adam", 2))
warm.train_step(0.01)
"""

BYTES = """
plan = plan_of(text, batch)
gc.collect()
tracemalloc.start()
engine = engine_of(plan)
tracemalloc.reset_peak()
engine.train_step(0.0)
print(json.dumps([plan.total_bytes(), tracemalloc.get_traced_memory()[1]]))
"""

PAGES = """
engine = engine_of(plan_of(text, batch))
pages = []
for steps in (100, 900):
    for _ in range(steps):
        engine.train_step(0.0)
        engine.evaluate_step()
        engine.loss()
    gc.collect()
    pages.append(resident())
print(json.dumps(pages))
"""

EVERYTHING = """\
input 8x8x4 -> conv 8 3x3 pad=1 bn relu -> @skip
  -> depthwise 3x3 pad=1 -> gn 2 -> prelu -> dropout 0.2
  -> add [conv 8 1x1 gelu | id] -> concat @skip -> lrn 3
  -> maxpool 2x2 -> deconv 8 2x2 stride=2 -> ln elu -> avgpool 2x2 -> gaussian_noise 0.1
  -> flatten -> dense 8 softplus -> dense 4 softmax
loss ce smoothing=0.1; reg l1 1e-4; reg l2 1e-4; opt adamw clip=1
"""


def run(program: str, text: str, batch: int) -> list[int]:
    """Runs a program in an interpreter of its own, and reads the numbers that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        input=json.dumps([text, batch]),
        capture_output=True,
        text=True,
        check=True,
    )
    numbers: list[int] = json.loads(done.stdout)
    return numbers


@pytest.mark.parametrize(
    ("name", "batch"), [("lenet5", 256), ("two_heads", 32), ("autoencoder", 64), ("text_cnn", 8)]
)
def test_a_step_takes_the_bytes_of_its_plan(name: str, batch: int) -> None:
    """Within 5 % for plans of a few MiB and more: the rest are the bound calls, about half a KiB
    each, and the buffers in which NumPy converts between types."""
    planned, taken = run(BYTES, (SPECS / f"{name}.net").read_text("utf-8"), batch)
    assert planned > 5 * 2**20
    assert planned <= taken <= 1.05 * planned


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="counts pages as Linux does")
@pytest.mark.parametrize(
    "text",
    [EVERYTHING, "input 20x6 -> conv 4 3 relu -> gap -> dense 2; loss mse; opt nadam"],
    ids=["image", "sequence"],
)
def test_a_thousand_steps_take_no_page_more_than_a_hundred(text: str) -> None:
    hundred, thousand = run(PAGES, text, 4)
    assert thousand <= hundred
