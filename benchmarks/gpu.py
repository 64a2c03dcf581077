"""What a GPU gives: whether it computes what NumPy computes, and how many samples a second.

    python benchmarks/gpu.py [--device cuda|mps|cpu] [--seconds 3] [NET ...]

For each network of `benchmarks/nets/` named (by default an MLP, LeNet-5 and a residual network), on
random samples: 20 steps in each precision beside the NumPy engine in f64, the largest relative
distance of a loss; then samples a second in each precision, with and without `torch.compile`, and
the GPU memory. Ends with status 1 where losses are farther from NumPy's than rounding explains.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import torch
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.frozen import change
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source
from netc.grammar.source import Source
from netc.runtime.array_types import Array
from netc.runtime.compare.case import make_case
from netc.runtime.engine.selection import EngineOptions, build_single
from netc.runtime.engine.surface import AnyEngine
from netc.runtime.engine.torch.build import build_torch
from netc.runtime.engine.torch.engine import TorchEngine
from netc.runtime.native.failure import EngineError

NETS = Path(__file__).parent / "nets"
USUAL = ("mlp512", "lenet5_bn", "resnet_cifar")
STEPS = 20
LIMITS = {"f64": 1e-9, "f32": 1e-3, "bf16": 0.1}
"""How far a loss may be after some steps: rounding grows from step to step."""


class Setting(NamedTuple):
    """How PyTorch computes."""

    precision: str
    compiles: bool


def read(name: str) -> Checked:
    path = NETS / f"{name}.net"
    checked = check(Source(str(path), path.read_text()), BUILTIN, read_source)
    assert not checked.has_errors, name
    return checked


def with_precision(checked: Checked, precision: str) -> Checked:
    train = change(checked.model.train, precision="f64" if precision == "f64" else "f32")
    return checked._replace(model=change(checked.model, train=train))


def engine_of(checked: Checked, setting: Setting, device: str, batch: int) -> TorchEngine:
    found = with_precision(checked, setting.precision)
    return build_torch(
        found.model,
        found.graph,
        EngineOptions(batch=batch, largest=batch, seed=0),
        device=device,
        precision="bf16" if setting.precision == "bf16" else None,
        compiles=setting.compiles,
    )


def losses(engine: AnyEngine, samples: dict[str, Array], batch: int) -> list[float]:
    """Those of some steps, on one batch after the other."""
    found = []
    for step in range(STEPS):
        for name, feed in engine.feeds.items():
            count = len(samples[name])
            feed[...] = samples[name][np.arange(step * batch, (step + 1) * batch) % count]
        engine.train_step(0.01)
        found.append(engine.loss())
    return found


def rate(engine: TorchEngine, batch: int, seconds: float) -> float:
    """Samples a second, with the copy of each batch to the device."""
    for _ in range(3):
        engine.train_step(0.01)
    engine.loss()
    steps, start = 0, perf_counter()
    while perf_counter() - start < seconds:
        for _ in range(5):
            engine.train_step(0.01)
        engine.loss()  # waits for the device
        steps += 5
    return steps * batch / (perf_counter() - start)


def measure(name: str, device: str, seconds: float) -> bool:
    """Prints the rows of a network; whether all losses are near NumPy's."""
    checked = with_precision(read(name), "f64")
    batch = int(checked.model.train.batch)
    case = make_case(checked.model, checked.graph, batch, trains=True)
    samples = case.inputs | case.targets
    options = EngineOptions(batch=batch, largest=batch, seed=0)
    numpy = build_single(checked.model, checked.graph, options)
    expected = losses(numpy, samples, batch)
    good = True
    for precision in LIMITS:
        for compiles in (False, True):
            if device == "mps" and precision == "f64":
                continue
            if device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            engine = engine_of(checked, Setting(precision, compiles), device, batch)
            found = losses(engine, samples, batch)
            far = max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=True))
            good = good and far <= LIMITS[precision]
            each = rate(engine, batch, seconds)
            memory = torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else 0.0
            how = f"{precision}{' compiled' if compiles else ''}"
            print(f"{name:<16}{how:<16}{far:>10.1e}{each:>14,.0f}{memory:>10,.0f}", flush=True)
            engine.close()
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("nets", nargs="*", default=USUAL)
    parser.add_argument("--device", choices=["cpu", "cuda", "mps"], default="cuda")
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    print(f"PyTorch {torch.__version__} on {asked.device}, beside NumPy {np.__version__} in f64")
    print(f"{'network':<16}{'precision':<16}{'distance':>10}{'samples/s':>14}{'MiB':>10}")
    try:
        good = [measure(name, asked.device, asked.seconds) for name in asked.nets]
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
