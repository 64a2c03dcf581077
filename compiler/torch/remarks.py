"""What the head of an exported file says: where it comes from, how it is used, what it leaves
out."""

from __future__ import annotations

from textwrap import fill

from ..graph import Graph
from ..ir import Model
from ..language.calls import call_text
from ..layers.norm import BatchNorm
from .wrapping import WIDTH

LAYOUTS = {1: "N x F", 2: "N x C x L", 3: "N x C x H x W"}
"""By the number of axes of a sample."""


def file_remarks(
    model: Model, graph: Graph, *, title: str, class_name: str, weights: str | None
) -> str:
    """The text of the docstring. `weights` is the name of the file beside it."""
    double = ".double()" if model.train.precision == "f64" else ""
    parts = [_plain(title)]
    if weights is not None:
        lines = (
            "from safetensors.torch import load_file",
            "",
            f"model = {class_name}(){double}",
            f'model.load_state_dict(load_file("{_plain(weights)}"))',
        )
        parts.append("\n".join(f"    {line}".rstrip() for line in lines))
    elif double:
        parts.append(f"    model = {class_name}(){double}")
    parts += [fill(text, WIDTH) for text in _notes(model, graph)]
    return "\n\n".join(parts) + "\n"


def _plain(name: str) -> str:
    """The name of a file, which may have any characters, so that it does not end the docstring."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown.replace("\\", "\\\\").replace('"', '\\"')


def _notes(model: Model, graph: Graph) -> list[str]:
    ranks = {len(node.shape) for node in graph.nodes if not node.inputs}
    found = [
        f"{what} are {LAYOUTS[rank]}: the channels of the spec, its last axis, come first."
        for rank, what in ((3, "Images"), (2, "Sequences"))
        if rank in ranks
    ]
    preps = [f"`prep {call_text(prep)}`" for prep in model.preps]
    if preps:
        found.append(f"Samples must be prepared as the spec says: {', '.join(preps)}.")
    norms = {node.name: node.layer for node in graph.nodes if isinstance(node.layer, BatchNorm)}
    local = [name for name, layer in norms.items() if not layer.sync]
    if local:
        which = "" if len(local) == len(norms) else f" of {', '.join(local)}"
        rest = "; the others are to be `nn.SyncBatchNorm`" if which else ""
        found.append(
            f"With several processes, batch normalisation{which} is over the samples of each "
            f"process, as in DistributedDataParallel{rest}."
        )
    return found
