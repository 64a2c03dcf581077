"""How long `netc check` takes on a small machine's patience: against bare imports.

    python benchmarks/startup.py [--rounds 21] [--spec specs/resnet50.net]

A round runs `netc check SPEC` and `python -c "import click, lark, pydantic"` one after the other,
in turns, so that whatever else the machine does meets both. Prints the medians and the median of
the ratios of the rounds, by the processor and by the clock. The goal is a ratio of processor time
of at most 1.8: the clock also counts waiting for other programs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.8
IMPORTS = "import click, lark, pydantic"
CHECK = "import sys; from netc.cli.main import main; main()"
"""What the console script `netc` does."""
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""The first round writes the bytecode of all modules, so that no other compiles them."""


def seconds(command: list[str]) -> tuple[float, float]:
    """What a command takes of the processor and of the clock."""
    before, start = getrusage(RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    clock, after = perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--spec", default=str(ROOT / "specs" / "resnet50.net"))
    options = parser.parse_args()
    commands = {
        "netc check": [sys.executable, "-c", CHECK, "check", options.spec],
        "imports": [sys.executable, "-c", IMPORTS],
        "python": [sys.executable, "-c", "pass"],
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(options.rounds + 1):
        for name, command in commands.items():
            elapsed = seconds(command)
            if number:  # The first round fills the caches.
                times[name].append(elapsed)
    print(f"{'':<12}{'processor':>12}{'clock':>12}")
    for name, pairs in times.items():
        medians = [1000 * median(values) for values in zip(*pairs, strict=True)]
        print(f"{name:<12}{medians[0]:9.1f} ms{medians[1]:9.1f} ms")
    rounds = list(zip(times["netc check"], times["imports"], strict=True))
    ratios = [median(check[at] / imports[at] for check, imports in rounds) for at in (0, 1)]
    print(f"{'ratio':<12}{ratios[0]:12.2f}{ratios[1]:12.2f}   (goal: at most {GOAL})")
    return 0 if ratios[0] <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
