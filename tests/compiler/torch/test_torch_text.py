"""Networks as PyTorch source, as text: nothing here runs it.

`pytest tests/compiler/torch --update-snapshots` writes the files in `exported/` anew; look at the
difference, and ask whether you would be content to have written them.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.layers.layer import Layer
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.torch.block_names import block_names
from netc.compiler.torch.layer import NoCounterpartError, torch_layer
from netc.compiler.torch.losses import torch_loss
from netc.compiler.torch.names import MODULE_NAMES
from netc.compiler.torch.optimizers import torch_optimizer
from netc.compiler.torch.remarks import file_remarks
from netc.compiler.torch.schedules import torch_schedule
from netc.compiler.torch.source import TorchSource, torch_source
from netc.compiler.torch.wrapping import WIDTH, wrapped

ROOT = Path(__file__).parents[3]
SPECS = ROOT / "specs"
EXPORTED = Path(__file__).parent / "exported"


def source_for(text: str, *, training: bool = False) -> TorchSource:
    found = check(source_of(text), BUILTIN, read_source)
    assert not found.has_errors, [problem.message() for problem in found.problems]
    names = block_names(found.files, BUILTIN)
    return torch_source(found.model, found.graph, training=training, names=names)


def of_spec(path: Path) -> TorchSource:
    found = check(read_source(str(path)), BUILTIN, read_source)
    names = block_names(found.files, BUILTIN)
    return torch_source(found.model, found.graph, path.stem, training=True, names=names)


# Words

LOWERINGS = {
    "layer": torch_layer,
    "loss": torch_loss,
    "optimizer": torch_optimizer,
    "schedule": torch_schedule,
}
ARGUMENTS = {"input": "it is an argument of the network"}
"""The words that need no row, and why."""


@pytest.mark.parametrize("category", LOWERINGS)
def test_every_word_says_what_it_is_in_pytorch(category: str) -> None:
    lowering = LOWERINGS[category]
    base = lowering.dispatch(object)
    missing = {
        word
        for word in BUILTIN.words(category)
        if lowering.dispatch(BUILTIN.get(category, word)) is base
    }
    assert missing == (set(ARGUMENTS) if category == "layer" else set())


def test_a_word_that_does_not_say_what_it_is_is_refused() -> None:
    class Doubled(Layer):
        word = "doubled"

    found = check(source_of("input 4 -> id name=d -> dense 2"), BUILTIN, read_source)
    (node,) = (node for node in found.graph.nodes if node.name == "d")
    doubled = node._replace(layer=Doubled(), inputs=("input1",))
    graph = type(found.graph)(
        tuple(doubled if other is node else other for other in found.graph.nodes),
        found.graph.labels,
        found.graph.outputs,
    )
    with pytest.raises(NoCounterpartError, match="there is no PyTorch code for `doubled`"):
        torch_source(found.model, graph)


# Files


SHOWN = (
    "autoencoder",
    "cifar_resnet",
    "googlenet",
    "lenet5",
    "mobilenet_v2",
    "polynomial_regression",
    "resnet50",
    "text_cnn",
    "two_heads",
    "unet",
)


@pytest.mark.parametrize("name", SHOWN)
def test_a_file_reads_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    text = of_spec(SPECS / f"{name}.net").text
    path = EXPORTED / f"{name}.txt"
    if request.config.getoption("--update-snapshots"):
        path.write_text(text)
    assert text == path.read_text()


HARD = (
    "input 4 name=class -> dense 3 name=lambda relu -> dense 2 name=forward",
    "input 4 name=self -> @torch -> dense 4 -> @nn -> dense 4 -> add @nn -> @x -> dense 2",
    "block f(n) = dense $n relu\nblock net(n) = f $n -> f $n\ninput 4 -> net 4 -> net 5 -> f 2",
    "block b(n) = dense $n\ninput 4 -> b 4 name=eval -> b 5 name=half",
    "block a(n) = repeat 3 [dense $n]\ninput 4 -> a 4 -> a 5 -> a 6",
    "input 4 name=x -> dense 3 -> @y; input 4 name=y -> dense 3 -> @x; add @x @y -> dense 1",
    "input 8 -> dense 8 name=a_long_name_that_says_what_this_is_for relu"
    " -> dense 8 name=another_long_name_that_says_the_same -> dense 2",
    "input 4 name=a -> dense 5 sigmoid -> @out; input 4 name=output -> dense 1 -> @loss"
    "; loss bce on=@out; loss mse on=@loss; opt sgd",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All shipped specs as files, and networks with names that try their luck."""
    found = tmp_path_factory.mktemp("exported")
    for path in sorted(SPECS.rglob("*.net")):
        name = "_".join(path.relative_to(SPECS).with_suffix("").parts)
        (found / f"{name}.py").write_text(of_spec(path).text)
    for number, text in enumerate(HARD):
        (found / f"hard{number}.py").write_text(source_for(text, training=True).text)
    return found


