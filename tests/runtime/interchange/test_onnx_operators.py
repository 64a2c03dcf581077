"""Operators of ONNX with attributes drawn at random: netc computes what onnxruntime computes, or
refuses the node by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from imported_files import channels_last, file_of, outputs_of
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.problem import Problems
from netc.runtime.data.user_arrays import input_names
from netc.runtime.interchange.importing import Import, import_network
from netc.runtime.training.spec import Spec
from onnx_files import Array, run_file
from reference_net import distance

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnxruntime.capi.onnxruntime_pybind11_state import (  # noqa: E402
    Fail,
    InvalidArgument,
    InvalidGraph,
    NotImplemented,
    RuntimeException,
)

NO_NETWORK = (Fail, InvalidArgument, InvalidGraph, NotImplemented, RuntimeException)
"""What onnxruntime says of attributes that make no sense."""

NODES = 40
"""Of each operator."""

TOLERANCE = 1e-5
"""Sums of at most some hundred products in single precision."""


Before = Literal["", "Relu", "Conv"]
"""What stands between the input and a node: a pool may pad numbers of 0 and more, and behind a
convolution it is clear which axis has the channels."""


class Drawn(NamedTuple):
    """A node."""

    attributes: dict[str, Any] = {}
    constants: tuple[Any, ...] = ()
    """The inputs after the first; None for one that is left out."""
    before: Before = ""
    opset: int = 20


Shape = tuple[int, ...]
"""Of a sample, with the channels first."""


def _normal(random: Random, *sizes: int) -> np.ndarray:
    return np.random.default_rng(random.randrange(2**32)).normal(size=sizes).astype(np.float32)


def _window(random: Random, shape: Shape, *, most: int = 3) -> dict[str, Any]:
    """Kernel, stride and padding, each left out at times."""
    axes = len(shape) - 1
    kernel = [random.randint(1, min(most, size)) for size in shape[1:]]
    found: dict[str, Any] = {"kernel_shape": kernel}
    if random.random() < 0.6:
        found["strides"] = [random.randint(1, 3) for _ in range(axes)]
    way = random.random()
    if way < 0.25:
        found["auto_pad"] = random.choice(("SAME_UPPER", "SAME_LOWER", "VALID"))
    elif way < 0.8:
        found["pads"] = [random.randrange(size) for size in kernel * 2]
    return found


def _conv(random: Random, shape: Shape) -> Drawn:
    options = _window(random, shape)
    if random.random() < 0.3 and "auto_pad" not in options:
        options["dilations"] = [random.randint(1, 2) for _ in shape[1:]]
    groups = random.choice([1, 1, shape[0], 2 if shape[0] % 2 == 0 else 1])
    filters = groups * random.randint(1, 2)
    weights = _normal(random, filters, shape[0] // groups, *options["kernel_shape"])
    bias = (_normal(random, filters),) if random.random() < 0.5 else ()
    return Drawn(options | {"group": groups}, (weights, *bias))


def _deconv(random: Random, shape: Shape) -> Drawn:
    options = _window(random, shape)
    strides = options.get("strides", [1] * (len(shape) - 1))
    if random.random() < 0.5:
        options["output_padding"] = [random.randrange(stride) for stride in strides]
    groups = random.choice([1, 2 if shape[0] % 2 == 0 else 1])
    weights = _normal(random, shape[0], random.randint(1, 2), *options["kernel_shape"])
    bias = (_normal(random, weights.shape[1] * groups),) if random.random() < 0.5 else ()
    return Drawn(options | {"group": groups}, (weights, *bias))


def _maxpool(random: Random, shape: Shape) -> Drawn:
    options = _window(random, shape)
    if random.random() < 0.4:
        options["ceil_mode"] = 1
    if random.random() < 0.1:
        options["dilations"] = [2] * (len(shape) - 1)
    # what of a window beyond the padding counts has changed twice
    return Drawn(options, before=random.choice(("", "Relu")), opset=random.choice((13, 18, 20, 22)))


def _avgpool(random: Random, shape: Shape) -> Drawn:
    found = _maxpool(random, shape)
    return found._replace(
        attributes=found.attributes | {"count_include_pad": int(random.random() < 0.7)}
    )


def _pad(random: Random, shape: Shape) -> Drawn:
    least = -1 if random.random() < 0.2 else 0
    axes = [*range(2, len(shape) + 1)]
    pads = [random.randint(least, 2) for _ in axes * 2]
    value = np.float32(random.choice((0, 0, 0, 1)))
    if random.random() < 0.5:
        chosen = [axis - random.choice((0, len(shape) + 1)) for axis in axes]
        return Drawn({}, (np.array(pads), value, np.array(chosen)), "Conv")
    middle = len(axes)
    whole = [0, 0, *pads[:middle], 0, 0, *pads[middle:]]
    mode = random.choice(("constant", "constant", "edge"))
    return Drawn({"mode": mode}, (np.array(whole), value), "Conv")


def _slice(random: Random, shape: Shape) -> Drawn:
    axes = random.sample(range(1, len(shape) + 1), random.randint(1, len(shape)))
    sizes = [shape[axis - 1] for axis in axes]
    starts = [random.choice((0, 0, 1, -size, 1 - size)) for size in sizes]
    ends = [random.choice((size, 2**31 - 1, -1, size + 5, size - 1)) for size in sizes]
    steps = (
        (np.array([random.choice((1, 1, 1, 2)) for _ in axes]),) if random.random() < 0.3 else ()
    )
    constants = (np.array(starts), np.array(ends), np.array(axes), *steps)
    return Drawn({}, constants, "Conv" if len(shape) > 1 else "")


def _resize(random: Random, shape: Shape) -> Drawn:
    scales = [random.choice((1, 2, 3, 4, 1.5)) for _ in shape[1:]]
    options: dict[str, Any] = {
        "mode": random.choice(("nearest", "nearest", "nearest", "linear")),
        "coordinate_transformation_mode": random.choice(
            ("asymmetric", "half_pixel", "align_corners", "half_pixel_symmetric",
             "pytorch_half_pixel", "tf_crop_and_resize")
        ),
        "nearest_mode": random.choice(
            ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")
        ),
    }  # fmt: skip
    roi = None
    if options["coordinate_transformation_mode"] == "tf_crop_and_resize":
        roi = np.array([0.0, *[0.0] * len(shape), 1.0, *[1.0] * len(shape)], np.float32)
    of_axes = random.random() < 0.3 and roi is None
    if of_axes:
        options["axes"] = [*range(2, len(shape) + 1)]
        before: list[float] = []
    else:
        before = [1, 1]
    if random.random() < 0.5:
        return Drawn(options, (roi, np.array([*before, *scales], np.float32)))
    grown = [int(size * scale) for size, scale in zip(shape[1:], scales, strict=True)]
    sizes = grown if of_axes else [3, shape[0], *grown]
    return Drawn(options, (roi, None, np.array(sizes)))


def _batch_norm(random: Random, shape: Shape) -> Drawn:
    arrays = [_normal(random, shape[0]) for _ in range(4)]
    options = {"epsilon": 10 ** random.uniform(-6, -2), "momentum": random.choice((0.0, 0.9, 1.0))}
    return Drawn(options, (*arrays[:3], np.abs(arrays[3])))


def _instance_norm(random: Random, shape: Shape) -> Drawn:
    arrays = (_normal(random, shape[0]), _normal(random, shape[0]))
    return Drawn({"epsilon": 10 ** random.uniform(-6, -2)}, arrays)


def _layer_norm(random: Random, shape: Shape) -> Drawn:
    axis = random.choice((-1, 1, len(shape)))
    sizes = shape[(axis - 1) if axis > 0 else axis :]
    arrays = (_normal(random, *sizes), _normal(random, *sizes))
    return Drawn({"axis": axis}, arrays[: random.randint(1, 2)])


def _lrn(random: Random, shape: Shape) -> Drawn:
    options = {"alpha": random.uniform(1e-4, 1), "beta": random.uniform(0.1, 1)}
    return Drawn(options | {"bias": random.uniform(0.5, 2), "size": random.randint(1, 5)})


def _reduce(random: Random, shape: Shape) -> Drawn:
    positions = [*range(2, len(shape) + 1)]
    axes = random.choice((positions, positions, positions[:1], [1], [-1, *positions[:-1]]))
    return Drawn({"keepdims": random.randrange(2)}, (np.array(axes),), "Conv")


def _prelu(random: Random, shape: Shape) -> Drawn:
    ones = (1,) * (len(shape) - 1)
    sizes = random.choice(((1,), (shape[0], *ones), (1, shape[0], *ones), shape))
    return Drawn({}, (_normal(random, *sizes),))


def _clip(random: Random, shape: Shape) -> Drawn:
    least, most = (np.float32(random.choice((0, 0, 0, -1, 1)))), np.float32(random.uniform(0.1, 6))
    return Drawn({}, random.choice(((least, most), (least,), (None, most))))


def _softmax(random: Random, shape: Shape) -> Drawn:
    before: Before = random.choice(("", "Conv")) if len(shape) > 1 else ""
    return Drawn({"axis": random.choice((1, -1, len(shape), -len(shape)))}, before=before)


def _alpha(random: Random, shape: Shape) -> Drawn:
    return Drawn({"alpha": random.uniform(0.01, 1)} if random.random() < 0.7 else {})


def _gelu(random: Random, shape: Shape) -> Drawn:
    return Drawn({"approximate": random.choice(("none", "tanh"))})


def _hard_sigmoid(random: Random, shape: Shape) -> Drawn:
    return Drawn(random.choice(({}, {"alpha": 1 / 6, "beta": 0.5})))


def _arithmetic(random: Random, shape: Shape) -> Drawn:
    ones = (1,) * (len(shape) - 1)
    sizes = random.choice(((), (1,), (shape[0], *ones), (1, shape[0], *ones), shape, shape[1:]))
    array = _normal(random, *sizes)
    before: Before = random.choice(("", "Conv")) if len(shape) > 1 else ""
    return Drawn({}, (np.where(np.abs(array) < 0.1, np.float32(0.5), array),), before)


def _flatten(random: Random, shape: Shape) -> Drawn:
    before: Before = random.choice(("", "Conv")) if len(shape) > 1 else ""
    return Drawn({"axis": random.choice((1, 1, 2, len(shape), -1))}, before=before)


def _reshape(random: Random, shape: Shape) -> Drawn:
    c, *positions = shape
    wanted: tuple[list[int], ...] = (
        [0, -1], [0, c, -1], [0, 0, *positions], [-1, c * int(np.prod(positions))], [0, -1, c],
    )  # fmt: skip
    return Drawn({}, (np.array(random.choice(wanted)),), random.choice(("", "Conv")))


def _transpose(random: Random, shape: Shape) -> Drawn:
    axes = [*range(1, len(shape) + 1)]
    before: Before = random.choice(("", "Conv"))
    return Drawn({"perm": [0, *random.sample(axes, len(axes))]}, before=before)


def _unsqueeze(random: Random, shape: Shape) -> Drawn:
    return Drawn({}, (np.array([random.randint(1, len(shape) + 1)]),))


def _plain(random: Random, shape: Shape) -> Drawn:
    return Drawn()


def _gemm(random: Random, shape: Shape) -> Drawn:
    (size,) = shape
    turned, outputs = random.randrange(2), random.randint(1, 5)
    weights = _normal(random, *((outputs, size) if turned else (size, outputs)))
    options: dict[str, Any] = {"transB": turned}
    if random.random() < 0.4:
        options |= {"alpha": random.uniform(0.5, 2), "beta": random.uniform(0.5, 2)}
    sizes = random.choice(((outputs,), (1, outputs), (1,), ()))
    bias = (_normal(random, *sizes),) if random.random() < 0.8 else ()
    return Drawn(options, (weights, *bias))


def _matmul(random: Random, shape: Shape) -> Drawn:
    return Drawn({}, (_normal(random, shape[-1], random.randint(1, 5)),))


Draw = Callable[[Random, Shape], Drawn]
OPERATORS: dict[str, tuple[Draw, tuple[int, ...], int]] = {
    # how it is drawn, how many axes a sample may have, and how many of NODES netc reads at least
    "Conv": (_conv, (2, 3), 30),
    "ConvTranspose": (_deconv, (2, 3), 10),
    "MaxPool": (_maxpool, (2, 3), 20),
    "AveragePool": (_avgpool, (2, 3), 20),
    "Pad": (_pad, (2, 3), 15),
    "Slice": (_slice, (1, 2, 3), 10),
    "Resize": (_resize, (2, 3), 4),
    "BatchNormalization": (_batch_norm, (1, 2, 3), 40),
    "InstanceNormalization": (_instance_norm, (2, 3), 40),
    "LayerNormalization": (_layer_norm, (1, 2, 3), 20),
    "LRN": (_lrn, (2, 3), 5),
    "ReduceMean": (_reduce, (2, 3), 20),
    "ReduceMax": (_reduce, (2, 3), 15),
    "GlobalAveragePool": (_plain, (2, 3), 40),
    "GlobalMaxPool": (_plain, (2, 3), 30),
    "PRelu": (_prelu, (1, 2, 3), 12),
    "Clip": (_clip, (1, 2, 3), 10),
    "Softmax": (_softmax, (1, 2, 3), 20),
    "LeakyRelu": (_alpha, (1, 3), 40),
    "Elu": (_alpha, (1, 3), 40),
    "Gelu": (_gelu, (1, 3), 12),
    "HardSigmoid": (_hard_sigmoid, (1, 3), 12),
    "Add": (_arithmetic, (1, 2, 3), 25),
    "Sub": (_arithmetic, (1, 2, 3), 25),
    "Mul": (_arithmetic, (1, 2, 3), 25),
    "Div": (_arithmetic, (1, 2, 3), 25),
    "Flatten": (_flatten, (1, 2, 3), 10),
    "Reshape": (_reshape, (2, 3), 12),
    "Transpose": (_transpose, (2, 3), 40),
    "Unsqueeze": (_unsqueeze, (1, 2), 30),
    "Gemm": (_gemm, (1,), 40),
    "MatMul": (_matmul, (1, 2), 30),
}


def file_with(op: str, drawn: Drawn, shape: Shape, *, free: bool) -> bytes:
    """A file whose node reads `x`; the number of its positions is said or `free`."""
    sizes = [shape[0], *(f"size{at}" for at in range(1, len(shape)))] if free else shape
    stored = {f"c{at}": array for at, array in enumerate(drawn.constants) if array is not None}
    names = [f"c{at}" if f"c{at}" in stored else "" for at in range(len(drawn.constants))]
    nodes = []
    if drawn.before == "Relu":
        nodes = [helper.make_node("Relu", ["x"], ["b"])]
    elif drawn.before == "Conv":
        stored["w"] = np.full((shape[0], 1, *(1 for _ in shape[1:])), -1.5, np.float32)
        nodes = [helper.make_node("Conv", ["x", "w"], ["b"], group=shape[0])]
    inputs = ["b" if nodes else "x", *names]
    nodes += [helper.make_node(op, inputs, ["y"], **drawn.attributes)]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *sizes])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in stored.items()],
    )
    opset = [helper.make_opsetid("", drawn.opset)]
    made = helper.make_model(graph, opset_imports=opset, ir_version=9)
    return bytes(made.SerializeToString())


def shape_of_input(found: Import) -> tuple[int | None, ...]:
    spec = Spec.of(found.spec.checked)
    (name,) = input_names(spec.model)
    return spec.graph.node(name).shape


def arranged(array: Array, shape: tuple[int | None, ...]) -> Array:
    """Samples of a file, with the channels last if netc has them so."""
    last = channels_last(array)
    pairs = zip(last.shape[1:], shape, strict=True)
    return last if all(wanted in (None, size) for size, wanted in pairs) else array


def orders(expected: Array, given: Array) -> list[Array]:
    """An output of a file with its axes in each order that has the sizes which netc gives. Axes of
    1 are the file's affair."""
    sizes = [size for size in expected.shape[1:] if size != 1]
    axes = permutations(range(1, len(sizes) + 1))
    turned = [expected.reshape(-1, *sizes).transpose(0, *order) for order in axes]
    own = given.reshape(-1, *(size for size in given.shape[1:] if size != 1))
    return [array.reshape(given.shape) for array in turned if array.shape == own.shape]


@pytest.mark.parametrize("op", OPERATORS)
def test_a_node_is_read_as_it_computes_or_refused(op: str, tmp_path: Path) -> None:
    draw, ranks, least = OPERATORS[op]
    read = 0
    for seed in range(NODES):
        random = Random(f"{op} {seed}")
        # sizes that differ tell the orders of the axes apart
        shape = tuple(random.sample(range(3, 8), random.choice(ranks)))
        drawn, free = draw(random, shape), random.random() < 0.15
        path = file_of(file_with(op, drawn, shape, free=free), tmp_path)
        problems = Problems()
        found = import_network(path, BUILTIN, problems)
        if found is None:
            assert all(problem.message() for problem in problems)
            continue
        samples = _normal(random, 3, *shape)
        try:
            (expected,) = run_file(str(path), {"x": samples}).values()
        except NO_NETWORK:
            continue
        (given,) = outputs_of(found, [arranged(samples, shape_of_input(found))])
        what = f"{op} {seed}: {drawn.attributes}, sample {shape}"
        assert any(distance(given, array) <= TOLERANCE for array in orders(expected, given)), what
        read += 1
    assert read >= least
