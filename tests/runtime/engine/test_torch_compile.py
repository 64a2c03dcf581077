"""`torch.compile` and bfloat16: what they change, and what is said where there is no compiler."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layer_rows import TABLE, Row
from netc.runtime.native.failure import EngineError
from netc.runtime.training.spec import TorchOptions
from reference_net import understand
from resuming import assert_same, session_of, trained

torch = pytest.importorskip("torch", reason="the torch engine computes with PyTorch")

from netc.runtime.engine.selection import EngineOptions  # noqa: E402
from netc.runtime.engine.torch.build import build_torch  # noqa: E402
from netc.runtime.engine.torch.compiling import compiled, compiling  # noqa: E402
from torch_engines import losses_of  # noqa: E402

COMPILED = TorchOptions(compiles=True)
HALF = TorchOptions(bf16=True)
LENET = (
    "data digits; input 8x8x1 -> conv 4 3x3 pad=1 bias=false bn relu -> maxpool 2 -> "
    "conv 8 3x3 bias=false bn relu -> flatten -> dense 16 relu -> dense 10 softmax; loss ce; "
    "opt sgd lr=0.05 momentum=0.9; train epochs=2 batch=64 precision=f64"
)
DROPOUT = (
    "data digits; input 8x8x1 -> conv 4 2x2 stride=2 bias=false bn relu -> flatten -> dropout 0.3"
    " -> dense 10 softmax; loss ce; opt adam; train epochs=2 batch=64 precision=f64"
)

needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a compiler"
)

quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""Loading what compiles warns of PyTorch's own code."""

# bfloat16

SOME = tuple(islice(TABLE, 1, None, 20))


def check_half(row: Row) -> None:
    """The loss of a step is that of single precision, to the rounding of bfloat16: 2⁻⁹."""
    found = understand(row.text("f32"))
    losses = []
    for precision in (None, "bf16"):
        engine = build_torch(
            found.model,
            found.graph,
            EngineOptions(batch=row.batch, largest=row.batch, seed=0),
            device="cpu",
            precision=precision,
            workers=1,
        )
        random = np.random.default_rng(0)
        for name, feed in engine.feeds.items():
            whole = name == "tokens" or (row.tokens and not name.startswith("target"))
            feed[...] = (
                random.integers(0, row.tokens or feed.size, feed.shape)
                if whole
                else random.random(feed.shape)
            )
        engine.train_step(0.01)
        trained_loss = engine.loss()
        engine.evaluate_step()
        losses.append((trained_loss, engine.loss()))
        assert engine.precision == (precision or "f32")
        assert all(array.dtype == np.float32 for array in engine.parameters().values())
    assert losses[1] == pytest.approx(losses[0], rel=0.02, abs=1e-6)


@pytest.mark.parametrize("row", SOME, ids=str)
def test_bfloat16_is_near_single_precision(row: Row) -> None:
    check_half(row)


@pytest.mark.heavy
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_layer_computes_in_bfloat16(row: Row) -> None:
    check_half(row)


def test_a_training_in_bfloat16_goes_down_as_in_single_precision() -> None:
    text = LENET.replace(" precision=f64", "")
    single, half = (losses_of(text, "torch", torch=torch) for torch in (TorchOptions(), HALF))
    assert half != single
    assert half[-1] == pytest.approx(single[-1], rel=0.2)


# torch.compile


@pytest.mark.heavy
@needs_compiler
@quiet
def test_compiled_losses_are_those_of_numpy() -> None:
    text = LENET.replace("batch=64", "batch=718")  # the last batch has a single sample
    ours = losses_of(text, "numpy")
    assert losses_of(text, "torch", torch=COMPILED) == pytest.approx(ours, rel=1e-9)


@pytest.mark.heavy
@needs_compiler
@quiet
def test_a_compiled_training_that_was_left_ends_as_one_in_one_go() -> None:
    def session() -> Any:
        return session_of(DROPOUT, engine="torch", torch=COMPILED)

    whole = trained(session())
    left = trained(session(), leave=30)
    assert_same(whole, trained(session(), resumed=left.kept[-1]))


@pytest.mark.heavy
@needs_compiler
def test_a_record_says_what_compiles_and_rounds(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "netc", "run", "-e", DROPOUT.replace(" precision=f64", "")]
    options = ["--engine", "torch", "--compile", "--precision", "bf16", "--out", str(run)]
    done = subprocess.run(
        command + options, capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "· cpu · bf16 · torch.compile" in done.stdout
    engine = json.loads((run / "run.json").read_text())["engine"]
    assert engine["identity"] == f"PyTorch {torch.__version__}; cpu; bf16; torch.compile"
    assert (engine["bf16"], engine["compiles"]) == (True, True)


@pytest.mark.heavy
def test_without_a_compiler_it_is_said_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "netc", "run", "-e", LENET, "--engine", "torch", "--compile"]
    nowhere = {"PATH": "/nowhere", "CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": "cache"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=tmp_path,
        env=os.environ | nowhere,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error[E0778]: torch.compile fails: InvalidCxxCompiler" in done.stderr
    assert "omit `--compile`" in done.stderr


def test_a_python_that_is_too_new_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(module: Any, dynamic: bool) -> Any:
        raise RuntimeError("torch.compile is not supported on Python 9.1+.\nmore")

    monkeypatch.setattr(torch, "compile", refuse)
    with pytest.raises(EngineError) as raised:
        compiled(torch.nn.Linear(1, 1))
    said = raised.value.problem.message()
    assert said == "torch.compile fails: torch.compile is not supported on Python 9.1+"


@pytest.mark.heavy
@quiet
def test_other_errors_stay_what_they_are() -> None:
    for compiles in (False, True):
        with pytest.raises(RuntimeError, match="sizes"), compiling(compiles):
            raise RuntimeError("sizes differ")


@pytest.mark.heavy
@needs_compiler
def test_the_script_that_measures_gpus_measures_processors() -> None:
    script = Path(__file__).parents[3] / "benchmarks" / "gpu.py"
    command = [sys.executable, str(script), "--device", "cpu", "--seconds", "0.1", "mlp128"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert (done.returncode, done.stderr) == (0, "")
    head, columns, *rows = done.stdout.splitlines()
    assert " on cpu, beside NumPy" in head
    assert columns.split() == ["network", "precision", "distance", "samples/s", "MiB"]
    assert [row.split()[1] for row in rows] == ["f64", "f64", "f32", "f32", "bf16", "bf16"]
    assert ["compiled" in row for row in rows] == [False, True] * 3
