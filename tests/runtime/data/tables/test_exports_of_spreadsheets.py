"""Tables as spreadsheets export them: dates, versions, digits in groups, labels in capitals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of
from netc.runtime.data.dataset import DataRequest, Dataset
from netc.runtime.data.tables.values import looks_like_number

Load = Callable[..., tuple[Dataset | None, list[str]]]

GERMAN = "datum;alter;einkommen;ziel\n" + "".join(
    f"{day:02}.03.2024;{20 + day};{day}.250,50;{'ja' if day % 2 else 'nein'}\n"
    for day in range(1, 25)
)


@pytest.mark.parametrize("text", ["31.12.2024", "1.1.24", "1.10.3", "10.0.0.1", "3-5", "12:30"])
def test_dates_versions_and_addresses_are_texts(text: str, load: Load) -> None:
    assert not looks_like_number(text)
    rows = f"d,y\n{text},0\n{text},1\n{text},0\n"
    dataset, wrong = load(rows, request=DataRequest(encodes=True))
    assert wrong == []
    assert dataset is not None
    assert dataset.categories == ((text,),)


@pytest.mark.parametrize("text", ["1.234.567", "-1.234,5", "12.34.567,8", "1,5", "1 234", "1e400"])
def test_numbers_in_other_spellings_are_none(text: str) -> None:
    assert looks_like_number(text)


def test_a_german_table_is_read_as_its_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(GERMAN, "cp1252")
    assert status_of(("new", "tabular", "t.csv")) == 1
    assert "netc new tabular t.csv 'thousands=\".\"' 'decimal=\",\"'" in capsys.readouterr().err
    assert status_of(("new", "tabular", "t.csv", 'thousands="."', 'decimal=","')) == 0
    assert "`datum` holds dates" in capsys.readouterr().out
    options = 'thousands="." decimal="," ignore=(datum,) split=(100%, 0, 0)'
    report = netc.inspect_data(f'data csv "t.csv" {options}')
    income = next(column for column in report.inputs[0].columns if column.name == "einkommen")
    assert (income.low, income.high) == (1250.5, 24250.5)
    assert income.mean == np.mean([1000 * day + 250.5 for day in range(1, 25)])


def test_each_column_gets_advice_of_its_own(load: Load, tmp_path: Path) -> None:
    rows = GERMAN.replace(";21;", ";k.A.;").replace(";24;", ";k.A.;")
    load(rows)
    with pytest.raises(netc.DataError) as caught:
        netc.inspect_data(f'data csv "{tmp_path}/t.csv" ignore=(datum,)')
    assert caught.value.diagnostics[0].help == (
        'for `alter`, if `k.A.` marks a missing value, write `missing="k.A."`; '
        'for `einkommen`, write `thousands="." decimal=","`',
    )


def test_labels_that_differ_in_case_are_named_where_outputs_are_too_few(tmp_path: Path) -> None:
    rows = "".join(f"{row},{('Ja', 'ja', 'Nein')[row % 3]}\n" for row in range(30))
    (tmp_path / "t.csv").write_text(f"a,wahl\n{rows}")
    data = f'data csv "{tmp_path}/t.csv"; input 1 -> dense 2 softmax; loss ce; opt adam'
    with pytest.raises(netc.DataError) as caught:
        netc.compile(data).fit()
    assert caught.value.diagnostics[0].help[0] == (
        "`Ja`, `ja` differ only in case or spaces: with one spelling for each name there are "
        "2 classes"
    )


def test_a_message_about_a_target_has_the_name_of_its_column(tmp_path: Path) -> None:
    rows = "".join(f"{row / 7:.2f},{row / 9:.2f}\n" for row in range(30))
    (tmp_path / "t.csv").write_text(f"y,preis\n{rows}")
    data = f'data csv "{tmp_path}/t.csv" target=preis; input 1 -> dense 2 softmax'
    with pytest.raises(netc.DataError, match="`preis` holds numbers, but it needs classes"):
        netc.compile(f"{data}; loss ce; opt adam").fit()


def test_advice_about_data_frames_has_no_options_of_files() -> None:
    pandas = pytest.importorskip("pandas")
    spec = "prep onehot; input ? -> dense ?; loss mse; opt adam"
    for cells, advice in (
        ([1.0, np.inf, 2.0, 3.0], "leave out the column `b`"),
        (
            ["1.234.567,5", "12", "3", "4"],
            "write such numbers with digits and a point, such as `1234.5`",
        ),
        (
            [1, "#N/A", 2, "#REF!"],
            "correct such errors of a spreadsheet, or write `None` or NaN in their place",
        ),
        ([1, "n", 2, "n"], "if `n` marks a missing value, write `None` or NaN in its place"),
    ):
        table = pandas.DataFrame({"a": [0.5, 1.5, 2.5, 3.5], "b": cells})
        with pytest.raises(netc.DataError) as caught:
            netc.compile(spec).fit(table, np.arange(4.0))
        assert caught.value.diagnostics[0].help == (advice,)


@pytest.mark.parametrize(("days", "told"), [(60, True), (20, False)])
def test_dates_that_hardly_repeat_are_told(days: int, told: bool, tmp_path: Path) -> None:
    rows = "".join(
        f"{row % days % 28 + 1}.{row % days // 28 + 1}.2024,{row / 7:.1f},{'ab'[row % 3 == 0]}\n"
        for row in range(60)
    )
    (tmp_path / "t.csv").write_text(f"datum,x,y\n{rows}")
    data = f'data csv "{tmp_path}/t.csv" split=(80%, 10%, 10%); prep onehot unknown=zeros'
    spec = (
        f"{data}; prep standardize; input ? -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    )
    found = {item.code: item for item in netc.inspect_data(spec).warnings}
    assert ("W0511" in found) is told
    if told:
        assert found["W0511"].message == "`datum` has 48 different texts in 48 samples"
        assert found["W0511"].help == (
            "`prep onehot` makes 48 columns of it: `ignore=(datum,)` leaves it out",
        )
        with pytest.warns(UserWarning, match="`datum` has 48 different texts"):
            netc.compile(spec).fit()
