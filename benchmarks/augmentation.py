"""What `augment` costs a training run: LeNet-5 with and without it, interleaved.

python benchmarks/augmentation.py [--workers N]
"""

from __future__ import annotations

import argparse
import statistics
import time

import netc
import numpy as np

NET = (
    "prep scale; input 28x28x1 -> conv 6 5x5 pad=2 relu -> maxpool 2x2 "
    "-> conv 16 5x5 relu -> maxpool 2x2 -> flatten "
    "-> dense 120 relu -> dense 84 relu -> dense 10 softmax; loss ce; opt adam"
)
AUGMENTS = (
    "",
    "augment shift=2; ",
    "augment rotate=10 scale=10% shift=2; ",
    "augment pad=4 flip=h brightness=0.2 cutout=8; ",
)
SAMPLES = 64 * 100
ROUNDS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    workers = parser.parse_args().workers
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (SAMPLES, 28, 28, 1), np.uint8)
    y = random.integers(0, 10, SAMPLES)
    seconds: dict[str, list[float]] = {augment: [] for augment in AUGMENTS}
    models = {augment: netc.compile(augment + NET) for augment in AUGMENTS}
    for _ in range(ROUNDS):
        for augment, model in models.items():
            start = time.perf_counter()
            model.fit(x, y, epochs=1, batch=64, validation=0, workers=workers)
            seconds[augment].append(time.perf_counter() - start)
    plain = statistics.median(seconds[""])
    for augment, times in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(times, seconds[""], strict=True))
        print(f"{statistics.median(times) / 100 * 1e3:6.2f} ms a step  {ratio:5.2f}  {augment}")
    print(f"{plain:.2f} s for {SAMPLES} samples without augment")


if __name__ == "__main__":
    main()
