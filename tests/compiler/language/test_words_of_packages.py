"""Words of installed packages: what is looked at when, and what a broken one says."""

from __future__ import annotations

from pathlib import Path

import netc
import pytest
from installed import install, installed_words
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.outside import Installed
from netc.compiler.language.vocabulary import Vocabulary

ROOT = Path(__file__).parents[3]
TWICE = """
from netc.compiler.layers.activation import Activation
from netc.compiler.layers.trace import Flow, Gradients


class Twice(Activation):
    \"\"\"y = 2 x.\"\"\"

    word = "twice"
    summary = "twice the input"

    def forward(self, e, inputs, parameters):
        return Flow(e.emit("scale", inputs[0], by=2.0))

    def backward(self, e, trace, gradient):
        return Gradients((e.emit("scale", gradient, by=2.0),))
"""
SPEC = "input 4 -> dense 3 -> twice -> dense 1; loss mse; opt sgd"


@pytest.fixture
def twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vocabulary:
    """The vocabulary with a package that brings `twice`."""
    install(tmp_path, "netc-twice", {"layer.twice": "netc_twice:Twice"}, TWICE, monkeypatch)
    return installed_words()


def test_it_is_a_word_like_any_other(twice: Vocabulary) -> None:
    assert netc.check(SPEC, twice) == []
    assert netc.format("input 4->dense 3->twice", twice) == "input 4 -> dense 3 twice\n"
    model = netc.compile(SPEC, twice)
    assert netc.from_json(model.to_json(), twice).ir == model.ir
    assert "twice the input" in str(netc.schema(twice))
    (found,) = netc.check(SPEC.replace("twice", "twise"), twice)
    assert "did you mean `twice`?" in found.label
    assert [found.code for found in netc.check(SPEC, BUILTIN)] == ["E0201"]


def test_a_block_of_a_spec_comes_first(twice: Vocabulary) -> None:
    text = "block twice(n) = dense $n relu\ninput 4 -> twice 3\n"
    assert netc.check(text, twice) == []
    assert netc.compile(text, twice).parameters == 4 * 3 + 3


def test_a_program_can_add_more_words(twice: Vocabulary) -> None:
    assert twice.has("layer", "twice")
    other = type("Twofold", (twice.get("layer", "twice"),), {"word": "twofold"})
    both = twice.extended(other)
    assert netc.check(SPEC.replace("twice", "twofold -> twice"), both) == []


def test_a_check_looks_at_no_package_for_the_words_of_netc() -> None:
    def find() -> Installed:
        raise AssertionError("the installed packages were looked through")

    words = Vocabulary(BUILTIN.entries, find)
    specs = sorted((ROOT / "specs").rglob("*.net"))
    assert len(specs) > 20
    for path in specs:
        assert netc.check(path, words) == [], path


BROKEN = {
    "an import that fails": (
        {"layer.twice": "netc_bad:Twice"},
        "import nowhere_at_all",
        "ModuleNotFoundError: No module named 'nowhere_at_all' (netc_bad.py:1)",
    ),
    "an exception": ({"layer.twice": "netc_bad:Twice"}, "1 / 0", "ZeroDivisionError"),
    "no such module": ({"layer.twice": "netc_gone:Twice"}, "", "No module named 'netc_gone'"),
    "no such class": ({"layer.twice": "netc_bad:Thrice"}, TWICE, "has no attribute 'Thrice'"),
    "no class": ({"layer.twice": "netc_bad:Twice"}, "Twice = 2", "is not a class of words"),
    "another class": (
        {"layer.twice": "netc_bad:Twice"},
        "class Twice: ...",
        "not a class of words",
    ),
    "another kind": (
        {"layer.twice": "netc_bad:Twice"},
        "from netc.compiler.optimizers.sgd import Sgd as Twice",
        "is not a layer",
    ),
    "another word": (
        {"layer.twice": "netc_bad:Twice"},
        TWICE.replace('word = "twice"', 'word = "thrice"'),
        "has the word `thrice`",
    ),
}


