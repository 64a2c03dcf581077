"""What somebody types who has a table and has never seen netc, one command after the other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from sample_tables import write_titanic

Netc = Callable[..., subprocess.CompletedProcess[str]]


def test_from_a_table_to_a_trained_network(netc: Netc, tmp_path: Path) -> None:
    write_titanic(tmp_path / "titanic.csv")

    made = netc("new", "tabular", "titanic.csv")
    assert (made.returncode, made.stderr) == (0, "")
    assert "`Survived`, 2 classes (by its name" in made.stdout
    assert "not read  `PassengerId`" in made.stdout
    commands = re.findall(r"netc (\w+) titanic\.net", made.stdout)
    assert commands == ["data", "run"]
    text = (tmp_path / "titanic.net").read_text()
    assert "Cabin" in re.search(r"ignore=\(([^)]*)\)", text)[1]  # type: ignore[index]
    assert "prep impute median" in text

    assert netc("check", "titanic.net").returncode == 0
    assert netc("fmt", "--check", "titanic.net").returncode == 0

    seen = netc("data", "titanic.net")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "warning" not in seen.stdout
    assert "Survived: 2 classes" in seen.stdout

    done = netc("run", "titanic.net")
    assert (done.returncode, done.stderr) == (0, "")
    found = re.search(r"^test +acc (\S+)", done.stdout, re.M)
    assert found is not None
    assert float(found[1]) > 0.7  # always 0 is right in 61 %
