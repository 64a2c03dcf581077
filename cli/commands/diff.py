"""`netc diff`: what makes one network, or its training, another one.

The JSON of `--format json` is one object with

    version         1, the version of this shape: members may be added, none changes its meaning
    same            whether nothing differs
    first           {"name", "kind"}, where `kind` is `spec`, `run` or `weights`
    second          the same of the other one
    layers          a list of {"change", "first", "second"}: `change` is `added`, `removed`,
                    `changed`, `rewired` or `renamed`; `first` and `second` are {"name", "layer",
                    "inputs", "shape", "parameters"}, or null where there is no such layer
    parameters      those of the first and of the second, null while a size is free
    multiply_adds   the same, for one sample
    settings        for each setting that differs its two texts, null where there is none
    tensors         of two files of weights a list of {"name", "first", "second", "difference",
                    "relative"}: the shapes, and the largest difference of two numbers; else null

Files of weights without a spec have null in place of `layers`, `parameters`, `multiply_adds` and
`settings`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...compiler.graph import Graph, GraphNode
from ...compiler.ir import Model
from ...compiler.language.builtin import INSTALLED
from ...compiler.language.calls import call_text
from ...compiler.structure import StructureChanges, structure_changes
from ...grammar.problem import Problems, in_order
from ..completing import runs as complete_runs
from ..options import color_option, format_option
from ..specs.checking import Request, examine
from ..specs.one_spec import fail, read_document
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ...runtime.array_types import Array
    from ...runtime.storage.tensor_changes import TensorChange

TROUBLE = 2
"""The exit status where a comparison is not possible, as that of `diff`."""


@dataclass(frozen=True, slots=True, eq=False)
class DiffSide:
    """One of the two that are compared."""

    name: str
    kind: str
    network: tuple[Model, Graph] | None
    """None for weights that netc did not write."""
    tensors: Mapping[str, Array] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs; None where it cannot be compared."""

    structure: StructureChanges | None
    tensors: tuple[TensorChange, ...] | None

    @property
    def is_empty(self) -> bool:
        return not self.tensors and (self.structure is None or self.structure.is_empty)


@click.command()
@click.argument("first", shell_complete=complete_runs)
@click.argument("second", shell_complete=complete_runs)
@click.option("--allow-outside", is_flag=True, help="Let specs read files outside their folders.")
@format_option
@color_option
def diff(first: str, second: str, allow_outside: bool, form: str, color: ColorChoice) -> int:
    """Compare two specs, runs or trained networks: layers, costs, settings, and weights.

    Each is a spec (`-` is standard input), a file of weights, or a run as `netc runs` lists it. How
    a spec is written makes no difference. The exit status is 0 where both are the same, 1 where
    they differ, and 2 where they cannot be compared.
    """
    sides = [_open(name, allow_outside=allow_outside, color=color) for name in (first, second)]
    if sides[0] is None or sides[1] is None:
        return TROUBLE
    changes = _compare(sides[0], sides[1])
    if form == "json":
        print_text(json.dumps(_as_json(sides[0], sides[1], changes), indent=2) + "\n")
    else:
        from ..results.diff_text import diff_text

        names, screen = (first, second), screen_for(sys.stdout, color)
        print_text(diff_text(names, changes.structure, changes.tensors, screen))
    return 0 if changes.is_empty else 1


def _compare(first: DiffSide, second: DiffSide) -> Changes:
    """Raises UsageError where the two have nothing in common."""
    structure = tensors = None
    if first.network is not None and second.network is not None:
        structure = structure_changes(*first.network, *second.network)
    if first.tensors is not None and second.tensors is not None:
        from ...runtime.storage.tensor_changes import tensor_changes

        tensors = tensor_changes(first.tensors, second.tensors)
    if structure is None and tensors is None:
        bare = first.name if first.network is None else second.name
        raise click.UsageError(f"`{bare}` holds weights without a spec: compare it with weights")
    return Changes(structure, tensors)


def _open(name: str, *, allow_outside: bool, color: ColorChoice) -> DiffSide | None:
    """What a name means; None after it was said why that is nothing."""
    if name.endswith(".safetensors"):
        return _open_weights(name, color)
    if name == "-" or name.endswith(".net") or (os.path.isfile(name) and name[-5:] != ".json"):
        document = read_document(name, (), color)
        if document is None:
            return None
        checked = examine(document, Request(allow_outside=allow_outside))
        if checked.has_errors:
            fail(checked.problems, color)
            return None
        return DiffSide(name, "spec", (checked.model, checked.graph))
    from .runs import open_model

    network = open_model(name, color)
    return None if network is None else DiffSide(name, "run", network)


def _open_weights(name: str, color: ColorChoice) -> DiffSide | None:
    from ...runtime.storage.files import place_of
    from ...runtime.storage.weights import read_weights
    from ...runtime.training.saved import read_record

    path, problems = Path(name), Problems()
    content = read_weights(path, name, place_of(path), problems)
    if content is not None and content.record is None:
        return DiffSide(name, "weights", None, content.tensors)
    if content is not None and content.record is not None:
        read = read_record(content, content.record, path, INSTALLED, problems)
        if read is not None:
            return DiffSide(name, "weights", read[:2], content.tensors)
    fail(in_order(problems), color)
    return None


def _as_json(first: DiffSide, second: DiffSide, changes: Changes) -> dict[str, Any]:
    found, tensors = changes.structure, changes.tensors
    sides = {
        title: {"name": side.name, "kind": side.kind}
        for title, side in (("first", first), ("second", second))
    }
    layers = None
    if found is not None:
        layers = [
            {"change": one.change, "first": _layer(one.first), "second": _layer(one.second)}
            for one in found.layers
        ]
    return {
        "version": 1,
        "same": changes.is_empty,
        **sides,
        "layers": layers,
        "parameters": None if found is None else found.parameters,
        "multiply_adds": None if found is None else found.multiply_adds,
        "settings": None if found is None else found.settings,
        "tensors": None if tensors is None else [asdict(one) for one in tensors],
    }


def _layer(node: GraphNode | None) -> dict[str, Any] | None:
    if node is None:
        return None
    return {
        "name": node.name,
        "layer": call_text(node.layer),
        "inputs": node.inputs,
        "shape": node.shape,
        "parameters": node.parameter_count(),
    }
