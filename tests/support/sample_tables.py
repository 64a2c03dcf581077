"""Tables as somebody has them who has never seen netc."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def wines() -> str:
    """150 rows of five measurements and one of three names, which they tell."""
    random = np.random.default_rng(7)
    kinds = random.permutation(np.arange(150) % 3)
    means = np.array([[13.7, 1.1, 2.4, 2.0], [12.3, 1.0, 2.2, 1.9], [13.1, 0.7, 2.5, 3.4]])
    x = means[kinds] + random.normal(0, [0.4, 0.1, 0.2, 0.5], (150, 4))
    proline = (np.array([1100, 520, 630])[kinds] + random.normal(0, 90, 150)).round()
    names = ("barolo", "grignolino", "barbera")
    rows = (
        f"{a:.2f},{b:.2f},{c:.2f},{d:.2f},{p:.0f},{names[kind]}"
        for (a, b, c, d), p, kind in zip(x, proline, kinds, strict=True)
    )
    return "\n".join(("alcohol,hue,ash,acid,proline,cultivar", *rows)) + "\n"


WINES = wines()


def write_titanic(path: Path, rows: int = 600) -> None:
    """Passengers with names, tickets and cabins, ages that are missing, and who survived: most
    women did, and few men of the third class."""
    random = np.random.default_rng(3)
    head = ["PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch"]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*head, "Ticket", "Fare", "Cabin", "Embarked"])
        for number in range(1, rows + 1):
            level = int(random.choice([1, 2, 3], p=[0.24, 0.21, 0.55]))
            woman = bool(random.random() < 0.36)
            age = round(float(random.gamma(6, 5)), 1) if random.random() < 0.8 else ""
            chance = (0.95, 0.88, 0.55)[level - 1] if woman else (0.35, 0.15, 0.12)[level - 1]
            ticket = f"{'PC ' if random.random() < 0.3 else ''}{int(random.integers(1e4, 4e5))}"
            cabin = f"{'ABCDE'[number % 5]}{int(random.integers(1, 130))}" if level == 1 else ""
            table.writerow(
                [
                    number,
                    int(random.random() < chance),
                    level,
                    f"Person {number}, {'Mrs.' if woman else 'Mr.'} {chr(65 + number % 26)}.",
                    "female" if woman else "male",
                    age,
                    int(random.integers(0, 3)),
                    int(random.integers(0, 3)),
                    ticket,
                    round(float(random.gamma(1.5, 60 / level**1.6)), 4),
                    cabin,
                    str(random.choice(["S", "C", "Q", ""], p=[0.72, 0.19, 0.08, 0.01])),
                ]
            )
