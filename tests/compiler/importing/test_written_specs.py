"""Specs that are written of networks: the same network, in the words of a person."""

from __future__ import annotations

from pathlib import Path

import netc
import pytest
from generated_models import Generated, models
from growing import examined
from hypothesis import HealthCheck, given, note, settings
from imported_networks import assert_same, flat_network
from netc.compiler.format_words import format_words
from netc.compiler.importing.network import (
    ImportedInput,
    ImportedLoss,
    ImportedNetwork,
    ImportedStep,
)
from netc.compiler.importing.writing import WrittenSpec, write_spec
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.layers.conv import Conv
from netc.compiler.layers.dense import Dense
from netc.compiler.layers.merge import Add, Concat
from netc.compiler.layers.relu import Relu
from netc.compiler.layers.softmax import Softmax
from netc.compiler.losses.cross_entropy import CrossEntropy
from netc.compiler.optimizers.adam import Adam
from netc.compiler.training.metrics import Accuracy
from netc.grammar import ast
from netc.grammar.format.document import format_file
from netc.grammar.parser import parse
from netc.grammar.problem import Problems
from netc.grammar.source import Source

SPECS = sorted((Path(__file__).parents[3] / "specs").rglob("*.net"))
LARGE = ("densenet121",)
CASES = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.heavy] if path.stem in LARGE else [])
    for path in SPECS
]


def write(network: ImportedNetwork, *remarks: str) -> WrittenSpec:
    return write_spec(network, BUILTIN, remarks)


def again(text: str) -> str:
    """A spec, written of its own network."""
    graph = netc.compile(text).graph
    written = write(flat_network(graph))
    assert_same(graph, written)
    return written.text


def network_text(text: str) -> str:
    """What a spec says of its network, in canonical form."""
    file = parse(Source("spec", text), Problems())
    words = format_words(BUILTIN)
    kept = [s for s in file.statements if isinstance(s, ast.Block | ast.Pipe)]
    flows = ("input", "concat", "add")
    kept = [
        s
        for s in kept
        if isinstance(s, ast.Block)
        or isinstance(s.stages[0], ast.Reference)
        or s.stages[0].name.text in flows
    ]
    spans = [text[s.span.start : s.span.end] for s in kept]
    return format_file(parse(Source("spec", "\n".join(spans) + "\n"), Problems()), words)


@pytest.mark.parametrize("path", CASES)
def test_a_shipped_spec_comes_back(path: Path) -> None:
    graph = netc.compile(path).graph
    written = write(flat_network(graph))
    assert_same(graph, written)
    file = parse(Source("spec", written.text), Problems())
    assert format_file(file, format_words(BUILTIN)) == written.text
    shipped = network_text(path.read_text())
    assert len(written.text) <= 1.5 * len(shipped) + 20, written.text


CHAINS = {
    "lenet5": """\
input 32x32x1
  -> conv 6 5x5 tanh -> avgpool 2x2
  -> conv 16 5x5 tanh -> avgpool 2x2
  -> conv 120 5x5 tanh -> flatten
  -> dense 84 tanh -> dense 10 softmax
""",
    "vgg16": """\
input 224x224x3
  -> each n=(2, 2, 3, 3, 3) f=(64, 128, 256, 512, 512) [
       repeat $n [conv $f 3x3 pad=1 relu] -> maxpool 2x2
     ]
  -> flatten
  -> repeat 2 [dense 4096 relu -> dropout 0.5]
  -> dense 1000 softmax
""",
    "resnet50": """\
block neck(f, stride=1) = conv $f 1x1 bias=false bn relu
  -> conv $f 3x3 stride=$stride pad=1 bias=false bn relu
  -> conv (4*$f) 1x1 bias=false bn
input 224x224x3
  -> conv 64 7x7 stride=2 pad=3 bias=false bn relu -> maxpool 3x3 stride=2 pad=1
  -> each f=(64, 128, 256, 512) stride=(1, 2, 2, 2) n=(2, 3, 5, 2) [
       add [neck $f stride=$stride | conv (4*$f) 1x1 stride=$stride bias=false bn]
         -> relu -> repeat $n [add [neck $f | id] -> relu]
     ]
  -> gap -> dense 1000 softmax
""",
    "two_heads": """\
input 28x28x1 name=image -> conv 8 3x3 relu -> flatten -> @flatten1
input 12 name=meta -> dense 16 relu -> @relu2
concat @flatten1 @relu2
  -> dense 64 relu -> @relu3 -> dense 10 softmax -> @softmax1
@relu3 -> dense 4 -> @dense4
""",
}


@pytest.mark.parametrize("name", CHAINS)
def test_what_a_person_would_have_written(name: str) -> None:
    (path,) = (path for path in SPECS if path.stem == name)
    assert again(path.read_text()) == CHAINS[name]


@pytest.mark.parametrize(
    "text",
    [
        "input 6 -> dense 4 relu -> dense 2 softmax\n",
        "input 8x8x3 -> conv 4 3x3 pad=1 -> add [bn | id] -> gap\n",
        "input 8x8x3 -> conv 4 3x3 stride=2 pad=same -> maxpool 2x2 stride=1 -> gap\n",
        "input 9x2 -> conv 4 3 -> avgpool 3 round=floor -> flatten\n",
        "input 4x4x2 -> concat [id | id] -> flatten -> dense 2\n",
        "input ?x8 -> conv 4 3 pad=1 -> gap -> dense 2\n",
        "input 4 -> mul [dense 4 sigmoid | id] -> dense 2\n",
        "input 5 -> dense 4 -> leaky 0.2 ln -> dense 3 leaky ln -> dense 1\n",
    ],
)
def test_a_line_comes_back_as_it_was(text: str) -> None:
    assert again(text) == text


