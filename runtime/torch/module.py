"""The module of a network, built in memory."""

from __future__ import annotations

import linecache
from collections.abc import Mapping
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiler.torch.source import TorchSource
from ..array_types import Array
from .weights import from_torch, state_of, weights_of

if TYPE_CHECKING:
    import torch

_NUMBERS = count(1)


def build_module(source: TorchSource) -> torch.nn.Module:
    """The network of a source: its text is compiled and executed, and its class constructed.

    Its parameters are PyTorch's own initial ones, in the default type of PyTorch. The text stays
    known to tracebacks and to `torch.compile`.
    """
    name = f"<netc {source.class_name} {next(_NUMBERS)}>"
    linecache.cache[name] = len(source.text), None, source.text.splitlines(keepends=True), name
    namespace: dict[str, Any] = {"__name__": "netc_exported", "__file__": name}
    exec(compile(source.text, name, "exec"), namespace)
    module: torch.nn.Module = namespace[source.class_name]()
    return module


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
