"""From a trained model to files of C: `netc export`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ...compiler.language.frozen import change
from ...compiler.lower.context import Choices
from ...compiler.lower.lower import lower
from ...compiler.lower.plan import Plan
from ...compiler.native.export.contents import StoredArray
from ...compiler.native.export.forward import FixedRange, Untranslated, write_forward
from ...compiler.native.export.source import ExportedFiles
from ...compiler.problems.export import NotExportable
from ...compiler.problems.running import CannotRunYet
from ...grammar.problem import Problem, Problems
from ..array_types import Array
from ..data.fitted_prep import Categories
from ..engine.engine import UNSHARDED, Binder
from ..engine.memory import allocate_bytes, create_memory, view
from ..storage.files import write_atomically, write_parts_atomically
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .exported_network import exported_network, read_bytes
from .model import Model


def export_model(
    model: Model, title: str, name: str, problems: Problems, *, apart: bool
) -> ExportedFiles | None:
    """The files of a trained model; None after a problem. `title` says what it was made of, `name`
    is the file with the text, and with `apart` the weights are in a file of their own."""
    spec, state = model.as_spec(), model.trained_state()
    refusal = _refusal(spec, state)
    if refusal is not None:
        problems.add(refusal)
        return None
    train = change(spec.model.train, exact=True)
    alone = change(spec.model, losses=(), train=train)
    choices = Choices(native=True, without=frozenset({"pack_weights"}))
    plan = lower(alone, spec.graph, batch=1, purpose="evaluate", choices=choices)
    forward = write_forward(plan)
    if isinstance(forward, Untranslated):
        problems.add(_untranslated(spec, forward))
        return None
    regions = _prepared_regions(plan, state)
    weights = tuple(
        _stored(plan, number, part, regions) for number, part in enumerate(forward.fixed)
    )
    network = exported_network(spec, state, title)
    return ExportedFiles(network, forward, weights, name, apart)


def _refusal(spec: Spec, state: TrainedState) -> Problem | None:
    """Why there can be no function of a fixed number of numbers."""
    for index, node in enumerate(spec.model.nodes):
        place = spec.place(f"nodes.{index}")
        if node.inputs and not type(node.layer).can_run():
            return CannotRunYet(at=place, what=node.layer.word)
        if not node.inputs and None in spec.graph.node(node.name).shape:
            return NotExportable(
                at=place,
                reason=f"the size of `{node.name}` is unknown",
                advice="give it a size in the spec, and train it again",
            )
    texts = [
        column
        for column, categories in zip(state.columns, state.categories, strict=False)
        if categories is not None
    ]
    if texts or any(isinstance(step, Categories) for own in state.steps for step in own):
        named = f"the column `{texts[0]}` holds" if texts else "some columns hold"
        return NotExportable(
            at=spec.place("data"),
            reason=f"{named} texts, and the function takes numbers",
            advice="replace categories by numbers in the table, and train the network on these",
        )
    return None


def _untranslated(spec: Spec, found: Untranslated) -> Problem:
    layer = found.rows[0][1]
    index = next((i for i, node in enumerate(spec.model.nodes) if node.name == layer), 0)
    rows = ", ".join(dict.fromkeys(f"`{row}`" for row, _ in found.rows))
    return NotExportable(
        at=spec.place(f"nodes.{index}"),
        reason=f"there is no C code for `{spec.model.nodes[index].layer.word}`",
        advice=f"the instructions without C are {rows}",
    )


def _prepared_regions(plan: Plan, state: TrainedState) -> dict[str, Array]:
    """The memory of everything that does not depend on samples."""
    memory = create_memory(plan, seed=0)
    for name, parameter in memory.parameters().items():
        np.copyto(parameter, state.weights[name])
    own = {
        region: allocate_bytes(plan.bytes[region]) for region in ("arena", "scratch", "prepared")
    }
    regions = memory.regions | own | {"constants": allocate_bytes(plan.bytes["constants"])}
    for buffer in plan.buffers:
        if buffer.region == "constants":
            view(regions["constants"], buffer, plan.precision)[...] = buffer.fill

    def array(index: int) -> Array:
        return view(regions[plan.buffers[index].region], plan.buffers[index], plan.precision)

    binder = Binder(plan, memory, UNSHARDED, array, regions, None)
    with np.errstate(all="ignore"):
        for phase in binder.bind_program(plan.programs.get("prepare", ())):
            for call in phase:
                call()
    return regions


def _stored(plan: Plan, number: int, part: FixedRange, regions: dict[str, Array]) -> StoredArray:
    single = plan.precision == "f32"
    dtype = np.dtype("<f4" if single else "<f8")
    numbers = regions[part.region][part.start : part.end].view(dtype.newbyteorder("="))
    return StoredArray(
        f"weights_{number}",
        _title(plan, part),
        "float" if single else "double",
        len(numbers),
        partial(read_bytes, numbers, dtype),
    )


def _title(plan: Plan, part: FixedRange) -> str:
    """What an array is called in the spec."""
    item = 4 if plan.precision == "f32" else 8
    for slot in plan.slots:
        if slot.region == part.region and slot.offset * item == part.start:
            return slot.name
    for step in plan.programs.get("prepare", ()):
        for index in step.results:
            buffer = plan.buffers[index]
            if buffer.region == part.region and buffer.offset == part.start:
                return f"{step.layer}, prepared"
    return part.region


def write_files(files: ExportedFiles, text: Path, header: Path, weights: Path | None) -> None:
    """Writes all files, the one that needs the others last. Raises OSError."""
    if weights is not None:
        write_parts_atomically(weights, files.data())
    write_atomically(header, files.header().encode())
    write_parts_atomically(text, (part.encode() for part in files.text()))
