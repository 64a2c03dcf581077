"""`netc.tune`, and what else a program does with a spec that has a `tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import pytest
from netc.runtime.training.loading.spec_data import load_data

optuna = pytest.importorskip("optuna", reason="a search needs Optuna: pip install 'netc[tune]'")

SPEC = """\
let width=8 lr=0.05
data iris
input 4 -> dense $width relu -> dense 3 softmax
loss ce
opt adam lr=$lr
train epochs=3 seed=2
"""
GRID = SPEC + "tune grid width=(2, 4, 8)\n"


def test_the_trials_are_the_fits_of_the_compiled_settings() -> None:
    report = netc.tune(GRID)
    assert [trial.setting for trial in report.trials] == [{"width": w} for w in ("2", "4", "8")]
    for trial in report.trials:
        model = netc.compile(GRID, **trial.setting).fit()
        assert model.report is not None
        assert model.report.epochs[-1].measured == trial.outcome.measured
    assert report.best is not None
    assert report.best.outcome.value == max(t.outcome.value or 0 for t in report.trials)


def test_constants_workers_and_a_storage_are_those_of_the_command(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    alone = netc.tune(GRID, lets={"lr": 0.2}, storage=path)
    shared = netc.tune(GRID, lets={"lr": 0.2}, workers=2)
    figures = [[t.outcome.measured for t in report.trials] for report in (alone, shared)]
    assert figures[0] == figures[1]
    assert figures[0] != [t.outcome.measured for t in netc.tune(GRID).trials]
    with pytest.raises(netc.DataError, match=r"E0673.*`lets.lr` is 0.05, and was 0.2"):
        netc.tune(GRID, storage=path)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"trials": 0}, "trials cannot be 0"),
        ({"trials": 10**30}, "trials cannot be more than 100,000"),
        ({"workers": 0}, "workers cannot be 0"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        netc.tune(GRID, **wrong)


def test_optuna_is_left_as_it_was() -> None:
    before = optuna.logging.get_verbosity()
    netc.tune(GRID, trials=1)
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize(
    ("spec", "error", "code"),
    [
        (SPEC, netc.CompileError, "E0670"),
        (SPEC + "tune grid width=lin(2)", netc.CompileError, "E0414"),
        (GRID.replace("(2,", "(0,"), netc.DataError, "E0672"),
        (GRID.replace("iris", "iris val=0%"), netc.DataError, "E0671"),
    ],
)
def test_what_keeps_a_search_from_beginning_is_raised(
    spec: str, error: type[netc.NetcError], code: str
) -> None:
    with pytest.raises(error) as raised:
        netc.tune(spec)
    assert code in [diagnostic.code for diagnostic in raised.value.diagnostics]


def test_a_trial_of_a_table_that_is_too_wide_for_the_network_fails_alone(tmp_path: Path) -> None:
    rows = "\n".join(f"{n % 7},{n % 5},{n % 2}" for n in range(60))
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}\n")
    (tmp_path / "s.net").write_text(
        'let width=2\ndata csv "t.csv"\ninput $width -> dense 2 softmax\nloss ce\nopt adam\n'
        "train epochs=1\ntune random trials=8 width=(2, 3)\n"
    )
    endings = {t.setting["width"]: t.outcome for t in netc.tune(tmp_path / "s.net").trials}
    assert endings["2"].ending == "trained"
    assert endings["3"].ending == "failed"
    assert "3" in endings["3"].reason


@pytest.mark.parametrize(
    ("search", "loads"),
    [("width=(2, 4, 8)", 1), ("shift=(0.1, 0.2) width=(2, 4)", 2), ("seed=(0, 1)", 2)],
)
def test_data_is_loaded_again_where_a_setting_changes_it(
    search: str, loads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netc.runtime.training.loading import shared_data

    counted = []

    def load(*arguments: Any, **options: Any) -> Any:
        counted.append(1)
        return load_data(*arguments, **options)

    monkeypatch.setattr(shared_data, "load_data", load)
    netc.tune(
        "let width=2 shift=0.1 seed=0\ndata blobs n=60 noise=$shift seed=$seed\n"
        "input 2 -> dense $width relu -> dense 3 softmax\nloss ce\nopt adam\n"
        f"train epochs=1\ntune grid {search}\n"
    )
    assert len(counted) == loads


def test_a_setting_that_was_trained_is_not_trained_again() -> None:
    trials = netc.tune(SPEC + "tune random trials=6 width=(2, 4)\n").trials
    assert len(trials) == 6
    outcomes = {trial.setting["width"]: trial.outcome for trial in trials}
    assert len(outcomes) == 2
    # with its time, which no second training would repeat
    assert all(trial.outcome == outcomes[trial.setting["width"]] for trial in trials)


def test_every_trial_says_why_one_of_its_folds_cannot_be_prepared(tmp_path: Path) -> None:
    """The category `c` stands in one row: the fold that holds it out does not know it."""
    rows = "\n".join(f"{'c' if n == 7 else 'ab'[n % 3 % 2]},{n % 2}" for n in range(40))
    (tmp_path / "t.csv").write_text(f"k,y\n{rows}\n")
    (tmp_path / "s.net").write_text(
        'let lr=0.1\ndata csv "t.csv"\nkfold 2\nprep onehot\ninput 3 -> dense 2 softmax\nloss ce\n'
        "opt sgd lr=$lr\ntrain epochs=1 seed=0\ntune grid lr=(0.1, 0.2)\n"
    )
    outcomes = [trial.outcome for trial in netc.tune(tmp_path / "s.net").trials]
    assert [outcome.ending for outcome in outcomes] == ["failed", "failed"]
    assert all("`k` of `t.csv` is `c`" in outcome.reason for outcome in outcomes)
