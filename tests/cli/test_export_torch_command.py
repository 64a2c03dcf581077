"""`netc export -o FILE.py`: its files, what it prints and refuses, and the page about it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import netc
import numpy as np
import pytest
from command import run_netc

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "interchange.md").read_text()
SPEC = (
    "input 4x3x2 -> conv 5 2x2 bias=false bn relu -> flatten -> dense 3 softmax; loss ce; opt adam"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a spec and a trained network."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 4, 3, 2)).astype(np.float32), rng.integers(0, 3, 60)
    (tmp_path / "m.net").write_text(SPEC)
    netc.compile(f"{SPEC}; train epochs=1 seed=1").fit(x, y).save(tmp_path / "m.safetensors")
    return tmp_path


def test_it_says_what_it_wrote(folder: Path) -> None:
    done = run_netc(folder, "export", "m.safetensors", "-o", "own.py")
    assert (done.returncode, done.stderr) == (0, "")
    size = (folder / "own.safetensors").stat().st_size
    assert re.fullmatch(
        rf"code    own\.py, class Own\nweights own\.safetensors \({size / 1024:.1f} KiB\)\n"
        r"work    \d+ multiply-adds per sample\n",
        done.stdout,
    )


def test_a_spec_has_no_weights(folder: Path) -> None:
    done = run_netc(folder, "export", "m.net", "-o", "own.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "weights" not in done.stdout
    assert not (folder / "own.safetensors").exists()
    assert "load_file" not in (folder / "own.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("m.net", "-o", "m.txt"), "-o takes a file that ends in"),
        (("m.net", "-o", "own.py", "--weights", "w.safetensors"), "`m.net` has no weights"),
        (("m.safetensors", "-o", "own.py", "--weights", "own.py"), "files of their own"),
        (("m.safetensors", "-o", "m.c", "--training"), "--training is for files that end in"),
        (("none.net", "-o", "own.py"), "none.net"),
        (("m.safetensors", "-o", "m.py"), "m.safetensors"),
    ],
)
def test_what_cannot_be_written_is_refused(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = (folder / "m.safetensors").read_bytes()
    done = run_netc(folder, "export", *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert not (folder / "own.py").exists()
    assert (folder / "m.safetensors").read_bytes() == before


def test_a_layer_without_counterpart_is_a_problem_at_its_place(folder: Path) -> None:
    (folder / "m.net").write_text("input ?x?x3\n  -> conv 4 3x3 stride=2 pad=same -> gap\n")
    done = run_netc(folder, "export", "m.net", "-o", "own.py")
    assert done.returncode == 1
    assert "E0781" in done.stderr
    assert "m.net:2:6" in done.stderr


def test_the_file_gives_the_predictions_of_the_network(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch", reason="the exported file is run by PyTorch")
    load_file = pytest.importorskip("safetensors.torch", reason="loads weights").load_file
    run_netc(folder, "export", "m.safetensors", "-o", "own.py", "--weights", "w.safetensors")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "own", raising=False)
    from own import Own

    module = Own()
    module.load_state_dict(load_file(folder / "w.safetensors"))
    module.eval()
    x = np.random.default_rng(1).normal(size=(5, 4, 3, 2)).astype(np.float32)
    found = module.predict(torch.from_numpy(np.moveaxis(x, -1, 1).copy())).numpy()
    expected = netc.load(folder / "m.safetensors").predict_proba(x)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_trained_network_remembers_the_names_of_its_blocks(tmp_path: Path) -> None:
    spec = "block b(width) = dense $width tanh\ninput 3 -> b 4 -> b 5 -> dense 2 softmax; loss ce"
    x, y = np.random.default_rng(0).normal(size=(8, 3)), np.arange(8) % 2
    model = netc.compile(f"{spec}; opt sgd; train epochs=1").fit(x, y, validation=0)
    model.save(tmp_path / "b.safetensors")
    done = run_netc(tmp_path, "export", "b.safetensors", "-o", "own.py")
    assert done.returncode == 0, done.stderr
    assert "def __init__(self, in_features, width)" in (tmp_path / "own.py").read_text()


def excerpts() -> list[str]:
    return re.findall(r"^```py\n(.*?)^```$", PAGE, re.M | re.S)


def test_the_page_shows_what_is_written(folder: Path) -> None:
    spec = ROOT / "specs" / "cifar_resnet.net"
    run_netc(folder, "export", str(spec), "-o", "resnet.py", "--training")
    text = (folder / "resnet.py").read_text()
    shown = [excerpt for excerpt in excerpts() if not excerpt.startswith("import")]
    assert len(shown) == 2
    assert all(excerpt in text for excerpt in shown)


def test_the_program_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="the exported file is run by PyTorch")
    text = (ROOT / "specs" / "digits.net").read_text()
    (tmp_path / "digits.net").write_text(text)
    run_netc(tmp_path, "run", "digits.net", "--fast", "--save", "digits.safetensors")
    run_netc(tmp_path, "export", "digits.safetensors", "-o", "digits_net.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    program = next(text for text in excerpts() if "from digits_net import" in text)
    exec(compile(program, "interchange.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"^# prints (.*)$", program, re.M)


@pytest.mark.parametrize("text", ["input 4", "let a=1", "block b(n) = dense $n"])
@pytest.mark.parametrize("ending", ["py", "onnx"])
def test_without_a_layer_there_is_nothing_to_export(tmp_path: Path, text: str, ending: str) -> None:
    if ending == "onnx":
        pytest.importorskip("onnx")
    (tmp_path / "m.net").write_text(text)
    done = run_netc(tmp_path, "export", "m.net", "-o", f"m.{ending}")
    assert done.returncode == 1
    assert "error[E0655]: no network: there is nothing to export" in done.stderr
    assert not (tmp_path / f"m.{ending}").exists()
