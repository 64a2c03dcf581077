"""A run that is killed before any change that it makes on the disk goes on to the same bits."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("calls of the system are counted on Linux", allow_module_level=True)

from kill_points import KEPT, Case, server, walk

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("cc", "gcc", "clang")), reason="no C compiler"
)

# large enough for two shards: rounding tells a run that has forgotten them
SPEC = """\
data iris split=(60%, 20%, 20%)
input 4 -> dense 150 relu -> dropout 0.2 -> dense 150 relu -> dense 3 softmax
loss ce
opt adam
train epochs=2 batch=60 seed=3
"""
FOLDS = SPEC.replace("data iris split=(60%, 20%, 20%)", "data iris\nkfold 2")
# it ends after its first epoch, and then takes others
STOPS = SPEC.replace("epochs=2", "epochs=4 keep=best") + "stop when val_loss<=99\n"
CASES = {
    "alone": Case(SPEC),
    "alone-with-one-state": Case(SPEC, every_step=False),
    "folds": Case(FOLDS),
    "folds-with-one-state-each": Case(FOLDS, every_step=False),
    "longer": Case(STOPS, ("run", "--resume", KEPT, "--epochs", "3"), before=Case(STOPS).words),
}

STEP = int(os.environ.get("NETC_KILL_STEP", "4"))
"""From one change on the disk, where a run is killed, to the next that is tried."""
FEWEST = 30 // STEP
"""A run with one state makes 30 changes at least after its folder is there."""


@pytest.mark.parametrize(
    ("name", "points"),
    [
        # among the files of a new folder, after the last of them, and in the first states
        ("alone", (3, 40)),
        ("alone-with-one-state", (32,)),
        ("folds", (3, 12, 40)),
        ("longer", (14,)),
    ],
)
def test_a_run_that_is_killed_goes_on_to_the_same_bits(
    name: str, points: tuple[int, ...], tmp_path: Path
) -> None:
    with server(tmp_path, CASES[name]) as at_work:
        assert list(walk(at_work, points, least=len(points))) == []


@pytest.mark.heavy
@pytest.mark.parametrize("name", CASES)
def test_so_it_does_wherever_it_is_killed(name: str, tmp_path: Path) -> None:
    with server(tmp_path, CASES[name]) as at_work:
        assert list(walk(at_work, itertools.count(0, STEP), least=FEWEST)) == []


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["alone", "folds"])
def test_and_where_it_is_killed_twice(name: str, tmp_path: Path) -> None:
    first = 12  # before its first state
    with server(tmp_path, CASES[name]) as at_work:
        assert list(walk(at_work, itertools.count(0, STEP), least=FEWEST, first=first)) == []
