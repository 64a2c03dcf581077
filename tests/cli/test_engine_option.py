"""`--engine`: the same network in NumPy and in C, and what is said without a compiler."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import netc
import numpy as np
import pytest
from command import run_netc
from compilers import script

SPEC = (
    "data iris; input 4 -> dense 3 softmax; loss ce; opt adam lr=0.05;"
    " train epochs=2 batch=60 seed=1; expect acc>=1%\n"
)
NATIVE = ("--engine", "native", "--no-keep")


@pytest.fixture
def spec(tmp_path: Path, native_cache: Path) -> Path:
    """A folder with a spec. Compiled code is kept for all tests."""
    (tmp_path / "net.net").write_text(SPEC)
    return tmp_path


def figures(text: str) -> list[list[float]]:
    """The rows of epochs, without their times."""
    rows = [line.split() for line in text.splitlines() if re.match(" +[0-9]", line)]
    return [[float(cell) for cell in row[:6]] for row in rows]


def test_a_run_says_that_it_is_compiled_and_learns_what_numpy_learns(spec: Path) -> None:
    first = run_netc(spec, "run", "net.net", *NATIVE)
    second = run_netc(spec, "run", "net.net", *NATIVE)
    usual = run_netc(spec, "run", "net.net", "--no-keep")
    assert (first.returncode, first.stderr) == (0, "")
    engine, *rows = first.stdout.splitlines()
    assert re.match(
        r"engine  native: (gcc|clang|zig) [\d.]+.* · (compiled in [\d.]+ s|cached)", engine
    )
    assert re.search(r" · cached\b", second.stdout.splitlines()[0])
    assert figures(first.stdout) == figures(second.stdout)
    # the losses differ in the last bits, and are printed with four digits
    np.testing.assert_allclose(figures(first.stdout), figures(usual.stdout), atol=2e-4)
    assert rows[0].split() == usual.stdout.splitlines()[0].split()


def test_the_variable_is_the_default_and_a_wrong_engine_is_a_usage_error(spec: Path) -> None:
    done = run_netc(spec, "run", "net.net", "--no-keep", NETC_ENGINE="native")
    assert done.stdout.startswith("engine  native: ")
    wrong = run_netc(spec, "run", "net.net", NETC_ENGINE="nativ")
    assert wrong.returncode == 2
    assert "(env var: 'NETC_ENGINE'): 'nativ' is not one of" in wrong.stderr
    usual = run_netc(spec, "run", "net.net", "--no-keep", "--engine", "numpy", NETC_ENGINE="native")
    assert usual.stdout.startswith("data ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "net.net"),
        ("run", "net.net", "--compare", "seed=1,2"),
        ("run", "net.net", "--overfit"),
        ("run", "net.net", "--find-lr"),
        ("tune", "net.net"),
    ],
)
def test_without_a_compiler_the_native_engine_refuses(
    spec: Path, arguments: tuple[str, ...]
) -> None:
    if arguments[0] == "tune":
        pytest.importorskip("optuna")
        text = SPEC.replace("lr=0.05", "lr=$lr")
        (spec / "net.net").write_text(f"let lr=0.1\ntune grid lr=(0.1, 0.2)\n{text}")
    done = run_netc(spec, *arguments, "--engine", "native", PATH="/nowhere", NETC_CC="no-such-cc")
    assert done.returncode == 1
    assert "error[E0769]: NETC_CC names `no-such-cc`" in done.stderr
    assert "--engine:1:1" in done.stderr
    assert "or use the engine `numpy`" in done.stderr
    assert "1 error" in done.stderr


def test_a_compiler_that_fails_is_one_error_and_auto_is_numpy_then(spec: Path) -> None:
    broken = str(script(spec / "cc", 'case "$1" in --version) exec "$CC" "$@";; *) exit 3;; esac'))
    fresh = {"NETC_CC": broken, "NETC_CACHE_DIR": str(spec / "cache")}
    done = run_netc(spec, "run", "net.net", *NATIVE, **fresh)
    assert done.returncode == 1
    assert re.match(r"error\[E0770\]: .*/cc` ended with status 3", done.stderr)
    done = run_netc(spec, "run", "net.net", "--no-keep", "--engine", "auto", **fresh)
    assert done.returncode == 0
    assert re.match(r"engine  NumPy · .*/cc` ended with\s+status 3", done.stdout)


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_weights_are_evaluated_and_asked_as_in_numpy(spec: Path, engine: str) -> None:
    if engine == "torch":
        pytest.importorskip("torch", reason="the torch engine computes with PyTorch")
    run_netc(spec, "run", "net.net", "--no-keep", "--save", "w.safetensors")
    np.save(spec / "x.npy", np.full((3, 4), 2.0))
    for arguments in (("eval", "w.safetensors"), ("predict", "w.safetensors", "x.npy")):
        usual, other = (run_netc(spec, *arguments, "--engine", name) for name in ("numpy", engine))
        assert (usual.returncode, other.returncode) == (0, 0), other.stderr
        rows = [line for line in other.stdout.splitlines() if not line.startswith("engine")]
        assert rows == usual.stdout.splitlines()


def test_predictions_in_c_need_a_compiler(spec: Path) -> None:
    run_netc(spec, "run", "net.net", "--no-keep", "--save", "w.safetensors")
    np.save(spec / "x.npy", np.full((3, 4), 2.0))
    refused = run_netc(spec, "predict", "w.safetensors", "x.npy", "--engine", "native", NETC_CC="x")
    assert (refused.returncode, "E0769" in refused.stderr) == (1, True)


def test_the_document_of_a_run_has_its_engine(spec: Path) -> None:
    done = run_netc(spec, "run", "net.net", *NATIVE, "--format", "json")
    engine = json.loads(done.stdout)["engine"]
    assert engine["name"] == "native"
    assert engine["functions"] > 0
    assert engine["lost"] is None


def test_folds_and_variants_say_once_that_they_are_compiled(spec: Path) -> None:
    (spec / "net.net").write_text(SPEC.replace("; expect acc>=1%", "; kfold 3"))
    done = run_netc(spec, "run", "net.net", *NATIVE)
    assert done.stdout.count("engine  native: ") == 1
    (spec / "net.net").write_text(SPEC)
    done = run_netc(spec, "run", "net.net", "--compare", "seed=1,2", "--engine", "native")
    assert (done.returncode, done.stdout.count("engine  native: ")) == (0, 1)


def test_a_search_names_the_run_with_its_engine(spec: Path) -> None:
    pytest.importorskip("optuna")
    text = SPEC.replace("lr=0.05", "lr=$lr")
    (spec / "net.net").write_text(f"let lr=0.02\ntune grid lr=(0.02,)\n{text}")
    done = run_netc(spec, "tune", "net.net", "--engine", "native")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("engine  native: ") == 1
    assert "--engine native" in done.stdout.splitlines()[-1]


def test_a_direct_solution_is_measured_in_c(spec: Path) -> None:
    text = "data linear; input 1 -> dense 1; loss mse; opt exact; metric r2"
    usual, native = (
        run_netc(spec, "run", "-e", text, "--no-keep", "--engine", engine).stdout.splitlines()[-1]
        for engine in ("numpy", "native")
    )
    assert native == usual


def test_what_times_numpy_refuses_another_engine(spec: Path) -> None:
    done = run_netc(spec, "run", "net.net", "--autotune", NETC_ENGINE="auto")
    assert (done.returncode, "--autotune" in done.stderr) == (2, True)
    done = run_netc(spec, "run", "net.net", "--profile", NETC_ENGINE="torch")
    assert (done.returncode, "--profile" in done.stderr) == (2, True)


def test_a_program_keeps_a_run_in_c_and_goes_on_with_it(native_cache: Path, tmp_path: Path) -> None:
    text = SPEC.replace("; expect acc>=1%", "")
    whole = netc.compile(text).fit(epochs=4, engine="native").weights
    netc.compile(text).fit(epochs=2, engine="native", keep=tmp_path / "run")
    model = netc.compile(text).fit(epochs=4, resume=tmp_path / "run")
    for name, array in model.weights.items():
        assert array.tobytes() == whole[name].tobytes()
    engine = json.loads((tmp_path / "run" / "run.json").read_text())["engine"]
    assert engine["name"] == "native"


def test_a_program_trains_in_c(native_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[netc.events.Event] = []
    model = netc.compile(SPEC.replace("; expect acc>=1%", ""))
    native = model.fit(engine="native", reporter=events.append).weights
    assert [event for event in events if isinstance(event, netc.events.Compiled)]
    for name, array in netc.compile(model.spec).fit().weights.items():
        # about 5 steps of rounding in another order
        np.testing.assert_allclose(native[name], array, rtol=1e-4, atol=1e-5)
    found = model.cross_validate(folds=2, epochs=1, engine="native")
    assert len(found.folds) == 2
    with pytest.raises(ValueError, match="engine must be"):
        model.fit(engine="C")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="resume"):
        model.fit(engine="native", resume="somewhere")
    monkeypatch.setenv("NETC_CC", os.devnull)
    with pytest.raises(netc.DataError) as caught:
        model.fit(engine="native")
    assert [item.code for item in caught.value.diagnostics] == ["E0769"]
    assert "--engine" not in str(caught.value)
