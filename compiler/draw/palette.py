"""The colours of pictures of networks, for a light and a dark ground."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    page: str
    text: str
    faint: str
    """Texts beside the words of the spec."""
    edge: str
    """Around boxes."""
    line: str
    frame: str
    frame_edge: str
    families: dict[str, str]
    """The colour of a box, by what its first layer does."""


LIGHT = Palette(
    page="#ffffff",
    text="#1b2733",
    faint="#566777",
    edge="#90a4b8",
    line="#64768a",
    frame="#f6f8fa",
    frame_edge="#c9d3dc",
    families={
        "input": "#eceff1",
        "weights": "#e3eefb",
        "window": "#fff3dc",
        "merge": "#e4f4e6",
        "other": "#ffffff",
    },
)
DARK = Palette(
    page="#14191f",
    text="#e3eaf1",
    faint="#a3b3c2",
    edge="#5f7388",
    line="#8fa1b3",
    frame="#1a2129",
    frame_edge="#3b4855",
    families={
        "input": "#2c343c",
        "weights": "#1d3550",
        "window": "#453818",
        "merge": "#1d3d27",
        "other": "#20272f",
    },
)
