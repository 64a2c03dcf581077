"""Messages name a sample by its place in the file, from 1, whatever shuffling made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner
from netc.cli.main import netc as command

COUNT = 200
CLASSES = "input 2 -> dense 3 softmax; loss ce; opt adam; train epochs=1"
TOKENS = "input 2 -> embed 10 3 -> flatten -> dense 2 softmax; loss ce; opt adam; train epochs=1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)


def errors(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    return done.stderr


def archive(**changes: tuple[int, Any]) -> None:
    """Tokens and classes that are right, apart from the samples that are named, counted from 1,
    and all that follow on them by 20."""
    arrays: dict[str, Any] = {
        "x": np.arange(2 * COUNT).reshape(COUNT, 2) % 10.0,
        "y": np.arange(COUNT) % 2,
    }
    arrays |= {f"{name}_test": array[:40].copy() for name, array in arrays.items()}
    for name, (sample, value) in changes.items():
        arrays[name][sample - 1 :: 20] = value
    np.savez("f.npz", **arrays)


@pytest.mark.parametrize("split", ["", "split=(60%, 20%, 20%)"])
def test_labels_and_tokens_that_are_out_of_range(split: str) -> None:
    archive(y=(14, 7), x=(9, 10))
    wrong = errors("run", "-e", f'data npz "f.npz" {split}; {CLASSES}')
    assert "`y` of `f.npz` has 7 in sample 14\n" in wrong
    wrong = errors("run", "-e", f'data npz "f.npz" {split}; {TOKENS}')
    assert "`f.npz` has 10 in sample 9\n" in wrong


def test_the_test_part_has_numbers_of_its_own() -> None:
    archive(y_test=(3, 7), x_test=(5, -1))
    wrong = errors("run", "-e", f'data npz "f.npz"; {CLASSES}')
    assert "`y` of `f.npz` has 7 in sample 3 of the test part" in wrong
    wrong = errors("run", "-e", f'data npz "f.npz" split=(60%, 20%, 20%); {TOKENS}')
    assert "`f.npz` has -1 in sample 5 of the test part" in wrong


def test_a_table_has_lines() -> None:
    rows = [f"{i % 10},{(i + 1) % 10},{'ab'[i % 2]}" for i in range(COUNT)]
    rows[12] = "1,99,a"
    # an empty line counts, as it does in an editor
    Path("t.csv").write_text("\n".join(["p,q,kind", "", *rows]) + "\n")
    wrong = errors("run", "-e", f'data csv "t.csv"; {TOKENS}')
    assert "`t.csv` has 99 in line 15" in wrong


def test_a_label_that_was_not_learnt() -> None:
    lines = [f"{i},{-i},{'ab'[i % 2]}" for i in range(40)]
    Path("t.csv").write_text("\n".join(["p,q,kind", *lines]) + "\n")
    text = f'data csv "t.csv"; {CLASSES.replace("dense 3", "dense 2")}'
    assert "error" not in errors("run", "-e", text, "--save", "w.safetensors")
    lines[20] = lines[30] = "1,2,c"
    Path("u.csv").write_text("\n".join(["p,q,kind", *lines]) + "\n")
    wrong = errors("eval", "w.safetensors", "--data", "u.csv")
    assert "has `c` in line 22, which is not one of the 2 classes" in wrong


def test_arrays_of_a_program_are_counted_from_1_too() -> None:
    x, y = np.zeros((COUNT, 2)), np.arange(COUNT) % 3
    model = netc.compile(CLASSES).fit(x, y)
    y[6] = 9
    with pytest.raises(netc.DataError, match="`y` has `9` in sample 7, which"):
        model.evaluate(x, y)
    x[4, 1] = np.nan
    with pytest.raises(netc.DataError, match=r"1 NaN value, the first in sample 5$"):
        model.predict(x)
