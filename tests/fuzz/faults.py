"""Injects faults into runs at random moments. Long because making and checking belong together.

    python tests/fuzz/faults.py [--count N] [--minutes N] [--seed N] [--kind NAME] [--plan JSON]

A plan says what is run, and what happens to it. Each is first run without a fault; then, with it:

- it ends, with a status that netc documents, and without a traceback;
- no process, temporary file or half-written file is left;
- the last checkpoint can be read, and so can the weights that were saved;
- going on from there gives the files of the run without a fault, to the bit.

Linux only. `errno_shim.c` is compiled when it is first needed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

FOLDER = Path(__file__).parent
MARK = "NETC_FAULT_MARK"
HANGS = 180.0
"""Seconds after which a command is taken to hang; it takes about two."""
LINGERS = 8.0
"""Seconds in which what a killed process has started must end."""

NETC = """\
import signal
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
from netc.runtime.runs import keeping
keeping.AFTER_EPOCH = keeping.WITHIN_EPOCH = keeping.SHARE = 0
from netc.cli.main import main
main()
"""
"""The command, which keeps a state after every step."""
FIT = """\
import os, signal, sys
heeds = signal.signal(signal.SIGINT, signal.SIG_DFL)
import netc, numpy
from netc.runtime.runs import keeping
from netc.runtime.model import kept_fit
keeping.AFTER_EPOCH = keeping.WITHIN_EPOCH = keeping.SHARE = 0
place = {"resume": "kept"} if os.path.exists("kept/run.json") else {"keep": "kept"}
draw = numpy.random.default_rng(0)
x, y = draw.random((200, 64), "f4"), draw.integers(0, 10, 200)
try:
    signal.signal(signal.SIGINT, heeds)
    netc.compile("spec.net").fit(x, y, workers=2, **place)
except KeyboardInterrupt:
    sys.exit(130)
except (OSError, MemoryError, netc.DataError, netc.TrainingError) as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""
SPEC = """\
let units=200
data digits
input 64 -> dense $units relu -> dropout 0.2 -> dense 10 softmax
loss ce
opt adam
schedule cosine warmup=1ep
train epochs=6 batch=128 seed=3
"""
SPECS = {
    "spec.net": SPEC,
    "folds.net": SPEC.replace("loss ce", "kfold 3\nloss ce").replace("epochs=6", "epochs=2"),
    "tune.net": SPEC.replace("epochs=6", "epochs=2") + "tune random trials=4 units=log(100, 300)\n",
}


@dataclass(frozen=True)
class Kind:
    """Something that is run."""

    command: tuple[str, ...]
    """Of netc, or a program for Python."""
    again: tuple[str, ...]
    """What goes on with it; where there is nothing to go on with, `command` begins again."""
    results: tuple[str, ...]
    """The files that must be the same in the end."""

    @property
    def state(self) -> str:
        """The file with which something can go on."""
        return "kept/run.json" if "kept" in self.again or not self.again else ""


RUN = ("kept/checkpoints/last.safetensors", "kept/checkpoints/best.safetensors", "kept/metrics.csv")
KEEP = ("--out", "kept", "--save", "w.safetensors")
RESUME = ("run", "--resume", "kept", "--save", "w.safetensors")
TUNE = ("tune", "tune.net", "--no-prune", "-o", "best.net")
KINDS = {
    "alone": Kind(("run", "spec.net", "--workers", "1", *KEEP), RESUME, RUN),
    "workers": Kind(("run", "spec.net", "--workers", "2", *KEEP), RESUME, RUN),
    "native": Kind(("run", "spec.net", "--engine", "native", *KEEP), RESUME, RUN),
    "folds": Kind(
        ("run", "folds.net", "--out", "kept"), ("run", "--resume", "kept"), ("kept/metrics.csv",)
    ),
    "tune": Kind(TUNE, (*TUNE, "--force"), ("best.net",)),
    "trials": Kind((*TUNE, "--workers", "2"), (*TUNE, "--force"), ("best.net",)),
    "eval": Kind(("eval", "trained.safetensors", "--engine", "native", "--workers", "2"), (), ()),
    "predict": Kind(
        ("predict", "trained.safetensors", "x.npy", "--output", "predicted.csv"),
        (),
        ("predicted.csv",),
    ),
    "fit": Kind(("-c", FIT), ("-c", FIT), RUN),
}


