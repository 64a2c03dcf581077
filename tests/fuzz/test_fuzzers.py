"""What fuzzers once found stays mended, and the fuzzers find what is wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from threading import Timer

import driver
import pytest
from target import FOUND, Target, found_inputs, names, outcome, target_of
from worker import Place, shrink, try_all

GENEROUS = 120.0
"""Seconds of processor time, so that an input that hangs fails here."""


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param(name, path, id=f"{name}-{path.stem}")
        for name in names()
        for path in found_inputs(name)
    ],
)
def test_what_was_found_stays_mended(name: str, path: Path) -> None:
    found = outcome(target_of(name), path.read_bytes(), GENEROUS)
    assert found is None, found.trace


def test_what_was_found_belongs_to_a_fuzzer() -> None:
    assert {path.name for path in FOUND.iterdir()} <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_fuzzer_makes_the_same_inputs_from_the_same_seed(name: str) -> None:
    target = target_of(name)
    seeds = target.seeds()
    assert seeds

    def made() -> list[bytes]:
        random = Random(7)
        return [target.mutate(seeds[0], seeds, random) for _ in range(20)]

    inputs = made()
    assert inputs == made()
    assert len(set(inputs)) > 5


def _broken(data: bytes) -> None:
    assert b"ab" not in data, f"the letters a and b: {data!r}"
    if b"c" in data:
        {}["c"]
    while b"d" in data:
        pass


def _letters(data: bytes, pool: Sequence[bytes], random: Random) -> bytes:
    return data + random.choice((b"a", b"b", b"c", b"d", b"x"))


def test_a_law_that_breaks_an_exception_and_a_hang_are_found_and_shrunk(tmp_path: Path) -> None:
    # the memory of the process is that of all the tests before this one
    target = Target(lambda: [b"x"], _letters, _broken, seconds=0.2, megabytes=1 << 20)
    place = Place(tmp_path)
    inputs = [b"x", b"xxabxx", b"c", b"xcx", b"ddd"]
    try_all(target, inputs, place)
    assert place.state().counts() == (5, 3)
    shrink(target, place, 60)
    texts = sorted((tmp_path / "findings").glob("*.txt"))
    kept = {path.read_text().split("\n")[0].split(":")[0] for path in texts}
    assert len(kept) == 3
    assert {path.with_suffix("").read_bytes() for path in texts} == {b"ab", b"c", b"d"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process does")
@pytest.mark.parametrize("stopped", [False, True])
def test_a_process_that_may_not_run_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stopped: bool
) -> None:
    monkeypatch.setattr(driver, "STUCK", 1.0)
    place = Place(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    if stopped:
        process.send_signal(signal.SIGSTOP)
        Timer(3.0, process.kill).start()
    driver._watch(process, place, 60)
    kept = [path.read_text().split("\n")[0] for path in (tmp_path / "findings").glob("*.txt")]
    assert kept == (["dies with status -9"] if stopped else ["hangs"])
