"""The same network in PyTorch: a module for each layer, its own losses, its fused optimizers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ...compiler.graph import Graph
from ...compiler.optimizers.adam import AdamW
from ...compiler.training.regularizers import L2
from ..array_types import Array
from .case import Case, TwinError
from .netc_side import Shown
from .torch_words import LayerSource, Weight, as_numbers, flattened_by, twin_of


class TorchSide:
    """PyTorch on the samples of a case."""

    def __init__(
        self,
        case: Case,
        parameters: dict[str, Array],
        *,
        threads: int,
        channels_last: bool = False,
        compiles: bool = False,
    ) -> None:
        """Raises TwinError with the reason when the network has no equal in PyTorch."""
        torch = import_module("torch")
        torch.set_num_threads(threads)
        self.threads = threads
        self._torch, self._case = torch, case
        self._slices = case.slices()
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        images = any(len(node.shape) == 3 for node in case.graph.nodes)
        if channels_last and not images:
            raise TwinError("it has no images")
        if compiles:
            _check_compiler(torch)
        site = case.site() if case.trains else None
        left_out = _swallowed(case)
        self._net, weights = _build(torch, case.graph, left_out)
        self._weights = [(key, weight) for key, weight in weights.items()]
        state = self._net.state_dict()
        with torch.no_grad():
            for (name, own), weight in weights.items():
                array = np.ascontiguousarray(weight.to(parameters[name]))
                state[own].copy_(torch.from_numpy(array).reshape(state[own].shape))
        if channels_last:
            self._net.to(memory_format=torch.channels_last)
        self._net.train(case.trains)
        self._inputs = [self._tensor(array) for array in case.inputs.values()]
        self._criterion: Callable[[Any, Any], Any] | None = None
        self._target: Any = None
        if site is not None:
            self._criterion = _criterion(torch, site.loss)
            self._target = self._target_of(site)
            self._optimizer = _optimizer(torch, case, self._net, weights)
        # Compiled or not, weights are those of the module.
        self._call = torch.compile(self._net) if compiles else self._net

    def _tensor(self, array: Array) -> Any:
        """Samples, channels first; images in the memory format of the side."""
        torch = self._torch
        tensor = torch.from_numpy(array)
        if tensor.ndim == 4:
            return tensor.permute(0, 3, 1, 2).contiguous(memory_format=self._format)
        return tensor

    def _target_of(self, site: Any) -> Any:
        torch, case = self._torch, self._case
        if site.target is not None:
            return self._tensor(case.inputs[site.target])
        name = site.feed
        if site.loss.of_distribution:
            if case.classes[name].ndim != 1:
                raise TwinError("it has a class per position")
            return torch.from_numpy(case.classes[name])
        return self._tensor(case.targets[name])

    def run(self, steps: int) -> None:
        if self._criterion is None:
            with self._torch.inference_mode():
                for _ in range(steps):
                    rows = next(self._slices)
                    self._call(*(x[rows] for x in self._inputs))
            return
        for _ in range(steps):
            rows = next(self._slices)
            self._optimizer.zero_grad(set_to_none=True)
            output = self._call(*(x[rows] for x in self._inputs))
            self._criterion(output, self._target[rows]).backward()
            self._optimizer.step()

    def rest(self) -> None:
        """Its threads sleep by themselves."""

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def show(self) -> Shown:
        """What it computes for the first batch in double precision, without noise; nothing is
        learnt, running statistics follow."""
        torch = self._torch
        quiet = [module for module in self._net.modules() if isinstance(module, torch.nn.Dropout)]
        rates = [module.p for module in quiet]
        for module in quiet:
            module.p = 0.0
        kind = next(self._net.parameters()).dtype
        shown = self._show(self._net.double())
        self._net.to(kind)
        for module, rate in zip(quiet, rates, strict=True):
            module.p = rate
        return shown

    def _show(self, net: Any) -> Shown:
        rows = slice(0, self._case.batch)
        batch = [x[rows].double() for x in self._inputs]
        if self._criterion is None:
            with self._torch.no_grad():
                output = as_numbers(net(*batch))
            output = np.moveaxis(output, 1, -1) if output.ndim == 4 else output
            return Shown({self._case.graph.outputs[0]: output})
        target = self._target[rows]
        loss = self._criterion(
            net(*batch), target.double() if target.is_floating_point() else target
        )
        loss.backward()
        values: dict[str, Array] = {"the loss": np.array(float(loss.detach()))}
        own = dict(net.named_parameters())
        for (name, there), weight in self._weights:
            if there in own:
                values[name] = weight.back(as_numbers(own[there].grad))
        net.zero_grad(set_to_none=True)
        return Shown(values)


def _swallowed(case: Case) -> str | None:
    """The last activation, where PyTorch, as netc, computes the loss from the logits."""
    if not case.trains:
        return None
    site = case.site()
    if (site.prediction,) != case.graph.outputs:
        raise TwinError("its loss is not on its one output")
    node = case.graph.node(site.prediction)
    wanted = site.loss.swallows
    if wanted is None:
        return None
    if node.layer.word != wanted:
        raise TwinError(f"`loss {site.loss.word}` is not on a {wanted}")
    return node.name


def _build(torch: Any, graph: Graph, left_out: str | None) -> tuple[Any, dict[Any, Weight]]:
    """The network, and its weights by their names here and there."""
    if len(graph.outputs) != 1:
        raise TwinError(f"it has {len(graph.outputs)} outputs, not one")
    modules: list[Any] = []
    reads: list[tuple[int, ...]] = []
    weights: dict[tuple[str, str], Weight] = {}
    numbers: dict[str, int] = {}
    flattened: dict[str, tuple[int, ...] | None] = {}
    nodes = {node.name: node for node in graph.nodes}
    feeds = [node.name for node in graph.nodes if not node.inputs]
    numbers.update((name, at) for at, name in enumerate(feeds))
    for node in graph.nodes:
        if not node.inputs:
            if len(node.shape) == 2:
                raise TwinError(f"`{node.name}` is a sequence")
            continue
        shapes = tuple(
            tuple(size for size in nodes[name].shape if size is not None) for name in node.inputs
        )
        place = LayerSource(node, shapes, flattened.get(node.inputs[0]))
        flattened[node.name] = flattened_by(place)
        own = tuple(numbers[name] for name in node.inputs)
        numbers[node.name] = len(feeds) + len(modules)
        twin = twin_of(torch, place)
        if node.name == left_out:
            twin_module = torch.nn.Identity()
        else:
            twin_module = twin.module
            for weight in twin.weights:
                there = f"{len(modules)}.{weight.own}"
                weights[f"{node.name}.{weight.name}", there] = weight
        modules.append(twin_module)
        reads.append(own)
    if flattened[graph.outputs[0]] is not None:
        raise TwinError("its output is a flattened image")
    chain = len(feeds) == 1 and all(own == (at,) for at, own in enumerate(reads))
    if chain:
        return torch.nn.Sequential(*modules), weights
    return _walker(torch, modules, reads), weights


def _walker(torch: Any, modules: list[Any], reads: list[tuple[int, ...]]) -> Any:
    """A module for a network that is not a chain."""

    class Walker(torch.nn.ModuleList):  # type: ignore[misc]
        def forward(self, *inputs: Any) -> Any:
            values = list(inputs)
            for module, own in zip(self, reads, strict=True):
                values.append(module(*(values[at] for at in own)))
            return values[-1]

    return Walker(modules)


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "ce": lambda torch, loss: torch.nn.CrossEntropyLoss(label_smoothing=loss.smoothing),
    "bce": lambda torch, _: torch.nn.BCEWithLogitsLoss(),
    "mse": lambda torch, _: torch.nn.MSELoss(),
    "mae": lambda torch, _: torch.nn.L1Loss(),
}


def _sgd(torch: Any, groups: list[Any], opt: Any) -> Any:
    return torch.optim.SGD(groups, opt.lr, opt.momentum, nesterov=opt.nesterov, fused=True)


def _adam(torch: Any, groups: list[Any], opt: Any) -> Any:
    kind = torch.optim.AdamW if opt.decouples else torch.optim.Adam
    return kind(groups, opt.lr, (opt.beta1, opt.beta2), opt.eps, fused=True)


OPTIMIZERS: dict[str, Callable[[Any, list[Any], Any], Any]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adam,
}


def _criterion(torch: Any, loss: Any) -> Callable[[Any, Any], Any]:
    if loss.word not in LOSSES:
        raise TwinError(f"PyTorch has no equivalent of `loss {loss.word}`")
    if loss.is_weighted():
        raise TwinError("its classes count differently")
    found, weight = LOSSES[loss.word](torch, loss), loss.factor
    if weight == 1.0:
        return found  # type: ignore[no-any-return]
    return lambda output, target: weight * found(output, target)


def _optimizer(torch: Any, case: Case, net: Any, weights: dict[Any, Weight]) -> Any:
    """Fused, with the decay and penalties of the spec on what decays."""
    optimizer = case.model.optimizer
    if optimizer is None:
        raise TwinError("it has no `opt`")
    l2 = 0.0
    for item in case.model.regularizers:
        if not isinstance(item, L2):
            raise TwinError(f"PyTorch has no equivalent of `reg {item.word}`")
        l2 += item.strength
    if optimizer.word not in OPTIMIZERS:
        raise TwinError(f"PyTorch has no equivalent of `opt {optimizer.word}`")
    if optimizer.clip is not None:
        raise TwinError("PyTorch has no equivalent of `clip`")
    if isinstance(optimizer, AdamW) and l2:
        raise TwinError("PyTorch has no equivalent of `opt adamw` with `reg l2`")
    decays = {
        f"{node.name}.{parameter.name}": parameter.decays
        for node in case.graph.nodes
        for parameter in node.parameters
    }
    named = dict(net.named_parameters())
    groups: dict[bool, list[Any]] = {True: [], False: []}
    for name, own in weights:
        if own in named:
            groups[decays[name]].append(named[own])
    params = [
        {"params": items, "weight_decay": optimizer.weight_decay + l2 if decaying else 0.0}
        for decaying, items in groups.items()
        if items
    ]
    return OPTIMIZERS[optimizer.word](torch, params, optimizer)


def _check_compiler(torch: Any) -> None:
    """Raises TwinError when what `torch.compile` writes cannot be compiled here."""
    try:
        torch.compile(lambda x: x * 2 + 1)(torch.ones(4))
    except Exception as error:
        # whatever is missing, it says so in its own words
        raise TwinError(f"torch.compile does not work here: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
