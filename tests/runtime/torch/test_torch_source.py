"""Every layer and every shipped spec as PyTorch source: it gives what the NumPy engine gives.

Distances are in double precision, over the largest number of a tensor and at least 1e-6: what is
zero in theory, such as the gradient of a bias before batch normalisation, is 1e-16 on both sides.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from layer_rows import TABLE, Row
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.torch.block_names import block_names
from netc.compiler.torch.source import torch_source
from netc.runtime.compare.case import Case, make_case
from netc.runtime.torch.module import build_module
from torch_comparison import (
    assert_gradients_agree,
    assert_outputs_agree,
    assert_single_precision_agrees,
)

torch = pytest.importorskip("torch", reason="the exported source is run by PyTorch")

SPECS = Path(__file__).parents[3] / "specs"
SHIPPED = sorted(SPECS.rglob("*.net"))


def case_of(text: str, batch: int) -> Case:
    found = check(source_of(text), BUILTIN, read_source)
    assert not found.has_errors, [problem.message() for problem in found.problems]
    return make_case(found.model, found.graph, batch, trains=True)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_layer_gives_the_gradients_of_the_engine(row: Row) -> None:
    assert_gradients_agree(torch, case_of(row.text("f64"), row.batch))


EVALUATED = [row for row in TABLE if "bn" in row.pipe or "softmax" in row.pipe or row.tokens]


@pytest.mark.parametrize("row", EVALUATED, ids=str)
def test_a_layer_gives_the_outputs_of_the_engine(row: Row) -> None:
    assert_outputs_agree(torch, case_of(row.text("f64"), row.batch))


def shipped_case(path: Path, batch: int) -> Case:
    found = check(read_source(str(path)), BUILTIN, read_source)
    return make_case(found.model, found.graph, batch, trains=bool(found.model.losses))


RISKY = (
    "conv 5 1x1 stride=2", "conv 5 1x1 stride=2x1 pad=same", "conv 4 1x1 stride=2 groups=4",
    "deconv 3 1x1 stride=2 output_pad=1", "depthwise 1x1 stride=3",
)  # fmt: skip


@pytest.mark.parametrize("pipe", RISKY)
def test_steps_over_few_channels_read_channels_first(pipe: str) -> None:
    """The gradient of their weights writes beyond its memory otherwise, in PyTorch's library for
    processors: https://github.com/uxlfoundation/oneDNN/issues/6035. Here the channels of the input
    come last in memory, as they do behind a `reshape`."""
    case = case_of(Row(pipe, "8x8x4").text("f32"), 2)
    module = build_module(torch_source(case.model, case.graph))
    read = []
    for own in module.modules():
        if isinstance(own, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            own.register_forward_pre_hook(lambda _, given: read.append(given[0].is_contiguous()))
    module(torch.arange(2 * 256).reshape(2, 256))
    assert read == [True]


SMALL = 100_000
"""Parameters and multiply-adds up to which gradients are compared without being asked for."""


def is_small(path: Path) -> bool:
    graph = check(read_source(str(path)), BUILTIN, read_source).graph
    work = sum(node.multiply_adds or 0 for node in graph.nodes)
    return max(work, graph.parameter_count() or 0) <= SMALL


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(SPECS)))
def test_a_shipped_spec_is_written(path: Path) -> None:
    """Large ones on the device `meta`, whose tensors have no memory."""
    found = check(read_source(str(path)), BUILTIN, read_source)
    source = torch_source(found.model, found.graph, path.stem)
    if is_small(path):
        case = shipped_case(path, 3)
        assert_outputs_agree(torch, case)
        if case.trains:
            assert_gradients_agree(torch, case)
        return
    with torch.device("meta"):
        module = build_module(source)
    counted = sum(parameter.numel() for parameter in module.parameters())
    assert counted == found.graph.parameter_count()
    assert set(module.state_dict()) == {*(own.key for own in source.weights), *source.counters}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(SPECS)))
def test_names_of_the_spec_change_no_size(path: Path) -> None:
    """Weights and outputs have the shapes that they have without names."""
    found = check(read_source(str(path)), BUILTIN, read_source)
    names = block_names(found.files, BUILTIN)
    shapes = []
    for given in ({}, names):
        source = torch_source(found.model, found.graph, path.stem, names=given)
        with torch.device("meta"):
            module = build_module(source)
            inputs = [
                torch.zeros((2, *shape), dtype=torch.int64 if own.tokens else None)
                for own in source.inputs
                for shape in [channels_first(found.graph.node(own.node).shape)]
            ]
            outputs = module.eval()(*inputs)
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        state = {key: value.shape for key, value in module.state_dict().items()}
        shapes.append((state, [output.shape for output in several]))
    assert shapes[0] == shapes[1]


def channels_first(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """The shape of a sample there; a free size is 2."""
    sizes = [size or 2 for size in shape]
    return (sizes[-1], *sizes[:-1])


@pytest.mark.heavy
@pytest.mark.parametrize(
    "path",
    [path for path in SHIPPED if not is_small(path)],
    ids=lambda path: str(path.relative_to(SPECS)),
)
def test_a_large_spec_gives_the_outputs_of_the_engine(path: Path) -> None:
    case = shipped_case(path, 1)
    assert_outputs_agree(torch, case)


@pytest.mark.parametrize("row", TABLE[::20], ids=str)
def test_a_layer_rounds_as_pytorch_does(row: Row) -> None:
    assert_single_precision_agrees(torch, case_of(row.text("f32"), row.batch))


@pytest.mark.heavy
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_layer_rounds_as_pytorch_does(row: Row) -> None:
    assert_single_precision_agrees(torch, case_of(row.text("f32"), row.batch))
