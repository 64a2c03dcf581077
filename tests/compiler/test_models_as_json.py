"""A model goes to JSON and back; its JSON Schema says what that JSON is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netc
import pytest
from netc.compiler.ir import Model, from_json, to_json
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source
from netc.grammar.source import Source
from work import time_ratio

jsonschema = pytest.importorskip("jsonschema", reason="the schema is judged by another's reader")

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.net"))


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return netc.schema()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_model_comes_back_from_its_json(path: Path, schema: dict[str, Any]) -> None:
    source = read_source(str(path))
    assert isinstance(source, Source)
    checked = check(source, BUILTIN, read_source)
    text = to_json(checked.model)
    assert from_json(text, BUILTIN) == checked.model
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    again = netc.from_json(text)
    assert again.to_json() == text
    assert again.graph == checked.graph


@pytest.mark.parametrize("loop", ["repeat 11", "each w=(4, 5)"])
def test_layers_that_a_loop_repeats_keep_their_names(loop: str) -> None:
    text = netc.compile(f"input 4 name=x -> {loop} [dense 4 name=fc relu] -> dense 4").to_json()
    assert netc.from_json(text).to_json() == text


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(Model.model_fields)


SPEC = """
input 4 -> dense 3 init=he -> @x
loss mse
opt adam clip=1
stop patience=5ep
expect loss<=1
let lr=1
tune random lr=log(1e-4, 1e-1)
"""
SMALL = json.loads(netc.compile(SPEC).to_json())


def changed(path: str, value: object) -> str:
    """The small model's JSON with one value replaced, or removed for `...`."""
    data: Any = json.loads(json.dumps(SMALL))
    *way, last = path.split(".")
    part = data
    for key in way:
        part = part[int(key) if key.isdigit() else key]
    if value is ...:
        del part[last]
    else:
        part[int(last) if last.isdigit() else last] = value
    return json.dumps(data)


