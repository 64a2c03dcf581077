"""The injector of faults makes the same plans from a seed, and its library makes calls fail."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("faults are injected on Linux", allow_module_level=True)

import faults

needs_compiler = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("cc", "gcc", "clang")), reason="no C compiler"
)


def test_a_seed_gives_the_same_plans_of_every_kind() -> None:
    def plans() -> list[faults.Plan]:
        draw = random.Random(7)
        return [faults.random_plan(draw) for _ in range(200)]

    made = plans()
    assert made == plans()
    assert {plan.kind for plan in made} == set(faults.KINDS)
    assert any(plan.faults for plan in made)
    assert any(plan.limits for plan in made)
    assert any(plan.sent for plan in made)


WRITES = "open('here/file', 'wb', 0).write(b'12345678')"


@needs_compiler
@pytest.mark.parametrize(
    ("plan", "number", "written"),
    [
        ("write,28,0,-1,here", errno.ENOSPC, b"1234"),
        ("write,5,0,-1,here", errno.EIO, b""),
        ("write,5,1,-1,here", 0, b"12345678"),
        ("write,5,0,-1,elsewhere", 0, b"12345678"),
        ("open,13,0,1,here", errno.EACCES, None),
    ],
)
def test_a_call_fails_as_the_plan_says(
    plan: str, number: int, written: bytes | None, tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    code = f"import sys\ntry:\n    {WRITES}\nexcept OSError as error:\n    sys.exit(error.errno)"
    environment = {**os.environ, "NETC_FAULTS": plan, "LD_PRELOAD": str(faults.shim())}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == number
    path = tmp_path / "here" / "file"
    assert (path.read_bytes() if path.exists() else None) == written


@needs_compiler
@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(3))
def test_a_run_under_faults_ends_as_it_must(seed: int) -> None:
    plan = faults.random_plan(random.Random(seed))
    if plan.kind in faults.SEARCHES:
        pytest.importorskip("optuna")
    faults.check(plan)
