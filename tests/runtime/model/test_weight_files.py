"""Files of weights: round trips to the bit, and what is wrong with a file."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.storage.weights import encode
from netc.runtime.training.run import train_session
from netc.runtime.training.session import prepare_run
from netc.runtime.training.spec import RunOptions, Spec
from safetensors.numpy import load_file, save_file

Codes = Callable[..., list[str]]


@pytest.fixture(scope="module")
def saved(trained: Any, tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("saved") / "flowers.safetensors"
    trained.save(path)
    return path


def test_a_loaded_model_is_the_saved_one_to_the_bit(
    trained: Any, saved: Path, flowers: Any
) -> None:
    x, labels = flowers
    loaded = netc.load(saved)
    assert loaded.trained
    assert loaded.ir == trained.ir
    assert loaded.spec == trained.spec
    assert loaded.classes_ is not None
    assert loaded.classes_.dtype == trained.classes_.dtype
    for name, array in trained.weights.items():
        assert (loaded.weights[name] == array).all()
    assert (loaded.predict(x) == trained.predict(x)).all()
    assert (loaded.predict_proba(x) == trained.predict_proba(x)).all()
    assert loaded.evaluate(x, labels) == trained.evaluate(x, labels)


def test_saving_twice_and_training_twice_give_the_same_bytes(
    trained: Any, saved: Path, flowers: Any, tmp_path: Path
) -> None:
    netc.load(saved).save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()
    netc.compile(trained.spec).fit(*flowers).save(tmp_path / "twin.safetensors")
    assert (tmp_path / "twin.safetensors").read_bytes() == saved.read_bytes()


def test_other_programs_read_the_tensors(trained: Any, saved: Path) -> None:
    tensors = load_file(saved)
    assert {name for name in tensors if not name.startswith("prep:")} == set(trained.weights)
    assert (tensors["dense1.w"] == trained.weights["dense1.w"]).all()


def test_arrays_that_are_not_contiguous_are_written_as_they_read(tmp_path: Path) -> None:
    """Some versions of safetensors write a transposed array in the order of its memory."""
    plain = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {"a": plain.T, "b": plain[:, ::2], "c": np.asfortranarray(plain), "d": plain[::-1]}
    (tmp_path / "w.safetensors").write_bytes(encode(arrays, {}))
    back = load_file(tmp_path / "w.safetensors")
    for name, array in arrays.items():
        assert (back[name] == array).all(), name


PREPS = ["scale", "standardize", "center", "whiten pca", "whiten zca", "pad=1 standardize"]


@pytest.mark.parametrize("prep", PREPS)
def test_fitted_preparations_come_back(prep: str, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(3, 2, (40, 4, 4, 2))
    size = "6x6x2" if "pad" in prep else "4x4x2"
    spec = f"input {size} -> flatten -> dense 2 softmax; prep {prep}; loss ce; opt adam"
    model = netc.compile(spec).fit(x, [0, 1] * 20, epochs=1)
    model.save(tmp_path / "m.safetensors")
    loaded = netc.load(tmp_path / "m.safetensors")
    assert (loaded.predict_proba(x) == model.predict_proba(x)).all()
    shifted = model.predict_proba(x + 1)
    assert (loaded.predict_proba(x + 1) == shifted).all()


LABELS = [["a", "b"], [True, False], [3, 9], [-1.0, 1.0]]


@pytest.mark.parametrize("pair", LABELS)
def test_labels_come_back_with_their_type(pair: list[Any], tmp_path: Path) -> None:
    x, labels = np.random.default_rng(0).normal(size=(20, 2)), np.array(pair * 10)
    model = netc.compile("input 2 -> dense 2 softmax; loss ce; opt adam").fit(x, labels, epochs=1)
    model.save(tmp_path / "m.safetensors")
    loaded = netc.load(tmp_path / "m.safetensors")
    assert loaded.predict(x).dtype == labels.dtype
    assert (loaded.predict(x) == model.predict(x)).all()


def test_a_failed_write_leaves_the_old_file(trained: Any, saved: Path, codes: Codes) -> None:
    before = saved.read_bytes()
    assert codes(netc.DataError, lambda: trained.save(saved / "below.safetensors")) == ["E0740"]
    assert saved.read_bytes() == before
    assert codes(netc.DataError, lambda: trained.save(saved.parent)) == ["E0740"]
    assert os.listdir(saved.parent) == [saved.name]


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def header_end(data: bytes) -> int:
    return 8 + int(struct.unpack("<Q", data[:8])[0])


ENDLESS = b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 1e999]}}'

DAMAGES: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda data: b"", "not a safetensors file"),
    (lambda data: b"input 4 -> dense 3 softmax", "not a safetensors file"),
    (lambda data: data[:100], "cut short"),
    (lambda data: data[:-1], "cut short"),
    (lambda data: data + b"\0", "too long"),
    (lambda data: flip(data, len(data) - 1), "checksum"),
    (lambda data: flip(data, header_end(data) + 5), "checksum"),
    (lambda data: data.replace(b"aster", b"oster"), "checksum"),
    (lambda data: data.replace(b"data_offsets", b"data_offzets"), "header is damaged"),
    (lambda data: data.replace(b'"F32"', b'"F99"'), "header is damaged"),
    (lambda data: b"\xff" * 8 + data[8:], "not a safetensors file"),
    (lambda data: struct.pack("<Q", len(ENDLESS)) + ENDLESS, "header is damaged"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
def test_a_damaged_file_says_what_is_wrong(
    saved: Path, tmp_path: Path, damage: Callable[[bytes], bytes], words: str
) -> None:
    path = tmp_path / "d.safetensors"
    path.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(netc.DataError, match=words) as caught:
        netc.load(path)
    assert [item.code for item in caught.value.diagnostics] == ["E0731"]


def test_files_that_are_no_model(tmp_path: Path, codes: Codes) -> None:
    assert codes(netc.DataError, lambda: netc.load(tmp_path / "none")) == ["E0730"]
    assert codes(netc.DataError, lambda: netc.load(tmp_path)) == ["E0731"]
    save_file({"w": np.ones(3, np.float32)}, tmp_path / "plain.safetensors")
    assert codes(netc.DataError, lambda: netc.load(tmp_path / "plain.safetensors")) == ["E0738"]
    save_file({"w": np.ones(3, np.int32)}, tmp_path / "whole.safetensors")
    assert codes(netc.DataError, lambda: netc.load(tmp_path / "whole.safetensors")) == ["E0731"]


def test_a_file_of_a_later_version_is_refused(saved: Path, tmp_path: Path, codes: Codes) -> None:
    data = saved.read_bytes()
    header = json.loads(data[8 : header_end(data)])
    record = json.loads(header["__metadata__"]["netc"])["record"]
    tensors = load_file(saved)
    path = tmp_path / "later.safetensors"
    changes: tuple[dict[str, Any], ...] = (
        {"format": 2},
        {"model": {**record["model"], "surprise": 1}},
        {"preps": 3},
        {"spec": None},
    )
    for change in changes:
        path.write_bytes(encode(tensors, {**record, **change}))
        assert codes(netc.DataError, lambda: netc.load(path)) == ["E0739"]


# `init "FILE"`

NET = "data iris\ninput 4 -> dense {width} relu -> bn -> dense 3 softmax\nloss ce; opt sgd lr=0.1\n"


def train(
    text: str, folder: Path, *, allow_outside: bool = False
) -> tuple[dict[str, Any] | None, list[str]]:
    """The weights after a run, and the problems."""
    path = folder / "net.net"
    path.write_text(text)
    source = Source("net.net", text, str(path))
    checked = check(source, BUILTIN, read_source)
    assert not checked.has_errors
    problems = Problems()
    session = prepare_run(
        Spec.of(checked),
        RunOptions(allow_outside=allow_outside),
        root=folder,
        problems=problems,
        reporter=print,
    )
    if session is None:
        return None, [f"{item.code} {item.message()}" for item in problems]
    start = {name: array.copy() for name, array in session.engine.parameters().items()}
    train_session(session, problems, lambda event: None)
    return {**start, "after": session.engine.parameters()}, []


def test_init_starts_from_all_weights_and_keeps_frozen_layers(tmp_path: Path) -> None:
    model = netc.compile(NET.format(width=5)).fit(epochs=2)
    model.save(tmp_path / "w.safetensors")
    spec = NET.replace("dense {width}", "dense 5 freeze=true")
    found, problems = train(spec + 'train epochs=1; init "w.safetensors"', tmp_path)
    assert problems == []
    assert found is not None
    for name, array in model.weights.items():
        assert (found[name] == array).all(), name
    kept = found["after"]["dense1.w"] == model.weights["dense1.w"]
    assert kept.all()
    assert (found["after"]["dense2.w"] != model.weights["dense2.w"]).any()
    assert (found["after"]["bn1.mean"] != model.weights["bn1.mean"]).any()


def test_init_reads_files_from_elsewhere(tmp_path: Path) -> None:
    weights = netc.compile(NET.format(width=5)).fit(epochs=1).weights
    save_file(weights, tmp_path / "w.safetensors")
    found, problems = train(NET.format(width=5) + 'init "w.safetensors"', tmp_path)
    assert problems == []
    assert found is not None
    assert (found["dense1.w"] == weights["dense1.w"]).all()


CHANGES: list[tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = [
    (
        lambda w: {k: v for k, v in w.items() if k != "dense1.b"},
        "E0733 `w.safetensors` lacks the parameter `dense1.b`, 5",
    ),
    (
        lambda w: {**w, "dense3.w": np.ones((3, 2), np.float32)},
        "E0734 `w.safetensors` has `dense3.w`, 3x2, but the network has no such parameter",
    ),
    (
        lambda w: {**w, "dense2.w": np.ones((5, 4), np.float32)},
        "E0735 `dense2.w` is 5x3 in the network and 5x4 in `w.safetensors`",
    ),
    (
        lambda w: {**w, "dense2.w": w["dense2.w"].astype(np.float64)},
        "E0736 `dense2.w` is f32 in the network and f64 in `w.safetensors`",
    ),
    (
        lambda w: {"a": np.ones(1, np.float32)},
        "E0733 `w.safetensors` lacks the parameter `dense1.w`, 4x5 (and 7 more)",
    ),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_the_first_difference_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]], message: str
) -> None:
    weights = netc.compile(NET.format(width=5)).weights
    save_file(change(weights), tmp_path / "w.safetensors")
    found, problems = train(NET.format(width=5) + 'init "w.safetensors"', tmp_path)
    assert found is None
    assert problems == [message]


def test_init_stays_in_the_folder_of_the_spec(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    save_file(netc.compile(NET.format(width=5)).weights, tmp_path / "w.safetensors")
    (inside / "link.safetensors").symlink_to(tmp_path / "w.safetensors")
    for path in ("../w.safetensors", "link.safetensors", str(tmp_path / "w.safetensors")):
        text = NET.format(width=5) + f'init "{path}"'
        found, problems = train(text, inside)
        assert found is None
        assert problems == [f"E0737 `{path}` is outside `.`, the folder of the spec"]
        found, problems = train(text, inside, allow_outside=True)
        assert found is not None
    found, problems = train(NET.format(width=5) + 'init "no.safetensors"', inside)
    assert problems == ["E0730 there is no weights file `no.safetensors`"]


def test_a_problem_with_init_stands_at_its_path(tmp_path: Path) -> None:
    text = NET.format(width=5) + 'init "no.safetensors"'
    checked = check(source_of(text), BUILTIN, read_source)
    problems = Problems()
    assert prepare_run(Spec.of(checked), root=tmp_path, problems=problems, reporter=print) is None
    (problem,) = problems
    assert "no.safetensors" in problem.at.text


def test_a_loaded_model_can_be_trained_further(saved: Path, flowers: Any) -> None:
    x, labels = flowers
    loaded = netc.load(saved)
    before = loaded.evaluate(x, labels)["loss"]
    loaded.fit(x, labels, epochs=3, warm_start=True)
    assert loaded.evaluate(x, labels)["loss"] < before
    anew = netc.from_json(loaded.to_json()).fit(x, labels)
    assert (anew.weights["dense1.w"] == netc.load(saved).weights["dense1.w"]).all()


def test_weights_before_training_are_those_of_the_file(tmp_path: Path, codes: Any) -> None:
    spec = tmp_path / "s.net"
    spec.write_text('input 3 -> dense 2; loss mse; opt adam; init "a.st"')
    w = np.arange(6, dtype=np.float32).reshape(3, 2)
    tensors = {"dense1.w": w, "dense1.b": np.ones(2, np.float32)}
    save_file(tensors, tmp_path / "a.st")
    for name, array in netc.compile(spec).weights.items():
        np.testing.assert_array_equal(array, tensors[name])
    tensors["dense1.b"][1] = np.nan
    save_file(tensors, tmp_path / "a.st")
    with pytest.raises(netc.DataError, match=r"`dense1.b` in `a.st`: 1 of 2 numbers is NaN"):
        netc.compile(spec).weights  # noqa: B018
    x = np.ones((8, 3))
    assert codes(netc.DataError, lambda: netc.compile(spec).fit(x, x[:, :2])) == ["E0743"]


def test_weights_that_are_no_numbers_cannot_be_set(trained: Any, codes: Any, saved: Path) -> None:
    model = netc.load(saved)
    weights = model.weights
    weights["dense1.w"][0, 0] = np.inf
    assert codes(netc.DataError, lambda: model.set_weights(weights)) == ["E0743"]
    np.testing.assert_array_equal(model.weights["dense1.w"], trained.weights["dense1.w"])


def test_weights_that_are_no_numbers_are_not_written(
    codes: Any, saved: Path, tmp_path: Path
) -> None:
    model = netc.load(saved)
    model.trained_state().weights["dense1.w"][0, 0] = np.nan
    path = tmp_path / "w.safetensors"
    assert codes(netc.DataError, lambda: model.save(path)) == ["E0740"]
    assert not path.exists()


def test_the_order_of_the_bytes_is_no_part_of_a_weight(saved: Path) -> None:
    model = netc.load(saved)
    doubled = {name: 2 * array for name, array in model.weights.items()}
    turned = {name: array.astype(array.dtype.newbyteorder()) for name, array in doubled.items()}
    model.set_weights(turned)
    for name, array in model.weights.items():
        assert array.dtype.isnative
        np.testing.assert_array_equal(array, doubled[name])