SEARCHES = ("tune", "trials")
"""The kinds that need Optuna."""


@dataclass(frozen=True)
class Plan:
    """What is run, and what happens to it."""

    kind: str
    faults: str = ""
    """For `errno_shim.c`."""
    sent: tuple[tuple[float, int, bool], ...] = ()
    """Signals: after which part of the usual time, which, and whether to a worker."""
    limits: tuple[tuple[str, int], ...] = ()
    """Names of `RLIMIT_`, and what they become."""
    ignores: bool = False
    """Whether SIGCHLD is ignored by whoever begins it."""


def random_plan(draw: random.Random, kind: str = "") -> Plan:
    """A plan with one fault, or two."""
    plan = Plan(kind or draw.choice(sorted(KINDS)), ignores=draw.random() < 0.1)
    for _ in range(draw.choice((1, 1, 1, 2))):
        match draw.randrange(5):
            case 0 | 1:
                plan = replace(plan, sent=(*plan.sent, *_signals(draw)))
            case 2 | 3:
                plan = replace(plan, faults=";".join(filter(None, (plan.faults, _call(draw)))))
            case 4:
                plan = replace(plan, limits=(*plan.limits, _limit(draw)))
    return plan


def _signals(draw: random.Random) -> list[tuple[float, int, bool]]:
    when = round(draw.random(), 3)
    soon = round(when + draw.choice((0.001, 0.01, 0.1)), 3)
    stops = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    match draw.randrange(6):
        case 0 | 1:
            return [(when, int(draw.choice(stops)), False)]
        case 2:
            return [(when, int(signal.SIGINT), False), (soon, int(draw.choice(stops)), False)]
        case 3:
            return [(when, int(signal.SIGKILL), draw.random() < 0.5)]
        case 4:  # a worker that is stopped, and somebody who has no patience with it
            ends = [(soon + 0.05 * n, int(signal.SIGINT), False) for n in range(2)]
            return [(when, int(signal.SIGSTOP), True), *ends]
        case _:  # all of it is stopped for a while, as by Ctrl-Z
            return [(when, int(signal.SIGSTOP), False), (soon, int(signal.SIGCONT), False)]


def _call(draw: random.Random) -> str:
    import errno

    full = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
    calls = {
        "write": full,
        "open": (errno.EACCES, errno.ENOSPC, errno.EMFILE, errno.EROFS),
        "fsync": (errno.EIO, errno.ENOSPC),
        "rename": (errno.EIO, errno.EACCES, errno.ENOSPC),
        "mkdir": (errno.ENOSPC, errno.EACCES),
        "unlink": (errno.EPERM, errno.EIO),
        "chmod": (errno.EPERM,),
        "read": (errno.EIO,),
        "fork": (errno.EAGAIN, errno.ENOMEM),
        "thread": (errno.EAGAIN,),
    }
    call = draw.choice(sorted(calls))
    first = draw.choice((0, 0, draw.randrange(8), draw.randrange(60)))
    times = draw.choice((1, 3, -1))
    # the folder of the work, of which the cache and the temporary files are parts
    part = "" if call in ("fork", "thread") else "netc-faults-"
    return f"{call},{draw.choice(calls[call])},{first},{times},{part}"


def _limit(draw: random.Random) -> tuple[str, int]:
    return draw.choice(
        (
            ("FSIZE", draw.choice((0, 100, 5_000, 100_000))),
            ("NOFILE", draw.choice((12, 20, 40))),
            ("STACK", 1 << 20),
        )
    )


@dataclass
class Ended:
    """How a command ended."""

    status: int
    said: str
    seconds: float
    left: list[str] = field(default_factory=list)


