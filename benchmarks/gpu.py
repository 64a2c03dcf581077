"""What a GPU gives: whether it computes what NumPy computes, and how many samples a second.

    python benchmarks/gpu.py [--device cuda|mps|cpu] [--seconds 3] [NET ...]

For each network of `benchmarks/nets/` named (by default an MLP, LeNet-5 and a residual network), on
random samples: 20 steps in each precision beside the NumPy engine in f64, the largest relative
distance of a loss; then samples a second in each precision, with and without `torch.compile`, and
the GPU memory. A row for each, in columns:

    network    precision       distance     samples/s       MiB
    mlp512     f32              2.3e-06         4,709         -

`distance` is followed by `!` where it is more than rounding explains, and the status is then 1.
What cannot be computed, such as f64 on MPS, or `compiled` without a compiler, has its reason in
place of numbers. `-` is memory that PyTorch does not count.
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
from netc.runtime.engine.torch.launched import ALONE
from netc.runtime.engine.torch.settings import TorchSettings, find_device
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
            how = f"{name:<16}{precision}{' compiled' if compiles else ''}"
            if device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            try:
                engine = engine_of(checked, Setting(precision, compiles), device, batch)
                found = losses(engine, samples, batch)
            except EngineError as error:
                print(f"{how:<32}  {error.problem.message()}", flush=True)
                continue
            far = max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=True))
            good = good and far <= LIMITS[precision]
            mark = " " if far <= LIMITS[precision] else "!"
            each = rate(engine, batch, seconds)
            memory = (
                f"{torch.cuda.max_memory_allocated() / 2**20:,.0f}" if device == "cuda" else "-"
            )
            print(f"{how:<32}{far:>9.1e}{mark}{each:>14,.0f}{memory:>10}", flush=True)
            engine.close()
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("nets", nargs="*", default=USUAL)
    parser.add_argument("--device", choices=["cpu", "cuda", "mps"], default="cuda")
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    try:
        found = find_device(asked.device, "f32", ALONE)
    except EngineError as error:
        print(f"error: {error.problem.message()}", file=sys.stderr)
        return 1
    on = TorchSettings("f32").device_name(found)
    print(f"PyTorch {torch.__version__} on {on}, beside NumPy {np.__version__} in f64")
    print(f"{'network':<16}{'precision':<16}{'distance':>10}{'samples/s':>14}{'MiB':>10}")
    good = [measure(name, asked.device, asked.seconds) for name in asked.nets]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
