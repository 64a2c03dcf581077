"""What is fuzzed: how inputs are made, and what must hold of each."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from types import FrameType

FOLDER = Path(__file__).parent
FOUND = FOLDER / "found"
"""Inputs that once were findings, a folder for each target. `test_found.py` walks them."""

Mutate = Callable[[bytes, Sequence[bytes], Random], bytes]
"""A new input from an old one, the pool of all, and a source of randomness."""


@dataclass(frozen=True)
class Target:
    """One fuzzed thing. A module `fuzz_NAME.py` has it as `TARGET`."""

    seeds: Callable[[], Sequence[bytes]]
    """Inputs to begin with, at least one."""
    mutate: Mutate
    run: Callable[[bytes], None]
    """Raises for an input that is a finding."""
    seconds: float = 2.0
    """How much processor time an input may take."""
    megabytes: int = 700
    """How much memory the process may hold."""


class TooSlowError(BaseException):
    """An input took too long. No `except Exception` on the way stops it."""


def names() -> tuple[str, ...]:
    """The fuzzed things."""
    return tuple(sorted(path.stem.removeprefix("fuzz_") for path in FOLDER.glob("fuzz_*.py")))


def target_of(name: str) -> Target:
    """The target of a name."""
    target: Target = import_module(f"fuzz_{name}").TARGET
    return target


def found_inputs(name: str) -> tuple[Path, ...]:
    """The inputs that are kept for a target."""
    folder = FOUND / name
    return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Ends what takes more processor time than that."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {seconds:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass(frozen=True)
class Finding:
    """What went wrong with an input."""

    signature: str
    """The same for findings of one cause: the exception, and where it comes from."""
    trace: str


def outcome(target: Target, data: bytes, seconds: float | None = None) -> Finding | None:
    """What is wrong with an input, or None."""
    try:
        with limited(seconds or target.seconds):
            target.run(data)
    except (Exception, TooSlowError) as error:
        return Finding(_signature(error), "".join(traceback.format_exception(error)))
    return None


def _signature(error: BaseException) -> str:
    """`KeyError at compiler/load.py:given`; of a broken law, what it says before the colon."""
    if isinstance(error, AssertionError):
        return f"law: {str(error).split(':')[0][:80]}"
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if FOLDER.parents[1] in Path(frame.filename).parents]
    # where time runs out is a matter of chance: the stage is what counts
    frame = own[-1] if kind != "TooSlowError" or len(own) < 5 else own[4]
    place = Path(frame.filename).relative_to(FOLDER.parents[1]) if own else "?"
    return f"{kind} at {place}:{frame.name}"
