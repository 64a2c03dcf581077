"""Pictures as SVG: well-formed, for light and dark, and the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from drawings import CROSSED, NETS, SMALL, UNET, graph_of, scene
from netc.compiler.draw import Direction
from netc.compiler.draw.strokes import strokes_of
from netc.compiler.draw.svg import Theme, svg_element, svg_text

SNAPSHOTS = Path(__file__).parent / "snapshots"
SVG = "{http://www.w3.org/2000/svg}"


def element(text: str, **options: Any) -> ElementTree.Element:
    found = svg_element(graph_of(text), **options)
    assert isinstance(found, str)
    return ElementTree.fromstring(found)


def of_kind(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if kind in (one.get("class") or "").split()]


@pytest.mark.parametrize(
    ("name", "text", "direction"),
    [
        ("small.svg", SMALL, "down"),
        ("small-right.svg", SMALL, "right"),
        ("unet.svg", UNET, "down"),
        ("crossed.svg", CROSSED, "down"),
    ],
)
def test_a_net_looks_like_this(
    name: str, text: str, direction: Direction, request: pytest.FixtureRequest
) -> None:
    drawn = svg_text(graph_of(text), direction=direction)
    assert isinstance(drawn, str)
    path = SNAPSHOTS / name
    if request.config.getoption("--update-snapshots"):
        path.write_bytes(drawn.encode())
    assert path.read_bytes().decode() == drawn


@pytest.mark.parametrize("name", NETS)
def test_everything_of_the_scene_is_there(name: str) -> None:
    root, drawn = element(NETS[name]), scene(graph_of(NETS[name]), "down")
    assert len(of_kind(root, "box")) == len(drawn.boxes)
    lines = of_kind(root, "line")
    assert {(one.get("data-from"), one.get("data-to")) for one in lines} == {
        (link.source, link.target) for link in drawn.links
    }
    tips = {(round(link.points[-1][0], 1), round(link.points[-1][1], 1)) for link in drawn.links}
    assert len(of_kind(root, "head")) == len(tips)
    texts = [one.text for one in root.iter(f"{SVG}text")]
    wanted = [line for shape in drawn.boxes for line in (*shape.box.words, shape.box.facts) if line]
    wanted += [label.text for label in drawn.labels]
    wanted += [shape.frame.text for shape in drawn.frames]
    assert sorted(map(str, texts)) == sorted(wanted)


def test_an_element_can_stand_in_a_page_several_times() -> None:
    text = svg_element(graph_of(SMALL))
    assert isinstance(text, str)
    assert text.startswith("<svg ")
    root = ElementTree.fromstring(text)
    assert not any(one.get("id") for one in root.iter())
    assert "<script" not in text
    rules = (root.findtext(f"{SVG}style") or "").split("}")
    assert all(
        rule.strip().startswith((".netc-graph ", "@media")) for rule in rules if rule.strip()
    )
    assert not of_kind(root, "page")


@pytest.mark.parametrize(("theme", "media"), [("auto", True), ("light", False), ("dark", False)])
def test_themes(theme: Theme, media: bool) -> None:
    style = element(SMALL, theme=theme).findtext(f"{SVG}style") or ""
    assert ("prefers-color-scheme: dark" in style) == media
    assert (".box { stroke: #5f7388 }" in style) == (theme != "light")


def test_titles_may_hold_any_character() -> None:
    title = 'a < b & "c" </title><script>'
    assert element(SMALL, title=title).findtext(f"{SVG}title") == title
    assert (
        element(SMALL, title="a\x00\x1b\udcffé").findtext(f"{SVG}title") == "a\ufffd\ufffd\ufffdé"
    )


def test_a_link_is_drawn_once_where_others_share_its_way() -> None:
    drawn = scene(graph_of("input 8 -> add [dense 8 | dense 8 tanh | id] -> dense 2"), "down")
    strokes = list(strokes_of(drawn.links))
    assert len(strokes) == len(drawn.links)
    starts = [stroke for stroke in strokes if stroke.points[0] == drawn.links[0].points[0]]
    assert len(starts) == 1
    assert sum(stroke.head is not None for stroke in strokes) == 6


def test_corners_are_round() -> None:
    paths = [one.get("d") or "" for one in of_kind(element(SMALL), "line")]
    assert any("Q" in path for path in paths)
    assert all(re.fullmatch(r"M[-\d.]+ [-\d.]+([LQ][-\d. ]+)+", path) for path in paths)
