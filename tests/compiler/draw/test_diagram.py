"""What is drawn of a network: boxes, links, and what repeats."""

from __future__ import annotations

import pytest
from drawings import EVERY_SPEC, NETS, SMALL, graph_of
from netc.compiler.draw.diagram import Diagram, diagram_of
from netc.compiler.draw.mermaid import mermaid_text

every_net = pytest.mark.parametrize(
    "text",
    [*(path.read_text("utf-8") for path in EVERY_SPEC), *NETS.values()],
    ids=[*(path.stem for path in EVERY_SPEC), *NETS],
)


def frames(text: str) -> list[str]:
    return [frame.text for frame in diagram_of(graph_of(text)).frames]


def repeated(text: str) -> list[str]:
    return [frame.text for frame in diagram_of(graph_of(text)).frames if frame.times > 1]


def words(diagram: Diagram) -> list[str]:
    return [" ".join(box.words) for box in diagram.boxes]


@every_net
def test_every_layer_is_drawn_or_has_an_equal_that_is(text: str) -> None:
    graph = graph_of(text)
    diagram = diagram_of(graph)
    drawn = [node.name for box in diagram.boxes for node in box.nodes]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) | set(diagram.stands_for) == {node.name for node in graph.nodes}
    assert not set(drawn) & set(diagram.stands_for)
    assert set(diagram.stands_for.values()) <= set(drawn)


@every_net
def test_links_follow_the_inputs(text: str) -> None:
    graph = graph_of(text)
    diagram = diagram_of(graph)
    home = {node.name: at for at, box in enumerate(diagram.boxes) for node in box.nodes}
    drawn = set(home)
    home |= {name: home[shown] for name, shown in diagram.stands_for.items()}
    wanted = {
        (home[source], home[node.name])
        for node in graph.nodes
        if node.name in drawn
        for source in node.inputs
        if home[source] != home[node.name]
    }
    assert set(diagram.links) == wanted


@every_net
def test_one_link_goes_into_a_frame_and_one_out(text: str) -> None:
    diagram = diagram_of(graph_of(text))
    for number in range(len(diagram.frames)):
        inside = set()
        for at, box in enumerate(diagram.boxes):
            frame = box.frame
            while frame is not None:
                if frame == number:
                    inside.add(at)
                frame = diagram.frames[frame].parent
        assert len({a for a, b in diagram.links if b in inside and a not in inside}) <= 1
        assert len({a for a, b in diagram.links if a in inside and b not in inside}) <= 1


def test_equal_blocks_are_drawn_once() -> None:
    diagram = diagram_of(graph_of(SMALL))
    assert [(frame.text, frame.times) for frame in diagram.frames] == [("basic x 3", 3)]
    assert {name.split(".")[0] for name in diagram.stands_for} == {"basic2", "basic3"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("input 8 -> repeat 50 [dense 8 relu] -> dense 2", ["x 50"]),
        ("input 8 -> repeat 2 [dense 8 relu] -> dense 2", []),
        ("input 8 -> repeat 3 [dense 8 -> dense 4 relu -> dense 8] -> dense 2", ["x 3"]),
        ("input 8 -> repeat 2 [add [dense 8 relu -> dense 8 | id] -> relu] -> dense 2", ["x 2"]),
        ("input 8 -> repeat 3 [repeat 9 [dense 8] -> dense 4 -> dense 8]", ["x 3", "x 9"]),
        # two blocks whose names end in digits
        ("block b2(n) = dense $n relu\ninput 8 -> b2 8 -> b2 8 -> b2 8 -> dense 2", ["b2 x 3"]),
        (
            "block b(n) = dense $n relu\ninput 8 -> each n=(9,8,7,6,5,4,3,2,9,8) [b $n]"
            " -> b 8 -> b 8 -> dense 2",
            ["b x 3"],
        ),
        # the end of the first unit is read again later
        ("block b = dense 8 relu -> dense 8\ninput 8 -> b -> @a -> b -> @b\nadd @a @b", []),
    ],
)
def test_what_repeats_is_drawn_once(text: str, wanted: list[str]) -> None:
    assert repeated(text) == wanted


def test_what_grows_shows_its_first_and_its_last_shape() -> None:
    grows = "input 4x4x8 -> repeat 3 [concat [id | conv 4 3x3 pad=1 relu]] -> flatten -> dense 2"
    diagram = diagram_of(graph_of(grows))
    assert [frame.text for frame in diagram.frames] == ["x 3"]
    outputs = {" ".join(box.words): box.output for box in diagram.boxes}
    assert outputs["concat"] == "4x4x12…20"
    assert outputs["conv 4 3x3 pad=1 relu"] == "4x4x4"
    facts = {" ".join(box.words): box.facts for box in diagram.boxes}
    assert facts["conv 4 3x3 pad=1 relu"] == "292…580 params"
    shrinks = "input 64x64x2 -> repeat 4 [conv 2 3x3 pad=1 -> maxpool 2x2] -> flatten"
    assert "32x32x2 … 4x4x2" in [box.output for box in diagram_of(graph_of(shrinks)).boxes]


def test_a_layer_after_a_repeated_block_is_not_drawn_in_it() -> None:
    text = "block b = conv 8 3x3 pad=1\ninput 4x4x8 -> repeat 3 [b] -> relu -> flatten"
    diagram = diagram_of(graph_of(text))
    assert words(diagram) == ["input 4x4x8", "conv 8 3x3 pad=1", "relu", "flatten"]
    assert [box.frame for box in diagram.boxes] == [None, 0, None, None]


def test_labels_stand_beside_the_shapes() -> None:
    diagram = diagram_of(graph_of(SMALL))
    outputs = [box.output for box in diagram.boxes]
    assert {"1024 @a", "4 @b", "10 @digit"} <= set(outputs)


def test_long_options_are_cut() -> None:
    diagram = diagram_of(graph_of(f"input 8 name={'a' * 300} -> dense 8"))
    assert all(len(line) <= 36 for box in diagram.boxes for line in box.words)
    assert "…" in diagram.boxes[0].words[-1]


def test_the_number_of_lines_is_bounded() -> None:
    chain = " -> ".join(["relu", "tanh", "sigmoid", "elu"] * 3 + ["softplus"] * 2)
    diagram = diagram_of(graph_of(f"input 8 -> dense 8 -> {chain}"))
    assert max(len(box.words) for box in diagram.boxes) <= 6


def test_the_name_of_a_block_has_no_number() -> None:
    text = (
        "block b2 = dense 8 relu -> dense 8\ninput 8 -> dense 8 -> b2 -> dense 3 -> dense 8 -> b2"
    )
    assert frames(text) == ["b21", "b22"]


def test_long_names_are_cut() -> None:
    block, label = "b" * 300, "l" * 300
    text = f"block {block} = dense 8 relu -> dense 8\ninput 8 -> repeat 3 [{block}] -> @{label}"
    graph = graph_of(text)
    assert frames(text) == [f"{'b' * 29}… x 3"]
    assert max(len(box.output) for box in diagram_of(graph).boxes) <= 40
    assert "…" in mermaid_text(graph)


def test_a_layer_with_the_weights_of_another_says_so() -> None:
    text = "input 8 -> dense 8 -> @first -> relu -> dense 8 share=@first"
    facts = [box.facts for box in diagram_of(graph_of(text)).boxes]
    assert facts == ["", "72 params", "weights of @first"]
