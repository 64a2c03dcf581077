"""Runs the experiments of a first course on MNIST, and keeps what they came to.

    python benchmarks/experiments.py textbook [--only 512-256] [--seeds 5]
    python benchmarks/experiments.py better [--only mlp_512_256] [--seeds 3]
    python benchmarks/experiments.py sweeps [--only depth]

`textbook` trains netc and the class of `netc.runtime.compare.textbook` with the settings of the
course on the same samples, each on one core, one epoch of each in turn. `better` trains the specs
that aim at more, `sweeps` those with a `tune` statement. Figures are kept in
docs/experiments/results.json, each part replacing only what it measured; docs/make_experiments.py
writes the page from them. MNIST comes from NETC_DATA_DIR, or is downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.frozen import change
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.compare.compare import use_cores
from netc.runtime.compare.textbook import MultilayerPerceptron
from netc.runtime.events import EpochDone, Event, RunReport
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import RunOptions, Spec
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
SPECS = ROOT / "specs" / "course" / "experiments"
RESULTS = ROOT / "docs" / "experiments" / "results.json"

ARCHITECTURES = ("128-64", "512-64", "512-128", "512-256")
SWEEPS = ("depth", "widths", "learning_rates", "batch_sizes", "decay")
BETTER = ("mlp_128_64", "mlp_512_64", "mlp_512_128", "mlp_512_256", "lenet")

Results = dict[str, Any]


def checked_spec(path: Path, lets: Mapping[str, str], **train: int) -> Checked:
    """A spec with values for its constants and other options of `train`."""
    source = read_source(str(path))
    assert isinstance(source, Source)
    checked = check(source, BUILTIN, read_source, overrides=lets)
    if checked.has_errors:
        raise SystemExit(f"netc check {path.relative_to(ROOT)} finds errors")
    model = checked.model
    return checked._replace(model=change(model, train=change(model.train, **train)))


def spec_of(name: str, seed: int, **lets: str) -> Spec:
    """What is run of a spec, without its search."""
    spec = Spec.of(checked_spec(SPECS / f"{name}.net", lets, seed=seed))
    return spec.with_model(change(spec.model, tune=None))


def opened(spec: Spec, workers: int | None) -> Session:
    problems = Problems()
    options = RunOptions(workers=workers)
    session = prepare_run(spec, options, root=ROOT, problems=problems, reporter=lambda _: None)
    if session is None:
        raise SystemExit("\n".join(problem.message() for problem in problems))
    return session


def train(session: Session, reporter: Callable[[Event], None]) -> RunReport:
    report = train_session(session, Problems(), reporter)
    session.engine.close()
    assert report is not None
    assert report.diverged is None
    return report


@dataclass(slots=True)
class Course:
    """The class of the textbook with the settings of the course, stopped as netc is."""

    net: MultilayerPerceptron
    parts: tuple[tuple[Any, Any], ...]
    """Samples and labels for training, validation and test."""
    random: np.random.Generator
    rate: float = 0.1
    decay: float = 0.95
    batch: int = 64
    epochs: int = 51
    patience: int = 10
    target: float = 0.99
    seconds: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    """On the validation part, by epoch."""
    best: tuple[list[Any], list[Any]] = ((), ())  # type: ignore[assignment]
    """Weights and biases of the best epoch: arrays that a step replaces and never changes."""

    @classmethod
    def of(cls, widths: tuple[int, ...], session: Session, seed: int) -> Course:
        random = np.random.default_rng(seed)
        pairs = list(pairwise(widths))
        weights = [random.normal(0, np.sqrt(2 / i), (i, o)) for i, o in pairs]
        net = MultilayerPerceptron(
            weights, [np.zeros(o) for _, o in pairs], ("relu",) * (len(pairs) - 1)
        )
        encoded = session.encoded()
        parts = tuple(
            (next(iter(part.inputs.values())).astype(float), part.truths[0].ravel())
            for part in (encoded.train, encoded.validation, encoded.test)
            if part is not None
        )
        return cls(net, parts, random)

    @property
    def is_done(self) -> bool:
        accuracies = self.accuracies
        if not accuracies:
            return False
        waited = len(accuracies) - 1 - int(np.argmax(accuracies))
        return (
            len(accuracies) >= self.epochs
            or waited >= self.patience
            or accuracies[-1] >= self.target
        )

    def run_epoch(self) -> None:
        start = time.perf_counter()
        (x, labels), validation, _ = self.parts
        order = self.random.permutation(len(x))
        targets = np.eye(10)[labels]
        rate = self.rate * self.decay ** len(self.accuracies)
        for at in range(0, len(x), self.batch):
            rows = order[at : at + self.batch]
            self.net.step(x[rows], targets[rows], rate)
        accuracy = self.accuracy(validation)
        if accuracy > max(self.accuracies, default=0):
            self.best = (list(self.net.weights), list(self.net.biases))
        self.accuracies.append(accuracy)
        self.seconds.append(time.perf_counter() - start)

    def accuracy(self, part: tuple[Any, Any]) -> float:
        x, labels = part
        return float(np.mean(self.net.forward(x)[-1].argmax(axis=1) == labels))

    def test(self) -> float:
        self.net.weights, self.net.biases = self.best
        return self.accuracy(self.parts[2])


def beside_textbook(name: str, seed: int) -> Iterator[Results]:
    """One seed of one network, netc and the textbook's class in turns."""
    with use_cores(1), threadpool_limits(1, "blas"):
        found = _beside_textbook(name, seed)
    own, course = found["netc"], found["textbook"]
    print(
        f"{name} seed {seed}: netc {own['test']:.4f} in {sum(own['seconds']):.1f} s, "
        f"textbook {course['test']:.4f} in {sum(course['seconds']):.1f} s, "
        f"ratio {found['ratio']}",
        flush=True,
    )
    yield found