@cache
def shim() -> Path:
    """The library of `errno_shim.c`, compiled."""
    source = FOLDER / "errno_shim.c"
    made = Path(tempfile.mkdtemp(prefix="netc-shim-")) / "errno_shim.so"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise SystemExit("calls of the system can fail only where there is a C compiler")
    options = ("-O1", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl", "-lpthread")
    subprocess.run((compiler, *options), check=True)
    return made


def run_plan(folder: Path, words: tuple[str, ...], plan: Plan, usual: float) -> Ended:
    """Runs a command in a folder under the faults of a plan."""
    mark = uuid4().hex
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    environment = {
        **os.environ, MARK: mark, "TMPDIR": str(scratch), "NETC_RUNS_DIR": "",
        "NETC_CACHE_DIR": str(folder / "cache"), "PYTHONFAULTHANDLER": "1",
        # OpenBLAS ends a process in which it cannot start a thread
        "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip
    if plan.faults:
        environment |= {"NETC_FAULTS": plan.faults, "LD_PRELOAD": str(shim())}

    def prepare() -> None:
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if plan.ignores:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for name, value in plan.limits:
            limit = getattr(resource, f"RLIMIT_{name}")
            resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))

    program = words if words[0] == "-c" else ("-c", NETC, *words)
    began = time.monotonic()
    # a file of its own: a child that is left would hold a pipe
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            (sys.executable, *program), cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, preexec_fn=prepare,
            start_new_session=True,
        )  # fmt: skip
        _send(process, plan, began, usual)
        hangs = False
        try:
            status = process.wait(HANGS)
        except subprocess.TimeoutExpired:
            hangs = True
            process.send_signal(signal.SIGABRT)  # it says where it is
            status = process.wait()
        seconds = time.monotonic() - began
        left = _processes_left(mark)
        output.seek(0)
        said = output.read().decode(errors="replace")
    return Ended(status, "it hangs\n" * hangs + said, seconds, left)


def _send(process: subprocess.Popen[bytes], plan: Plan, began: float, usual: float) -> None:
    for when, number, to_worker in sorted(plan.sent):
        while time.monotonic() < began + when * usual and process.poll() is None:
            time.sleep(0.002)
        if process.poll() is not None:
            return
        target = process.pid
        if to_worker:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            with suppress(OSError):
                target = int((children.read_text().split() or [target])[0])
            if target == process.pid and number in (signal.SIGSTOP, signal.SIGKILL):
                continue  # there is no worker
        with suppress(ProcessLookupError):
            os.kill(target, number)


def _processes_left(mark: str) -> list[str]:
    """What still runs of a command, after some time; it is ended."""
    until = time.monotonic() + LINGERS
    while (found := list(_marked(mark))) and time.monotonic() < until:
        time.sleep(0.05)
    left = []
    for pid in found:
        with suppress(OSError):
            left.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
            os.kill(pid, signal.SIGKILL)
    return left


def _marked(mark: str) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark.encode() in path.read_bytes():
                yield int(path.parent.name)


class FaultError(AssertionError):
    """What must hold does not."""


