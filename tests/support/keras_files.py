"""Files as Keras writes them, without Keras: JSON, HDF5 and a zip archive."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Json = dict[str, Any]


def layer(class_name: str, name: str, /, **config: Any) -> Json:
    """A layer as Keras 3 writes it."""
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
    }


def source(*shape: int | None, name: str = "input") -> Json:
    return layer("InputLayer", name, batch_shape=[None, *shape], sparse=False)


def sequential(*layers: Json, name: str = "net", **others: Any) -> Json:
    config = {"name": name, "trainable": True, "dtype": "float32", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": config, **others}


def tensor(name: str, call: int = 0) -> Json:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, 0]}}


def called(value: Json, *uses: Any, **kwargs: Any) -> Json:
    """A layer with its calls: the names of what each reads, or a list of them."""

    def read(use: Any) -> Any:
        return [read(item) for item in use] if isinstance(use, list) else tensor(use)

    nodes = [{"args": [read(use)], "kwargs": kwargs} for use in uses]
    return {**value, "name": value["config"]["name"], "inbound_nodes": nodes}


def functional(inputs: list[str], outputs: list[str], *layers: Json, **others: Any) -> Json:
    config = {
        "name": "net",
        "layers": list(layers),
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[name, 0, 0] for name in outputs],
    }
    return {"module": "keras", "class_name": "Functional", "config": config, **others}


def small() -> tuple[Json, dict[str, list[Any]]]:
    """A network of two dense layers, and its variables by group."""
    model = sequential(
        source(3),
        layer("Dense", "hidden", units=4, activation="relu", use_bias=True),
        layer("Dense", "scores", units=2, activation="softmax", use_bias=True),
    )
    random = np.random.default_rng(0)
    shapes = {"layers/dense": ((3, 4), (4,)), "layers/dense_1": ((4, 2), (2,))}
    variables = {
        group: [random.normal(size=shape).astype(np.float32) for shape in own]
        for group, own in shapes.items()
    }
    return model, variables


def hdf5(variables: Mapping[str, list[Any]], names: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a file of HDF5 with the variables of each group."""
    h5py = pytest.importorskip("h5py")
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for group, arrays in variables.items():
            own = file.create_group(group).create_group("vars")
            if names is not None:
                own.attrs["name"] = names[group]
            for index, array in enumerate(arrays):
                own[str(index)] = array
    return memory.getvalue()


def archive(path: Path, model: Any, weights: bytes, **others: bytes) -> Path:
    """A `.keras` file."""
    text = model if isinstance(model, bytes) else json.dumps(model).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        file.writestr("config.json", text)
        file.writestr("model.weights.h5", weights)
        for name, data in others.items():
            file.writestr(name, data)
    return path
