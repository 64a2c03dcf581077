"""What a notebook shows: the live table of a training, and tables of models and reports."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.events import (
    CrossValidationReport,
    EpochDone,
    EpochStarted,
    Event,
    ExpectationResult,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    RunReport,
    Started,
    StepDone,
    Stopped,
    TestDone,
)
from netc.runtime.html_tables import duration
from netc.runtime.tuning.results import Goal, Outcome, TrialDone, TuningReport
from netc.runtime.tuning.space import Range

pytest.importorskip("IPython", reason="a live table needs IPython: pip install 'netc[notebook]'")

SPEC = "input 2 -> dense 4 tanh -> dense 2 softmax; loss ce; opt adam lr=0.05"
STARTED = Started(
    "arrays", "", 54, 6, 0, 2, 22, 16, 1000, 10, 20, 6, 0, 1, ("train_loss", "val_loss")
)


def samples() -> tuple[Any, Any]:
    x = np.random.default_rng(0).normal(size=(60, 2))
    return x, (x[:, 0] > 0).astype(int)


def epoch(number: int, *, best: bool = False) -> EpochDone:
    measured = {"train_loss": 1 / number, "val_loss": 2 / number}
    return EpochDone(number, measured, 0.05, 0.25, best)


class Cells(HTMLParser):
    """The texts of the cells of a table, by rows; fails for markup that is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


