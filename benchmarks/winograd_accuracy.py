"""Whether Winograd's convolution, which rounds differently, learns as well as the direct sum.

    python benchmarks/winograd_accuracy.py [--seeds 5] [--only 5x5]

Trains nets with and without `train exact=true`, with the same seeds, and prints the accuracies
on the test part. The nets are wide enough for Winograd's algorithm: a LeNet of 32 and 64 filters of
3x3 on MNIST, the net of 5x5 windows of the table on MNIST too, and its VGG-like net on CIFAR-10, on
part of the training pictures.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from statistics import mean, stdev

NETS = {
    "LeNet-like, MNIST": """
data mnist limit=12000
prep scale
input 28x28x1 -> conv 32 3x3 pad=1 relu -> maxpool 2x2 -> conv 64 3x3 pad=1 relu -> maxpool 2x2
  -> flatten -> dense 120 relu -> dense 84 relu -> dense 10 softmax
loss ce; opt adam; metric acc
train epochs=5 batch=64 seed={seed} exact={exact}
""",
    "5x5 CNN, MNIST": """
data mnist limit=12000
prep scale
input 28x28x1 -> conv 16 5x5 pad=2 relu -> maxpool 2x2 -> conv 32 5x5 pad=2 relu -> maxpool 2x2
  -> flatten -> dense 10 softmax
loss ce; opt adam; metric acc
train epochs=5 batch=64 seed={seed} exact={exact}
""",
    "VGG-like, CIFAR-10": """
block cb(c) = conv $c 3x3 pad=1 bias=false bn relu
data cifar10 limit=8000
prep standardize
input 32x32x3 -> each c=(64, 128, 256) [cb $c -> cb $c -> maxpool 2x2]
  -> flatten -> dense 10 softmax
loss ce; opt adam; schedule cosine; metric acc
train epochs=6 batch=64 seed={seed} exact={exact}
""",
}


def accuracy(text: str) -> float:
    """The accuracy on the test part that a run prints."""
    command = [sys.executable, "-m", "netc", "run", "-e", text]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = re.search(r"^test +acc ([\d.]+)", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return float(found.group(1))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="nets whose name begins so")
    options = parser.parse_args()
    for title, text in NETS.items():
        if not title.startswith(options.only):
            continue
        for exact in ("false", "true"):
            found = [accuracy(text.format(seed=seed, exact=exact)) for seed in range(options.seeds)]
            name = "direct sum" if exact == "true" else "Winograd"
            each = " ".join(f"{value:.4f}" for value in found)
            spread = f"mean {mean(found):.4f}, deviation {stdev(found):.4f}"
            print(f"{title:20} {name:10} {each}   {spread}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