def relu_net(*outputs: str) -> ImportedNetwork:
    """A dense layer, and what is made of it; everything is named as other tools name it."""
    return ImportedNetwork(
        (ImportedInput("input.1", (3,)),),
        (
            ImportedStep("/body/Gemm_output_0", Dense(units=4), ("input.1",)),
            ImportedStep("Relu:0", Relu(), ("/body/Gemm_output_0",)),
            ImportedStep("unused", Dense(units=9), ("Relu:0",)),
            ImportedStep("9", Softmax(), ("Relu:0",)),
        ),
        outputs,
    )


def test_what_no_output_needs_is_left_out() -> None:
    written = write(relu_net("9"))
    assert written.text == "input 3 -> dense 4 relu softmax\n"
    assert written.nodes == {
        "input.1": "input1",
        "/body/Gemm_output_0": "dense1",
        "Relu:0": "relu1",
        "9": "softmax1",
    }


def test_an_output_that_is_read_inside_gets_a_node_of_its_own() -> None:
    written = write(relu_net("9", "/body/Gemm_output_0"))
    assert written.text == (
        "input 3 -> dense 4 -> @body_gemm2 -> relu softmax -> @tensor\n"
        "@body_gemm2 -> id name=body_gemm\n"
    )
    assert written.outputs == ("softmax1", "body_gemm")


def test_parameters_that_are_shared() -> None:
    network = ImportedNetwork(
        (ImportedInput("left", (3,)), ImportedInput("right", (3,))),
        (
            ImportedStep("a", Dense(units=4), ("left",)),
            ImportedStep("b", Dense(units=4), ("right",), shares="a"),
            ImportedStep("sum", Add(), ("a", "b")),
        ),
        ("sum",),
    )
    written = write(network)
    assert written.text == (
        "input 3 name=left -> dense 4 -> @a\n"
        "input 3 name=right -> dense 4 share=@a -> @b\n"
        "add @a @b\n"
    )
    assert written.checked.graph.parameter_count() == 16


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a"), ("x", "b", "a"), ("b", "x", "b")])
def test_the_order_of_a_concatenation(order: tuple[str, ...]) -> None:
    network = ImportedNetwork(
        (ImportedInput("x", (4, 4, 2)),),
        (
            ImportedStep("a", Conv(filters=3, kernel=(1, 1)), ("x",)),
            ImportedStep("b", Conv(filters=5, kernel=(1, 1)), ("a",)),
            ImportedStep("c", Concat(), order),
        ),
        ("c",),
    )
    written = write(network)
    node = written.checked.graph.node(written.nodes["c"])
    assert node.inputs == tuple(written.nodes[name] for name in order)


def test_many_tensors_are_joined_by_their_labels() -> None:
    """As densely connected networks do, whose files join all tensors before."""
    steps = [ImportedStep("a0", Dense(units=2), ("input",))]
    for number in range(1, 4):
        names = tuple(f"a{at}" for at in range(number))
        source = names[0]
        if number > 1:
            source = f"c{number}"
            steps.append(ImportedStep(source, Concat(), names))
        steps.append(ImportedStep(f"a{number}", Dense(units=2), (source,)))
    steps.append(ImportedStep("end", Concat(), ("a0", "a1", "a2", "a3")))
    network = ImportedNetwork((ImportedInput("input", (2,)),), tuple(steps), ("end",))
    assert write(network).text == (
        "input 2\n"
        "  -> dense 2 -> @a0 -> dense 2 -> @a1\n"
        "  -> concat [@a0 | id]\n"
        "  -> dense 2 -> @a2\n"
        "  -> concat [@a0 | @a1 | id]\n"
        "  -> dense 2 -> @a3\n"
        "concat @a0 @a1 @a2 @a3\n"
    )


def test_what_the_file_says_of_the_training() -> None:
    network = ImportedNetwork(
        (ImportedInput("input", (4,)),),
        (
            ImportedStep("hidden", Dense(units=8), ("input",)),
            ImportedStep("classes", Dense(units=3), ("hidden",)),
            ImportedStep("probabilities", Softmax(), ("classes",)),
        ),
        ("probabilities",),
        losses=(ImportedLoss("probabilities", CrossEntropy(smoothing=0.1)),),
        optimizer=Adam(lr=0.002),
        metrics=(Accuracy(),),
    )
    assert write(network, "Written by a test").text == (
        "# Written by a test\n"
        "input 4 -> dense 8 -> dense 3 softmax\n"
        "loss ce smoothing=0.1\n"
        "opt adam lr=0.002\n"
        "metric acc\n"
    )


def test_a_remark_stays_one() -> None:
    text = write(relu_net("9"), "by\u0000 me\nloss ce\r# x").text
    assert text == "# by me loss ce # x\ninput 3 -> dense 4 relu softmax\n"


def test_a_spec_that_must_not_be_is_returned_with_its_errors() -> None:
    network = ImportedNetwork(
        (ImportedInput("x", (4, 4, 2)),), (ImportedStep("d", Dense(units=2), ("x",)),), ("d",)
    )
    written = write(network)
    assert [problem.code for problem in written.checked.problems if problem.is_error] == ["E0301"]
    assert written.nodes == {}


@given(models())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_network_comes_back(model: Generated) -> None:
    checked = examined(model.text)
    if checked.has_errors:
        return
    note(model.text)
    written = write(flat_network(checked.graph))
    note(written.text)
    assert_same(checked.graph, written)