class Notebook:
    """Stands for a kernel: keeps what is displayed, by display."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pages: list[list[str]] = []
        monkeypatch.setattr("IPython.get_ipython", lambda: self)
        monkeypatch.setattr("IPython.display.display", self.display)

    def has_trait(self, name: str) -> bool:
        return name == "kernel"

    def display(self, page: Any, *, display_id: bool) -> Any:
        assert display_id
        pages = [page.data]
        self.pages.append(pages)

        class Handle:
            def update(self, page: Any) -> None:
                pages.append(page.data)

        return Handle()


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


def test_a_training_is_one_table_that_grows(notebook: Notebook) -> None:
    model = netc.compile(SPEC).fit(*samples(), epochs=5, reporter=netc.NotebookReporter())
    assert model.report is not None
    (pages,) = notebook.pages
    rows = Cells(pages[-1]).rows
    assert rows[0] == ["epoch", "loss", "acc", "val loss", "val acc", "lr", "time"]
    assert [row[0].split()[0] for row in rows[1:]] == ["1", "2", "3", "4", "5"]
    assert [len(Cells(page).rows) for page in pages] == sorted(len(Cells(p).rows) for p in pages)
    assert "<progress" not in pages[-1]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "".join(pages))


def test_each_training_has_a_table_of_its_own(notebook: Notebook) -> None:
    reporter, model = netc.NotebookReporter(), netc.compile(SPEC)
    model.fit(*samples(), epochs=2, reporter=reporter)
    model.cross_validate(*samples(), folds=3, epochs=2, reporter=reporter)
    model.fit(*samples(), epochs=3, reporter=reporter)
    first, folds, last = (Cells(pages[-1]).rows for pages in notebook.pages)
    assert [row[0] for row in first[1:]] == ["1", "2 *"]
    assert [row[0] for row in folds] == ["fold", "1", "2", "3", "mean", "deviation"]
    assert len(last) == 4


def told(*events: Event, clock: Any = lambda: 0.0) -> None:
    reporter = netc.NotebookReporter(clock=clock)
    for event in events:
        reporter(event)


def test_a_bar_is_drawn_now_and_then(notebook: Notebook) -> None:
    ticks = iter([0.0, 0.1, 1.0, 1.0, 1.1])
    steps = (StepDone(1, 3, 0.5, 100.0), StepDone(1, 4, 0.4, 100.0))
    told(STARTED, EpochStarted(1), *steps, clock=lambda: next(ticks))
    (pages,) = notebook.pages
    assert len(pages) == 2
    assert '<progress value="3" max="6"></progress> epoch 1 of 20, loss 0.5' in pages[1]


def test_how_a_training_ends(notebook: Notebook) -> None:
    told(
        STARTED,
        epoch(1, best=True),
        Stopped(1, "val loss <b>"),
        TestDone({"acc": 0.5, "loss": 1.25, "recall[a]": 1.0}),
        ExpectationsChecked((ExpectationResult("acc>=98%", 0.5, holds=False),)),
    )
    page = notebook.pages[0][-1]
    assert "stopped early: val loss &lt;b&gt;" in page
    assert "test: acc 0.5, loss 1.25<" in page
    assert "expect acc&gt;=98%: FAILED" in page


def test_folds_end_in_mean_and_deviation(notebook: Notebook) -> None:
    done = [FoldDone(n, 4, {"val_acc": n / 4}, {}, 2.5) for n in (1, 2)]
    told(
        FoldStarted(1, 2), STARTED, epoch(1), Stopped(1, "x"), done[0],
        FoldStarted(2, 2), STARTED, epoch(1), done[1],
        FoldsSummarized({"val_acc": 0.375}, {"val_acc": 0.125}),
    )  # fmt: skip
    (pages,) = notebook.pages
    assert Cells(pages[-1]).rows == [
        ["fold", "epochs", "val acc", "time"],
        ["1", "4", "0.25", "2.5 s"],
        ["2", "4", "0.5", "2.5 s"],
        ["mean", "", "0.375", ""],
        ["deviation", "", "0.125", ""],
    ]
    assert "stopped" not in pages[-1]


def test_a_shell_gets_a_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    told(STARTED, EpochStarted(1), StepDone(1, 3, 0.5, 100.0), epoch(1, best=True))
    assert capsys.readouterr().out == (
        "arrays: 54 training samples, 6 validation; 22 parameters\n"
        "epoch 1: train_loss 1, val_loss 2 *\n"
    )


def test_what_is_suspicious_is_a_warning_as_without_a_reporter(notebook: Notebook) -> None:
    x, _ = samples()
    with pytest.warns(UserWarning, match="class") as without:
        netc.compile(SPEC).fit(x, np.zeros(60, int), epochs=1)
    with pytest.warns(UserWarning, match="class") as with_table:
        netc.compile(SPEC).fit(x, np.zeros(60, int), epochs=1, reporter=netc.NotebookReporter())
    assert [str(item.message) for item in with_table] == [str(item.message) for item in without]


def test_without_ipython_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", None)
    with pytest.raises(ImportError, match=r"a live table needs IPython: pip install 'netc\[note"):
        netc.NotebookReporter()


def test_ipython_is_imported_when_it_is_used() -> None:
    code = "import sys, netc; netc.NotebookReporter; print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_report_is_a_table() -> None:
    epochs = tuple(epoch(n, best=n == 2) for n in range(1, 4))
    report = RunReport(epochs, 2, Stopped(3, "enough"), test=TestDone({"acc": 0.5}))
    page = report._repr_html_()
    assert Cells(page).rows == [
        ["epoch", "loss", "val loss", "lr", "time"],
        ["1", "1", "2", "0.05", "0.25 s"],
        ["2 *", "0.5", "1", "0.05", "0.25 s"],
        ["3", "0.3333", "0.6667", "0.05", "0.25 s"],
    ]
    assert "stopped early: enough" in page
    assert "test: acc 0.5" in page


def test_of_many_epochs_the_last_and_the_best_are_shown() -> None:
    epochs = tuple(epoch(n, best=n in (1, 3)) for n in range(1, 1001))
    page = RunReport(epochs, 3)._repr_html_()
    rows = Cells(page).rows
    assert [row[0] for row in rows[1:3]] == ["3 *", "951"]
    assert len(rows) == 52
    assert "1,000 epochs, of which the last ones are shown" in page


def test_a_report_of_folds_is_a_table() -> None:
    report = CrossValidationReport((RunReport((), None),) * 5, {"val_acc": 0.75}, {"val_acc": 0.1})
    assert Cells(report._repr_html_()).rows == [
        ["5 folds", "mean", "deviation"],
        ["val acc", "0.75", "0.1"],
    ]


def test_a_search_is_a_table() -> None:
    trained = Outcome("trained", 0.75, epochs=4)
    trials = (
        TrialDone(1, {"lr": "0.1"}, trained),
        TrialDone(2, {"lr": "<1"}, Outcome("diverged", reason="the loss")),
    )
    space = (Range("lr", 1e-4, 1.0, log=True),)
    page = TuningReport(space, Goal("val_acc", ("train_acc", "val_acc")), trials)._repr_html_()
    assert Cells(page).rows == [
        ["trial", "lr", "epochs", "val acc"],
        ["1 *", "0.1", "4", "0.75"],
        ["2", "<1", "0", "diverged"],
    ]
    assert "&lt;1" in page


def test_a_model_is_a_table() -> None:
    page = netc.compile(SPEC)._repr_html_()
    assert Cells(page).rows[:3] == [
        ["layer", "gives", "parameters"],
        ["input 2", "2", ""],
        ["dense 4", "4", "12"],
    ]
    assert "22 parameters, not trained" in page


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.012, "0.012 s"), (59.4, "59 s"), (125, "2 min 5 s"), (7320, "2 h 2 min")],
)
def test_a_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_real_notebook() -> None:
    """A kernel, and a client that keeps its outputs as a notebook does."""
    pytest.importorskip("ipykernel")
    client = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    lines = (
        "import netc, numpy as np",
        "x = np.random.default_rng(0).normal(size=(60, 2))",
        f"model = netc.compile({SPEC!r})",
        "model.fit(x, (x[:, 0] > 0).astype(int), epochs=4, reporter=netc.NotebookReporter())",
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    client.NotebookClient(book, timeout=60, kernel_name="python3").execute()
    table, model = book.cells[0].outputs
    assert table.output_type == "display_data"
    assert len(Cells(table.data["text/html"]).rows) == 5
    assert "22 parameters, trained" in model.data["text/html"]