@pytest.mark.skipif(shutil.which("ruff") is None, reason="needs ruff")
def test_ruff_has_nothing_to_say_with_its_defaults(folder: Path) -> None:
    for command in (("check",), ("format", "--diff")):
        done = subprocess.run(
            ("ruff", *command, "--isolated", "."), cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_is_python_of_at_most_88_columns(folder: Path) -> None:
    for path in sorted(folder.glob("*.py")):
        text = path.read_text()
        ast.parse(text)
        assert not [line for line in text.splitlines() if len(line) > WIDTH], path.name


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("input 4 -> bn -> dense 2", None),
        ("input 4 -> bn sync=false -> dense 2", "batch normalisation is over the samples of each"),
        (
            "input 4 -> bn -> dense 2 -> bn sync=false",
            "batch normalisation of bn2 is over the samples of each process, as in "
            "DistributedDataParallel; the others are to be `nn.SyncBatchNorm`",
        ),
    ],
)
def test_the_head_says_where_processes_normalise_by_themselves(
    text: str, remark: str | None
) -> None:
    found = check(source_of(text), BUILTIN, read_source)
    head = file_remarks(found.model, found.graph, title="t", class_name="T", weights=None)
    said = " ".join(head.split())
    assert remark in said if remark else "processes" not in said


@pytest.mark.parametrize("name", ['a""";b=1;"""', 'a"', "a\\", "größe", "a\n\ud800"])
def test_no_name_of_a_file_ends_the_docstring(name: str) -> None:
    found = check(source_of("input 4 -> dense 2"), BUILTIN, read_source)
    head = file_remarks(found.model, found.graph, title=name, class_name="T", weights=name)
    (docstring,) = ast.parse(f'"""{head}"""').body
    said = ast.literal_eval(docstring.value)
    assert said.count(name if name.isprintable() else "a??") == 2


# Names


def attributes(source: TorchSource) -> set[str]:
    return {own.key.rpartition(".")[0] for own in source.weights}


def test_keywords_and_names_of_modules_get_an_underscore() -> None:
    assert attributes(source_for(HARD[0])) == {"lambda_", "forward_"}
    assert attributes(source_for(HARD[3])) == {"eval_.dense1", "half_.dense1"}


def test_attributes_never_hide_what_a_module_has() -> None:
    torch = pytest.importorskip("torch", reason="asks PyTorch for the names")
    public = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert {name for name in public if name.islower()} <= MODULE_NAMES


def test_a_class_does_not_take_the_name_of_an_import() -> None:
    text = source_for(HARD[2]).text
    assert "class F2(nn.Module)" in text
    assert "class Net2(nn.Module)" in text


def test_variables_do_not_hide_imports() -> None:
    text = source_for(HARD[1]).text
    assert "nn2 = self.dense1(x)" in text


# Blocks


def test_calls_in_a_row_are_one_attribute() -> None:
    source = source_for("block b = dense 4 relu\ninput 4 -> repeat 5 [b] -> dense 2")
    assert "self.b = nn.Sequential(*(B() for _ in range(5)))" in source.text
    assert source.weights[2].key == "b.1.dense1.weight"


def test_numbers_that_grow_evenly_are_counted() -> None:
    text = source_for("block b(n) = dense $n relu\ninput 4 -> each n=(6, 8, 10) [b $n]").text
    assert "B(4 + 2 * i, 6 + 2 * i) for i in range(3)" in text


