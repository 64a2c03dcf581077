"""What only a run can know is told before the first step, once, unless a comment allows it."""

from __future__ import annotations

import warnings
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of
from netc.runtime.data import statistics
from netc.runtime.training.diagnosis import figures

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


def table(columns: dict[str, np.ndarray], folder: Path) -> None:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")


N = 200
COLUMNS = {"a": RNG.normal(size=N).round(3), "b": RNG.normal(size=N).round(3)}
CLASS = RNG.integers(0, 2, N)
ODD: dict[str, tuple[dict[str, np.ndarray], str, str]] = {
    "sizes": ({"size": (RNG.random(N) * 1e6).round(1)}, "W0507", "prep standardize; "),
    "an id": ({"id": np.arange(N)}, "W0506", "ignore=(id,)"),
    "a leak": ({"label": CLASS * 2.5}, "W0502", "ignore=(label,)"),
}


def warnings_of(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    (folder / "t.net").write_text(text.replace("; ", "\n"))
    assert status_of(["run", str(folder / "t.net")]) == 0
    return capsys.readouterr().err


@pytest.mark.parametrize("what", ODD)
def test_a_run_tells_what_spoils_it_and_how_to_mend_it(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more, code, advice = ODD[what]
    table(COLUMNS | more | {"y": CLASS}, tmp_path)
    spec = 'data csv "t.csv"{}; {}input {} -> dense 2 softmax; loss ce; opt adam; train epochs=1'
    shown = warnings_of(spec.format("", "", 3), tmp_path, capsys)
    assert f"warning[{code}]" in shown
    assert advice.strip("; ") in shown
    mended = spec.format("", advice, 3) if "prep" in advice else spec.format(f" {advice}", "", 2)
    assert code not in warnings_of(mended, tmp_path, capsys)


def test_copies_are_told_where_they_are_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = 'data csv "t.csv"; input 2 -> dense 2 softmax; loss ce; opt adam; train epochs=1'
    for copies, told in ((2, False), (100, True)):
        columns = {name: values.copy() for name, values in (COLUMNS | {"y": CLASS}).items()}
        for values in columns.values():
            values[-copies:] = values[:copies]
        table(columns, tmp_path)
        assert ("test samples are also in the training part" in
                warnings_of(spec, tmp_path, capsys)) == told  # fmt: skip


def test_fit_warns_of_bytes_and_sizes_and_not_of_what_a_program_computed() -> None:
    pixels = RNG.integers(0, 256, (64, 4, 4, 1))
    images = netc.compile("input 4x4x1 -> flatten -> dense 2 softmax; loss ce; opt adam")
    with pytest.warns(UserWarning, match="whole numbers from 0 to 255, which look like bytes"):
        images.fit(pixels, pixels[:, 0, 0, 0] % 2, epochs=1)
    vectors = netc.compile("input 2 -> dense 2 softmax; loss ce; opt adam")
    with pytest.warns(UserWarning, match="`feature 1` reaches .*, but `feature 2` only"):
        vectors.fit(X * [1e4, 1], Y, epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectors.fit(X, Y, epochs=1)


def test_fit_honours_a_comment_that_allows_a_lint() -> None:
    text = "input 2 -> dense 2 softmax; loss ce; opt adam  # netc: allow(W0507)"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        netc.compile(text).fit(X * [1e4, 1], Y, epochs=1)


def test_samples_are_looked_at_in_part_unless_something_is_odd(tmp_path: Path) -> None:
    looked: list[int] = []

    def counted(x: np.ndarray) -> object:
        looked.append(len(x))
        return statistics.column_statistics(x)

    x = RNG.normal(size=(30_000, 2))
    y = RNG.integers(0, 2, 30_000)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(figures, "column_statistics", counted)
        model = netc.compile("input 2 -> dense 2 softmax; loss ce; opt adam; train epochs=1")
        model.fit(x, y, validation=0)
        assert looked == [statistics.SMALL]
        model.fit(x * [1e4, 1], y, validation=0)
        assert looked[1:] == [statistics.SMALL, 30_000]
