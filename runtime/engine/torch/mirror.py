"""Parameters and optimizer state on the device, and netc's arrays of them on the host.

On the device there is one vector for each region of the plan, with the parameters at the places
that the plan gives them, but in PyTorch's order of axes; the parameters of the module are views of
it. On the host there are the arrays of a `Memory`, in netc's order. Both are copied when they are
needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
import torch

from ....compiler.lower.plan import Plan
from ....compiler.torch.layer import WeightTurn
from ...array_types import Array
from ...torch.weights import from_torch, to_torch
from ..memory import DTYPES, Memory
from .network import EngineNetwork

REGIONS = ("parameters", "kept", "state")
"""What lasts."""


class MirroredArray(NamedTuple):
    """Where the numbers of a parameter are, or those that an optimizer remembers of it: as many
    elements from an offset on in the vectors of both sides."""

    offset: int
    turn: WeightTurn

    @property
    def size(self) -> int:
        return prod(self.turn.origin)


@dataclass(slots=True, eq=False)
class Mirror:
    """Both sides."""

    memory: Memory
    """That of the host."""
    vectors: dict[str, torch.Tensor]
    """Those of the device: the lasting ones and `gradients`."""
    arrays: dict[str, tuple[MirroredArray, ...]]
    """By region."""
    host_is_newer: bool = True
    """Whether the arrays of the host may have been written to."""
    device_is_newer: bool = False

    def upload(self) -> None:
        """Brings to the device what may have changed on the host."""
        if self.host_is_newer:
            for region in REGIONS:
                flat = np.zeros(len(self.vectors[region]), self._dtype)
                host = self._host(region)
                for own in self.arrays[region]:
                    part = slice(own.offset, own.offset + own.size)
                    flat[part] = to_torch(host[part].reshape(own.turn.origin), own.turn).ravel()
                self.vectors[region].copy_(torch.from_numpy(flat))
        self.host_is_newer = False

    def download(self) -> None:
        """Brings to the host what has changed on the device."""
        if self.device_is_newer:
            for region in REGIONS:
                self._fill(self._host(region), region, self.vectors[region])
        self.device_is_newer = False

    def gradients(self) -> dict[str, Array]:
        """Copies of the gradients, in netc's order."""
        flat = self.memory.regions["gradients"].view(self._dtype)
        self._fill(flat, "parameters", self.vectors["gradients"])
        return self.memory.gradients()

    def _fill(self, host: Array, region: str, vector: torch.Tensor) -> None:
        flat = vector.cpu().numpy()
        for own in self.arrays[region]:
            part = slice(own.offset, own.offset + own.size)
            host[part] = from_torch(flat[part].reshape(own.turn.shape), own.turn).ravel()

    def _host(self, region: str) -> Array:
        return self.memory.regions[region].view(self._dtype)

    @property
    def _dtype(self) -> np.dtype[np.generic]:
        return np.dtype(DTYPES[self.memory.precision])


def mirror_of(network: EngineNetwork, plan: Plan, memory: Memory, device: torch.device) -> Mirror:
    """Puts the parameters of a module, which must be on the device already, into vectors there."""
    dtype = torch.float64 if plan.precision == "f64" else torch.float32
    item = np.dtype(DTYPES[plan.precision]).itemsize
    vectors = {
        region: torch.zeros(plan.bytes[region] // item, dtype=dtype, device=device)
        for region in (*REGIONS, "gradients")
    }
    weights = {own.name: own for own in network.weights}
    arrays: dict[str, list[MirroredArray]] = {region: [] for region in REGIONS}
    for slot in plan.slots:
        own = weights[slot.name]
        arrays[slot.region].append(MirroredArray(slot.offset, own.turn))
        vector = vectors[slot.region][slot.offset : slot.offset + prod(slot.shape)]
        gradient = None
        # a plan that only evaluates has no gradients
        if slot.region == "parameters" and len(vectors["gradients"]):
            start = vectors["gradients"][slot.offset : slot.offset + prod(slot.shape)]
            gradient = start.view(own.turn.shape)
        for key in (other.key for other in network.weights if other.name == slot.name):
            _move(network.module, key, vector.view(own.turn.shape), gradient)
    for start, moments in _state_segments(plan):
        arrays["state"] += [
            MirroredArray(moments.start + slot.offset - start, weights[slot.name].turn)
            for slot in plan.slots
            if slot.region == "parameters"
            and start <= slot.offset < start + moments.stop - moments.start
        ]
    return Mirror(memory, vectors, {region: tuple(own) for region, own in arrays.items()})


def _move(
    module: torch.nn.Module, key: str, vector: torch.Tensor, gradient: torch.Tensor | None
) -> None:
    """Makes a parameter or buffer of a module a view."""
    path, _, name = key.rpartition(".")
    owner = module.get_submodule(path)
    if name in owner._buffers:
        owner._buffers[name] = vector
        return
    parameter = owner.get_parameter(name)
    parameter.data = vector
    parameter.requires_grad_(gradient is not None)
    parameter.grad = gradient


def _state_segments(plan: Plan) -> Iterator[tuple[int, slice]]:
    """Where segments of the parameters begin, and the elements of what the optimizer remembers of
    them: whatever an instruction reads together with a segment is of the same segment."""
    item = np.dtype(DTYPES[plan.precision]).itemsize
    seen = set[int]()
    for step in plan.programs.get("update", ()):
        buffers = [plan.buffers[index] for index in step.operands]
        starts = [own.offset // item for own in buffers if own.region == "parameters"]
        for own in buffers:
            if own.region == "state" and starts and own.offset not in seen:
                seen.add(own.offset)
                first = own.offset // item
                yield starts[0], slice(first, first + own.shape[0])
