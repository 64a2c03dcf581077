"""What somebody types who has a table and has never seen netc, one command after the other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_tables import write_titanic

Netc = Callable[..., subprocess.CompletedProcess[str]]


def test_from_a_table_to_a_report(
    netc: Netc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETC_RUNS_DIR", "runs")
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

    kept = re.search(r"^kept +(runs/titanic/\S+)", done.stdout, re.M)
    assert kept is not None
    assert netc("run", "titanic.net", "--seed", "2").returncode == 0

    listed = netc("runs")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.count("titanic/") == 2

    compared = netc("runs", "compare", kept[1], "latest")
    assert (compared.returncode, compared.stderr) == (0, "")
    assert re.search(r"seed +1 +2", compared.stdout)

    pytest.importorskip("jinja2", reason="pages are made with it: pip install 'netc[report]'")
    reported = netc("report", "latest")
    assert (reported.returncode, reported.stderr) == (0, "")
    page = tmp_path / reported.stdout.split()[1]
    assert "titanic.csv" in page.read_text()
