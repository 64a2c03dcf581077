"""The torch engine: like `Engine`, but PyTorch computes forward and backward passes, on any device
and with several processes.

Every process has the whole batch in its feeds and computes its share of the samples. Parameters,
optimizer state and counters are the same on all of them, so any of them can write a checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from ....compiler.graph import Graph
from ....compiler.lower.adversarial import BOUNDS, bounds_feed
from ....compiler.lower.network import LossSite
from ....compiler.lower.plan import Plan
from ....compiler.lower.program import Algorithm
from ...array_types import Array
from ..memory import DTYPES, Memory, view
from ..state import WIDTH, EngineState, EngineStateError, stream_names
from ..surface import EngineName
from .around import drawing, on_device
from .compiling import compiled, compiling
from .losses import BatchTensors, total_loss
from .mirror import Mirror, mirror_of
from .network import EngineNetwork
from .norm import BatchShare, share_norms
from .outputs import LazyOutputs, activated_output, plain_output
from .processes import Processes
from .settings import TorchSettings
from .update import bind_update

_BUFFERS = "forward_sync_buffers", "broadcast_buffers"
WITHOUT_BUFFERS: dict[str, Any] = {
    next(own for own in _BUFFERS if own in signature(DistributedDataParallel).parameters): False
}
"""Running statistics are the same on all processes; what says so has two names."""


@dataclass(frozen=True, slots=True, eq=False)
class TorchProgram:
    """What the engine computes: the module, and what the compiler knows of it."""

    network: EngineNetwork
    graph: Graph
    plan: Plan
    """Its feeds, the places of its parameters, and its update."""
    sites: tuple[LossSite, ...]
    outputs: tuple[str, ...]
    """The nodes that callers read."""
    adversarial: bool = False
    """Whether a step works on samples that it has changed first."""


class TorchEngine:
    """Runs a network in PyTorch."""

    name: EngineName = "torch"
    refused = ""

    def __init__(
        self,
        program: TorchProgram,
        memory: Memory,
        settings: TorchSettings,
        processes: Processes,
        *,
        batch: int,
    ) -> None:
        """`memory` has the starting values of the parameters."""
        self._program, self._settings, self._processes = program, settings, processes
        self._batch = self._room = 0
        self._device = processes.device
        self._share = BatchShare(processes)
        self.memory = memory
        self.algorithms: Mapping[str, Algorithm] = {}
        plan, network = program.plan, program.network
        self._dtype = np.dtype(DTYPES[plan.precision])
        number = torch.float64 if plan.precision == "f64" else torch.float32
        module = network.module.to(device=self._device, dtype=number)
        self._mirror: Mirror = mirror_of(network, plan, memory, self._device)
        self._drifts = share_norms(network, program.graph, self._share)
        self._module = module
        self._update = bind_update(plan, self._mirror.vectors, memory.regions["cells"])
        self._noisy = any(node.layer.random for node in program.graph.nodes)
        self._streams = stream_names(plan)
        self._steps = 0
        """Those that have drawn random numbers."""
        self._outputs: Mapping[str, Array] = {}
        self._loss = torch.zeros(())
        self._feeds: dict[str, Array] = {}
        self._threads: int | None = None
        self.resize(batch)

    # What callers use

    @property
    def plan(self) -> Plan:
        """That of a whole batch of the usual size, which NumPy would run."""
        return self._program.plan

    @property
    def identity(self) -> str:
        """What its bits depend on, beside the spec."""
        parts = [f"PyTorch {self.version}", self.device]
        parts += [self.precision] if self.precision == "bf16" else []
        parts += ["torch.compile"] if self._settings.compiles else []
        parts += [f"{self.processes} processes"] if self.processes > 1 else []
        return "; ".join(parts)

    @property
    def version(self) -> str:
        """That of PyTorch."""
        return str(torch.__version__)

    @property
    def device(self) -> str:
        """The device, and what it is."""
        return self._settings.device_name(self._device)

    @property
    def precision(self) -> str:
        return self._settings.precision

    @property
    def processes(self) -> int:
        """How many processes share a batch."""
        return self._processes.place.world

    @property
    def together(self) -> Processes:
        """This process among those that share each batch."""
        return self._processes

    @property
    def shards(self) -> int:
        """A batch is divided among processes only, and their number may change between steps."""
        return 1

    @property
    def workers(self) -> int:
        """Threads of the processor that one process uses."""
        return int(torch.get_num_threads())

    @property
    def feeds(self) -> dict[str, Array]:
        """The arrays to fill before a step, for the whole batch."""
        return {name: array[: self._batch] for name, array in self._feeds.items()}

    @property
    def outputs(self) -> Mapping[str, Array]:
        """What the last program computed, for the whole batch; each is fetched when it is read."""
        return self._outputs

    def step_bytes(self) -> int:
        """The memory that NumPy would need for a training step of one process."""
        return self.plan.total_bytes()

    def start(self) -> None:
        """Takes the threads of the processor that it was given."""
        if self._settings.threads is not None and self._threads is None:
            self._threads = torch.get_num_threads()
            torch.set_num_threads(self._settings.threads)

    def close(self) -> None:
        """Leaves the other processes; the parameters stay readable. It can be called again."""
        self._mirror.download()
        vars(self).pop("_trainer", None)  # it holds the group of the processes
        self._processes.close()
        if self._threads is not None:
            torch.set_num_threads(self._threads)
            self._threads = None

    def resize(self, batch: int) -> None:
        """Works on another number of samples."""
        self._batch = batch
        if batch > self._room:
            self._room = batch
            plan = self.plan
            self._feeds = {
                name: np.zeros((batch, *plan.buffers[index].shape[1:]), self._dtype)
                for name, index in plan.feeds.items()
            }

    def train_step(self, lr: float) -> None:
        """Forward, backward and update on the batch in the feeds. Raises WorkerError, with the
        parameters as they were, where another process is gone."""
        self._mirror.upload()
        samples = self._samples()
        kept = self._mirror.vectors["kept"].clone() if self._processes.world > 1 else None
        with self._context():
            if self._program.adversarial:
                samples = self._perturbed(samples)
            try:
                loss, outputs = self._processes.guard(lambda: self._step_back(samples))
                self._loss = self._processes.sum(loss)
                if self._drifts:
                    self._processes.copy_of_first(self._mirror.vectors["kept"])
            except BaseException:
                if kept is not None:
                    self._mirror.vectors["kept"].copy_(kept)
                raise
            self._steps += self._noisy
            self._mirror.device_is_newer = True
            self._set_rate(lr)
            with torch.no_grad():
                for call in self._update:
                    call()
        self._outputs = self._named(outputs, samples.rows)

    def evaluate_step(self) -> None:
        """Forward in evaluation mode on the batch in the feeds."""
        self._mirror.upload()
        samples = self._samples()
        self._module.eval()
        with torch.no_grad(), self._context():
            outputs = self._forward(self._caller, samples.inputs)
            self._loss = self._processes.sum(self._loss_of(outputs, samples))
        self._outputs = self._named(outputs, samples.rows)

    def loss(self) -> float:
        """The data loss of the last step: the weighted sum of the losses' means."""
        return float(self._loss)

    def parameters(self) -> dict[str, Array]:
        """All parameters, in netc's layout. Writing to one changes the network in the next step."""
        self._mirror.download()
        self._mirror.host_is_newer = True
        return self.memory.parameters()

    def state(self) -> EngineState:
        """Copies of all that steps change."""
        self._mirror.download()
        streams = np.zeros((1, len(self._streams), WIDTH), np.uint64)
        streams[:, :, :2] = 1, self._steps
        return self.memory.state(streams)

    def restore(self, state: EngineState) -> None:
        """Goes on from the state of another engine of the same network, with any number of
        processes. Raises EngineStateError."""
        if state.streams.shape != (1, len(self._streams), WIDTH):
            raise EngineStateError(
                f"{state.streams.shape[:2]} random streams, not {(1, len(self._streams))}"
            )
        self._mirror.download()
        self.memory.restore(state.parameters, state.optimizer, state.cells)
        self._mirror.host_is_newer = True
        self._steps = int(state.streams[0, 0, 1]) if self._streams else 0

    # Forward and backward

    @cached_property
    def _caller(self) -> Callable[..., Any]:
        """The module, compiled where that is asked for."""
        return self._compiled(self._module)

    @cached_property
    def _trainer(self) -> Callable[..., Any]:
        """What training calls: it adds up the gradients of all processes."""
        self._detach_unread()
        trained = any(own.requires_grad for own in self._module.parameters())
        if self._processes.world == 1 or not trained:
            return self._caller
        devices = [self._device] if self._device.type == "cuda" else None
        together = DistributedDataParallel(self._module, device_ids=devices, **WITHOUT_BUFFERS)
        return self._compiled(together)

    def _compiled(self, module: Any) -> Callable[..., Any]:
        return compiled(module) if self._settings.compiles else module

    def _detach_unread(self) -> None:
        """Parameters that no loss depends on have the gradient 0, and nobody waits for it."""
        read = {name for site in self._program.sites for name in (site.prediction,)}
        for node in reversed(self._program.graph.nodes):
            if node.name in read:
                read.update(node.inputs)
                read.update(() if node.shares is None else (node.shares,))
        for weight in self._program.network.weights:
            if weight.name.rpartition(".")[0] not in read:
                own = dict(self._module.named_parameters()).get(weight.key)
                if own is not None:
                    own.requires_grad_(False)

    def _step_back(self, samples: BatchTensors) -> tuple[Tensor, list[Tensor]]:
        """The loss of this process's samples, and the outputs. The gradients are left in their
        vector."""
        self._module.train()
        with self._noise():
            outputs = self._forward(self._trainer, samples.inputs)
        loss = self._loss_of(outputs, samples)
        self._mirror.vectors["gradients"].zero_()
        if loss.requires_grad:
            # the mean over processes that follows makes a sum of it
            (loss * self._processes.world).backward()
        return loss.detach(), [output.detach() for output in outputs]

    def _forward(self, call: Callable[..., Any], inputs: list[Tensor]) -> list[Tensor]:
        with self._autocast():
            found = call(*(self._channels_first(at, x) for at, x in enumerate(inputs)))
        several = found if isinstance(found, tuple) else (found,)
        number = self._mirror.vectors["kept"].dtype
        return [output.movedim(1, -1).to(number) for output in several]

    def _channels_first(self, at: int, x: Tensor) -> Tensor:
        whole = self._program.network.inputs[at].is_whole
        return x.long() if whole else x.movedim(-1, 1) if x.ndim > 2 else x

    def _loss_of(self, outputs: list[Tensor], samples: BatchTensors) -> Tensor:
        return total_loss(self._program.network, self._program.sites, outputs, samples)

    def _perturbed(self, samples: BatchTensors) -> BatchTensors:
        """The samples of adversarial training: x + step sign(g), between the ends of the data."""
        self._module.eval()
        feeds, seen = samples.feeds, [x.clone() for x in samples.inputs]
        names = [argument.node for argument in self._program.network.inputs]
        moved = [at for at, node in enumerate(names) if bounds_feed(BOUNDS[0], node) in feeds]
        for at in moved:
            seen[at].requires_grad_()
        samples = replace(samples, inputs=seen)
        loss = self._loss_of(self._forward(self._caller, seen), samples)
        gradients = torch.autograd.grad(loss, [seen[at] for at in moved])
        found = [x.detach() for x in seen]
        for at, gradient in zip(moved, gradients, strict=True):
            step, low, high = (feeds[bounds_feed(what, names[at])] for what in BOUNDS)
            found[at] = torch.clamp(found[at] + step * gradient.sign(), low, high)
        return replace(samples, inputs=found)

    # Samples and outputs

    def _samples(self) -> BatchTensors:
        """This process's samples, on the device."""
        own = self._processes.rows(self._batch)
        self._share.rows, self._share.batch = own.stop - own.start, self._batch
        rows = self._share.rows
        taken = self._processes.share(self._batch)
        tensors = {
            name: torch.from_numpy(array[taken]).to(self._device, copy=True)
            for name, array in self.feeds.items()
        }
        arguments = [argument.node for argument in self._program.network.inputs]
        return BatchTensors([tensors[node] for node in arguments], tensors, rows, self._batch)

    def _named(self, outputs: list[Tensor], rows: int) -> LazyOutputs:
        """What callers read of a step."""
        program, network = self._program, self._program.network
        found: dict[str, Callable[[], Tensor]] = {}
        for name in program.outputs:
            own = network.computed(name)
            for at, output in enumerate(network.outputs):
                if own == output.activated:
                    found[name] = activated_output(outputs[at][:rows], output.activation)
                elif own == output.node:
                    found[name] = plain_output(outputs[at][:rows])
            for argument in network.inputs:
                if argument.node == own and name not in found:
                    feed = torch.from_numpy(self.feeds[own])
                    found[name] = plain_output(feed[self._rows_of(rows)])
        return LazyOutputs(found, self._processes, self._batch)

    def _rows_of(self, rows: int) -> slice:
        own = self._processes.rows(self._batch)
        return slice(own.start, own.start + rows)

    @contextmanager
    def _context(self) -> Iterator[None]:
        settings = self._settings
        with on_device(self._device, settings.precision), compiling(settings.compiles):
            yield

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._settings.precision != "bf16":
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast(
            self._device.type, dtype=torch.bfloat16
        )
        return context

    def _noise(self) -> AbstractContextManager[None]:
        if not self._noisy:
            return nullcontext()
        return drawing(self._device, (self.memory.seed, self._processes.rank, self._steps))

    def _set_rate(self, lr: float) -> None:
        plan = self.plan
        if "lr" in plan.cells:
            buffer = plan.buffers[plan.cells["lr"]]
            view(self.memory.regions["cells"], buffer, plan.precision)[...] = lr
