"""`netc import`: the spec and the weights, what the command prints and refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc

ROOT = Path(__file__).parents[2]
SPEC = "input 4 name=flower -> dense 6 relu -> dense 3 softmax"
TRAINING = "loss ce; opt adam; train epochs=2 seed=1"


@pytest.fixture
def onnx() -> Any:
    return pytest.importorskip("onnx")


@pytest.fixture
def folder(tmp_path: Path, onnx: Any) -> Path:
    """A folder with a network of ONNX, and the weights that it was made of."""
    x, y = measured()
    netc.compile(f"{SPEC}; {TRAINING}").fit(x, y).save(tmp_path / "first.safetensors")
    run_netc(tmp_path, "export", "first.safetensors", "-o", "m.onnx")
    return tmp_path


def measured() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 4)), np.array(["a", "b", "ç"])[rng.integers(0, 3, 60)]


def test_it_writes_a_spec_and_weights(folder: Path) -> None:
    done = run_netc(folder, "import", "m.onnx")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        r"spec    m\.net, 4 layers, 51 parameters\nweights m\.safetensors \([\d,.]+ \w+\)\n",
        done.stdout,
    )
    text = (folder / "m.net").read_text()
    assert text.partition("\n")[2] == f"{SPEC}\n"
    x, _ = measured()
    model, first = netc.load(folder / "m.safetensors"), netc.load(folder / "first.safetensors")
    assert (model.predict(x) == first.predict(x)).all()
    np.testing.assert_array_equal(model.predict_proba(x), first.predict_proba(x))


def test_the_spec_never_takes_the_place_of_the_weights(folder: Path) -> None:
    for arguments in (["-o", "x.safetensors"], ["--weights", "m.net"]):
        done = run_netc(folder, "import", "m.onnx", *arguments)
        assert (done.returncode, "need a file each" in done.stderr) == (2, True)
    assert not (folder / "x.safetensors").exists()


def test_python_programs_import_too(folder: Path) -> None:
    model = netc.import_model(folder / "m.onnx")
    assert model.spec.endswith(f"{SPEC}\n")
    x, _ = measured()
    assert set(model.predict(x)) <= {"a", "b", "ç"}
    with pytest.raises(ValueError, match=r"ends? in"):
        netc.import_model(folder / "m.pt")
    with pytest.raises(netc.DataError, match="E0787"):
        netc.import_model(folder / "none.onnx")


def test_a_network_trains_on_from_its_weights(folder: Path) -> None:
    run_netc(folder, "import", "m.onnx", "-o", "again.net")
    text = (folder / "again.net").read_text() + f'init "again.safetensors"\n{TRAINING}\n'
    x, y = measured()
    model = netc.compile((folder / "again.net").write_text(text) and folder / "again.net")
    assert model.fit(x, y).trained


def test_nothing_is_replaced_without_force(folder: Path) -> None:
    (folder / "m.net").write_text("mine")
    (folder / "m.safetensors").write_text("mine too")
    done = run_netc(folder, "import", "m.onnx")
    assert done.returncode == 1
    assert done.stderr.count("E0794]") == 2
    assert (folder / "m.net").read_text() == "mine"
    assert run_netc(folder, "import", "m.onnx", "--force").returncode == 0
    assert (folder / "m.net").read_text() != "mine"


def test_check_writes_nothing(folder: Path) -> None:
    done = run_netc(folder, "import", "m.onnx", "--check")
    assert done.returncode == 0
    assert done.stdout == "m.onnx: every operation has its layer (4 layers, 51 parameters)\n"
    assert sorted(path.name for path in folder.iterdir()) == ["first.safetensors", "m.onnx"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["m.pt"], 2, "files that end in `.onnx`"),
        (["none.onnx"], 1, "E0787"),
        (["m.onnx", "-o", "none/m.net"], 1, "there is no folder"),
        (["m.onnx", "--weights", "m.onnx", "--force"], 1, "the command reads it"),
    ],
)
def test_what_it_refuses(folder: Path, arguments: list[str], status: int, said: str) -> None:
    done = run_netc(folder, "import", *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert not (folder / "m.net").exists()


def test_the_commands_of_the_page_work(tmp_path: Path, onnx: Any) -> None:
    page = (ROOT / "docs" / "interchange.md").read_text()
    page = page.partition("\n## From ONNX")[2].partition("\n## ")[0]
    printed = re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    spec = ROOT / "specs" / "digits.net"
    run_netc(tmp_path, "export", str(spec), "-o", "digits.onnx")
    done = run_netc(tmp_path, "import", "digits.onnx", "-o", "from_onnx.net")
    assert _without_size(done.stdout) == _without_size(printed[0])
    (text,) = re.findall(r"^```netc\n(.*?)^```$", page, re.M | re.S)
    assert (tmp_path / "from_onnx.net").read_text() == text
    _write_capped(onnx, tmp_path / "capped.onnx")
    done = run_netc(tmp_path, "import", "capped.onnx", "--check")
    assert done.returncode == 1
    assert done.stderr.startswith(printed[1].rstrip())


def _without_size(text: str) -> str:
    return re.sub(r"\([\d.,]+ \w+\)", "", text)


def _write_capped(onnx: Any, path: Path) -> None:
    from onnx import TensorProto, helper

    values = [("least", -1.0), ("most", 1.0)]
    graph = helper.make_graph(
        [helper.make_node("Clip", ["x", "least", "most"], ["capped"], name="body/hardtanh")],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("capped", TensorProto.FLOAT, None)],
        [helper.make_tensor(name, TensorProto.FLOAT, [], [value]) for name, value in values],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)