def test_a_label_within_a_row_of_calls_keeps_them_apart() -> None:
    text = source_for("block b = dense 4 relu\ninput 4 -> b -> @early -> b -> b -> add @early").text
    assert "early = self.b1(x)" in text
    assert "Sequential" not in text


def test_shared_weights_are_one_module_where_that_is_the_same_layer() -> None:
    source = source_for("input 4 -> dense 4 -> @h -> tanh -> dense 4 share=@h")
    assert source.text.count("self.dense1(") == 2
    other = source_for("input 6x6x2 -> conv 2 3x3 -> @h -> conv 2 3x3 pad=1 share=@h")
    assert "self.conv2.weight = self.conv1.weight" in other.text
    assert [own.name for own in other.weights] == ["conv1.w", "conv1.b", "conv1.w", "conv1.b"]


def test_parameters_of_blocks_keep_their_names() -> None:
    text = source_for(
        "block b(width, k, lambda=2) = conv $width $k pad=same bn -> dropout $lambda\n"
        "block d(w, s) = b $w $s lambda=0.1 relu\n"
        "input 9x9x2 -> d 3 3x3 -> d 4 5x5 -> b 5 3x3 lambda=0.3"
    ).text
    assert "class B(nn.Module)" in text
    assert "def __init__(self, in_channels, width, lambda_, k=3)" in text
    assert "def __init__(self, in_channels, w, s=3)" in text
    assert "self.b1 = B(in_channels, w, 0.1, k=s)" in text
    assert "self.b1 = B(4, 5, 0.3)" in text


def test_names_that_the_file_uses_and_loops_leave_parameters_their_roles() -> None:
    text = source_for(
        "block b(nn, k) = repeat 2 [conv $nn $k pad=same] -> conv $nn 1x1\n"
        "block c(torch) = dense $torch\n"
        "input 9x9x2 -> b 3 3x3 -> b 4 5x5 -> flatten -> c 3 -> c 4"
    ).text
    assert "def __init__(self, in_channels, channels, kernel_size=3)" in text
    assert "def __init__(self, in_features, units)" in text


def test_a_loop_in_a_branch_leaves_the_layers_behind_it_their_roles() -> None:
    text = source_for(
        "block b(first, then) = "
        "add [repeat 2 [conv $first 3x3 pad=1] | conv $first 1x1] -> conv $then 1x1\n"
        "input 9x9x2 -> b 3 4 -> b 5 6"
    ).text
    assert "def __init__(self, in_channels, conv1_channels, conv4_channels)" in text


def test_without_the_text_parameters_are_called_after_their_roles() -> None:
    found = check(read_source(str(SPECS / "cifar_resnet.net")), BUILTIN, read_source)
    text = torch_source(found.model, found.graph).text
    assert "def __init__(self, in_channels, channels, kernel_size=3, stride=1)" in text


@pytest.mark.parametrize(
    ("init", "drawn"),
    [
        ("", False),
        ("init=normal(1.0)", False),
        ("init=normal(1.05)", "std=1.05"),
        ("init=normal(0.1)", "std=0.1"),
    ],
)
def test_an_embedding_is_drawn_unless_pytorch_draws_it_so(init: str, drawn: str | bool) -> None:
    text = source_for(
        f"input 6 -> embed 9 4 {init} -> gap -> dense 3 softmax; loss ce; opt adam", training=True
    ).text
    lines = [line.strip() for line in text.split("\n") if "init.normal_" in line]
    assert lines == ([f"nn.init.normal_(module.weight, {drawn})"] if drawn else [])


# Lines


def test_lines_are_broken_as_formatters_break_them() -> None:
    assert wrapped("f(a, b)", 4) == ["    f(a, b)"]
    part = "a" * 31
    assert wrapped(f"x = f({part}, {part}, b)", 16) == [
        "                x = f(",
        f"                    {part}, {part}, b",
        "                )",
    ]
    assert wrapped(f"x = f({part}, {part}, {part})", 0) == [
        "x = f(", f"    {part},", f"    {part},", f"    {part},", ")",
    ]  # fmt: skip
