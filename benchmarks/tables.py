"""How long a table takes to read: netc beside `csv` with `float`, NumPy and pandas.

    python benchmarks/tables.py [--rows N]

Processor time, interleaved; the best of three rounds. netc's is that of a run: the dialect is
found, the cells are checked, the parts are divided and cast.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import netc
import numpy as np
from netc.grammar.problem import Problems
from netc.runtime.training.loading.spec_data import load_data

COLUMNS = 20
ROUNDS = 3


def write(path: Path, rows: int) -> None:
    random = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join(f"c{index}" for index in range(COLUMNS)) + "\n")
        for start in range(0, rows, 10_000):
            block = random.normal(size=(min(10_000, rows - start), COLUMNS))
            file.writelines(",".join(f"{x:.6g}" for x in row) + "\n" for row in block)


def read_csv(path: Path) -> Any:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return np.array([[float(cell) for cell in row] for row in rows])


def read_netc(path: Path) -> Any:
    spec = netc.compile(f'data csv "{path}"; input {COLUMNS - 1} -> dense 1; loss mse').as_spec()
    problems = Problems()
    found = load_data(spec, root=path.parent, problems=problems, reporter=lambda event: None)
    if found is None:
        raise SystemExit("; ".join(problem.message() for problem in problems))
    return found


def read_numpy(path: Path) -> Any:
    return np.loadtxt(path, delimiter=",", skiprows=1)


def read_pandas(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path).to_numpy()


READERS: dict[str, Callable[[Path], Any]] = {
    "csv and float": read_csv,
    "netc": read_netc,
    "numpy.loadtxt": read_numpy,
    "pandas": read_pandas,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    best = dict.fromkeys(READERS, float("inf"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write(path, rows)
        for _ in range(ROUNDS):
            for name, read in READERS.items():
                start = time.process_time()
                read(path)
                best[name] = min(best[name], time.process_time() - start)
    for name, seconds in best.items():
        print(f"{name:<15}{seconds:7.2f} s  {seconds / best['csv and float']:5.2f}")


if __name__ == "__main__":
    main()
