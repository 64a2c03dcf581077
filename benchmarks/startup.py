"""How long `netc check` takes on a small machine's patience: against bare imports.

    python benchmarks/startup.py [--rounds 21] [--spec specs/resnet50.net]

A round runs `netc check SPEC` and `python -c "import click, lark, pydantic"` one after the other,
in turns, so that whatever else the machine does meets both. Prints the medians and the median of
the ratios of the rounds; the goal is a ratio of at most 1.3.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.3
IMPORTS = "import click, lark, pydantic"
CHECK = "import sys; from netc.cli.main import main; main()"
"""What the console script `netc` does."""


def seconds(command: list[str]) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


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
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(options.rounds + 1):
        for name, command in commands.items():
            elapsed = seconds(command)
            if number:  # The first round fills the disk cache.
                times[name].append(elapsed)
    for name, values in times.items():
        print(f"{name:<12}{1000 * median(values):7.1f} ms   ({1000 * min(values):.1f} at best)")
    ratios = [a / b for a, b in zip(times["netc check"], times["imports"], strict=True)]
    ratio = median(ratios)
    print(f"{'ratio':<12}{ratio:7.2f}      (goal: at most {GOAL})")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
