"""What only a run can know is told before the first step, once, unless a comment allows it."""

from __future__ import annotations

import warnings
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of

BN = "input 2 -> dense 8 bias=false bn relu -> dense 2 softmax; loss ce; opt sgd lr=0.1"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(65, 2))
Y = (X[:, 0] > 0).astype(int)


def last_batch_warnings(text: str) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        netc.compile(text).fit(X, Y, epochs=2, validation=0)
    return [str(item.message) for item in caught]


def test_fit_warns_of_a_last_batch_of_one_sample() -> None:
    (warning,) = last_batch_warnings(f"{BN}; train batch=64")
    assert warning == (
        "the last batch of every epoch is a single sample (65 = 1 * 64 + 1), which distorts the "
        "running statistics of `bn`; `train last=drop` leaves it out of the epoch; with `batch=63` "
        "the last batch has 2 samples"
    )


@pytest.mark.parametrize("train", ["batch=64 last=drop", "batch=63", "batch=all", "batch=66"])
def test_its_advice_is_right(train: str) -> None:
    assert last_batch_warnings(f"{BN}; train {train}") == []


def test_a_batch_that_is_left_out_does_not_touch_the_running_statistics() -> None:
    """The variance of 0 of a single sample is in a tenth of every running variance."""
    kept, dropped = (
        netc.compile(f"{BN}; train epochs=30 batch=64 {last} seed=1").fit(
            X, Y, validation=0, reporter=lambda event: None
        )
        for last in ("last=keep", "last=drop")
    )
    whole = netc.compile(f"{BN}; train epochs=30 batch=all seed=1").fit(X, Y, validation=0)
    ratios = [model.weights["bn1.var"] / whole.weights["bn1.var"] for model in (kept, dropped)]
    assert ratios[0].mean() < 0.6
    assert ratios[1].mean() == pytest.approx(1, abs=0.1)  # one sample of 65 is another every epoch


@pytest.mark.parametrize(
    ("batch", "stderr"), [("64", "W0318"), ("64  # netc: allow(W0318)", ""), ("63", "")]
)
def test_a_run_of_a_table_warns_on_stderr(
    batch: str, stderr: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "\n".join(
        f"{a:.3f},{b:.3f},{'no' if c else 'yes'}" for (a, b), c in zip(X, Y, strict=True)
    )
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}\n")
    (tmp_path / "t.net").write_text(
        'data csv "t.csv" split=(100%, 0%, 0%)\n'
        f"{BN.replace('; ', chr(10))}\ntrain epochs=1 batch={batch}\n"
    )
    assert status_of(["run", str(tmp_path / "t.net")]) == 0
    shown = capsys.readouterr()
    assert shown.err.count("warning[W0318]") == (1 if stderr else 0)


def test_what_the_check_has_said_is_not_said_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.net").write_text(
        "data iris\ninput 4 -> dense 8 bias=false bn relu -> dense 3 softmax\nloss ce\n"
        "opt sgd\ntrain epochs=1 batch=17\n"
    )
    assert status_of(["run", str(tmp_path / "t.net")]) == 0
    assert capsys.readouterr().err.count("W0318]") == 1
