"""Tables as people have them against scikit-learn's own pipeline: imputer, one-hot, scaler, MLP.

The same rows train both, and the same other rows test both, with networks of the same sizes, the
same optimizer, rate, batch and epochs. Their starts differ (netc draws He's normal weights,
scikit-learn Glorot's uniform ones), so single runs differ by the luck of a start: the figures are
means over `SEEDS`, of which the standard error is below 0.01 on each of these tables. Beyond that,
the two are allowed to differ by 0.02.
"""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from netc.cli.main import status_of

datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.metrics import accuracy_score, r2_score  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

SEEDS = range(8)
TOLERANCE = 0.02
HIDDEN, EPOCHS, BATCH, RATE = 24, 20, 32, 0.005


class Table(NamedTuple):
    """Rows of numbers (NaN is missing) and texts (empty is missing), and the target."""

    numbers: Any
    texts: Any
    target: Any


def bundled(name: str) -> Table:
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    is_class = y.dtype.kind == "i"
    return Table(
        x, np.empty((len(x), 0), object), np.array([f"c{k}" for k in y]) if is_class else y
    )


def houses(*, classes: bool) -> Table:
    """Areas, years and distances with gaps, towns and states of repair, and prices in cents."""
    rng = np.random.default_rng(12)
    n = 600
    area, year, walk = (
        rng.normal(110, 35, n).clip(25),
        rng.integers(1890, 2024, n),
        rng.gamma(2, 400, n),
    )
    town = rng.choice(["Ulm", "Bonn", "Köln", "Trier, Süd"], n, p=[0.4, 0.3, 0.2, 0.1])
    repair = rng.choice(["good", "fair", "poor"], n)
    of_town = {"Ulm": 3100, "Bonn": 4100, "Köln": 4600, "Trier, Süd": 2500}
    of_repair = {"good": 1.1, "fair": 1.0, "poor": 0.8}
    euros = area * np.array([of_town[t] * of_repair[r] for t, r in zip(town, repair, strict=True)])
    euros = euros * (1 + (year - 1957) / 700) - 25 * walk + rng.normal(0, 15_000, n)
    numbers = np.stack([area.round(1), year.astype(float), walk.round()], axis=1)
    numbers[rng.random(numbers.shape) < 0.06] = np.nan
    texts = np.stack([town, repair], axis=1).astype(object)
    texts[rng.random(texts.shape) < 0.06] = ""
    cents = (100 * euros).round()
    levels = np.array(["low", "middle", "high"])[np.digitize(cents, np.quantile(cents, [0.3, 0.8]))]
    return Table(numbers, texts, levels if classes else cents)


TABLES = {
    "diabetes": lambda: bundled("diabetes"),
    "breast cancer": lambda: bundled("breast_cancer"),
    "wine": lambda: bundled("wine"),
    "prices of houses": lambda: houses(classes=False),
    "levels of prices": lambda: houses(classes=True),
}


def write(path: Path, table: Table, rows: Any) -> None:
    numbers, texts = table.numbers[rows], table.texts[rows]
    names = [f"n{k}" for k in range(numbers.shape[1])] + [f"t{k}" for k in range(texts.shape[1])]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "y"])
        for n, t, y in zip(numbers, texts, table.target[rows], strict=True):
            cells = ["" if np.isnan(value) else repr(float(value)) for value in n]
            writer.writerow([*cells, *t, y if isinstance(y, str) else repr(float(y))])


def of_netc(folder: Path, table: Table, train: Any, test: Any, seed: int) -> list[str]:
    write(folder / "train.csv", table, train)
    write(folder / "test.csv", table, test)
    is_class = table.target.dtype.kind == "U"
    units = f"{len(np.unique(table.target))} softmax" if is_class else "1"
    width = table.numbers.shape[1] + sum(len(set(column) - {""}) for column in table.texts.T)
    spec = f"""
    data csv "train.csv" target=y split=(100%, 0%, 0%)
    prep impute median
    {"prep onehot" if table.texts.size else ""}
    prep standardize
    {"" if is_class else "prep standardize on=target"}
    input {width} -> dense {HIDDEN} relu -> dense {units}
    loss {"ce" if is_class else "mse"}
    opt adam lr={RATE}
    train epochs={EPOCHS} batch={BATCH} seed={seed}
    """
    (folder / "spec.net").write_text(spec)
    weights, answers = str(folder / "w.safetensors"), folder / "answers.csv"
    assert status_of(["run", str(folder / "spec.net"), "--save", weights]) == 0
    ask = [
        "predict",
        weights,
        str(folder / "test.csv"),
        "--format",
        "csv",
        "--output",
        str(answers),
    ]
    assert status_of(ask) == 0
    with answers.open(newline="") as file:
        return [row["class" if is_class else "value"] for row in csv.DictReader(file)]


def of_scikit_learn(table: Table, train: Any, test: Any, seed: int) -> Any:
    is_class = table.target.dtype.kind == "U"
    count, columns = table.numbers.shape[1], np.hstack([table.numbers.astype(object), table.texts])
    steps = [("numbers", SimpleImputer(strategy="median"), list(range(count)))]
    if table.texts.size:
        fill = SimpleImputer(strategy="most_frequent", missing_values="")
        steps.append(
            (
                "texts",
                make_pipeline(fill, OneHotEncoder(sparse_output=False)),
                list(range(count, columns.shape[1])),
            )
        )
    settings = {
        "hidden_layer_sizes": (HIDDEN,),
        "learning_rate_init": RATE,
        "batch_size": BATCH,
        "alpha": 0,
        "max_iter": EPOCHS,
        "n_iter_no_change": EPOCHS,
        "random_state": seed,
    }
    net = (
        MLPClassifier(**settings)
        if is_class
        else TransformedTargetRegressor(MLPRegressor(**settings), transformer=StandardScaler())
    )
    model = make_pipeline(ColumnTransformer(steps), StandardScaler(), net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it could go on training
        return model.fit(columns[train], table.target[train]).predict(columns[test])


@pytest.mark.parametrize("name", TABLES)
def test_a_table_as_it_comes_is_learnt_as_by_scikit_learn(name: str, tmp_path: Path) -> None:
    table = TABLES[name]()
    is_class = table.target.dtype.kind == "U"
    ours, theirs = [], []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(table.target))
        train, test = order[len(order) // 4 :], order[: len(order) // 4]
        found = of_netc(tmp_path, table, train, test, seed)
        expected = of_scikit_learn(table, train, test, seed)
        score = accuracy_score if is_class else r2_score
        ours.append(score(table.target[test], found if is_class else np.array(found, float)))
        theirs.append(score(table.target[test], expected))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=TOLERANCE), (ours, theirs)
    assert np.mean(theirs) > (0.4 if name == "diabetes" else 0.8)
