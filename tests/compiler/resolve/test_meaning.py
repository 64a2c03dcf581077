"""What specs mean: names of layers, labels, defaults, arithmetic, and equal spellings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from netc.compiler.ir import Model, to_json
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of

SPECS = Path(__file__).parents[3] / "specs"


def checked(text: str, **overrides: str) -> Checked:
    result = check(source_of(text), BUILTIN, read_source, overrides=overrides)
    assert [str(problem.message()) for problem in result.problems if problem.is_error] == []
    return result


def model(text: str, **overrides: str) -> Model:
    return checked(text, **overrides).model


def names(text: str) -> list[str]:
    return [node.name for node in model(text).nodes]


def shapes(text: str) -> list[str]:
    return [
        "x".join(str(size) for size in node.shape) + " " + node.layer.word
        for node in checked(text).graph.nodes
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("input 784 -> dense 128 relu -> dense 10 softmax", 101_770),
        ((SPECS / "lenet5.net").read_text(), 61_706),
        ((SPECS / "alexnet.net").read_text(), 60_965_224),
        ((SPECS / "vgg16.net").read_text(), 138_357_544),
        ((SPECS / "googlenet.net").read_text(), 6_998_552),
        ((SPECS / "resnet18.net").read_text(), 11_689_512),
        ((SPECS / "resnet50.net").read_text(), 25_557_032),
    ],
)
def test_known_parameter_counts(text: str, count: int) -> None:
    assert checked(text).graph.parameter_count() == count


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("input 4 -> dense 3 -> id", ["input1", "dense1"]),
        ("input 4 -> dense 3 -> id relu", ["input1", "dense1", "relu1"]),
        ("input 4 -> dense 3 -> id name=same", ["input1", "dense1", "same"]),
        ("input 4 -> dense 3 -> id -> @same", ["input1", "dense1", "id1"]),
        ("input 4 -> add [dense 4 | id name=skip]", ["input1", "dense1", "skip", "add1"]),
    ],
)
def test_an_id_is_a_layer_where_it_has_a_name_or_a_label(text: str, layers: list[str]) -> None:
    found = checked(text)
    assert not found.has_errors
    assert [node.name for node in found.model.nodes] == layers


EQUAL = [
    ("input 4 -> dense 3 relu", "input 4 -> dense 3 -> relu"),
    ("input 4 -> dense 3 bn relu -> dense 2", "input 4\n -> dense 3 -> bn\n -> relu -> dense 2"),
    ("input 4 -> repeat 0 [relu] -> dense 3", "input 4 -> dense 3"),
    ("input 4 -> repeat 2 [dense 3 relu]", "input 4 -> dense 3 relu -> dense 3 relu"),
    ("input 4 -> id -> dense 3 -> id", "input 4 -> dense 3"),
    ("input 4 -> each n=(3, 2) [dense $n]", "input 4 -> dense 3 -> dense 2"),
    (
        "input 4 -> each n=(3, 2) k=(2, 1) [repeat $k [dense $n]]",
        "input 4 -> dense 3 -> dense 3 -> dense 2",
    ),
    ("input 4 -> dense (2*3+1)", "input 4 -> dense 7"),
    ("input 4 -> dense (2*(3+1))", "input 4 -> dense 8"),
    ("input 4 -> dense (10-2-3)", "input 4 -> dense 5"),
    ("input 4 -> dense (7//2)", "input 4 -> dense 3"),
    ("input 4 -> dense (8/2)", "input 4 -> dense 4"),
    ("input 4 -> dense (8/2/2)", "input 4 -> dense 2"),
    ("input 4 -> dense (-2 + 2*2)", "input 4 -> dense 2"),
    ("input 4 -> dense 3; reg l2 (1/4)", "input 4 -> dense 3; reg l2 0.25"),
    ("input 4 -> dense 3; loss mse", "input 4 -> dense 3\nloss mse"),
    ("input 4 -> dense units=3", "input 4 -> dense 3"),
    ("input 8x8x2 -> add [conv 2 1x1 | id]", "input 8x8x2 -> @x -> conv 2 1x1 -> add @x"),
    (
        "loss mse; opt adam; input 4 -> dense 3",
        "input 4 -> dense 3; loss mse; opt adam",
    ),
    ("input 4 -> dense 3; stop when val_loss<0.5", "input 4 -> dense 3; stop when val_loss < 0.5"),
]


def meaning(text: str) -> dict[str, object]:
    """A model without its labels and its merges' order of names, as plain data."""
    data: dict[str, object] = json.loads(to_json(model(text)))
    data.pop("labels")
    data.pop("lets")
    return data


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_two_spellings_of_one_network_are_equal(left: str, right: str) -> None:
    one, two = meaning(left), meaning(right)
    if "add" in left:
        # `add @x` takes what flows in first, which is the branch that was written first.
        assert [n["layer"] for n in one["nodes"]] == [n["layer"] for n in two["nodes"]]  # type: ignore[index,attr-defined]
        assert shapes(left) == shapes(right)
    else:
        assert one == two


