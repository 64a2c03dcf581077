"""`netc show --graph FILE`: a network as a picture, in the format that the file's name asks for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable

import click

from ..compiler.graph import Graph

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
    text = _drawer(path, title)(graph)
    temporary = ""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            # a device or a pipe: nothing may take its place
            with open(path, "wb") as file:
                file.write(text.encode())
            return
        folder = os.path.dirname(os.path.abspath(path))
        handle, temporary = tempfile.mkstemp(prefix=".netc-", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        os.chmod(temporary, 0o666 & ~_mask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        reason = (error.strerror or type(error).__name__).lower()
        raise click.ClickException(f"cannot write {path}: {reason}") from error


def _drawer(path: str, title: str) -> Callable[[Graph], str]:
    ending = os.path.splitext(path)[1].lower()
    if ending == ".svg":
        from ..compiler.draw.svg import svg_text

        return lambda graph: svg_text(graph, title=title)
    from ..compiler.draw.flowchart import dot_text, mermaid_text

    return mermaid_text if ending == ".mmd" else dot_text


def _mask() -> int:
    """The bits that this process takes from the files it makes."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
