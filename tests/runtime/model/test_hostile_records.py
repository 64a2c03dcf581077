"""A file of weights whose seal is right and whose record is not is refused, or serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.grammar.problem import Problems
from netc.runtime.storage.files import place_of
from netc.runtime.storage.weights import Tensors, encode, read_weights

SPEC = (
    "input 4 -> dense 5 relu -> dense 3 softmax; loss ce; opt adam; prep standardize; "
    "train epochs=1 batch=4"
)
X, Y = np.arange(32.0).reshape(8, 4), np.arange(8) % 3


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Tensors:
    path = tmp_path_factory.mktemp("weights") / "m.st"
    model = netc.compile(SPEC)
    model.fit(X, Y, reporter=lambda event: None)
    model.save(path)
    content = read_weights(path, "m.st", place_of(path), Problems())
    assert content is not None
    return content


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def put(*way: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        holder: Any = record
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = value

    return change


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "no samples": put("samples", value=[]),
    "samples of no size": put("samples", value=[[]]),
    "samples of another size": put("samples", value=[[5]]),
    "samples without end": put("samples", value=[[10**30]]),
    "samples of infinite size": put("samples", value=[[float("inf")]]),
    "negative samples": put("samples", value=[[-4]]),
    "too few classes": put("classes", 0, "labels", value=[1, 2]),
    "classes of no type": put("classes", 0, "dtype", value="nothing"),
    "classes of a huge type": put("classes", 0, "dtype", value="<U900000000"),
    "classes in a list": put("classes", 0, "labels", value=[[0], [1], [2]]),
    "one class": put("classes", 0, "labels", value=1),
    "classes of two targets": put("classes", value=[None, None]),
    "classes beyond the type": put("classes", 0, "labels", value=[0, 1, 10**30]),
    "an unknown preparation": put("preps", 0, 0, "kind", value="magic"),
    "a preparation that pads vectors": put("preps", 0, 0, value={"kind": "border", "size": 2}),
    "a preparation without its numbers": put("preps", 0, 0, value={"kind": "fill"}),
    "preparations of two inputs": put("preps", value=[[], []]),
    "deep": put("preps", value=deep(500)),
    "too deep": put("classes", value=deep(900)),
    "no model": put("model", value=None),
    "a model without losses, and too many classes": put(
        "model", value={"nodes": [{"name": "a", "layer": {"word": "input", "shape": [4]}}]}
    ),
    "a loss on nothing": put("model", "losses", 0, "on", value="x"),
    "a target that is not there": put("target_preps", value={"x": ["scale"]}),
    "weights of classes that are texts": put("balanced", value={"0.weight": ["a"]}),
    "scales without a divisor": put("scales", value=[[1.0]]),
    "a white of 0": put("scales", value=[[0.0, False]]),
    "no spec": put("spec", value=None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_record_is_refused(name: str, saved: Tensors, tmp_path: Path) -> None:
    import json

    assert saved.record is not None
    record = json.loads(json.dumps(saved.record))
    CHANGES[name](record)
    path = tmp_path / "m.st"
    path.write_bytes(encode(saved.tensors, record))
    with pytest.raises(netc.DataError) as raised:
        netc.load(path)
    assert [item.code for item in raised.value.diagnostics] == ["E0739"]


@pytest.mark.parametrize(
    "tensor", [np.ones((2, 4)), np.ones(3), np.full(4, np.inf), np.ones((4, 1))], ids=str
)
def test_numbers_of_a_preparation_fit_its_samples(
    tensor: Any, saved: Tensors, tmp_path: Path
) -> None:
    assert saved.record is not None
    path = tmp_path / "m.st"
    path.write_bytes(encode({**saved.tensors, "prep:0:0:shift": tensor}, saved.record))
    with pytest.raises(netc.DataError, match="E0739"):
        netc.load(path)


@pytest.mark.parametrize("size", [100, 5_000, 200_000])
def test_a_deep_header_is_damaged(size: int, tmp_path: Path) -> None:
    path = tmp_path / "m.st"
    text = b'{"a":' + b"[" * size + b"]" * size + b"}"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(netc.DataError, match="E0731"):
        netc.load(path)


def test_a_network_without_a_loss_is_not_measured(saved: Tensors, tmp_path: Path) -> None:
    assert saved.record is not None
    path = tmp_path / "m.st"
    record = {**saved.record, "model": {**saved.record["model"], "losses": []}}
    path.write_bytes(encode(saved.tensors, record))
    model = netc.load(path)
    assert set(model.predict(X)) <= {0, 1, 2}
    with pytest.raises(netc.DataError, match="E0652"):
        model.evaluate(X, Y)


def test_the_file_itself_serves(saved: Tensors, tmp_path: Path) -> None:
    assert saved.record is not None
    path = tmp_path / "m.st"
    path.write_bytes(encode(saved.tensors, saved.record))
    assert set(netc.load(path).predict(X)) <= {0, 1, 2}
