"""Networks to draw, and what holds for the picture of every network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

from netc.compiler.draw import Direction
from netc.compiler.draw.diagram import Diagram, diagram_of
from netc.compiler.draw.measure import SMALL_HEIGHT, columns
from netc.compiler.draw.scene import Link, Rectangle, Scene, TooLarge, scene_of
from netc.compiler.graph import Graph
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

SPECS = Path(__file__).parents[2] / "specs"
EVERY_SPEC = sorted([*SPECS.glob("*.net"), *SPECS.glob("course/*.net")])
WIDEST = 0.602
"""The width of a character over its size, in DejaVu Sans Mono and in Menlo."""
Segment = tuple[tuple[float, float], tuple[float, float]]

SMALL = """\
block cb(c) = conv $c 3x3 pad=1 bias=false -> bn
block basic(c) = add [cb $c -> relu -> cb $c | id] -> relu
input 8x8x3 name=image -> cb 16 -> relu -> repeat 3 [basic 16] -> flatten -> @a
input 4 name=meta -> dense 4 -> @b
concat @a @b -> dense 10 softmax -> @digit
"""
UNET = """\
block two(c) = conv $c 3x3 pad=1 relu -> conv $c 3x3 pad=1 relu
input 64x64x1 -> two 8 -> @a -> maxpool 2x2 -> two 16 -> @b -> maxpool 2x2 -> two 32 -> @c
  -> maxpool 2x2 -> two 64 -> @d -> maxpool 2x2 -> two 128
  -> deconv 64 2x2 stride=2 -> concat @d -> two 64 -> deconv 32 2x2 stride=2 -> concat @c -> two 32
  -> deconv 16 2x2 stride=2 -> concat @b -> two 16 -> deconv 8 2x2 stride=2 -> concat @a -> two 8
  -> conv 3 1x1 softmax
"""
DENSE = """\
input 16x16x8 -> conv 8 3x3 pad=1 relu -> @a -> conv 8 3x3 pad=1 relu -> @b
concat @a @b -> conv 8 3x3 pad=1 relu -> @c
concat @a @b @c -> conv 8 3x3 pad=1 relu -> @d
concat @a @b @c @d -> conv 8 1x1 relu -> @e
concat @a @c @e -> flatten -> dense 10 softmax
"""
INCEPTION = """\
input 28x28x192 -> concat [
    conv 64 1x1 relu
  | conv 96 1x1 relu -> conv 128 3x3 pad=1 relu
  | conv 16 1x1 relu -> conv 32 5x5 pad=2 relu
  | maxpool 3x3 stride=1 pad=1 -> conv 32 1x1 relu
]
"""
INPUTS = """\
input 32x32x3 name=image -> conv 8 3x3 relu -> conv 8 3x3 relu -> maxpool 2x2 -> flatten -> @a
input 12 name=meta -> dense 16 relu -> @b
input 7 name=more -> dense 16 relu -> dense 4 -> @c
concat @a @b @c -> dense 64 relu -> dense 3 softmax
"""
OUTPUTS = """\
input 64x64x3 -> conv 16 3x3 stride=2 pad=1 relu -> conv 32 3x3 stride=2 pad=1 relu -> @early
  -> conv 64 3x3 stride=2 pad=1 relu -> @mid -> conv 64 3x3 pad=1 relu -> gap -> dense 64 -> @trunk
@trunk -> dense 10 softmax -> @digit
@trunk -> dense 4 -> @box
@trunk -> dense 1 sigmoid -> @real
@early -> gap -> dense 10 softmax -> @aux1
@mid -> gap -> dense 10 softmax -> @aux2
"""
PYRAMID = """\
input 64x64x3 -> conv 8 3x3 stride=2 pad=1 relu -> @c2 -> conv 16 3x3 stride=2 pad=1 relu -> @c3
  -> conv 32 3x3 stride=2 pad=1 relu -> @c4 -> conv 16 1x1 -> @p4
@c3 -> conv 16 1x1 -> @l3
@p4 -> deconv 16 2x2 stride=2 -> add @l3 -> @p3
@c2 -> conv 16 1x1 -> @l2
@p3 -> deconv 16 2x2 stride=2 -> add @l2 -> conv 4 3x3 pad=1 -> @o2
@p3 -> conv 4 3x3 pad=1 -> @o3
@p4 -> conv 4 3x3 pad=1 -> @o4
"""
NESTED = """\
input 8x8x8 -> add [
    add [conv 8 3x3 pad=1 -> conv 8 3x3 pad=1 | id]
    -> add [conv 8 1x1 | conv 8 3x3 pad=1 -> relu -> conv 8 1x1 | id]
  | id
] -> concat [id | avgpool 3x3 stride=1 pad=1 | max [conv 8 1x1 | conv 8 3x3 pad=1]]
  -> flatten -> dense 10