WRONG = [
    ("nodes.1.layer.units", 0),
    ("nodes.1.layer.units", "3"),
    ("nodes.1.layer.units", 3.5),
    ("nodes.1.layer.units", ...),
    ("nodes.1.layer.word", "dens"),
    ("nodes.1.layer.word", "adam"),
    ("nodes.1.layer.word", ...),
    ("nodes.1.layer.colour", "red"),
    ("nodes.1.layer", None),
    ("netc", 2),
    ("losses.0.word", "relu"),
    ("losses.0.weight", -1),
    ("losses", {}),
    ("optimizer.word", "ce"),
    ("colour", "red"),
    ("nodes.1.name", "A b!"),
    ("nodes.1.layer.name", "A b!"),
    ("nodes.1.layer.name", "block"),
    ("nodes.1.layer.init", {"rule": "he", "scale": 3}),
    ("nodes.1.layer.init", {"rule": "normal", "scale": None}),
    ("nodes.1.layer.init", {"rule": "normal"}),
    ("nodes.1.layer.init", {"rule": "normal", "scale": 0}),
    ("nodes.1.layer.init", {"rule": "constant", "scale": 1}),
    ("nodes.1.layer.init", {"rule": "he", "colour": 1}),
    ("stops.0.patience", {"value": 0, "unit": "ep"}),
    ("stops.0.patience", {"value": 2.5, "unit": "ep"}),
    ("stops.0.patience", {"value": 5, "unit": "min"}),
    ("stops.0.patience", 5),
    ("stops.0.on", "acc"),
    ("train", None),
    ("train", {"word": "kfold", "folds": 3}),
    ("train.epochs", True),
    ("expectations.0.bound", "1"),
    ("tune.searches.0.name", "A b!"),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_wrong_json_is_refused_by_reader_and_schema(
    path: str, value: object, schema: dict[str, Any]
) -> None:
    text = changed(path, value)
    with pytest.raises(ValueError, match=r"."):
        netc.from_json(text)
    assert not jsonschema.Draft202012Validator(schema).is_valid(json.loads(text))


SAID = """
let lr=0.1
input 8x8x1 -> flatten -> dense 10 name=last softmax
data digits
loss ce
opt sgd lr=$lr
metric top5
prep scale
tune random lr=(0.1, 0.2)
"""
STATEMENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    # what a spec says instead of what, and the same in JSON
    "a metric twice": ("metric top5", "metric top5 top5", {"metrics": [{"word": "top5"}] * 2}),
    "a search twice": (
        "lr=(0.1, 0.2)",
        "lr=(0.1,) lr=(0.2,)",
        {"tune": {"tuner": {"word": "random"}, "searches": [{"name": "lr", "values": [1]}] * 2}},
    ),
    "two divisions": (
        "data digits",
        "data digits val=20% split=(70%, 15%, 15%)",
        {"data": {"word": "digits", "val": 0.2, "split": [0.7, 0.15, 0.15]}},
    ),
    "a division and folds": (
        "data digits",
        "data digits val=20%; kfold 5",
        {"data": {"word": "digits", "val": 0.2}, "kfold": {"word": "kfold", "folds": 5}},
    ),
    "targets that are classes": (
        "prep scale",
        "prep scale on=target",
        {"preps": [], "target_preps": [{"word": "scale", "on": "target"}]},
    ),
    "too large for single precision": (
        "lr=$lr",
        "lr=1e50",
        {"optimizer": {"word": "sgd", "lr": 1e50}},
    ),
    "no network": (
        "input 8x8x1 -> flatten -> dense 10 name=last softmax",
        "",
        {"nodes": [], "labels": {}},
    ),
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_spec_and_json_are_refused_with_one_code(what: str) -> None:
    said, instead, changes = STATEMENTS[what]
    model = json.loads(netc.compile(SAID).to_json())
    with pytest.raises(netc.CompileError) as by_spec:
        netc.compile(SAID.replace(said, instead))
    with pytest.raises(netc.CompileError) as by_json:
        netc.from_json(json.dumps({**model, **changes}))
    codes = [
        sorted({item.code for item in found.value.diagnostics if item.severity == "error"})
        for found in (by_spec, by_json)
    ]
    assert codes[0] == codes[1]


NO_SPEC: list[dict[str, Any]] = [
    {"preps": [{"word": "scale", "on": "target"}]},
    {"preps": [{"word": "log"}]},
    {"target_preps": [{"word": "scale"}]},
    {"target_preps": [{"word": "center"}]},
    {"lets": {"lr": 0.1, "block": 1}},
    {"nodes": [{"name": "a", "layer": {"word": "input", "shape": [4], "name": "b"}}]},
    {"data": {"word": "csv", "path": "a.csv", "target": "a\x01"}},
]


@pytest.mark.parametrize("changes", NO_SPEC)
def test_json_that_no_spec_means_is_refused(changes: dict[str, Any]) -> None:
    model = json.loads(netc.compile(SAID).to_json())
    with pytest.raises(netc.DataError) as caught:
        netc.from_json(json.dumps({**model, **changes}))
    assert [item.code for item in caught.value.diagnostics] == ["E0721"]


BEYOND_A_SCHEMA = [
    ("tune.searches.0.low", 0),
    ("tune.searches.0.high", 1e-5),
    ("tune.searches.0.high", None),
    ("tune.searches.0.values", [1]),
    ("optimizer.clip", float("inf")),
    ("expectations.0.bound", float("nan")),
    ("lets", {"A b!": 1}),
    ("labels", {"A b!": "dense1"}),
    ("losses.0.on", "nowhere"),
    ("losses.0.target", "nowhere"),
    ("nodes.1.layer.share", "nowhere"),
    ("tune.searches.0.name", "nothing"),
]
"""Values that a schema cannot compare, numbers that are none in JSON, and names as keys."""


@pytest.mark.parametrize(("path", "value"), BEYOND_A_SCHEMA)
def test_json_beyond_a_schema_is_refused(path: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        netc.from_json(changed(path, value))


def many_searches(count: int) -> str:
    """The JSON of a model with so many constants, and a search of each."""
    text = "let a=1; input 4 -> dense 3 softmax; data iris; loss ce; opt adam; tune grid a=(1, 2)"
    model = json.loads(netc.compile(text).to_json())
    ((search,), (value,)) = model["tune"]["searches"], model["lets"].values()
    names = [f"a{number}" for number in range(count)]
    model["lets"] = dict.fromkeys(names, value)
    model["tune"]["searches"] = [{**search, "name": name} for name in names]
    return json.dumps(model)


def test_the_work_grows_with_the_number_of_searches() -> None:
    small, large = many_searches(1_000), many_searches(8_000)
    # 8 in proportion; comparing each with each took 40
    assert time_ratio(lambda: netc.from_json(small), lambda: netc.from_json(large), 16) <= 16


def test_a_whole_number_that_is_too_long_is_told_why() -> None:
    with pytest.raises(netc.DataError, match="at most 18 digits"):
        netc.from_json(changed("nodes.1.layer.units", 10**18))


WIRING = [
    ("nodes.1.inputs", ["nothing"]),
    ("nodes.1.inputs", ["dense1"]),
    ("nodes.1.inputs", []),
    ("nodes.1.inputs", ["input1", "input1"]),
    ("nodes.0.inputs", ["dense1"]),
    ("nodes.1.name", "input1"),
    ("labels.x", "nothing"),
    ("nodes.1.name", "?1"),
    ("nodes.1.layer.name", "fc"),
    ("nodes.1.layer.name", "dense"),
]


@pytest.mark.parametrize(("path", "value"), WIRING)
def test_nodes_read_what_is_before_them(path: str, value: object) -> None:
    with pytest.raises(ValueError, match="node"):
        netc.from_json(changed(path, value))


def test_layers_that_do_not_fit_are_diagnostics() -> None:
    with pytest.raises(netc.CompileError) as caught:
        netc.from_json(changed("nodes.0.layer.shape", [4, 4, 1]))
    assert [item.code for item in caught.value.diagnostics] == ["E0301"]


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"nodes": 3}', "[" * 100_000])
def test_what_is_no_model_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        netc.from_json(text)