def _need(holds: object, what: str, ended: Ended | None = None) -> None:
    if not holds:
        raise FaultError(f"{what}:\n{'' if ended is None else ended.said[-3000:]}")


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder with the specs."""
    # in memory, where there is such a place: thousands of files are put on the disk otherwise
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix="netc-faults-", dir=place, ignore_cleanup_errors=True
    ) as made:
        folder = Path(made)
        for name, text in SPECS.items():
            (folder / name).write_text(text)
        shutil.copytree(_prepared(), folder, dirs_exist_ok=True)
        yield folder


@cache
def _prepared() -> Path:
    """Trained weights and samples."""
    import numpy as np

    folder = Path(tempfile.mkdtemp(prefix="netc-prepared-"))
    (folder / "spec.net").write_text(SPEC)
    np.save(folder / "x.npy", np.random.default_rng(0).random((50, 64), "f4"))
    done = run_plan(folder, ("run", "spec.net", "--save", "trained.safetensors"), Plan("alone"), 0)
    _need(done.status == 0, "the network cannot be trained", done)
    # the compiled code and what was tuned are there, as they usually are
    done = run_plan(folder, ("run", "spec.net", "--engine", "native"), Plan("native"), 0)
    return folder


@dataclass(frozen=True)
class Whole:
    """A run without a fault."""

    seconds: float
    said: str
    results: dict[str, bytes]


@cache
def whole(kind: str) -> Whole:
    """What a kind of run comes to."""
    with workplace() as folder:
        done = run_plan(folder, KINDS[kind].command, Plan(kind), 0)
        _need(done.status == 0, f"`{kind}` fails without a fault", done)
        return Whole(done.seconds, done.said, _results(folder, kind))


def _results(folder: Path, kind: str) -> dict[str, bytes]:
    return {
        name: (folder / name).read_bytes()
        for name in KINDS[kind].results
        if (folder / name).exists()
    }


def check(plan: Plan) -> Ended:
    """Raises FaultError where a run under a plan does not end as it must."""
    expected, kind = whole(plan.kind), KINDS[plan.kind]
    with workplace() as folder:
        ended = run_plan(folder, kind.command, plan, expected.seconds)
        killed = any(number == signal.SIGKILL and not worker for _, number, worker in plan.sent)
        _check_end(ended, plan, killed=killed)
        if not killed and "unlink" not in plan.faults:
            rubbish = [path for path in folder.rglob("*") if _is_rubbish(path)]
            _need(not rubbish, f"left behind {rubbish}", ended)
        _check_files(folder, ended)
        words = kind.again if kind.again and _can_go_on(folder, kind) else kind.command
        if words == kind.command and "kept" in words:
            shutil.rmtree(folder / "kept", ignore_errors=True)
        if not (ended.status == 0 and _results(folder, plan.kind) == expected.results):
            later = run_plan(folder, words, Plan(plan.kind), 0)
            finished = "E0765" in later.said  # it was at its end before the fault
            _need(later.status == 0 or finished, "it cannot go on", later)
        results = _results(folder, plan.kind)
        differs = [name for name, data in expected.results.items() if results.get(name) != data]
        _need(not differs, f"{differs} differ from those of the unbroken run", ended)
        return ended


def _can_go_on(folder: Path, kind: Kind) -> bool:
    return not kind.state or (folder / kind.state).exists()


def _check_end(ended: Ended, plan: Plan, *, killed: bool) -> None:
    _need("it hangs" not in ended.said, "it hangs", ended)
    for sign in ("Traceback (most recent", "bug in netc", "Fatal Python error"):
        _need(sign not in ended.said, f"it says `{sign}`", ended)
    statuses = {0, 1, 2, 3, 130}
    trains = " epoch " in ended.said and not re.search("^(kept|saved) ", ended.said, re.M)
    if not trains:  # where netc does not heed them, these have their usual effect
        statuses |= {-signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT}
    _need(killed or ended.status in statuses, f"its status is {ended.status}", ended)
    _need(not ended.left, f"these processes are left: {ended.left}", ended)


def _is_rubbish(path: Path) -> bool:
    return path.name.startswith((".netc-", ".build-")) or path.parent.name == "tmp"


def _check_files(folder: Path, ended: Ended) -> None:
    """What was kept and saved can be read."""
    import netc
    from netc.runtime.runs.checkpoints import read_state
    from netc.runtime.runs.folder import RunFolder

    kept = RunFolder(folder / "kept")
    if kept.record.exists():
        state = read_state(kept)
        _need(not isinstance(state, str), f"the state cannot be read: {state}", ended)
    for path in (folder / "w.safetensors", kept.best, kept.last):
        if path.exists():
            netc.load(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=10**9, help="stop after so many faults")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many minutes")
    parser.add_argument("--seed", type=int, help="by default another one each time")
    parser.add_argument("--kind", choices=sorted(KINDS), default="")
    parser.add_argument("--plan", help="only this plan, as one that failed is printed")
    parser.add_argument("--verbose", action="store_true", help="also print what went well")
    given = parser.parse_args()
    if given.plan:
        print(check(Plan(**json.loads(given.plan))).said)
        return 0
    seed = random.randrange(10**6) if given.seed is None else given.seed
    draw, failed, number = random.Random(seed), 0, 0
    print(f"seed {seed}", flush=True)
    left_out = () if find_spec("optuna") else SEARCHES
    if given.kind in left_out:
        parser.error("searches need Optuna: pip install --editable '.[tune]'")
    if left_out:
        print("searches are left out: Optuna is not installed", flush=True)
    end = time.monotonic() + 60 * given.minutes
    while number < given.count and time.monotonic() < end:
        plan = random_plan(draw, given.kind)
        if plan.kind in left_out:
            continue
        number += 1
        try:
            check(plan)
            if given.verbose:
                print(json.dumps(asdict(plan)), flush=True)
        except FaultError as error:
            failed += 1
            print(f"--plan '{json.dumps(asdict(plan))}'\n{error}\n", flush=True)
    print(f"{number} faults, {failed} findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
