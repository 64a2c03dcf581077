"""`netc show --graph FILE`: a network as a picture, in the format that the file's name asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from ..compiler.graph import Graph
from ..runtime.storage.files import write_atomically
from .output import cannot_write

FORMATS = (".svg", ".mmd", ".dot")


def check_picture(path: str, specs: int) -> None:
    """Raises UsageError for a name without a known ending, or several specs for one picture."""
    if os.path.splitext(path)[1].lower() not in FORMATS:
        known = ", ".join(f"`{ending}`" for ending in FORMATS)
        raise click.UsageError(f"--graph needs a file name that ends in {known}")
    if specs > 1:
        raise click.UsageError("--graph takes one spec, not a folder")


def write_picture(graph: Graph, path: str, title: str) -> None:
    """Draws a graph into a file, whole or not at all."""
    try:
        write_atomically(Path(path), _drawer(path, title)(graph).encode())
    except OSError as error:
        raise cannot_write(path, error) from error


def _drawer(path: str, title: str) -> Callable[[Graph], str]:
    ending = os.path.splitext(path)[1].lower()
    if ending == ".svg":
        from ..compiler.draw.svg import svg_text

        return lambda graph: svg_text(graph, title=title)
    from ..compiler.draw.flowchart import dot_text, mermaid_text

    return mermaid_text if ending == ".mmd" else dot_text
