"""How the time of `check` grows with the length of a spec.

    python benchmarks/compile_scaling.py [--most 10000] [--repeats 3]

Checks chains of `conv 8 3x3 pad=1 relu` of 100 to 10,000 layers, written out and with `repeat`,
and prints the best processor time of several runs for each stage, and the slope of the whole time
against the length in a log-log plane: 1 is linear. Garbage collection is off, as in the command.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from math import log
from time import process_time

from netc.compiler.check.contracts import check_contracts
from netc.compiler.infer import infer
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.resolve import resolve
from netc.grammar.parser import parse
from netc.grammar.problem import Problems

LENGTHS = (100, 200, 500, 1000, 2000, 5000, 10000)
STAGES = ("parse", "resolve", "infer", "contracts", "check")
GOAL = 1.15


def written_out(layers: int) -> str:
    """Half convolutions, half activations."""
    return "input 16x16x3\n" + "  -> conv 8 3x3 pad=1 relu\n" * (layers // 2)


def repeated(layers: int) -> str:
    return f"input 16x16x3 -> repeat {layers // 2} [conv 8 3x3 pad=1 relu]\n"


def stage_times(text: str) -> Iterator[float]:
    """Seconds for each of `STAGES`; the last is all of them as `netc check` runs them."""
    source, problems = source_of(text), Problems()
    start = process_time()
    file = parse(source, problems)
    yield process_time() - start
    start = process_time()
    resolved = resolve((file,), BUILTIN, (), problems)
    yield process_time() - start
    start = process_time()
    inference = infer(resolved.model, resolved.spans, problems)
    yield process_time() - start
    start = process_time()
    check_contracts(resolved.model, inference.graph, resolved.spans, problems)
    yield process_time() - start
    assert not problems.has_errors()
    source = source_of(text)
    start = process_time()
    check(source, BUILTIN, read_source)
    yield process_time() - start


def slope(points: list[tuple[int, float]]) -> float:
    """Of the least-squares line through (log length, log time)."""
    xs, ys = [log(n) for n, _ in points], [log(time) for _, time in points]
    x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - x0) * (y - y0) for x, y in zip(xs, ys, strict=True))
    return rise / sum((x - x0) ** 2 for x in xs)


def measure(make: Callable[[int], str], most: int, repeats: int) -> float:
    """Prints the table of one way to write the chain; gives the slope of the whole check."""
    print(f"{'layers':>8}" + "".join(f"{stage:>12}" for stage in STAGES) + "     a layer")
    points = []
    for length in (n for n in LENGTHS if n <= most):
        runs = [tuple(stage_times(make(length))) for _ in range(repeats)]
        best = [min(times) for times in zip(*runs, strict=True)]
        each = 1e6 * best[-1] / length
        print(f"{length:>8,}" + "".join(f"{1e3 * t:>9.1f} ms" for t in best) + f"{each:>9.1f} µs")
        points.append((length, best[-1]))
    found = slope(points)
    print(f"slope {found:.2f} (goal: at most {GOAL})\n")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--most", type=int, default=LENGTHS[-1])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    gc.disable()
    list(stage_times(written_out(10)))  # The first check also imports.
    slopes = []
    for make in (written_out, repeated):
        print(make.__name__.replace("_", " "))
        slopes.append(measure(make, options.most, options.repeats))
    return 0 if max(slopes) <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
