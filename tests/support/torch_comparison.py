"""The module that netc writes for PyTorch, beside the NumPy engine on the same samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from netc.compiler.torch.source import TorchSource, torch_source
from netc.runtime.compare.case import Case
from netc.runtime.compare.netc_side import show
from netc.runtime.torch.module import (
    build_module,
    load_source,
    load_weights,
    read_gradients_of,
    read_weights_of,
)

CLOSE = 1e-9
"""Of a tensor's largest number."""
ZERO = 1e-6
"""What is smaller is compared with this: zero in theory is 1e-16 on both sides."""


def to_channels_first(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """[N, ..., C] as [N, C, ...]; vectors stay."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim > 2 else array


def from_channels_first(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """[N, C, ...] as [N, ..., C]; vectors stay."""
    return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if array.ndim > 2 else array


def random_weights(case: Case) -> dict[str, Any]:
    """Random everywhere, so that a swapped axis or a missing bias shows."""
    random = np.random.default_rng(3)
    found: dict[str, Any] = {}
    for node in case.graph.nodes:
        for own in node.parameters:
            array = random.standard_normal(own.shape) / np.sqrt(own.fan_in or 1)
            if len(own.shape) == 1:
                array = 0.1 * array + (own.name in ("gamma", "var"))
            found[f"{node.name}.{own.name}"] = array
    return found


def module_of(torch: Any, source: TorchSource, weights: dict[str, Any]) -> Any:
    """The module in double precision, with its random layers switched off. Its weights come back to
    the bit."""
    module = build_module(source).double()
    load_weights(module, source, weights)
    back = read_weights_of(module, source)
    assert back.keys() == weights.keys()
    assert all(np.array_equal(back[name], weights[name]) for name in weights)
    return module


def batch_of(torch: Any, source: TorchSource, case: Case) -> list[Any]:
    found = []
    for own in source.inputs:
        array = to_channels_first(case.inputs[own.node][: case.batch])
        tensor = torch.from_numpy(array)
        found.append(tensor.long() if own.tokens else tensor.double())
    return found


def assert_outputs_agree(torch: Any, case: Case) -> None:
    """In evaluation mode, every output of the spec."""
    case = replace(case.without_noise(), trains=False, targets={})
    source, weights = torch_source(case.model, case.graph), random_weights(case)
    ours = show(case, weights).values
    module = module_of(torch, source, weights).eval()
    call = getattr(module, "predict", module)
    with torch.no_grad():
        found = call(*batch_of(torch, source, case))
    several = found if isinstance(found, tuple) else (found,)
    for name, tensor in zip(case.graph.outputs, several, strict=True):
        close(name, ours[name], from_channels_first(tensor.numpy()))


def assert_gradients_agree(torch: Any, case: Case) -> None:
    """Of every parameter, in training mode without noise."""
    case = case.without_noise()
    source, weights = torch_source(case.model, case.graph, training=True), random_weights(case)
    ours = show(case, weights).values
    module = module_of(torch, source, weights).train()
    batch = batch_of(torch, source, case)
    found = module(*batch)
    several = found if isinstance(found, tuple) else (found,)
    compared = compared_with(torch, source, case, batch, several)
    loss = load_source(source).loss_function(found, compared)
    loss.backward()
    gradients = read_gradients_of(module, source)
    close("the loss", ours.pop("the loss"), np.array(loss.item()))
    assert gradients.keys() <= ours.keys()
    for name, array in ours.items():
        close(name, array, gradients.get(name, np.zeros_like(array)))


def close(name: str, ours: Any, theirs: Any) -> None:
    assert ours.shape == theirs.shape, name
    gap = np.abs(ours - theirs).max(initial=0.0) / max(np.abs(ours).max(initial=0.0), ZERO)
    assert gap < CLOSE, (name, gap)


def compared_with(torch: Any, source: TorchSource, case: Case, batch: Any, outputs: Any) -> Any:
    """What `loss_function` compares outputs with, for the first batch."""
    inputs = {own.node: x for own, x in zip(source.inputs, batch, strict=True)}
    found = []
    for target in source.targets:
        if target.input is not None:
            found.append(inputs[target.input])
        elif target.output is not None:
            found.append(outputs[target.output].detach())
        elif target.takes_classes:
            found.append(torch.from_numpy(case.classes[target.feed][: case.batch]))
        else:
            array = to_channels_first(case.targets[target.feed][: case.batch])
            found.append(torch.from_numpy(array).double())
    return found[0] if len(found) == 1 else tuple(found)


# Single precision

FEW = 16 * 2.0**-23
"""Of a tensor's largest number: a few roundings of single precision."""
TIMES = 4
"""How many times PyTorch's own rounding netc's may be: both add in other orders."""


def assert_single_precision_agrees(torch: Any, case: Case) -> None:
    """Outputs and gradients of netc in f32 are as near to those of PyTorch in double precision as
    those of PyTorch in single precision are."""
    case = case.without_noise()
    source = torch_source(case.model, case.graph, training=True)
    weights = {name: array.astype("f4") for name, array in random_weights(case).items()}
    still = replace(case, trains=False, targets={})
    ours = {f"evaluated {name}": value for name, value in show(still, weights).values.items()}
    ours |= show(case, weights).values
    single, double = (_computed(torch, source, case, weights, name) for name in ("float", "double"))
    for name, wanted in double.items():
        largest = max(np.abs(wanted).max(initial=0.0), ZERO)
        own = np.abs(single[name] - wanted).max(initial=0.0) / largest
        gap = np.abs(ours[name] - wanted).max(initial=0.0) / largest
        assert gap <= TIMES * own + FEW, (name, gap, own)


def _computed(
    torch: Any, source: TorchSource, case: Case, weights: dict[str, Any], precision: str
) -> dict[str, Any]:
    """What the module computes in a precision."""
    module = getattr(build_module(source), precision)()
    load_weights(module, source, weights)
    number = getattr(torch, precision)
    batch = [x if x.dtype == torch.int64 else x.to(number) for x in batch_of(torch, source, case)]
    with torch.no_grad():
        outputs = getattr(module.eval(), "predict", module)(*batch)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    values = {
        f"evaluated {name}": from_channels_first(tensor.numpy()).astype("f8")
        for name, tensor in zip(case.graph.outputs, several, strict=True)
    }
    outputs = module.train()(*batch)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    compared = compared_with(torch, source, case, batch, several)
    parts = compared if isinstance(compared, tuple) else (compared,)
    cast = tuple(part.to(number) if part.is_floating_point() else part for part in parts)
    loss = load_source(source).loss_function(outputs, cast if len(cast) > 1 else cast[0])
    loss.backward()
    values["the loss"] = np.array(loss.item())
    return values | {
        name: array.astype("f8") for name, array in read_gradients_of(module, source).items()
    }
