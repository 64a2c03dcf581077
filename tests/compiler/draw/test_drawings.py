"""Pictures of networks: whole, well-formed, without overlaps, and the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from command import run_netc
from netc.compiler.draw.diagram import diagram_of
from netc.compiler.draw.flowchart import dot_text, mermaid_text
from netc.compiler.draw.svg import svg_element, svg_text
from netc.compiler.graph import Graph
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

SPECS = Path(__file__).parents[3] / "specs"
SNAPSHOTS = Path(__file__).parent / "snapshots"
SVG = "{http://www.w3.org/2000/svg}"

SMALL = """\
block cb(c) = conv $c 3x3 pad=1 bias=false -> bn
block basic(c) = add [cb $c -> relu -> cb $c | id] -> relu
input 8x8x3 name=image -> cb 16 -> relu -> repeat 3 [basic 16] -> flatten -> @a
input 4 name=meta -> dense 4 -> @b
concat @a @b -> dense 10 softmax -> @digit
"""

Rectangle = tuple[float, float, float, float]


def graph_of(text: str) -> Graph:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return checked.graph


def spec_graph(path: Path) -> Graph:
    return graph_of(path.read_text("utf-8"))


def rectangles(root: ElementTree.Element, kind: str) -> list[Rectangle]:
    found = []
    for element in root.iter(f"{SVG}rect"):
        if kind in (element.get("class") or "").split():
            x, y, w, h = (float(element.get(key) or 0) for key in ("x", "y", "width", "height"))
            found.append((x, y, x + w, y + h))
    return found


def meet(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def holds(one: Rectangle, other: Rectangle) -> bool:
    return all((one[0] <= other[0], one[1] <= other[1], one[2] >= other[2], one[3] >= other[3]))


every_spec = pytest.mark.parametrize(
    "path", sorted(SPECS.glob("*.net")), ids=lambda path: path.stem
)


@every_spec
def test_every_layer_is_drawn_or_has_an_equal_that_is(path: Path) -> None:
    graph = spec_graph(path)
    diagram = diagram_of(graph)
    drawn = [node.name for box in diagram.boxes for node in box.nodes]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) | set(diagram.stands_for) == {node.name for node in graph.nodes}
    assert not set(drawn) & set(diagram.stands_for)
    assert set(diagram.stands_for.values()) <= set(drawn)


@every_spec
def test_links_follow_the_inputs(path: Path) -> None:
    graph = spec_graph(path)
    diagram = diagram_of(graph)
    home = {node.name: box.name for box in diagram.boxes for node in box.nodes}
    home |= {name: home[shown] for name, shown in diagram.stands_for.items()}
    drawn = {node.name for box in diagram.boxes for node in box.nodes}
    wanted = {
        (home[source], home[node.name])
        for node in graph.nodes
        if node.name in drawn
        for source in node.inputs
        if home[source] != home[node.name]
    }
    assert set(diagram.links) == wanted


@every_spec
def test_pictures_are_well_formed_and_nothing_overlaps(path: Path) -> None:
    root = ElementTree.fromstring(svg_text(spec_graph(path), title=path.stem))
    boxes = rectangles(root, "box")
    assert len(boxes) == len(diagram_of(spec_graph(path)).boxes)
    assert not any(meet(one, other) for one, other in combinations(boxes, 2))
    frames = rectangles(root, "frame")
    for frame in frames:
        assert all(holds(frame, box) or not meet(frame, box) for box in boxes)
    for one, other in combinations(frames, 2):
        assert holds(one, other) or holds(other, one) or not meet(one, other)
    left, top, width, height = (float(part) for part in (root.get("viewBox") or "").split())
    page = (left, top, left + width, top + height)
    assert all(holds(page, shape) for shape in (*boxes, *frames))


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "unet"])
def test_no_link_passes_through_a_box(name: str) -> None:
    root = ElementTree.fromstring(svg_text(spec_graph(SPECS / f"{name}.net")))
    boxes = rectangles(root, "box")
    for element in root.iter(f"{SVG}path"):
        if element.get("class") != "link":
            continue
        path = element.get("d") or ""
        for x, top, bottom in straight_parts(path):
            assert not any(
                box[0] < x < box[2] and box[1] < bottom and top < box[3] for box in boxes
            ), path


def straight_parts(path: str) -> list[tuple[float, float, float]]:
    """Where a link passes a layer: x, from y, to y."""
    steps = re.findall(r"[MCL][^MCL]*", path)
    ends = [[float(number) for number in step[1:].split()] for step in steps]
    return [
        (ends[at][-2], ends[at - 1][-1], ends[at][-1])
        for at, step in enumerate(steps)
        if step[0] == "L"
    ]


@pytest.mark.parametrize(
    ("name", "draw"),
    [("small.svg", svg_text), ("small.mmd", mermaid_text), ("small.dot", dot_text)],
)
def test_a_small_net_looks_like_this(
    name: str, draw: Callable[[Graph], str], request: pytest.FixtureRequest
) -> None:
    text = draw(graph_of(SMALL))
    path = SNAPSHOTS / name
    if request.config.getoption("--update-snapshots"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text


def test_titles_may_hold_any_character() -> None:
    root = ElementTree.fromstring(svg_text(graph_of(SMALL), title='a < b & "c"'))
    assert root.findtext(f"{SVG}title") == 'a < b & "c"'


def test_an_element_can_stand_in_a_page_several_times() -> None:
    text = svg_element(graph_of(SMALL))
    root = ElementTree.fromstring(text)
    assert text.startswith("<svg ")
    assert not any(element.get("id") for element in root.iter())
    assert "<script" not in text
    rules = (root.findtext(f"{SVG}style") or "").split("}")
    assert all(
        rule.strip().startswith((".netc-graph ", "@media")) for rule in rules if rule.strip()
    )
    assert not rectangles(root, "page")


def test_equal_blocks_are_drawn_once() -> None:
    diagram = diagram_of(graph_of(SMALL))
    assert [block.text for block in diagram.blocks] == ["basic x 3"]
    assert {name.split(".")[0] for name in diagram.stands_for} == {"basic2", "basic3"}


def test_the_command_writes_the_file_that_was_asked_for(tmp_path: Path) -> None:
    def netc(*arguments: str) -> CompletedProcess[str]:
        return run_netc(tmp_path, "show", *arguments)

    lenet = str(SPECS / "lenet5.net")
    for ending, start in [("svg", "<?xml"), ("mmd", "flowchart TD"), ("dot", "digraph")]:
        done = netc("--graph", f"net.{ending}", lenet)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / f"net.{ending}").read_text("utf-8").startswith(start)
    for arguments, words in [
        (["--graph", "net.png", lenet], "`.svg`"),
        (["--graph", "net.svg", str(SPECS)], "one spec"),
        (["--graph", "net.svg", "--json", lenet], "combined with --json"),
    ]:
        done = netc(*arguments)
        assert (done.returncode, words in done.stderr) == (2, True)
    done = netc("--graph", "wrong.svg", "-e", "input 4x4x1 -> dense 2")
    assert (done.returncode, (tmp_path / "wrong.svg").exists()) == (1, False)
    assert netc("--graph", "nowhere/net.svg", lenet).returncode == 1
