"""Pictures of networks as PNG and PDF."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from drawings import NETS, SMALL, UNET, graph_of, scene
from netc.runtime.plots.network import LARGEST_SIDE, network_picture

pytest.importorskip("matplotlib", reason="draws the pictures")


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("name", ["small", "unet4", "dense", "one", "repeat"])
def test_png_and_pdf(name: str) -> None:
    drawn = scene(graph_of(NETS[name]), "down")
    png, pdf = (network_picture(drawn, suffix, name) for suffix in (".png", ".pdf"))
    assert png is not None
    assert pdf is not None
    width, height = size_of(png)
    assert abs(width - 2 * drawn.width) <= 2
    assert abs(height - 2 * drawn.height) <= 2
    assert pdf.startswith(b"%PDF")


def test_the_same_net_gives_the_same_bytes() -> None:
    drawn = scene(graph_of(SMALL), "right")
    for suffix in (".png", ".pdf"):
        first, second = (network_picture(drawn, suffix, "net") for _ in range(2))
        assert first == second


def test_texts_are_drawn_where_the_svg_has_them() -> None:
    """They fit into their boxes with the font that matplotlib brings."""
    from matplotlib.textpath import TextPath

    for text in (SMALL, UNET):
        for shape in scene(graph_of(text), "down").boxes:
            for line in shape.box.words:
                path = TextPath((0, 0), line, size=12, prop={"family": "DejaVu Sans Mono"})
                assert path.get_extents().width + 8 < shape.place.width


def test_a_large_picture_has_fewer_pixels_and_one_too_large_has_none() -> None:
    drawn = scene(graph_of(NETS["one"]), "down")
    wide = network_picture(replace(drawn, width=12_000.0), ".png", "net")
    assert wide is not None
    assert size_of(wide)[0] <= LARGEST_SIDE
    assert network_picture(replace(drawn, width=30_000.0), ".png", "net") is None
    page = network_picture(replace(drawn, width=30_000.0), ".pdf", "net")
    assert page is not None
    assert b"/MediaBox [ 0 0 14400 " in page
