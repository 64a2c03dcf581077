"""The same network in PyTorch: the module, the loss and the optimizer of the source that
`netc export` writes, with PyTorch's fused optimizers where it has them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ...compiler.graph import Graph
from ...compiler.language.frozen import change
from ...compiler.torch.layer import NoCounterpartError
from ...compiler.torch.source import TorchSource, torch_source
from ...compiler.torch.training import TorchTarget
from ...compiler.torch.words.convolution import oversteps_memory
from ..array_types import Array
from ..torch.module import load_source, load_weights, read_gradients_of, read_weights_of
from .case import Case, TwinError
from .netc_side import Shown


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
        self._source = _source_of(case)
        self._program = load_source(self._source)
        self._inputs = {own.node: self._input(own.node, own.tokens) for own in self._source.inputs}
        self._targets = [self._target(own) for own in self._source.targets]
        self._net = getattr(self._program, self._source.class_name)()
        self._net.to(torch.float64 if case.model.train.precision == "f64" else torch.float32)
        load_weights(self._net, self._source, parameters)
        if channels_last:
            if _oversteps_memory(case.graph):
                raise TwinError("PyTorch writes beyond its memory there (oneDNN 6035)")
            self._net.to(memory_format=torch.channels_last)
        self._net.train(case.trains)
        if case.trains:
            self._optimizer = self._fused(self._program.make_optimizer(self._net))
        # Compiled or not, weights are those of the module.
        self._call = torch.compile(self._net) if compiles else self._net

    def _input(self, name: str, tokens: int | None) -> Any:
        tensor = self._tensor(self._case.inputs[name])
        return tensor if tokens is None else tensor.long()

    def _tensor(self, array: Array) -> Any:
        """Samples, channels first; images in the memory format of the side."""
        tensor = self._torch.from_numpy(array)
        if tensor.ndim == 4:
            return tensor.permute(0, 3, 1, 2).contiguous(memory_format=self._format)
        return tensor.movedim(-1, 1).contiguous() if tensor.ndim == 3 else tensor

    def _target(self, own: TorchTarget) -> Any:
        """A target of the data, or an input; None where it is computed."""
        if own.feed is None:
            return None if own.input is None else self._inputs[own.input]
        if own.takes_classes:
            return self._torch.from_numpy(self._case.classes[own.feed])
        return self._tensor(self._case.targets[own.feed])

    def _fused(self, optimizer: Any) -> Any:
        """The same optimizer in PyTorch's fastest form."""
        if "fused" not in optimizer.defaults:
            return optimizer
        groups = [{**group, "fused": True} for group in optimizer.param_groups]
        return type(optimizer)(groups)

    def _loss(self, net: Any, batch: list[Any], rows: slice) -> Any:
        """The loss of a batch, penalties aside."""
        outputs = net(*batch)
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        compared = []
        for own, target in zip(self._source.targets, self._targets, strict=True):
            if own.output is not None:
                compared.append(several[own.output].detach())
            else:
                part = target[rows]
                like = several[0].dtype
                compared.append(part.to(like) if part.is_floating_point() else part)
        given = compared[0] if len(compared) == 1 else tuple(compared)
        return self._program.loss_function(outputs, given)

    def run(self, steps: int) -> None:
        inputs = list(self._inputs.values())
        if not self._case.trains:
            with self._torch.inference_mode():
                for _ in range(steps):
                    rows = next(self._slices)
                    self._call(*(x[rows] for x in inputs))
            return
        penalty = getattr(self._program, "penalty", None)
        optimizer: Any = self._case.model.optimizer
        clip = optimizer.clip
        for _ in range(steps):
            rows = next(self._slices)
            self._optimizer.zero_grad(set_to_none=True)
            loss = self._loss(self._call, [x[rows] for x in inputs], rows)
            if penalty is not None:
                loss = loss + penalty(self._net)
            loss.backward()
            if clip is not None:
                self._torch.nn.utils.clip_grad_norm_(self._net.parameters(), clip)
            self._optimizer.step()

    def rest(self) -> None:
        """Its threads sleep by themselves."""

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def parameters(self) -> dict[str, Array]:
        """All trained parameters, in netc's shapes."""
        trained = {key for key, own in self._net.named_parameters() if own.requires_grad}
        names = {own.name for own in self._source.weights if own.key in trained}
        found = read_weights_of(self._net, self._source)
        return {name: array for name, array in found.items() if name in names}

    def show(self) -> Shown:
        """What it computes for the first batch in double precision, without noise; nothing is
        learnt, running statistics follow."""
        kind = next((p.dtype for p in self._net.parameters()), self._torch.float32)
        for module in self._net.modules():
            # noise is in modules without weights, which do nothing else in training
            if not (*module.children(), *module.parameters(), *module.buffers()):
                module.eval()
        shown = self._show(self._net.double())
        self._net.to(kind)
        self._net.train(self._case.trains)
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
        loss = self._loss(net, batch, rows)
        loss.backward()
        gradients = {name: np.zeros_like(array) for name, array in self.parameters().items()}
        gradients |= read_gradients_of(net, self._source)
        shown = Shown({"the loss": np.array(float(loss.detach())), **gradients})
        net.zero_grad(set_to_none=True)
        return shown


def _source_of(case: Case) -> TorchSource:
    """The source of the network, and of what trains it. Raises TwinError."""
    model = case.model if case.trains else change(case.model, losses=())
    if case.trains and (model.optimizer is None or not model.optimizer.can_run()):
        raise TwinError("it has no `opt` that takes steps")
    if any(loss.is_weighted() for loss in model.losses):
        raise TwinError("its classes count differently")
    try:
        return torch_source(model, case.graph, training=case.trains)
    except NoCounterpartError as error:
        raise TwinError(error.reason) from error


def _numbers(tensor: Any) -> Array:
    array: Array = np.asarray(tensor.detach().contiguous().numpy())
    return array


def _double(tensor: Any) -> Any:
    return tensor.double() if tensor.is_floating_point() else tensor


def _oversteps_memory(graph: Graph) -> bool:
    """Whether PyTorch would, with the channels of images last in memory."""
    return any(
        oversteps_memory(node.layer, graph.node(name).shape[-1] or 0)
        for node in graph.nodes
        for name in node.inputs[:1]
    )


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
