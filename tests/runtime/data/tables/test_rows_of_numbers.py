"""Rows that hold only numbers are read by NumPy: with the same numbers, lines and messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.tables import Csv
from netc.runtime.data.tables import reading

RANDOM = np.random.default_rng(3)
ROWS = [
    ",".join(f"{x:.17g}" for x in row) for row in RANDOM.normal(size=(1500, 3)) * [1, 1e9, 1e-9]
]
ODD = {
    "nothing odd": None,
    "an empty line": "",
    "a line of blanks": "   ",
    "blanks around numbers": " 1.5 ,\t2, +3",
    "quotes": '"1.5","2","3"',
    "a number over several lines": '"1.5\n","2","3"',
    "a missing value": "1,,3",
    "not a number": "1,nan,3",
    "a text": "1,about 2,3",
    "infinity": "1,inf,3",
    "an underscore": "1,2_0,3",
    "hexadecimal": "1,0x10,3",
    "an id": "1,9007199254740993,3",
    "other digits": "1,\u0661\u0662,3",
    "a cell too few": "1,2",
    "a cell too many": "1,2,3,4",
    "an empty cell at the end": "1,2,3,",
    "a comment": "# 1,2,3",
    "an open quote": '1,"2,3',
    "a long line": "1,2,3" + " " * (1 << 24),
}


@pytest.mark.parametrize(
    ("end", "columns"),
    [("\n", {}), ("\r\n", {"target": "a"}), ("\r", {"ignore": ("b",)})],
    ids=["LF", "CRLF, the first column is the target", "CR, a column is not read"],
)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_rows_of_numbers_are_read_as_all_others(
    odd: str | None,
    end: str,
    columns: Any,
    loaded: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # beyond the rows that the names of columns are told from
    rows = [*ROWS[:1300], *([] if odd is None else [odd]), *ROWS[1300:]]
    text = "a,b,c\n" + "\n".join(rows) + "\n"
    (tmp_path / "t.csv").write_bytes(text.replace("\n", end).encode())
    monkeypatch.setattr(reading, "CELLS", 300)
    monkeypatch.setattr(reading, "NUMBERS", 300)
    plain_numbers, calls = reading.plain_numbers, []

    def counted(*args: Any) -> Any:
        calls.append(found := plain_numbers(*args))
        return found

    found = []
    for read in (counted, lambda *args: None):
        monkeypatch.setattr(reading, "plain_numbers", read)
        dataset, wrong = loaded(Csv(path="t.csv", split=(1, 0, 0), shuffle=False, **columns))
        part = None if dataset is None else dataset.train
        found.append((wrong, *(() if part is None else (part.x, part.y, part.numbers()))))
    assert [len(block) for block in calls if block is not None][:3] == [100, 100, 100]
    assert found[0][0] == found[1][0]
    if odd is None:
        order = {"": [0, 1, 2], "target": [1, 2, 0], "ignore": [0, 2]}[next(iter(columns), "")]
        table = np.loadtxt(rows, delimiter=",")[:, order]
        np.testing.assert_array_equal(found[0][1], table[:, :-1].astype(np.float32))
    for here, there in zip(found[0][1:], found[1][1:], strict=True):
        np.testing.assert_array_equal(here, there)
