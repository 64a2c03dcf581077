"""One process that fuzzes one target, and what it tells the driver.

Its state is in a file that both have mapped: how many inputs there were, how many findings, and
the input at hand. So the driver sees a process that hangs or dies, and which input did that.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import resource
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType

from target import Finding, Target, found_inputs, outcome, target_of

HEAD = struct.Struct("<qqq")
LARGEST = 1 << 20
"""The most bytes of an input."""
ADDRESSES = 6 << 30
"""The address space of a process: what asks for more fails instead of filling the machine."""
UNBOUNDED = 1 << 60
"""As many inputs as there is time for."""
WARMING = 60
"""Inputs that a guided process runs before it counts."""
SLOWER = 4
"""How much longer an input may take when every branch is counted."""


class State:
    """The mapped file: inputs, findings, the size of the input, the input."""

    def __init__(self, path: Path) -> None:
        size = HEAD.size + LARGEST
        if not path.exists():
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), size)

    def counts(self) -> tuple[int, int]:
        inputs, findings, _ = HEAD.unpack_from(self.map)
        return inputs, findings

    def current(self) -> bytes:
        size: int = HEAD.unpack_from(self.map)[2]
        return self.map[HEAD.size : HEAD.size + size]

    def begin(self, data: bytes) -> None:
        inputs, findings = self.counts()
        data = data[:LARGEST]
        HEAD.pack_into(self.map, 0, inputs + 1, findings, len(data))
        self.map[HEAD.size : HEAD.size + len(data)] = data

    def found(self) -> None:
        inputs, findings = self.counts()
        HEAD.pack_into(self.map, 0, inputs, findings + 1, 0)


@dataclass(frozen=True)
class Place:
    """Where a target's state, corpus and findings are."""

    folder: Path

    def state(self) -> State:
        return State(self.folder / "state")

    def keep(self, data: bytes, finding: Finding) -> bool:
        """Writes a finding down; of several with one signature the smallest. True for a new one."""
        path = self.folder / "findings" / hashlib.sha1(finding.signature.encode()).hexdigest()[:10]
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and len(data) >= path.stat().st_size:
            return False
        is_new = not path.exists()
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(f"{finding.signature}\n\n{finding.trace}", "utf-8")
        return is_new


def try_input(target: Target, data: bytes, state: State, place: Place, seconds: float) -> None:
    """Runs one input. A finding is written down."""
    state.begin(data)
    finding = outcome(target, data, seconds)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if finding is None and most > target.megabytes:
        finding = Finding("memory", f"the process holds {most} MB")
    if finding is not None and place.keep(data, finding):
        state.found()
        print(f"{place.folder.name}: {finding.signature}", file=sys.stderr, flush=True)
    if most > target.megabytes:
        os._exit(0)


def try_all(target: Target, inputs: Sequence[bytes], place: Place) -> None:
    """Runs inputs as they are."""
    state = place.state()
    for data in inputs:
        try_input(target, data, state, place, target.seconds)


def fuzz_plainly(
    target: Target, pool: Sequence[bytes], place: Place, seconds: float, seed: int, inputs: int
) -> None:
    """Mutates the seeds for so long, and at most so often, without looking at what they reach."""
    state, random, end = place.state(), Random(seed), time.monotonic() + seconds
    while time.monotonic() < end and state.counts()[0] < inputs:
        data = random.choice(pool)
        for _ in range(random.choice((1, 1, 2, 3, 6))):
            data = target.mutate(data, pool, random)
        try_input(target, data, state, place, target.seconds)


def fuzz_guided(
    atheris: ModuleType,
    target: Target,
    pool: Sequence[bytes],
    place: Place,
    seconds: float,
    seed: int,
) -> None:
    """Lets libFuzzer keep what reaches new branches, and mutates that. Does not return."""
    state = place.state()
    corpus = place.folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for data in pool:
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
    # what is imported late is instrumented then, which takes longer than any input may
    for data in Random(seed).sample(pool, min(len(pool), WARMING)):
        outcome(target, data, 60)

    def one(data: bytes) -> None:
        try_input(target, data, state, place, target.seconds * SLOWER)

    def mutated(data: bytes, most: int, drawn: int) -> bytes:
        random = Random(drawn)
        if random.random() < 0.1:
            raw: bytes = atheris.Mutate(data, most)
            return raw
        return target.mutate(data, pool, random)[:most]

    options = [f"-max_total_time={seconds:.0f}", f"-seed={seed % 2**31}", "-timeout=9999"]
    options += ["-rss_limit_mb=0", "-verbosity=0", "-print_final_stats=0", "-detect_leaks=0"]
    options += ["-max_len=65536", "-len_control=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one, custom_mutator=mutated)
    atheris.Fuzz()


def shrink(target: Target, place: Place, seconds: float) -> None:
    """Removes from each finding what it does not need, for so long."""
    end = time.monotonic() + seconds
    for path in sorted((place.folder / "findings").glob("*.txt")):
        data = path.with_suffix("").read_bytes()
        finding = outcome(target, data)
        step = len(data) // 2
        while finding is not None and step and time.monotonic() < end:
            at = 0
            while at < len(data) and time.monotonic() < end:
                less = data[:at] + data[at + step :]
                left = outcome(target, less)
                if left is not None and left.signature == finding.signature:
                    data, finding = less, left
                    place.keep(data, finding)
                else:
                    at += step
            step //= 2


def work(
    name: str, folder: Path, seconds: float, seed: int, engine: str, inputs: int = UNBOUNDED
) -> None:
    """Fuzzes one target for so long, or shrinks its findings."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    place = Place(folder)
    with ExitStack() as stack:
        atheris = None
        if engine == "guided":
            import atheris

            stack.enter_context(atheris.instrument_imports(include=["netc"]))
        target = target_of(name)
        kept = [path.read_bytes() for path in found_inputs(name)]
        pool = [*dict.fromkeys([*target.seeds(), *kept])]
        if engine == "shrink":
            shrink(target, place, seconds)
        elif atheris is not None:
            fuzz_guided(atheris, target, pool, place, seconds, seed)
        else:
            fuzz_plainly(target, pool, place, seconds, seed, inputs)