def test_layers_are_numbered_by_word_and_blocks_give_their_names() -> None:
    text = """
block cb(c) = conv $c 3x3 pad=1 bias=false bn
block basic(c) = add [cb $c relu -> cb $c | id] -> relu
input 8x8x4 -> cb 4 relu -> basic 4 -> basic 4 name=last
"""
    assert names(text) == [
        "input1", "cb1.conv1", "cb1.bn1", "relu1",
        "basic1.cb1.conv1", "basic1.cb1.bn1", "basic1.relu1",
        "basic1.cb2.conv1", "basic1.cb2.bn1", "basic1.add1", "basic1.relu2",
        "last.cb1.conv1", "last.cb1.bn1", "last.relu1",
        "last.cb2.conv1", "last.cb2.bn1", "last.add1", "last.relu2",
    ]  # fmt: skip


def test_a_chosen_name_is_kept_and_numbered_only_in_a_loop() -> None:
    text = "input 4 name=x -> dense 4 name=fc -> repeat 2 [dense 4 name=again] -> dense 4"
    assert names(text) == ["x", "fc", "again", "again2", "dense1"]


def test_a_chosen_name_is_never_given_to_another_layer() -> None:
    assert names("input 4 -> dense 3 name=dense1 -> dense 2") == ["input1", "dense1", "dense2"]


def test_a_label_is_local_to_each_expansion_of_a_block() -> None:
    text = """
block skip(n) = dense $n relu -> @in -> dense $n -> add @in
input 4 -> skip 3 -> skip 3 -> repeat 2 [dense 3 -> @y -> dense 3 -> add @y]
"""
    found = model(text)
    assert found.labels == {
        "skip1.in": "skip1.relu1",
        "skip2.in": "skip2.relu1",
        "repeat1.1.y": "dense1",
        "repeat1.2.y": "dense3",
    }
    inputs = {node.name: node.inputs for node in found.nodes}
    assert inputs["skip2.add1"] == ("skip2.dense2", "skip2.relu1")
    assert inputs["add2"] == ("dense4", "dense3")


def test_a_label_can_be_passed_to_a_block() -> None:
    text = """
block up(n, skip) = dense $n -> concat $skip
input 4 -> @a -> dense 3 -> @b -> up 2 @a -> up 2 skip=@b
"""
    inputs = {node.name: node.inputs for node in model(text).nodes}
    assert inputs["up1.concat1"] == ("up1.dense1", "input1")
    assert inputs["up2.concat1"] == ("up2.dense1", "dense1")


def test_a_block_sees_the_labels_of_its_file() -> None:
    text = "block b = dense 4 -> add @top\ninput 4 -> @top -> b -> b"
    inputs = {node.name: node.inputs for node in model(text).nodes}
    assert inputs["b2.add1"] == ("b2.dense1", "input1")


