"""`--data FILE`: another table in the place of that of the spec, with the same columns."""

from __future__ import annotations

from pathlib import Path

import netc
import pytest
from netc.cli.main import status_of

ROWS = [f"p{n % 9},{n * 0.37:.2f},{n * 7 % 11 + 1},{n % 2 if n % 13 else '-'}" for n in range(60)]
SPEC = """
data csv "t.csv" target=y groups=patient weights=age missing="-" ignore=(note)
prep impute median
input 1 -> dense 2 softmax
loss ce
opt adam
train epochs=1
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [row.rsplit(",", 1)[0] + f",x{n},{n % 2}" for n, row in enumerate(ROWS)]
    rows[7] = rows[7].replace(",2.59,", ",-,")
    text = "patient,size,age,note,y\n" + "\n".join(rows) + "\n"
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "other.csv").write_text(text.replace(",", ";"))
    (tmp_path / "a.net").write_text(SPEC)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert status_of(list(words)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def test_roles_of_columns_and_marks_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them for training; a trained network knows its features, and needs the rest."""
    said(capsys, "run", "a.net", "--save", "own.st")
    said(capsys, "run", "a.net", "--data", "other.csv", "--save", "other.st")
    own, other = netc.load("own.st").weights, netc.load("other.st").weights
    assert [name for name in own if (own[name] != other[name]).any()] == []
    measured = [
        said(capsys, "eval", *words, "--part", "all").splitlines()[-1]
        for words in (("own.st",), ("own.st", "--data", "t.csv"), ("own.st", "--data", "other.csv"))
    ]
    assert measured == measured[:1] * 3


def test_standard_input_is_refused_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["run", "a.net", "--data", "-"]) == 2
    assert "--data takes a file or a name; `netc predict` reads standard" in capsys.readouterr().err
