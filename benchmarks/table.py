"""The table of benchmarks/README.md: netc beside other libraries, on one core or on two.

    python benchmarks/table.py --threads 1 [--rounds 7] [--only lenet5] [--missing]
    python benchmarks/table.py --render

Every row is one run of `netc bench --engine both` in a process of its own. Figures are kept in
benchmarks/results.json, so that the rows of one and of two cores can be measured apart; the table
and benchmarks/ratios.svg are written from it. Needs the extra `bench` and a C compiler, for
`torch.compile` one of C++ too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
README = HERE / "README.md"
PICTURE = HERE / "ratios.svg"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
EAGER = ("torch", "torch_cl")


@dataclass(frozen=True, slots=True)
class Case:
    """One row: a net, a batch, and the goals of the native engine on one core and on two."""

    title: str
    net: str
    batch: int
    goals: tuple[float, float]
    """How many times as quick as the better layout of eager PyTorch."""
    infers: bool = False
    dense: bool = False
    """Whether scikit-learn and the textbook's class can do it too."""

    @property
    def key(self) -> str:
        return f"{self.net} {self.batch}{' inference' if self.infers else ''}"


ANSWERS = (2.0, 2.0)
AHEAD = (1.0, 1.0)
CASES = (
    Case("MLP 784-128-64-10", "mlp128", 32, (3.3, 3.3), dense=True),
    Case("MLP 784-128-64-10", "mlp128", 128, (2.2, 2.6), dense=True),
    Case("MLP 784-512-256-10", "mlp512", 128, (1.6, 1.8), dense=True),
    Case("MLP 784-128-64-10, SGD", "mlp128_sgd", 64, AHEAD, dense=True),
    Case("MLP 784-512-256-10, SGD", "mlp512_sgd", 64, AHEAD, dense=True),
    Case("MLP 1024-2048-2048-1000", "mlp_wide", 256, (1.1, 1.1)),
    Case("LeNet-5", "lenet5", 64, (4.0, 4.5)),
    Case("LeNet-5 with batchnorm", "lenet5_bn", 64, (5.0, 5.0)),
    Case("small CNN", "small_cnn", 64, (3.0, 3.0)),
    Case("VGG-like", "vgg_like", 64, (3.0, 3.0)),
    Case("VGG-like, exact", "vgg_like_exact", 64, (1.1, 1.1)),
    Case("5x5 CNN", "cnn_5x5", 64, (1.7, 1.7)),
    Case("residual, 16 to 64 channels", "resnet_cifar", 128, (2.5, 2.3)),
    Case("depthwise separable", "depthwise", 64, (2.0, 2.2)),
    Case("U-Net, 16 to 64 channels", "unet", 16, (2.5, 2.8)),
    Case("text with embedding", "text", 64, AHEAD),
    *(
        Case(title, net, 1, ANSWERS, infers=True)
        for title, net in (
            ("MLP 784-128-64-10", "mlp128"),
            ("MLP 784-512-256-10", "mlp512"),
            ("MLP 1024-2048-2048-1000", "mlp_wide"),
            ("LeNet-5", "lenet5"),
            ("LeNet-5 with batchnorm", "lenet5_bn"),
            ("small CNN", "small_cnn"),
            ("VGG-like", "vgg_like"),
            ("VGG-like, exact", "vgg_like_exact"),
            ("5x5 CNN", "cnn_5x5"),
            ("residual, 16 to 64 channels", "resnet_cifar"),
            ("depthwise separable", "depthwise"),
            ("U-Net, 16 to 64 channels", "unet"),
        )
    ),
)
OTHERS = {"torch_compile": "torch.compile", "sklearn": "scikit-learn", "textbook": "textbook"}

Results = dict[str, Any]


def measure(case: Case, threads: int, rounds: int) -> Results:
    """The figures of one row, as `netc bench --json` gives them."""
    dense = ("sklearn", "textbook") if case.dense and not case.infers else ()
    command = [
        sys.executable, "-m", "netc", "bench", str(HERE / "nets" / f"{case.net}.net"),
        "--batch", str(case.batch), "--threads", str(threads), "--rounds", str(rounds),
        "--against", ",".join((*EAGER, "torch_compile", *dense)), "--engine", "both", "--json",
        *(("--infer",) if case.infers else ()),
    ]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: Results = json.loads(done.stdout)
    return found


def machine() -> str:
    """The processor and the versions, without a name or a date."""
    known = Path("/proc/cpuinfo")
    flags = known.read_text() if known.exists() else ""
    width = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "unknown width"
    versions = ", ".join(
        f"{title} {version(package)}"
        for title, package in (
            ("NumPy", "numpy"), ("PyTorch", "torch"), ("scikit-learn", "scikit-learn"),
        )
    )  # fmt: skip
    return (
        f"{os.cpu_count()} cores, {platform.machine()} with {width}, "
        f"Python {platform.python_version()}, {versions}"
    )


def engine_of(result: Results, name: str) -> Results:
    """What was measured of one engine of netc."""
    found: Results = next(item for item in result["engines"] if item["name"] == name)
    return found


