"""Networks as Mermaid flowcharts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from drawings import NETS, SMALL, graph_of
from netc.compiler.draw.diagram import diagram_of
from netc.compiler.draw.mermaid import mermaid_text

SNAPSHOTS = Path(__file__).parent / "snapshots"


def test_a_small_net_looks_like_this(request: pytest.FixtureRequest) -> None:
    text = mermaid_text(graph_of(SMALL))
    path = SNAPSHOTS / "small.mmd"
    if request.config.getoption("--update-snapshots"):
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text


def test_the_direction() -> None:
    assert mermaid_text(graph_of(SMALL), direction="right").startswith("flowchart LR\n")


@pytest.mark.parametrize("name", NETS)
def test_every_box_link_and_frame_is_there(name: str) -> None:
    graph = graph_of(NETS[name])
    diagram, lines = diagram_of(graph), mermaid_text(graph).splitlines()
    boxes = [line for line in lines if re.match(r" +n[0-9]+\[", line)]
    assert len(boxes) == len(diagram.boxes)
    assert sum("-->|" in line for line in lines) == len(diagram.links)
    assert sum("subgraph" in line for line in lines) == len(diagram.frames)
    assert sum(line.strip() == "end" for line in lines) == len(diagram.frames)
    assert sum("--> out" in line for line in lines) == len(graph.outputs)
