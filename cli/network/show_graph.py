"""`netc show --graph FILE`: a network as a picture, in the format that the file's name asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from ...compiler.draw import Direction
from ...compiler.graph import Graph
from ...runtime.storage.files import write_atomically
from ..pictures import PICTURES_NEED
from ..terminal.output import cannot_write

FORMATS = (".svg", ".png", ".pdf", ".mmd")


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """`--graph` and `--direction`."""

    path: str | None
    direction: Direction | None

    def check(self, other: str | None) -> None:
        """Raises UsageError for a name without a known ending, or beside another view."""
        if self.path is None:
            if self.direction is not None:
                raise click.UsageError("--direction needs --graph")
        elif other is not None:
            raise click.UsageError(f"--graph cannot be combined with --{other}")
        elif _ending(self.path) not in FORMATS:
            known = ", ".join(f"`{ending}`" for ending in FORMATS)
            raise click.UsageError(f"--graph needs a file name that ends in {known}")

    def check_specs(self, count: int) -> None:
        """Raises UsageError for several specs for one picture."""
        if self.path is not None and count > 1:
            raise click.UsageError("--graph takes one spec, not a folder")

    def write(self, graph: Graph, title: str) -> None:
        """Draws a graph into the file, whole or not at all."""
        assert self.path is not None
        content = _drawer(_ending(self.path))(graph, title, self.direction or "down")
        try:
            write_atomically(Path(self.path), content)
        except OSError as error:
            raise cannot_write(self.path, error) from error


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _drawer(ending: str) -> Callable[[Graph, str, Direction], bytes]:
    if ending == ".mmd":
        return _mermaid
    return _svg if ending == ".svg" else partial(_with_matplotlib, ending)


def _mermaid(graph: Graph, title: str, direction: Direction) -> bytes:
    from ...compiler.draw.mermaid import mermaid_text

    return mermaid_text(graph, direction=direction).encode()


def _svg(graph: Graph, title: str, direction: Direction) -> bytes:
    from ...compiler.draw.svg import svg_text

    text = svg_text(graph, title=title, direction=direction)
    if not isinstance(text, str):
        raise click.ClickException(str(text))
    return text.encode()


def _with_matplotlib(ending: str, graph: Graph, title: str, direction: Direction) -> bytes:
    from ...compiler.draw.scene import TooLarge, scene_of
    from ...runtime.packages import package_trouble
    from ...runtime.plots.network import network_picture

    trouble = package_trouble("matplotlib")
    if trouble is not None:
        raise click.ClickException(f"{trouble.text(PICTURES_NEED)}; `.svg` needs nothing")
    scene = scene_of(graph, direction)
    if isinstance(scene, TooLarge):
        raise click.ClickException(str(scene))
    picture = network_picture(scene, ending, title)
    if picture is None:
        raise click.ClickException(
            "the network is too large for a PNG that can be read: use `.svg` or `.pdf`"
        )
    return picture
