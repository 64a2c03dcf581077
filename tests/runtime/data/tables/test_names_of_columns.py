"""Names of columns: those that hold `"`, which is written twice, and those that are misspelt."""

from __future__ import annotations

from pathlib import Path

import netc
import numpy as np
import pytest

NET = "input 2 -> dense 2 softmax\nloss ce\nopt sgd\ntrain epochs=1\n"
NAME = 'size "in"'
WRITTEN = '"size ""in"""'


@pytest.fixture
def table(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    rows = [f"{x:.3f},{y:.3f},{'ab'[n % 2]},0" for n, (x, y) in enumerate(random.random((40, 2)))]
    path = tmp_path / "q.csv"
    path.write_text("\n".join([f'{WRITTEN},b,"the ""kind""",id', *rows]) + "\n")
    return path


def spec(path: Path, options: str) -> str:
    return f'data csv "{path}" {options}\n{NET}'


OPTIONS = f'target="the ""kind""" features=({WRITTEN}, b)'


@pytest.mark.parametrize(
    "options",
    [OPTIONS, 'target="the ""kind""" ignore=(id,)', f"target=b ignore=(id, {WRITTEN})"],
)
def test_a_column_is_named_with_its_quotes_written_twice(table: Path, options: str) -> None:
    text = spec(table, options)
    if "target=b" in options:
        other = "prep onehot\ninput 2 -> dense 1\nloss mse"
        text = text.replace("input 2 -> dense 2 softmax\nloss ce", other)
    assert not netc.check(text)
    report = netc.inspect_data(text)
    names = [column.name for column in report.inputs[0].columns]
    assert (NAME in names) == ("target=b" not in options)


def test_the_name_survives_formatting_saving_and_prediction(table: Path, tmp_path: Path) -> None:
    text = spec(table, OPTIONS)
    assert netc.format(text) == text
    model = netc.compile(text).fit()
    model.save(tmp_path / "m.safetensors")
    again = netc.load(tmp_path / "m.safetensors")
    x = np.random.default_rng(1).random((5, 2))
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"b": x[:, 1], NAME: x[:, 0]})
    np.testing.assert_array_equal(again.predict_proba(frame), model.predict_proba(x))


@pytest.mark.parametrize(
    ("features", "code", "help"),
    [
        ("'size \"in\"'", "E0106", f"write `{WRITTEN}`"),
        ('"size in"', "E0508", f"did you mean `{WRITTEN}`?"),
        ('"size \\"in\\""', "E0101", 'in a string, write `""` for `"`'),
    ],
)
def test_other_ways_to_write_it_get_the_right_one(
    table: Path, features: str, code: str, help: str
) -> None:
    text = spec(table, f'target="the ""kind""" features=({features}, b)')
    found = [item for item in netc.check(text) if item.severity == "error"]
    if code == "E0508":
        with pytest.raises(netc.DataError) as caught:
            netc.compile(text).fit()
        found = list(caught.value.diagnostics)
    assert [item.code for item in found][:1] == [code]
    assert help in found[0].help


@pytest.mark.parametrize(
    ("groups", "help"),
    [
        ("patient", "did you mean `patient_id`?"),
        ("patiend_id", "did you mean `patient_id`?"),
        # both are in it
        ("id", "its columns are `patient_id`, `visit_id`, `a`, `y`"),
        ("clinic", "its columns are `patient_id`, `visit_id`, `a`, `y`"),
    ],
)
def test_a_column_is_suggested_by_a_part_of_its_name(
    tmp_path: Path, groups: str, help: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("patient_id,visit_id,a,y\n" + "1,2,0.5,0\n2,3,0.25,1\n" * 10)
    text = f'data csv "{path}" groups={groups}; input ? -> dense 2; loss mse; opt sgd'
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text.replace("?", "2")).fit()
    assert caught.value.diagnostics[0].help == (help,)