def best_torch(engine: Results) -> float | None:
    """An engine beside the better of the two layouts of eager PyTorch."""
    ratios = [item["ratio"] for item in engine["rivals"] if item["name"] in EAGER]
    return min(ratios, default=None)


def is_disturbed(result: Results) -> bool:
    """Whether other programs ran beside most of its samples: it reaches no goal then."""
    return bool(2 * result["disturbed"] > result["samples"])


def _beside(result: Results, name: str) -> float | None:
    """The native engine beside one of the others, where it was measured."""
    rivals = engine_of(result, "netc_native")["rivals"]
    return next((item["ratio"] for item in rivals if item["name"] == name), None)


def _time(seconds: float) -> str:
    return f"{1e3 * seconds:.2f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f} µs"


def render(results: Results) -> str:
    """The section of the README."""
    lines = [f"Measured on {results['machine']}.", ""]
    for section in sorted(set(results) - {"machine"}):
        threads, rows = int(section), results[section]
        others = [name for name in OTHERS if any(_beside(row, name) for row in rows.values())]
        heads = ["net", "batch", "NumPy", "PyTorch", "native", "PyTorch", "goal"]
        heads += [OTHERS[name] for name in others] + ["disturbed"]
        lines += [
            f"On {'one core' if threads == 1 else f'{threads} cores'}:",
            "",
            f"| {' | '.join(heads)} |",
            f"|---|{'---:|' * (len(heads) - 1)}",
        ]
        measured = [case for case in CASES if case.key in rows]
        lines += [row_text(case, rows[case.key], threads, others) for case in measured]
        lines.append("")
    return "\n".join(lines)


def row_text(case: Case, result: Results, threads: int, others: Iterable[str] = OTHERS) -> str:
    goal = case.goals[threads - 1]
    numpy, native = engine_of(result, "netc"), engine_of(result, "netc_native")
    cells = [
        case.title + (", inference" if case.infers else ""),
        str(case.batch),
        _time(numpy["seconds"]),
        _marked(best_torch(numpy), None, result),
        _time(native["seconds"]),
        _marked(best_torch(native), goal, result),
        f"{goal:.1f}",
        *(_marked(_beside(result, name), None, result) for name in others),
        f"{result['disturbed']} of {result['samples']}",
    ]
    return f"| {' | '.join(cells)} |"


def _marked(ratio: float | None, goal: float | None, result: Results) -> str:
    """Bold where the goal is reached, in brackets where the figure says little."""
    if ratio is None:
        return ""
    if is_disturbed(result):
        return f"({ratio:.2f})"
    return f"**{ratio:.2f}**" if goal is not None and ratio >= goal else f"{ratio:.2f}"


def write_section(text: str) -> None:
    readme = README.read_text()
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    README.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}")


def draw(results: Results) -> None:
    """Bars for the ratios of both engines beside PyTorch; a line where both are equally quick."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    shown = [case for case in CASES if any(case.key in results.get(n, {}) for n in "12")]
    figure = Figure(figsize=(8, 0.7 * len(shown) + 1.2), layout="constrained")
    axes = figure.subplots()
    kinds = (
        ("1", "netc", "NumPy, one core", "#8db9e2"),
        ("2", "netc", "NumPy, two cores", "#2c6fbb"),
        ("1", "netc_native", "native, one core", "#f0b27a"),
        ("2", "netc_native", "native, two cores", "#ca6f1e"),
    )
    for offset, (threads, engine, label, color) in enumerate(kinds):
        rows = {k: row for k, row in results.get(threads, {}).items() if not is_disturbed(row)}
        bars = [
            (at, best_torch(engine_of(rows[case.key], engine)))
            for at, case in enumerate(shown)
            if case.key in rows
        ]
        known = [(at, ratio) for at, ratio in bars if ratio is not None]
        axes.barh(
            [at + 0.2 * offset - 0.3 for at, _ in known],
            [ratio for _, ratio in known],
            height=0.18,
            label=label,
            color=color,
        )
    axes.axvline(1.0, color="black", linewidth=0.8)
    titles = [
        f"{case.title}, {'one sample' if case.infers else f'batch {case.batch}'}" for case in shown
    ]
    axes.set_yticks(range(len(shown)), titles)
    axes.invert_yaxis()
    axes.set_xlabel("how many times as quick as the better layout of PyTorch")
    axes.legend()
    with rc_context({"svg.hashsalt": "netc"}):
        figure.savefig(PICTURE, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="nets whose name begins so")
    parser.add_argument("--missing", action="store_true", help="only rows without figures")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    options = parser.parse_args()
    results: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not options.render:
        results["machine"] = machine()
        rows = results.setdefault(str(options.threads), {})
        for case in CASES:
            known = options.missing and case.key in rows
            if not known and case.net.startswith(options.only or ""):
                found = rows[case.key] = measure(case, options.threads, options.rounds)
                print(row_text(case, found, options.threads), flush=True)
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    write_section(render(results))
    draw(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
