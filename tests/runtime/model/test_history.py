"""`model.history`: the epochs of a training as columns, as a table and as a picture."""

from __future__ import annotations

import io
from typing import Any

import netc
import pytest

SPEC = "input 4 -> dense 3 softmax; loss ce; opt adam lr=0.1; train epochs=4 seed=1; metric acc"
NAMES = ["epoch", "train_loss", "train_acc", "val_loss", "val_acc", "lr", "seconds", "best"]


@pytest.fixture(scope="module")
def fitted(flowers: Any) -> netc.Model:
    return netc.compile(SPEC).fit(*flowers)


def test_before_a_fit_there_is_none() -> None:
    assert netc.compile(SPEC).history is None


def test_its_columns_are_those_of_the_report(fitted: netc.Model) -> None:
    history, report = fitted.history, fitted.report
    assert history is not None
    assert report is not None
    columns = history.to_dict()
    assert list(columns) == NAMES
    assert columns["epoch"] == [1, 2, 3, 4]
    for name in NAMES[1:5]:
        assert columns[name] == [done.measured[name] for done in report.epochs]
    assert columns["lr"] == [pytest.approx(0.1)] * 4
    assert [item.epoch for item in history] == columns["epoch"]
    assert len(history) == 4
    assert history._repr_html_() == report._repr_html_()


def test_a_direct_solution_has_no_learning_rate(flowers: Any) -> None:
    model = netc.compile("input 4 -> dense 1; loss mse; opt exact")
    history = model.fit(flowers[0], flowers[0].sum(axis=1)).history
    assert history is not None
    assert history.to_dict()["lr"] == [None]


def test_it_is_a_table_of_pandas(fitted: netc.Model) -> None:
    pytest.importorskip("pandas", reason="a table of pandas needs pandas: pip install pandas")
    history = fitted.history
    assert history is not None
    table = history.to_pandas()
    assert list(table.columns) == NAMES[1:]
    assert table.index.name == "epoch"
    assert table.loc[4, "val_acc"] == history.epochs[3].measured["val_acc"]
    assert table["best"].dtype == bool


def test_it_is_drawn(fitted: netc.Model) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'netc[plots]'")
    history = fitted.history
    assert history is not None
    figure = history.plot("a title")
    assert [axis.get_ylabel() for axis in figure.axes] == ["loss", "accuracy"]
    lines = figure.axes[1].get_lines()
    assert list(lines[0].get_ydata()) == history.to_dict()["train_acc"]
    out = io.BytesIO()
    figure.savefig(out, format="png")
    assert out.getvalue()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("module", "call", "said"),
    [
        ("pandas", "to_pandas", "pip install pandas"),
        ("matplotlib", "plot", r"pip install 'netc\[plots\]'"),
    ],
)
def test_a_library_that_is_missing_is_named(
    fitted: netc.Model, monkeypatch: pytest.MonkeyPatch, module: str, call: str, said: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ImportError, match=said):
        getattr(fitted.history, call)()


def test_what_was_left_in_its_first_epoch_has_nothing_to_draw(flowers: Any) -> None:
    from netc.runtime.events import RunReport
    from netc.runtime.model.history import History

    pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'netc[plots]'")
    history = History(RunReport((), None))
    assert history.to_dict() == {"epoch": [], "lr": [], "seconds": [], "best": []}
    assert "no epoch" in history._repr_html_()
    with pytest.raises(ValueError, match="no epoch has ended"):
        history.plot()
