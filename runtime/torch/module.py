"""The module of a network, built in memory."""

from __future__ import annotations

import linecache
from collections.abc import Mapping
from importlib import import_module
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.torch.source import TorchSource
from ..array_types import Array
from .weights import from_torch, state_of, weights_of

if TYPE_CHECKING:
    import torch

_NUMBERS = count(1)


def load_source(source: TorchSource) -> ModuleType:
    """The file of a source as a Python module: its classes and, of a source with `training`, its
    functions. The text stays known to tracebacks and to `torch.compile`."""
    name = f"netc_exported_{next(_NUMBERS)}"
    path = f"<{name}>"
    linecache.cache[path] = len(source.text), None, source.text.splitlines(keepends=True), path
    module = ModuleType(name)
    exec(compile(source.text, path, "exec"), vars(module))
    return module


def build_module(source: TorchSource) -> torch.nn.Module:
    """The network of a source. Its parameters are PyTorch's own initial ones, in the default type
    of PyTorch."""
    network: torch.nn.Module = getattr(load_source(source), source.class_name)()
    return network


def load_weights(
    module: torch.nn.Module, source: TorchSource, weights: Mapping[str, Array]
) -> None:
    """Puts netc's weights, by name, into a module, in the module's type of numbers."""
    torch = import_module("torch")
    state = state_of(source, weights)
    module.load_state_dict({key: torch.from_numpy(np.array(own)) for key, own in state.items()})


def read_weights_of(module: torch.nn.Module, source: TorchSource) -> dict[str, Array]:
    """The weights of a module in netc's layout, by name; copies."""
    state = {key: own.detach().cpu().numpy() for key, own in module.state_dict().items()}
    return weights_of(source, state)


def read_gradients_of(module: torch.nn.Module, source: TorchSource) -> dict[str, Array]:
    """The gradients of a module's parameters in netc's layout, by name; copies. Parameters without
    one are left out."""
    found = {
        key: own.grad.detach().cpu().numpy()
        for key, own in module.named_parameters()
        if own.grad is not None
    }
    return {
        own.name: from_torch(found[own.key], own.turn) for own in source.weights if own.key in found
    }
