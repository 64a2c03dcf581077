"""`netc export -o FILE.onnx`: the file, what the command prints and refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc
from onnx_files import run_file

ROOT = Path(__file__).parents[2]
SPEC = "input 4 name=flower -> dense 6 relu -> dense 3 softmax -> @kind"
TRAINING = "prep standardize; loss ce; opt adam; train epochs=2 seed=1"


@pytest.fixture
def onnx() -> Any:
    pytest.importorskip("onnxruntime")
    return pytest.importorskip("onnx")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a trained network."""
    x, y = measured()
    netc.compile(f"{SPEC}; {TRAINING}").fit(x, y).save(tmp_path / "m.safetensors")
    return tmp_path


def measured() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return 50 + 9 * rng.normal(size=(60, 4)), np.array(["a", "b", "ç"])[rng.integers(0, 3, 60)]


def test_it_says_what_it_wrote(folder: Path, onnx: Any) -> None:
    done = run_netc(folder, "export", "m.safetensors", "-o", "m.onnx")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        r"file    m\.onnx \([\d,]+ bytes\), opset 18, 4 nodes\n"
        r"inputs  flower batch x 4 float\n"
        r"outputs kind batch x 3\n"
        r"note    without `prep standardize`, which `--preparation` puts into it\n",
        done.stdout,
    )
    model = onnx.load(folder / "m.onnx")
    assert (model.ir_version, model.opset_import[0].version) == (8, 18)
    assert [node.name for node in model.graph.node] == ["dense1", "relu1", "dense2", "softmax1"]
    entries = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(entries["classes"]) == {"kind": ["a", "b", "ç"]}


def test_with_preparation_it_takes_samples_as_the_data_has_them(folder: Path, onnx: Any) -> None:
    options = ("--preparation", "--opset", "15")
    done = run_netc(folder, "export", "m.safetensors", "-o", "m.onnx", *options)
    assert "without" not in done.stdout
    x, _ = measured()
    found = run_file(str(folder / "m.onnx"), {"flower": x})
    expected = netc.load(folder / "m.safetensors").predict_proba(x)
    np.testing.assert_allclose(found["kind"], expected, rtol=1e-5)


def test_columns_of_text_are_encoded_before_they_go_in(tmp_path: Path, onnx: Any) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": np.linspace(0, 1, 40), "b": ["u", "v", "w", "u"] * 10})
    spec = "prep onehot; input ? -> dense 2; loss mse; opt sgd lr=0.1; train epochs=1"
    model = netc.compile(spec).fit(table, np.stack([table["a"], table["a"] * 2], 1))
    model.save(tmp_path / "m.safetensors")
    done = run_netc(tmp_path, "export", "m.safetensors", "-o", "m.onnx")
    assert done.returncode == 0, done.stderr
    assert "note    without `prep onehot`: columns of text cannot be in it\n" in done.stdout
    encoded = np.column_stack([table["a"], *(table["b"] == name for name in "uvw")])
    (found,) = run_file(str(tmp_path / "m.onnx"), {"input1": encoded.astype("f4")}).values()
    np.testing.assert_allclose(found, model.predict(table), rtol=1e-5)
    assert (
        "E0785"
        in run_netc(tmp_path, "export", "m.safetensors", "-o", "n.onnx", "--preparation").stderr
    )


def test_a_spec_has_no_fitted_preparation(tmp_path: Path, onnx: Any) -> None:
    (tmp_path / "s.net").write_text("prep standardize; input 4 -> dense 3\n")
    for options in ((), ("--preparation",)):
        done = run_netc(tmp_path, "export", "s.net", "-o", "m.onnx", "--force", *options)
        assert "without `prep standardize`, which training fits: export the trained" in done.stdout


def test_outputs_have_the_unit_of_the_target(tmp_path: Path, onnx: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 6, 5, 1)), rng.lognormal(8, 1, size=80)
    text = (
        "prep standardize; prep pad=1; prep whiten zca; prep log on=target; "
        "prep standardize on=target; input 8x7x1 -> flatten -> dense 1; loss mse; opt sgd lr=0.01; "
        "train epochs=1"
    )
    model = netc.compile(text).fit(x, y)
    model.save(tmp_path / "m.safetensors")
    done = run_netc(tmp_path, "export", "m.safetensors", "-o", "m.onnx", "--preparation")
    assert done.returncode == 0, done.stderr
    (found,) = run_file(str(tmp_path / "m.onnx"), {"input1": x}).values()
    np.testing.assert_allclose(found[:, 0], model.predict(x), rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m.safetensors", "-o", "m.txt"], "ends in `.c`"),
        (["m.safetensors", "-o", "m.c", "--opset", "18"], "--opset is for files that end in"),
        (["m.safetensors", "-o", "m.onnx", "--weights", "w"], "--weights is for files that end in"),
        (["m.safetensors", "-o", "m.onnx", "--opset", "12"], "12 is not in the range 13<=x<=21"),
        (["none.safetensors", "-o", "m.onnx"], "E0730"),
        (["none.net", "-o", "m.onnx"], "none.net"),
    ],
)
def test_what_cannot_be_written_is_refused(
    folder: Path, arguments: list[str], said: str, onnx: Any
) -> None:
    done = run_netc(folder, "export", *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert not (folder / "m.onnx").exists()


def test_the_commands_of_the_page_work(
    tmp_path: Path, onnx: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "interchange.md").read_text().partition("\n## ONNX")[2]
    page = page.partition("\n## ")[0]
    spec = ROOT / "specs" / "digits.net"
    done = run_netc(tmp_path, "export", str(spec), "-o", "digits.onnx")
    printed = [_plain(text) for text in re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)]
    assert _plain(done.stdout.rpartition("weights ")[0]) in printed
    (listing,) = re.findall(r"^```py\n(.*?)^```$", page, re.M | re.S)
    monkeypatch.chdir(tmp_path)
    exec(listing, {})
    assert capsys.readouterr().out == "(7, 10)\n"


def _plain(text: str) -> str:
    """Without the size of the file: names of classes, which a trained network has, are in it."""
    return re.sub(r"\([\d.]+ KiB\)", "", text)
