"""`evaluate()` without arrays, and weights that `--save` would replace."""

from __future__ import annotations

from pathlib import Path

import netc
import pytest
from netc.cli.main import status_of

SPEC = """\
data iris
input 4 -> dense {units} relu -> dense 3 softmax
loss ce
opt adam lr=0.01
train epochs={epochs}
"""


def test_evaluate_without_arrays_measures_the_test_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = netc.compile(SPEC.format(units=8, epochs=20)).fit()
    assert model.report is not None
    assert model.report.test is not None
    assert model.evaluate() == pytest.approx(dict(model.report.test.measured))
    model.save("w.safetensors")
    assert netc.load("w.safetensors").evaluate() == model.evaluate()


def test_evaluate_without_data_says_what_is_missing() -> None:
    text = "input 1 -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    model = netc.compile(text).fit([[0.0], [1.0]] * 20, [0, 1] * 20)
    with pytest.raises(netc.DataError, match="no `data`"):
        model.evaluate()
    with pytest.raises(TypeError, match="evaluate needs `x` if `y` is given"):
        model.evaluate(y=[0, 1])


@pytest.mark.parametrize(("units", "warns"), [(8, False), (9, True)])
def test_the_weights_of_another_network_are_not_replaced_without_a_word(
    units: int, warns: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "w.safetensors")
    for name, count in (("one.net", 8), ("other.net", units)):
        (tmp_path / name).write_text(SPEC.format(units=count, epochs=1))
        assert status_of(["run", str(tmp_path / name), "--save", file]) == 0
        said = capsys.readouterr().err
        assert ("W0744" in said) == (warns and name == "other.net")
    if warns:
        assert "`dense1` is `dense 9` in the spec and `dense 8` in the file" in said