@pytest.mark.parametrize(("points", "code", "said"), BROKEN.values(), ids=[*BROKEN])
def test_a_broken_word_names_its_package(
    points: dict[str, str],
    code: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "netc_bad", raising=False)
    install(tmp_path, "netc-bad", points, code, monkeypatch)
    words = installed_words()
    (found,) = netc.check(SPEC, words)
    assert (found.code, "`netc-bad`" in found.message) == ("E0790", True)
    assert said in found.label
    assert "twice" not in words.words("layer")
    model = netc.compile("input 4 -> dense 3 relu; loss mse").to_json()
    with pytest.raises(netc.DataError, match="`netc-bad`"):
        netc.from_json(model.replace('"relu"', '"twice"'), words)


def test_two_packages_with_one_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("netc-one", "netc-two"):
        module = package.replace("-", "_")
        install(tmp_path, package, {"layer.twice": f"{module}:Twice"}, TWICE, monkeypatch)
    (found,) = netc.check(SPEC, installed_words())
    assert found.code == "E0790"
    assert "`netc-one` and `netc-two`" in found.label


def test_a_word_of_netc_stays_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = TWICE.replace('"twice"', '"relu"')
    install(tmp_path, "netc-relu", {"layer.relu": "netc_relu:Twice"}, code, monkeypatch)
    words = installed_words()
    assert words.get("layer", "relu") is BUILTIN.get("layer", "relu")
    assert words.words("layer").count("relu") == 1
    (broken,) = words.all_broken()
    assert (broken.package, broken.reason) == ("netc-relu", "netc itself has the layer `relu`")


def test_a_name_of_an_unknown_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "netc-odd", {"mish": "netc_odd:Mish"}, "", monkeypatch)
    (broken,) = installed_words().all_broken()
    assert "`layer.WORD`" in broken.reason


FAILING = {
    "the shape": ("def infer(self, inputs, site): return inputs[7]", "check"),
    "the parameters": ("def parameters(self, inputs): raise KeyError('w')", "check"),
    "no such instruction": ("def forward(self, e, i, p): return e.emit('triple', i[0])", "fit"),
    "a wrong shape": ("def forward(self, e, i, p): return e.emit('matmul', i[0], i[0])", "fit"),
    "the gradient": ("def backward(self, e, trace, gradient): return None.x", "fit"),
}


@pytest.mark.parametrize(("method", "when"), FAILING.values(), ids=[*FAILING])
def test_a_method_that_fails_names_its_package(
    method: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "netc_bad", raising=False)
    code = f"{TWICE}\n    {method}\n"
    install(tmp_path, "netc-bad", {"layer.twice": "netc_bad:Twice"}, code, monkeypatch)
    words = installed_words()
    if when == "check":
        found = netc.check(SPEC, words)
    else:
        net = netc.compile(SPEC, words)
        with pytest.raises(netc.DataError) as raised:
            net.fit([[1.0] * 4] * 9, [1.0] * 9)
        found = list(raised.value.diagnostics)
    assert [item.code for item in found] == ["E0791"]
    assert "`netc-bad`" in found[0].message
    assert "netc_bad.py" in found[0].label or when == "fit"


SOURCE = """
from netc.compiler.data.outside import ArraySource


class Two(ArraySource):
    word = "two"
    summary = "two things"

    def arrays(self, folder):
        {}
"""
SOURCES = {
    "no file": ("raise OSError('the sensor is off')", "the sensor is off"),
    "no y": ("return {'x': [[1.0, 2.0]] * 9}", "`y`"),
    "objects": ("return {'x': [[1.0, 2.0]] * 9, 'y': [{}] * 9}", "mixes values"),
    "lengths": ("return {'x': [[1.0, 2.0]] * 9, 'y': [1.0] * 8}", "9"),
    "NaN": ("return {'x': [[1.0, float('nan')]] * 9, 'y': [1.0] * 9}", "NaN"),
    "a bug": ("return {}['x']", "netc-bad"),
}


@pytest.mark.parametrize(("body", "said"), SOURCES.values(), ids=[*SOURCES])
def test_data_that_cannot_be_had(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "netc_bad", raising=False)
    code = SOURCE.replace("{}", body, 1)
    install(tmp_path, "netc-bad", {"data.two": "netc_bad:Two"}, code, monkeypatch)
    net = netc.compile("data two; input 2 -> dense 1; loss mse; opt sgd", installed_words())
    with pytest.raises(netc.DataError) as raised:
        net.fit()
    assert said in str(raised.value.diagnostics[0]) + raised.value.diagnostics[0].label