def test_a_label_may_be_read_before_it_is_written() -> None:
    text = """
concat @a @b -> dense 2 -> @out
input 4 -> dense 3 -> @a
@a -> dense 3 -> @b
"""
    found = model(text)
    assert [node.name for node in found.nodes] == [
        "input1", "dense2", "dense3", "concat1", "dense1",
    ]  # fmt: skip
    assert found.labels == {"out": "dense1", "a": "dense2", "b": "dense3"}


def test_a_label_may_name_a_label() -> None:
    text = "@b -> dense 3 -> @c\n@a -> @b\ninput 4 -> @a"
    assert model(text).labels == {"c": "dense1", "b": "input1", "a": "input1"}


def test_constants_are_read_in_any_order_and_set_from_outside() -> None:
    text = "let b=(2*$a)\nlet a=3 act=relu\ninput 4 -> dense $b $act"
    assert model(text).lets == {"b": 6, "a": 3, "act": "relu"}
    assert shapes(text) == ["4 input", "6 dense", "6 relu"]
    assert model(text, a="5", act="tanh").nodes[1].layer.units == 10
    assert model(text, act="tanh").nodes[2].layer.word == "tanh"
    assert model(text, a="(2+2)").nodes[1].layer.units == 8


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("b", "3", "E0210"),
        ("a", "3; loss mse", "E0417"),
        ("loss.weight", "3", "E0417"),
        ("a", "3 b=4", "E0417"),
        ("a", "3 # comment\nlet c=4", "E0417"),
        ("a", "$a", "E0410"),
        ("a", "relu", "E0232"),
    ],
)
def test_a_wrong_setting(name: str, value: str, code: str) -> None:
    text = "let a=1\ninput 4 -> dense $a"
    found = check(source_of(text), BUILTIN, read_source, overrides={name: value})
    assert [problem.code for problem in found.problems] == [code]


def test_a_default_may_read_the_parameters_before_it() -> None:
    text = "block b(n, wide=(4*$n)) = dense $wide -> dense $n\ninput 4 -> b 3 -> b 2 5"
    assert shapes(text) == ["4 input", "12 dense", "3 dense", "5 dense", "2 dense"]


def test_a_parameter_may_be_the_activation() -> None:
    text = "block b(n, act=id) = dense $n $act -> dense $n\ninput 4 -> b 3 -> b 2 act=tanh"
    assert names(text) == ["input1", "b1.dense1", "b1.dense2", "b2.dense1", "b2.tanh1", "b2.dense2"]


def test_statements_fill_the_model() -> None:
    found = model("""
let lr=0.1
input 4 -> dense 3 softmax
data iris
prep standardize scale whiten pca
loss ce
opt sgd lr=$lr momentum=0.9
schedule cosine warmup=1ep
metric acc confusion
reg l2 5e-4
reg l1 1e-5
stop patience=5ep on=val_loss
stop when val_acc>=99%
stop after 10min
train epochs=3 batch=all seed=4
expect params=15
expect acc>=50%
tune random trials=3 lr=log(1e-4, 1e-1)
""")
    assert [prep.word for prep in found.preps] == ["standardize", "scale", "whiten"]
    assert [metric.word for metric in found.metrics] == ["acc", "confusion"]
    assert [rule.word for rule in found.regularizers] == ["l2", "l1"]
    assert [stop.word for stop in found.stops] == ["patience", "when", "after"]
    assert (found.train.epochs, found.train.batch, found.train.seed) == (3, "all", 4)
    assert [(e.quantity, e.operator, e.bound) for e in found.expectations] == [
        ("params", "=", 15.0),
        ("acc", ">=", 0.5),
    ]
    assert found.optimizer.lr == 0.1
    (search,) = found.tune.searches
    assert (search.name, search.low, search.high, search.scale) == ("lr", 1e-4, 0.1, "log")