def _beside_textbook(name: str, seed: int) -> Results:
    first, second = name.split("-")
    session = opened(spec_of("widths", seed, first=first, second=second), 1)
    course = Course.of((784, int(first), int(second), 10), session, seed)

    def take_turns(event: Event) -> None:
        if isinstance(event, EpochDone) and not course.is_done:
            course.run_epoch()

    report = train(session, take_turns)
    shared = len(course.seconds)
    while not course.is_done:
        course.run_epoch()
    own = outcome(report)
    ratios = [b / a for a, b in zip(own["seconds"][:shared], course.seconds, strict=False)]
    return {
        "seed": seed,
        "netc": own,
        "textbook": {
            "test": course.test(),
            "val": rounded(course.accuracies, 5),
            "seconds": rounded(course.seconds, 3),
        },
        "ratio": round(float(np.median(ratios)), 3),
    }


def outcome(report: RunReport) -> Results:
    assert report.test is not None
    return {
        "test": report.test.measured["acc"],
        "val": rounded([epoch.measured["val_acc"] for epoch in report.epochs], 5),
        "seconds": rounded([epoch.seconds for epoch in report.epochs], 3),
    }


def rounded(values: list[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]


def better(name: str, seed: int) -> Iterator[Results]:
    """One seed of a spec that aims at more than the course."""

    def tell(event: Event) -> None:
        if isinstance(event, EpochDone):
            print(f"  {event.epoch:3} {event.measured['val_acc']:.4f}", flush=True)

    found = outcome(train(opened(spec_of(name, seed), None), tell))
    print(f"{name} seed {seed}: {found['test']:.4f}", flush=True)
    yield {"seed": seed} | found


def sweep(name: str, seed: int) -> Iterator[Results]:
    """The trials of a spec's `tune`, as `netc tune` runs them, each with its curve."""
    from netc.runtime.tuning.results import TrialBegan
    from netc.runtime.tuning.search import TuneOptions, tune
    from netc.runtime.tuning.storage import StudyPlace

    curves: list[list[float]] = []

    def checked_with(setting: Mapping[str, str]) -> Checked:
        return checked_spec(SPECS / f"{name}.net", setting, seed=seed)

    def keep_curves(event: object) -> None:
        if isinstance(event, TrialBegan):
            curves.append([])
        elif isinstance(event, EpochDone):
            curves[-1].append(event.measured["val_acc"])

    problems = Problems()
    # one core: a second one gains little in steps that are so short
    with TemporaryDirectory() as folder, use_cores(1), threadpool_limits(1, "blas"):
        report = tune(
            Spec.of(checked_with({})),
            checked_with,
            TuneOptions(StudyPlace(f"{folder}/journal", name)),
            root=ROOT,
            problems=problems,
            reporter=keep_curves,
        )
    if report is None:
        raise SystemExit("\n".join(problem.message() for problem in problems))
    for trial, curve in zip(report.trials, curves, strict=True):
        print(name, dict(trial.setting), trial.outcome.ending, trial.outcome.value, flush=True)
        value = trial.outcome.value
        found = {"setting": dict(trial.setting), "best": value, "val": rounded(curve, 5)}
        yield {"seed": seed} | found


PARTS: dict[str, tuple[tuple[str, ...], Callable[[str, int], Iterator[Results]], int]] = {
    "textbook": (ARCHITECTURES, beside_textbook, 5),
    "better": (BETTER, better, 3),
    "sweeps": (SWEEPS, sweep, 1),
}
"""What is measured, how, and with how many seeds."""


def machine() -> str:
    """The processor and the versions, without a name or a date."""
    known = Path("/proc/cpuinfo")
    flags = known.read_text() if known.exists() else ""
    width = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "unknown width"
    return (
        f"{os.cpu_count()} cores, {platform.machine()} with {width}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}"
    )


def kept() -> Results:
    found: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def keep(part: str, name: str, rows: list[Results]) -> None:
    results = kept() | {"machine": machine()}
    results[part] = results.get(part, {}) | {name: rows}
    RESULTS.parent.mkdir(exist_ok=True)
    lists = re.compile(r"\[\s+([-\d.,\s]+?)\s+\]")
    text = lists.sub(lambda found: f"[{' '.join(found[1].split())}]", json.dumps(results, indent=1))
    RESULTS.write_text(text + "\n")


def wanted(chosen: str | None) -> Iterator[str]:
    yield from PARTS if chosen is None else (chosen,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--only", help="one network of the part")
    parser.add_argument("--seeds", type=int)
    arguments = parser.parse_args()
    for part in wanted(arguments.part):
        names, measure, seeds = PARTS[part]
        for name in names if arguments.only is None else (arguments.only,):
            keep(part, name, [])
            for seed in range(1, (arguments.seeds or seeds) + 1):
                for row in measure(name, seed):
                    keep(part, name, [*kept()[part][name], row])


if __name__ == "__main__":
    main()
