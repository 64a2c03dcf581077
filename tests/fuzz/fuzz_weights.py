"""Any bytes as a file of weights give a model that answers, or a `NetcError`."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import netc
import numpy as np
from fuzz_json import TRAINABLE, explains, is_small, samples_for
from json_mutations import mutated_json
from netc.runtime.storage.weights import KEY, encode
from safetensors import SafetensorError, deserialize
from target import Target


@cache
def seeds() -> tuple[bytes, ...]:
    """Files of small networks, trained for an epoch."""
    found = []
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in TRAINABLE:
            model = netc.compile(text)
            x, y = samples_for(model)
            if "embed" in text:
                x = np.asarray(x, int) % 4
            model.fit(x, y)
            path = Path(name) / "m.st"
            model.save(path)
            found.append(path.read_bytes())
    return tuple(found)


def mutate(data: bytes, pool: Sequence[bytes], random: Random) -> bytes:
    """The record with a change and a new seal, another tensor, or changed bytes."""
    if random.random() < 0.85:
        try:
            return _resealed(data, random)
        except (ValueError, LookupError, TypeError, SafetensorError, RecursionError):
            pass
    place = random.randrange(len(data) + 1)
    new = random.choice((b"", random.randbytes(1), random.randbytes(9), b"[" * 100_000, b'"'))
    return data[:place] + new + data[place + random.choice((0, 1, 8)) :]


def _resealed(data: bytes, random: Random) -> bytes:
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    record = json.loads(header["__metadata__"][KEY])["record"]
    kinds = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "u1"}
    tensors = {
        name: np.frombuffer(bytes(item["data"]), kinds[item["dtype"]]).reshape(item["shape"])
        for name, item in sorted(deserialize(data), key=lambda pair: pair[0])
    }
    if random.random() < 0.8:
        record = mutated_json(record, random)
    else:
        name = random.choice([*tensors])
        array = tensors.pop(name)
        change = random.choice(("drop", "shape", "type", "rename", "value"))
        if change == "shape":
            tensors[name] = np.resize(array, random.choice([(), (1,), (2, 3), (0,), (4, 4)]))
        elif change == "type":
            tensors[name] = array.astype(random.choice(["f4", "f8", "i8"]))
        elif change == "rename":
            tensors[random.choice(("x", "prep:0:0:shift", "dense1.w", "prep:9:9:x"))] = array
        elif change == "value":
            tensors[name] = array * random.choice((np.nan, np.inf, 0, 1e30, -1))
    return encode(tensors, record)


def run(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(name) / "m.st"
        path.write_bytes(data)
        try:
            model = netc.load(path)
        except netc.NetcError as error:
            explains(error)
            return
        _answers(model, Path(name) / "again.st")


def _answers(model: netc.Model, again: Path) -> None:
    """What a loaded model can be asked."""
    str(model)
    if not is_small(model):
        return
    x, y = samples_for(model)
    for ask in (
        lambda: model.predict(x), lambda: model.predict_proba(x), lambda: model.evaluate(x, y),
        lambda: model.classes_, lambda: model.save(again),
    ):  # fmt: skip
        try:
            ask()
        except netc.NetcError as error:
            explains(error)


TARGET = Target(seeds, mutate, run, seconds=6.0)
