"""The memory of training: the most that a whole process takes, netc beside PyTorch.

    python benchmarks/memory.py [SPEC] [--batch 64] [--steps 4]

Every side trains in a process of its own on the same random samples, on one core; the figure is
the largest resident size that the system saw. PyTorch is built by the code of `netc bench`, so that
both have the same network. Needs the extra `torch`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SIDES = ("netc", "netc memory=low", "torch", "torch_cl")

PROGRAM = """
import json, resource, sys, time
import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.runtime.compare.case import make_case
from netc.runtime.engine.engine import Engine
from netc.compiler.lower.lower import lower

side, text, batch, steps = json.load(sys.stdin)
if side == "netc memory=low":
    saving = "\\ntrain memory=low "
    text = text.replace("\\ntrain ", saving) if "\\ntrain " in text else text + saving
checked = check(source_of(text), BUILTIN, read_source)
case = make_case(checked.model, checked.graph, batch, trains=True)
def build():
    return Engine(lambda size: lower(checked.model, checked.graph, batch=size), batch=batch)
if side.startswith("netc"):
    engine = build()
    slices = case.slices()
    for step in range(steps):
        start = time.perf_counter()
        rows = next(slices)
        for name, array in (case.inputs | case.targets).items():
            engine.feeds[name][...] = array[rows]
        engine.train_step(case.rate)
else:
    from netc.runtime.compare.torch_side import TorchSide
    from netc.runtime.engine.initialize import initialize
    plan = lower(checked.model, checked.graph, batch=1)
    parameters = {
        slot.name: np.zeros(slot.shape, np.float32) for slot in plan.slots
    }
    initialize(parameters, plan.slots, seed=0)
    rival = TorchSide(case, parameters, threads=1, channels_last=side == "torch_cl")
    rival.run(steps - 1)
    start = time.perf_counter()
    rival.run(1)
seconds = time.perf_counter() - start
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, seconds)
"""


def peak(side: str, text: str, batch: int, steps: int) -> tuple[int, float]:
    """The largest resident size of a side in KiB, and the seconds of its last step."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([side, text, batch, steps]),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    size, seconds = done.stdout.split()
    return int(size), float(seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("net", nargs="?", default=str(HERE / "nets" / "vgg_like.net"))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    text = Path(options.net).read_text()
    peaks = {}
    for side in SIDES:
        peaks[side], seconds = peak(side, text, options.batch, options.steps)
        print(f"{side:16} {peaks[side] / 1024:8.0f} MiB {seconds:8.3f} s a step", flush=True)
    return 0 if peaks["netc"] <= min(peaks["torch"], peaks["torch_cl"]) else 1


if __name__ == "__main__":
    sys.exit(main())