INITIAL = [
    ("dense 3 relu", ["he"]),
    ("dense 3 -> bn -> dropout 0.5 -> relu", ["he"]),
    ("dense 3 tanh", ["glorot"]),
    ("dense 3 softmax", ["glorot"]),
    ("dense 3", ["glorot"]),
    ("dense 3 -> dense 3 relu", ["glorot", "he"]),
    ("dense 3 init=xavier relu -> dense 3 selu", ["xavier", None]),
    ("add [dense 4 | id] -> relu", ["he"]),
]


@pytest.mark.parametrize(("pipe", "rules"), INITIAL)
def test_weights_start_by_the_activation_that_comes_after(
    pipe: str, rules: list[str | None]
) -> None:
    graph = checked(f"input 4 -> {pipe}").graph
    starts = [node.parameters[0].initializer for node in graph.nodes if node.layer.word == "dense"]
    for start, rule in zip(starts, rules, strict=True):
        assert start is not None
        assert rule is None or start.rule == rule


def test_shared_weights_are_counted_once() -> None:
    graph = checked("input 8 -> dense 8 -> @a -> relu -> dense 8 share=@a").graph
    assert graph.parameter_count() == 8 * 8 + 8
    assert graph.node("dense2").shares == "dense1"
    assert graph.node("dense2").parameters == ()


def test_weights_can_be_shared_with_a_layer_that_is_written_later() -> None:
    graph = checked("input 8 -> dense 8 share=@a -> relu -> dense 8 -> @a").graph
    assert graph.node("dense1").shares == "dense2"
    assert graph.parameter_count() == 72


@pytest.mark.parametrize(
    ("pipe", "size", "jump"),
    [
        ("relu", (1, 1), (1, 1)),
        ("conv 4 3x3", (3, 3), (1, 1)),
        ("conv 4 3x3 -> conv 4 3x3", (5, 5), (1, 1)),
        ("maxpool 2x2 -> conv 4 3x3", (6, 6), (2, 2)),
        ("conv 4 3x3 dilation=2", (5, 5), (1, 1)),
        ("add [conv 3 5x5 pad=2 | id] -> conv 4 3x3", (7, 7), (1, 1)),
        ("maxpool 2x2 -> upsample 2x2 -> conv 4 3x3", (4, 4), (1, 1)),
    ],
)
def test_receptive_fields(pipe: str, size: tuple[int, ...], jump: tuple[float, ...]) -> None:
    receptive = checked(f"input 32x32x3 -> {pipe}").graph.nodes[-1].receptive
    assert receptive is not None
    assert (receptive.size, receptive.jump) == (size, jump)


def test_a_graph_reaches_up_to_the_first_error() -> None:
    found = check(source_of("input 8 -> dense 4 -> conv 3 3x3 -> relu"), BUILTIN, read_source)
    assert [node.name for node in found.graph.nodes] == ["input1", "dense1"]
    assert not found.complete


def test_outputs_are_the_nodes_that_nothing_reads(check_document: Callable[..., None]) -> None:
    text = "input 4 -> dense 3 -> @t\n@t -> dense 2 -> @a\n@t -> dense 5"
    assert checked(text).graph.outputs == ("dense2", "dense3")
    check_document(text)


def test_a_place_in_the_text_for_every_written_option() -> None:
    spans = checked("input 8x8x3 -> conv 4 3x3 pad=1 bn relu").spans
    texts = {path: place.text for path, place in spans.places.items()}
    assert texts["nodes.1"] == "conv 4 3x3 pad=1"
    assert texts["nodes.1.filters"] == "4"
    assert texts["nodes.1.pad"] == "1"
    assert texts["nodes.2"] == "bn"


def test_a_block_may_have_the_name_of_a_value() -> None:
    text = "block same(c) = conv $c 3x3 pad=same\ninput 8x8x3 -> same 4"
    assert shapes(text) == ["8x8x3 input", "8x8x4 conv"]