"""
OPTIONS = """\
input 64x64x3 -> conv 16 3x3 stride=2 pad=(1, 2) dilation=1 groups=1 init=normal(0.01) bias=false
  -> conv 32 5x7 stride=(2, 1) pad=(2, 3) dilation=(2, 1) lr=0.5 -> maxpool 3x3 stride=2 round=floor
  -> flatten -> dense 10
"""
RESNET152 = """\
block cb(c, k=1x1, stride=1, pad=0) = conv $c $k stride=$stride pad=$pad bias=false bn
block neck(c, stride=1) = cb $c relu -> cb $c 3x3 stride=$stride pad=1 relu -> cb (4*$c)
block same(c) = add [neck $c | id] -> relu
block proj(c, stride) = add [neck $c stride=$stride | cb (4*$c) stride=$stride] -> relu
input 224x224x3 -> cb 64 7x7 stride=2 pad=3 relu -> maxpool 3x3 stride=2 pad=1
  -> proj 64 1 -> repeat 2 [same 64] -> proj 128 2 -> repeat 7 [same 128]
  -> proj 256 2 -> repeat 35 [same 256] -> proj 512 2 -> repeat 2 [same 512]
  -> gap -> dense 1000 softmax
"""
CROSSED = """\
input 8 -> dense 8 relu -> @a -> dense 8 relu -> @b -> dense 8 relu -> @c
add @c @a -> dense 8 tanh -> @d
add @d @b -> dense 8 relu -> @e
add @e @a -> dense 3
"""
APART = """\
input 4 name=x -> dense 3
input 5 name=y -> dense 2
"""


def chain_of(layers: int, word: str = "") -> str:
    """Layers that are all different."""
    sizes = (f"dense {2 * layers - at} {word}".strip() for at in range(layers))
    return f"input {2 * layers} -> " + " -> ".join(sizes)


NETS = {
    "small": SMALL,
    "unet4": UNET,
    "dense": DENSE,
    "inception": INCEPTION,
    "inputs": INPUTS,
    "outputs": OUTPUTS,
    "pyramid": PYRAMID,
    "nested": NESTED,
    "options": OPTIONS,
    "resnet152": RESNET152,
    "crossed": CROSSED,
    "apart": APART,
    "one": "input 4 -> dense 2",
    "only": "input 4",
    "repeat": "input 16x16x3 -> repeat 50 [conv 16 3x3 pad=1 relu] -> flatten -> dense 10 softmax",
    "activations": f"input 10 -> {' -> '.join(['relu', 'tanh'] * 20)} -> dense 3",
    "chain": chain_of(300, "relu"),
}


def graph_of(text: str) -> Graph:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return checked.graph


def scene(graph: Graph, direction: Direction) -> Scene:
    found = scene_of(graph, direction)
    assert not isinstance(found, TooLarge)
    return found


def check_laws(graph: Graph, direction: Direction) -> None:
    """Everything that holds for every picture."""
    diagram, drawn = diagram_of(graph), scene(graph, direction)
    _check_places(drawn)
    _check_texts(drawn)
    _check_links(diagram, drawn)
    _check_flow(drawn, direction)


def _check_places(drawn: Scene) -> None:
    boxes = [shape.place for shape in drawn.boxes]
    page = Rectangle(0, 0, drawn.width, drawn.height)
    for one, other in combinations(boxes, 2):
        assert not meet(one, other)
    frames = [shape.place for shape in drawn.frames]
    for frame in frames:
        for box in boxes:
            assert holds(frame, box) or not meet(frame, box)
    for one, other in combinations(frames, 2):
        assert holds(one, other) or holds(other, one) or not meet(one, other)
    for place in (*boxes, *frames, *(label.place for label in drawn.labels)):
        assert holds(page, place)


def _check_texts(drawn: Scene) -> None:
    for shape in drawn.boxes:
        widths = [columns(line) * 12 * WIDEST for line in shape.box.words]
        widths.append(columns(shape.box.facts) * 11 * WIDEST)
        assert max(widths) + 8 <= shape.place.width
        lines = len(shape.box.words) * 16 + bool(shape.box.facts) * SMALL_HEIGHT
        assert lines + 8 <= shape.place.height
    texts = [(label.text, label.place) for label in drawn.labels]
    texts += [(shape.frame.text, shape.heading) for shape in drawn.frames]
    for text, place in texts:
        assert columns(text) * 11 * WIDEST <= place.width
        assert not any(meet(place, shape.place) for shape in drawn.boxes), text
        crossing = [link for link in drawn.links if any(cuts(s, place) for s in segments(link))]
        assert not crossing, (text, crossing)
    for (text, one), (_, other) in combinations(texts, 2):
        assert not meet(one, other), text
    for shape in drawn.frames:
        assert holds(shape.place, shape.heading)


def _check_links(diagram: Diagram, drawn: Scene) -> None:
    names = [box.name for box in diagram.boxes]
    wanted = {(names[source], names[target]) for source, target in diagram.links}
    read = {source for source, _ in diagram.links}
    ends = {name for at, name in enumerate(names) if at not in read}
    assert {(link.source, link.target) for link in drawn.links if link.target} == wanted
    assert {link.source for link in drawn.links if link.target is None} == ends
    assert len(drawn.links) == len(wanted) + len(ends)
    assert [shape.box.name for shape in drawn.boxes] == names
    places = {shape.box.name: shape.place for shape in drawn.boxes}
    for link in drawn.links:
        assert touches(places[link.source], link.points[0]), link
        assert link.target is None or touches(places[link.target], link.points[-1]), link
        for segment in segments(link):
            (x, y), (to_x, to_y) = segment
            assert abs(x - to_x) < 0.02 or abs(y - to_y) < 0.02, link
            assert not any(cuts(segment, place) for place in places.values()), link


def _check_flow(drawn: Scene, direction: Direction) -> None:
    """Links leave a box at its end and reach it at its beginning or at its side; those of a skip
    that lies across go through a box from side to side."""
    places = {shape.box.name: shape.place for shape in drawn.boxes}
    left: dict[str, str] = {}
    reached: dict[str, set[str]] = {}
    for link in drawn.links:
        side = side_of(places[link.source], link.points[0], direction)
        assert left.setdefault(link.source, side) == side
        if link.target is not None:
            side = side_of(places[link.target], link.points[-1], direction)
            reached.setdefault(link.target, set()).add(side)
    for name, side in left.items():
        came = reached.get(name, set())
        assert came == {"beside"} if side == "beside" else side not in came


def side_of(place: Rectangle, point: tuple[float, float], direction: Direction) -> str:
    at, start, end = point[1], place.y, place.y + place.height
    if direction == "right":
        at, start, end = point[0], place.x, place.x + place.width
    if abs(at - start) < 0.02:
        return "start"
    return "end" if abs(at - end) < 0.02 else "beside"


def segments(link: Link) -> Iterator[Segment]:
    yield from pairwise(link.points)


def meet(one: Rectangle, other: Rectangle) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def holds(one: Rectangle, other: Rectangle) -> bool:
    slack = 0.02
    return (
        one.x <= other.x + slack
        and one.y <= other.y + slack
        and one.x + one.width >= other.x + other.width - slack
        and one.y + one.height >= other.y + other.height - slack
    )


def cuts(segment: Segment, place: Rectangle) -> bool:
    """Whether a line passes through the inside of a rectangle."""
    (x, y), (to_x, to_y) = segment
    inner = 0.05
    return (
        min(x, to_x) < place.x + place.width - inner
        and max(x, to_x) > place.x + inner
        and min(y, to_y) < place.y + place.height - inner
        and max(y, to_y) > place.y + inner
    )


def touches(place: Rectangle, point: tuple[float, float]) -> bool:
    """Whether a point is on the edge of a rectangle."""
    x, y = point
    inside = (
        place.x - 0.02 <= x <= place.x + place.width + 0.02
        and place.y - 0.02 <= y <= place.y + place.height + 0.02
    )
    return inside and not cuts(((x - 0.2, y), (x + 0.2, y)), _shrunk(place))


def _shrunk(place: Rectangle) -> Rectangle:
    return Rectangle(place.x + 0.3, place.y + 0.3, place.width - 0.6, place.height - 0.6)
