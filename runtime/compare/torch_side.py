"""The same network in PyTorch: a module for each layer, its own losses, its own optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ...compiler.graph import Graph, token_inputs
from ...compiler.lower.network import LossSite, loss_sites
from ..array_types import Array
from .case import Case, TwinError
from .netc_side import Shown
from .torch_losses import Criterion, criterion
from .torch_net import build_net
from .torch_optimizers import stepper


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
        sites = loss_sites(case.model, case.graph) if case.trains else ()
        tokens = _tokens(case.graph)
        self._inputs = {
            name: self._tensor(array).long() if name in tokens else self._tensor(array)
            for name, array in case.inputs.items()
        }
        self._losses: list[tuple[Criterion, Any]] = [
            (criterion(torch, site.loss), self._target_of(site)) for site in sites
        ]
        net = build_net(torch, case.graph, values_read(case.graph, sites))
        self._net, self._weights, self._random = net.module, net.weights, net.random
        self._net.to(torch.float64 if case.model.train.precision == "f64" else torch.float32)
        state = self._net.state_dict()
        with torch.no_grad():
            for (name, own), weight in self._weights.items():
                array = np.ascontiguousarray(weight.to(parameters[name]))
                state[own].copy_(torch.from_numpy(array).reshape(state[own].shape))
        if channels_last:
            self._net.to(memory_format=torch.channels_last)
        self._net.train(case.trains)
        if case.trains:
            self._stepper = stepper(torch, case, self._trained())
        # Compiled or not, weights are those of the module.
        self._call = torch.compile(self._net) if compiles else self._net

    def _tensor(self, array: Array) -> Any:
        """Samples, channels first; images in the memory format of the side."""
        tensor = self._torch.from_numpy(array)
        if tensor.ndim == 4:
            return tensor.permute(0, 3, 1, 2).contiguous(memory_format=self._format)
        return tensor.movedim(-1, 1).contiguous() if tensor.ndim == 3 else tensor

    def _target_of(self, site: LossSite) -> Any:
        torch, case = self._torch, self._case
        if site.target is not None:
            name = _passed(case.graph, site.target)
            if name not in case.inputs:
                raise TwinError("the target of its loss is computed")
            return self._inputs[name]
        if site.feed in case.classes:
            return torch.from_numpy(case.classes[site.feed])
        return self._tensor(case.targets[site.feed])

    def _trained(self) -> dict[str, Any]:
        """The parameters that have gradients, by netc's names."""
        own = dict(self._net.named_parameters())
        return {
            name: own[there]
            for name, there in self._weights
            if there in own and own[there].requires_grad
        }

    def _loss(self, outputs: Any, targets: list[Any]) -> Any:
        """The sum of all losses."""
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        return sum(
            compare(output, target)
            for (compare, _), output, target in zip(self._losses, several, targets, strict=True)
        )

    def run(self, steps: int) -> None:
        inputs = list(self._inputs.values())
        if not self._case.trains:
            with self._torch.inference_mode():
                for _ in range(steps):
                    rows = next(self._slices)
                    self._call(*(x[rows] for x in inputs))
            return
        for _ in range(steps):
            rows = next(self._slices)
            self._stepper.clear()
            outputs = self._call(*(x[rows] for x in inputs))
            self._loss(outputs, [target[rows] for _, target in self._losses]).backward()
            self._stepper.step()

    def rest(self) -> None:
        """Its threads sleep by themselves."""

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def parameters(self) -> dict[str, Array]:
        """All trained parameters, in netc's shapes."""
        return self._in_shape({name: p.detach() for name, p in self._trained().items()})

    def show(self) -> Shown:
        """What it computes for the first batch in double precision, without noise; nothing is
        learnt, running statistics follow."""
        kind = next((p.dtype for p in self._net.parameters()), self._torch.float32)
        for module in self._random:
            module.eval()
        shown = self._show(self._net.double())
        self._net.to(kind)
        for module in self._random:
            module.train(self._case.trains)
        return shown

    def _show(self, net: Any) -> Shown:
        rows = slice(0, self._case.batch)
        batch = [_double(x[rows]) for x in self._inputs.values()]
        if not self._case.trains:
            with self._torch.no_grad():
                outputs = net(*batch)
            several = outputs if isinstance(outputs, tuple) else (outputs,)
            arrays = [np.moveaxis(_numbers(output), 1, -1) for output in several]
            return Shown(dict(zip(self._case.graph.outputs, arrays, strict=True)))
        targets = [_double(target[rows]) for _, target in self._losses]
        loss = self._loss(net(*batch), targets)
        loss.backward()
        gradients = {name: p.grad for name, p in self._trained().items()}
        shown = Shown({"the loss": np.array(float(loss.detach())), **self._in_shape(gradients)})
        net.zero_grad(set_to_none=True)
        return shown

    def _in_shape(self, tensors: dict[str, Any]) -> dict[str, Array]:
        return {
            name: weight.back(_numbers(tensors[name]))
            for (name, _), weight in self._weights.items()
            if name in tensors
        }


def _numbers(tensor: Any) -> Array:
    array: Array = np.asarray(tensor.detach().contiguous().numpy())
    return array


def _double(tensor: Any) -> Any:
    return tensor.double() if tensor.is_floating_point() else tensor


def _tokens(graph: Graph) -> set[str]:
    """The inputs that are only looked up: PyTorch has them as whole numbers."""
    return {
        name
        for name in token_inputs(graph)
        if all(node.layer.token_count() is not None for node in graph.nodes if name in node.inputs)
    }


def _passed(graph: Graph, name: str) -> str:
    """The value that a layer passes through, or its own."""
    node = graph.node(name)
    while node.inputs and node.layer.passes_through:
        node = graph.node(node.inputs[0])
    return node.name


def values_read(graph: Graph, sites: Sequence[LossSite]) -> tuple[str, ...]:
    """What is read of a network: one value for each loss, or its outputs."""
    return tuple(_read_by(graph, site) for site in sites) or graph.outputs


def _read_by(graph: Graph, site: LossSite) -> str:
    """What the loss of PyTorch reads: the logits, where its losses include the activation."""
    wanted = site.loss.swallows
    if wanted is None:
        return site.prediction
    node = graph.node(_passed(graph, site.prediction))
    if node.layer.word != wanted:
        raise TwinError(f"`loss {site.loss.word}` is not on a {wanted}")
    return node.inputs[0]


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
