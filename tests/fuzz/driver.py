"""Fuzzes the parser, the checker, the readers and what else is here: `make fuzz MINUTES=10`.

    python tests/fuzz/driver.py [NAME ...] [--minutes N] [--seed N] [--engine plain|guided]

Each fuzzer has a process of its own and so many minutes; as many run at once as there are cores.
With atheris installed, those of a minute or more are guided by coverage. Findings are
written to `.build/fuzz/NAME/findings`, shrunk, their traceback beside them; the exit status
is 1 if there are any. A finding that is mended goes to `found/NAME`, which the tests walk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import randrange

from target import FOLDER, Finding, names
from worker import UNBOUNDED, Place, work

ROOT = FOLDER.parents[1]
STUCK = 60.0
"""Seconds without a new input, after which a process is ended."""
PAUSE = 0.2
SHRINKING = 30.0
STARTS = 30
"""Seconds that a guided process takes to instrument the package, at most."""


@dataclass(frozen=True)
class Outcome:
    """What came of one fuzzer."""

    name: str
    engine: str
    inputs: int
    findings: int
    seconds: float

    def line(self) -> str:
        verdict = "no findings" if not self.findings else f"{self.findings} FINDINGS"
        return (
            f"{self.name:<12} {self.inputs:>9,} inputs in {self.seconds:4.0f} s, {self.engine}: "
            f"{verdict}"
        )


def fuzz(name: str, seconds: float, seed: int, engine: str, inputs: int) -> Outcome:
    """Runs one fuzzer, again when its process ends early, then shrinks what it found."""
    place = Place(ROOT / ".build" / "fuzz" / name)
    place.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place.folder / "findings", ignore_errors=True)
    (place.folder / "state").unlink(missing_ok=True)
    began = time.monotonic()
    end = began + seconds
    while (left := end - time.monotonic()) > 1 and place.state().counts()[0] < inputs:
        _watch(_process(name, place, left, seed, engine, inputs), place, left)
        seed += 1
    spent = time.monotonic() - began
    found = place.folder / "findings"
    if found.is_dir():
        process = _process(name, place, SHRINKING, seed, "shrink")
        _watch(process, place, SHRINKING + STUCK, keep=False)
    findings = len(list(found.glob("*.txt"))) if found.is_dir() else 0
    return Outcome(name, engine, place.state().counts()[0], findings, spent)


def _process(
    name: str, place: Place, seconds: float, seed: int, engine: str, inputs: int = UNBOUNDED
) -> subprocess.Popen[bytes]:
    arguments = ["--work", name, "--seconds", f"{seconds:.1f}", "--seed", str(seed)]
    arguments += ["--inputs", str(inputs)]
    environment = {
        **os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NETC_RUNS_DIR": "",
        "PYTHONPATH": os.pathsep.join([str(FOLDER.parent / "support"), str(FOLDER)]),
    }  # fmt: skip
    with (place.folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, __file__, *arguments, "--engine", engine],
            cwd=place.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _watch(
    process: subprocess.Popen[bytes], place: Place, seconds: float, *, keep: bool = True
) -> None:
    """Waits for a process; one that hangs or dies is a finding. Time is counted in looks at it:
    while a machine sleeps nobody hangs, and neither while other programs have the cores."""
    inputs, looks, still, used, began = -1, 0, 0, 0.0, 0.0
    while process.poll() is None:
        time.sleep(PAUSE)
        before = used
        state, used = _state(process)
        starved = state in "RT" and used - before < PAUSE / 2
        looks, still = looks + 1, still + (not starved)
        count = place.state().counts()[0]
        if count != inputs:
            inputs, still, began = count, 0, used
        stuck = max(still * PAUSE, used - began) > STUCK
        if stuck or looks * PAUSE > seconds + STARTS + STUCK:
            process.kill()
            process.wait()
            if keep and stuck:
                place.keep(place.state().current(), Finding("hangs", "no end within a minute"))
            return
    if process.returncode not in (0, 1) and keep:
        died = Finding(f"dies with status {process.returncode}", "see the log")
        place.keep(place.state().current(), died)
    elif process.returncode == 1 and keep:
        raise SystemExit(f"a fuzzer does not start: see {place.folder / 'log'}")


def _state(process: subprocess.Popen[bytes]) -> tuple[str, float]:
    """How a process is (`R` while it could work, `T` while it is stopped), and the processor time
    that it has had; as if it worked where nobody tells."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "S", 0.0
    return fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--minutes", type=float, default=1.0, help="for each fuzzer")
    parser.add_argument(
        "--inputs", type=int, default=UNBOUNDED, help="for each fuzzer, at most; plain ones"
    )
    parser.add_argument("--seed", type=int, help="by default another one each time")
    parser.add_argument("--engine", choices=["plain", "guided", "shrink"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    seed = randrange(10**6) if given.seed is None else given.seed
    if given.work:
        work(given.work, Path.cwd(), given.seconds, seed, given.engine, given.inputs)
        return 0
    unknown = set(given.names) - set(names())
    if unknown:
        parser.error(f"there is no fuzzer {', '.join(sorted(unknown))}")
    guided = given.minutes >= 1 and find_spec("atheris") is not None
    engine = given.engine or ("guided" if guided else "plain")
    print(f"seed {seed}", flush=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        runs = [
            pool.submit(fuzz, name, 60 * given.minutes, seed, engine, given.inputs)
            for name in given.names or names()
        ]
        outcomes = []
        for run in runs:
            outcomes.append(run.result())
            print(outcomes[-1].line(), flush=True)
    for outcome in outcomes:
        if outcome.findings:
            print(f"see .build/fuzz/{outcome.name}/findings")
    return 1 if any(outcome.findings for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
