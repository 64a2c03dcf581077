"""Small specs with their data, one for each kind of report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from netc.runtime.report.data import ReportData, RunFacts
from reporting import FACTS, report_of

HOSTILE = "<script>alert(1)</script>"
UNICODE = "ünï & 'çode' \u202fπ"

SPECS = {
    "regression": """\
data csv "houses.csv" target=price
prep onehot
prep standardize
prep standardize on=target
input 6 -> dense 8 relu -> dense 1
loss mse
metric mae r2
opt adam lr=0.02
train epochs=6 batch=32
expect r2>=-100
""",
    "binary": """\
# <script>alert(2)</script> <img src=x onerror=alert(3)>
data csv "two.csv" target=y
input 2 -> dense 8 relu -> dense 1 sigmoid
loss bce
metric auc f1
opt adam lr=0.05
train epochs=5
expect acc>=2%
""",
    "labels": """\
data npz "labels.npz"
input 5 -> dense 8 relu -> dense 3 sigmoid
loss bce
opt adam lr=0.05
train epochs=2
""",
    "positions": """\
data npz "positions.npz"
input 12x12x1 -> conv 4 3x3 pad=same relu -> conv 3 3x3 pad=same softmax
loss ce
opt adam lr=0.05
train epochs=2
""",
    "sequence": """\
data npz "sequence.npz"
input 40x1 -> conv 4 5 relu -> gap -> dense 3 softmax
loss ce
opt adam lr=0.05
train epochs=2
""",
    "autoencoder": """\
data npz "pictures.npz"
input 8x8x1 -> @x -> flatten -> dense 6 relu -> dense 64 sigmoid -> reshape 8x8x1
loss mse target=@x
opt adam lr=0.01
train epochs=2
""",
    "pictures": """\
data digits
prep standardize
input 8x8x1 -> conv 4 3x3 relu -> flatten -> dense 10 softmax
loss ce
opt adam lr=0.01
schedule cosine
train epochs=2
stop on=val_loss patience=1ep
""",
    "adversarial": """\
data digits
input 8x8x1 -> flatten -> dense 10 softmax
loss ce
opt adam lr=0.01
train epochs=1 adversarial=0.1
""",
    "two heads": """\
data npz "heads.npz"
input 4 name=a -> dense 8 relu -> @p
input 8x8x1 name=b -> flatten -> dense 8 relu -> @q
concat @p @q -> dense 3 softmax -> @main
@p -> dense 2 -> @aux
loss ce on=@main
loss mse on=@aux weight=0.1
opt adam lr=0.01
train epochs=2
""",
    "exact": """\
data csv "houses.csv" target=price features=(rooms, age)
input 2 -> dense 1
loss mse
metric r2
opt exact
""",
    "diverged": """\
data csv "houses.csv" target=price features=(rooms, age)
input 2 -> dense 8 relu -> dense 1
loss mse
opt sgd lr=1000
train epochs=3
""",
    "no test": """\
data csv "two.csv" target=y split=(80%, 20%, 0%)
input 2 -> dense 4 relu -> dense 2 softmax
loss ce
opt adam lr=0.02
train epochs=2
""",
    "folds": """\
data csv "two.csv" target=y
kfold 3
input 2 -> dense 4 relu -> dense 2 softmax
loss ce
opt adam lr=0.02
train epochs=2
""",
}


def write_data(folder: Path) -> None:
    """The files that the specs read."""
    random = np.random.default_rng(0)
    x = random.normal(size=(160, 4))
    places = ["north", UNICODE, "o<i>st"]
    _write_table(
        folder / "houses.csv",
        ["rooms", "age", "<b>area</b>", "place", "price"],
        [
            [round(a, 3), round(b, 3), round(c, 3), places[i % 3], round(100 + 30 * a - 10 * b, 2)]
            for i, (a, b, c, _) in enumerate(x)
        ],
    )
    names = [HOSTILE, UNICODE]
    _write_table(folder / "two.csv", ["a", "b", "y"], [[a, b, names[int(a > b)]] for a, b, *_ in x])
    labels = random.integers(0, 2, (100, 3))
    samples = labels @ random.normal(size=(3, 5)) + random.normal(size=(100, 5)) / 2
    np.savez(folder / "labels.npz", x=samples.astype(np.float32), y=labels)
    masks = random.integers(0, 3, (40, 12, 12))
    np.savez(folder / "positions.npz", x=(masks[..., None] / 3).astype(np.float32), y=masks)
    waves = np.sin(np.arange(40) * np.arange(1, 61)[:, None] / 20)[..., None]
    np.savez(folder / "sequence.npz", x=waves.astype(np.float32), y=np.arange(60) % 3)
    heads = {"a": random.normal(size=(60, 4)), "b": random.random((60, 8, 8, 1))}
    targets = {"main": np.arange(60) % 3, "aux": random.normal(size=(60, 2))}
    np.savez(folder / "heads.npz", **heads, **targets)
    pictures = random.random((60, 8, 8, 1)).astype(np.float32)
    np.savez(folder / "pictures.npz", x=pictures, y=np.arange(60) % 2)


def _write_table(path: Path, columns: list[str], rows: list[list[object]]) -> None:
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def example(name: str, folder: Path, facts: RunFacts = FACTS) -> ReportData:
    """What the report of a spec shows; its data is written into a folder."""
    write_data(folder)
    return report_of(SPECS[name], folder, facts)
