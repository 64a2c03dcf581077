"""Where everything stands in the picture of a network."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from drawings import (
    EVERY_SPEC,
    INCEPTION,
    NETS,
    RESNET152,
    SMALL,
    UNET,
    chain_of,
    check_laws,
    graph_of,
    scene,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st
from netc.compiler.draw import Direction
from netc.compiler.draw.scene import Link, Scene, TooLarge, scene_of
from work import counted

both = pytest.mark.parametrize("direction", ["down", "right"])
DIRECTIONS: list[Direction] = ["down", "right"]


@both
@pytest.mark.parametrize("name", NETS)
def test_the_laws_hold_for_nets_of_every_form(name: str, direction: Direction) -> None:
    check_laws(graph_of(NETS[name]), direction)


@both
@pytest.mark.parametrize("path", EVERY_SPEC, ids=lambda path: path.stem)
def test_the_laws_hold_for_every_spec(path: Path, direction: Direction) -> None:
    check_laws(graph_of(path.read_text("utf-8")), direction)


@st.composite
def nets(draw: st.DrawFn) -> str:
    """Layers that read one or several of those before them, some within blocks."""
    lines = [
        "block pair(n) = dense $n relu -> dense 8",
        "block res(n) = add [dense $n tanh -> dense 8 | id] -> relu",
    ]
    layers = ["dense 8", "dense 8 relu", "dense 12 -> dense 8", "pair 9", "res 8", "id"]
    layers += ["repeat 3 [res 5]", "concat [dense 3 | dense 4 -> relu | id] -> dense 8"]
    inputs = draw(st.integers(1, 3))
    lines += [
        f"input 8 name=in{at} -> {draw(st.sampled_from(layers))} -> @x{at}" for at in range(inputs)
    ]
    for at in range(inputs, inputs + draw(st.integers(1, 12))):
        near = st.integers(max(0, at - 4), at - 1)
        sources = draw(st.lists(near | st.integers(0, at - 1), min_size=1, max_size=4, unique=True))
        labels = " ".join(f"@x{source}" for source in sources)
        first = labels if len(sources) == 1 else f"add {labels}"
        lines.append(f"{first} -> {draw(st.sampled_from(layers))} -> @x{at}")
    return "\n".join(lines)


@given(nets(), st.sampled_from(DIRECTIONS))
@settings(max_examples=80, deadline=None)
def test_the_laws_hold_however_layers_are_linked(text: str, direction: Direction) -> None:
    check_laws(graph_of(text), direction)


def link(drawn: Scene, source: str, target: str) -> Link:
    (found,) = [one for one in drawn.links if (one.source, one.target) == (source, target)]
    return found


def middles(drawn: Scene) -> dict[str, float]:
    return {shape.box.name: shape.place.x + shape.place.width / 2 for shape in drawn.boxes}


def tops(drawn: Scene) -> dict[str, float]:
    return {shape.box.name: shape.place.y for shape in drawn.boxes}


def test_a_skip_goes_beside_its_block_into_the_side_of_the_sum() -> None:
    drawn = scene(graph_of("input 8 -> add [dense 9 -> dense 8 | id] -> dense 2"), "down")
    x = middles(drawn)
    assert x["input1"] == x["dense1"] == x["dense2"] == x["add1"]
    skip = link(drawn, "input1", "add1").points
    assert len(skip) == 5
    assert skip[2][0] > max(shape.place.x + shape.place.width for shape in drawn.boxes[1:3])
    assert skip[-1][1] == pytest.approx(
        tops(drawn)["add1"] + drawn.boxes[3].place.height / 2, abs=0.01
    )


def test_branches_are_straight() -> None:
    drawn = scene(graph_of(INCEPTION), "down")
    x = middles(drawn)
    assert x["conv2"] == x["conv3"]
    assert x["conv4"] == x["conv5"]
    assert x["maxpool1"] == x["conv6"]
    assert x["input1"] == x["concat1"]
    assert x["conv1"] < x["conv2"] < x["conv4"] < x["maxpool1"]


@both
def test_a_net_with_skips_between_its_shapes_is_a_u(direction: Direction) -> None:
    drawn = scene(graph_of(UNET), direction)
    places = {shape.box.name: shape.place for shape in drawn.boxes}
    down = ["input1", "maxpool1", "maxpool2", "maxpool3", "maxpool4", "two5.conv2"]
    up = ["deconv1", "concat1", "deconv2", "concat2", "deconv3", "concat3", "deconv4", "concat4"]
    along = [places[name].y if direction == "down" else places[name].x for name in down]
    assert along == sorted(along)
    along = [places[name].y if direction == "down" else places[name].x for name in up]
    assert along == sorted(along, reverse=True)
    for number, source in enumerate(["two4", "two3", "two2", "two1"], 1):
        skip = link(drawn, f"{source}.conv2", f"concat{number}").points
        assert len(skip) == 3, "down, and right across"


def test_the_paper_s_u_net_has_its_crops_on_the_skips() -> None:
    (path,) = [path for path in EVERY_SPEC if path.stem == "unet"]
    drawn = scene(graph_of(path.read_text("utf-8")), "down")
    places = {shape.box.name: shape.place for shape in drawn.boxes}
    for number in range(1, 5):
        crop, concat = places[f"crop{number}"], places[f"concat{number}"]
        assert crop.y + crop.height / 2 == pytest.approx(concat.y + concat.height / 2)
        assert crop.x + crop.width < concat.x


def test_a_bottleneck_of_channels_is_no_u() -> None:
    text = "add [conv 4 1x1 -> add [conv 2 1x1 -> conv 4 1x1 | id] -> conv 8 1x1 | id]"
    drawn = scene(graph_of(f"input 6x6x8 -> {text} -> flatten"), "down")
    for above, below in pairwise(["conv1", "conv2", "conv3", "add1", "conv4", "add2"]):
        assert tops(drawn)[above] < tops(drawn)[below]


@both
@pytest.mark.parametrize("layers", [300, 1000])
def test_a_deep_net_is_drawn_in_rows(layers: int, direction: Direction) -> None:
    drawn = scene(graph_of(chain_of(layers)), direction)
    assert len(drawn.boxes) == layers + 1
    assert max(drawn.width, drawn.height) < 7000
    assert 1 / 3 < drawn.width / drawn.height < 3


def test_a_resnet_of_152_layers_fits_on_a_screen() -> None:
    drawn = scene(graph_of(RESNET152), "down")
    texts = [shape.frame.text for shape in drawn.frames if shape.frame.times > 1]
    assert texts == ["same x 2", "same x 7", "same x 35", "same x 2"]
    assert max(drawn.width, drawn.height) < 2000


def test_two_nets_stand_beside_each_other() -> None:
    drawn = scene(graph_of(NETS["apart"]), "down")
    assert [shape.place.y for shape in drawn.boxes].count(24.0) == 2


def test_shapes_stand_on_the_arrows() -> None:
    drawn = scene(graph_of(SMALL), "down")
    texts = [label.text for label in drawn.labels]
    assert texts.count("8x8x16") == 4
    assert {"8x8x3", "1024 @a", "4 @b", "1028", "10 @digit"} <= set(texts)


def merged(count: int) -> str:
    labels = "".join(f"@x -> dense 8 -> @y{at}\n" for at in range(count))
    names = " ".join(f"@y{at}" for at in range(count))
    return f"input 8 -> dense 8 -> @x\n{labels}concat {names} -> dense 2"


def chained(count: int) -> str:
    names = " ".join(f"@y{at}" for at in range(count))
    chain = " -> ".join(f"dense {8 + at} -> @y{at}" for at in range(count))
    return f"input 8 -> {chain}\nconcat {names} -> dense 2"


@pytest.mark.parametrize("text", [merged(3000), chained(3000)], ids=["beside", "in a line"])
def test_thousands_of_links_into_one_layer_are_refused(text: str) -> None:
    found = scene_of(graph_of(text), "down")
    assert isinstance(found, TooLarge)
    assert "too large to draw" in str(found)


@pytest.mark.parametrize("make", [merged, chained, chain_of])
def test_drawing_takes_time_in_proportion(make: Callable[[int], str]) -> None:
    few, many = (work_of(make(count)) for count in (150, 600))
    assert many < 6 * few


def work_of(text: str) -> int:
    graph = graph_of(text)
    return counted(lambda: scene_of(graph, "down"))[1]
