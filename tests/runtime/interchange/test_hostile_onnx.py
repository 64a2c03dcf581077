"""Files of ONNX that are damaged, or made to do harm, or hold what netc does not have: each is a
diagnostic."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imported_files import file_of, imported, refused
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.problem import Problems
from netc.runtime.interchange.importing import import_network
from onnx_files import drawn_network, encoded

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

FLOAT = TensorProto.FLOAT


def model(
    nodes: list[Any],
    *,
    shape: list[Any] = ["n", 4],  # noqa: B006
    constants: dict[str, Any] | None = None,
    outputs: tuple[str, ...] = ("y",),
    **more: Any,
) -> Any:
    """A model with the input `x`."""
    stored = [numpy_helper.from_array(np.asarray(a), name) for name, a in (constants or {}).items()]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", FLOAT, shape)],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        stored,
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.x", 1)], **more
    )


def node(op: str, inputs: str, outputs: str = "y", **attributes: Any) -> Any:
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


W = np.ones((4, 2), np.float32)


def gemm() -> Any:
    return model([node("Gemm", "x w")], constants={"w": W})


def outside(made: Any, location: str, **entries: str) -> Any:
    """The weights lie in another file."""
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return made


def renamed_type(made: Any, kind: int) -> Any:
    made.graph.initializer[0].data_type = kind
    return made


def resized(made: Any, *dims: int) -> Any:
    del made.graph.initializer[0].dims[:]
    made.graph.initializer[0].dims.extend(dims)
    return made


DAMAGED: dict[str, tuple[Callable[[], Any], str]] = {
    "nothing": (lambda: b"", "no operations"),
    "text": (lambda: b"input 4 -> dense 2", "damaged"),
    "cut": (lambda: gemm().SerializeToString()[:-9], "damaged"),
    "no nodes": (lambda: model([]), "no operations"),
    "loose end": (lambda: model([node("Relu", "z")]), "reads `z`"),
    "circle": (lambda: model([node("Relu", "y", "z"), node("Relu", "z")]), "reads `y`"),
    "twice": (lambda: model([node("Relu", "x"), node("Tanh", "x")]), "made twice"),
    "no output": (lambda: model([node("Relu", "x", "z")]), "no node computes the output `y`"),
    "outside": (lambda: outside(gemm(), "../../etc/passwd"), "not a file in its folder"),
    "absolute": (lambda: outside(gemm(), "/etc/passwd"), "not a file in its folder"),
    "missing": (lambda: outside(gemm(), "gone.bin"), "not a file in its folder"),
    "beyond": (lambda: outside(gemm(), "net.onnx", offset="9999999"), "beyond the end"),
    "place": (lambda: outside(gemm(), "net.onnx", offset="x"), "not a number"),
    "huge": (lambda: resized(gemm(), 2**40, 2**20), "GiB"),
    "negative": (lambda: resized(gemm(), -4, 2), "below 0"),
    "short": (lambda: resized(gemm(), 400, 2), "bytes"),
    "type": (lambda: renamed_type(gemm(), 99), "unknown type"),
    "type 0": (lambda: renamed_type(gemm(), 0), "unknown type"),
    "five axes": (lambda: model([node("Relu", "x")], shape=["n", 2, 3, 4, 5]), "5 axes"),
    "no axes": (lambda: model([node("Relu", "x")], shape=[]), "0 axes"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file(case: str, tmp_path: Path) -> None:
    make, reason = DAMAGED[case]
    made = make()
    content = made if isinstance(made, bytes) else made.SerializeToString()
    (problem,) = refused(file_of(content, tmp_path))
    assert problem.code == "E0787"
    assert reason in problem.message()


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path):
        path = path if path.suffix else path.rename(tmp_path.with_suffix(".onnx"))
        (problem,) = refused(path)
        assert problem.code == "E0787"


IMAGE = ["n", 3, 8, 8]
K = np.ones((2, 3, 3, 3), np.float32)
UNKNOWN: dict[str, tuple[Any, list[Any], str]] = {
    "foreign domain": (
        ["n", 4],
        [helper.make_node("Fused", ["x"], ["y"], domain="com.x")],
        "com.x.Fused",
    ),
    "lstm": (["n", 4, 3], [node("LSTM", "x w w", hidden_size=1)], "LSTM"),
    "attention": (["n", 4, 4], [node("MatMul", "x x")], "MatMul"),
    "capped": (["n", 4], [node("Clip", "x least most")], "Clip"),
    "padding not counted": (
        IMAGE,
        [node("AveragePool", "x", kernel_shape=[3, 3], pads=[1] * 4)],
        "AveragePool",
    ),
    "even window": (IMAGE, [node("LRN", "x", size=2)], "LRN"),
    "rounded scale": (["n", 3, 3, 3], [node("Resize", "x none odd", mode="nearest")], "Resize"),
    "bias of samples": ([2, 4], [node("Gemm", "x w2 column")], "Gemm"),
    "reflected": (IMAGE, [node("Pad", "x pads", mode="reflect")], "Pad"),
    "interpolated": (IMAGE, [node("Resize", "x none scales", mode="linear")], "Resize"),
    "batch moved": (IMAGE, [node("Transpose", "x", perm=[1, 0, 2, 3])], "Transpose"),
    "over rows": (IMAGE, [node("Softmax", "x", axis=2)], "Softmax"),
    "rows joined": (IMAGE, [node("Concat", "x x", axis=2)], "Concat"),
    "flat first": (IMAGE, [node("Conv", "x k", "h"), node("Flatten", "h")], "Flatten"),
    "branch": (
        ["n", 4],
        [node("If", "flag", then_branch=model([]).graph, else_branch=model([]).graph)],
        "If",
    ),
    "difference": (["n", 4], [node("Relu", "x", "h"), node("Sub", "x h")], "Sub"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_operation_without_a_counterpart(case: str, tmp_path: Path) -> None:
    shape, nodes, operator = UNKNOWN[case]
    constants = {
        "w": np.ones((1, 4, 3), np.float32),
        "k": K,
        "least": np.float32(-1),
        "most": np.float32(1),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        "none": np.zeros(0, np.float32),
        "odd": np.array([1, 1, 2.3, 2.3], np.float32),
        "w2": W,
        "column": np.ones((2, 1), np.float32),
        "scales": np.array([1, 1, 2, 2], np.float32),
        "flag": np.bool_(True),
    }
    read = {name for own in nodes for name in own.input}
    made = model(nodes, shape=shape, constants={k: v for k, v in constants.items() if k in read})
    (problem,) = refused(file_of(made.SerializeToString(), tmp_path))
    assert problem.code == "E0788"
    assert f"`{operator}` has no counterpart" in problem.message()


def test_all_of_them_are_named_with_their_places(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Erf", ["x"], ["a"], name="first"),
        helper.make_node("Relu", ["a"], ["b"], name="between"),
        helper.make_node("Det", ["x"], ["c"], name="second"),
        helper.make_node("Relu", ["x"], ["y"], name="third"),
    ]
    made = model(nodes, outputs=("b", "c", "y"))
    problems = refused(file_of(made.SerializeToString(), tmp_path))
    assert [problem.help()[0] for problem in problems] == [
        "it is the node `first`, which makes `a`",
        "it is the node `second`, which makes `c`",
    ]


def test_weights_in_a_file_beside_it(tmp_path: Path) -> None:
    made = outside(gemm(), "weights.bin", offset="8", length="32")
    (tmp_path / "weights.bin").write_bytes(b"\0" * 8 + (2 * W).tobytes())
    found = imported(file_of(made.SerializeToString(), tmp_path))
    assert found.state is not None
    assert (found.state.weights["dense1.w"] == 2).all()


TYPES = {"UINT8": TensorProto.UINT8, "INT64": TensorProto.INT64, "BOOL": TensorProto.BOOL}


@pytest.mark.parametrize("name", TYPES)
def test_inputs_of_other_numbers(name: str, tmp_path: Path) -> None:
    made = model([node("Relu", "x")])
    made.graph.input[0].type.tensor_type.elem_type = TYPES[name]
    (problem,) = refused(file_of(made.SerializeToString(), tmp_path))
    assert problem.code == "E0787"
    assert f"the type {name}" in problem.message()


def test_softmax_of_old_operator_sets_is_over_all_axes_behind_its_own(tmp_path: Path) -> None:
    nodes = [node("Conv", "x k", "h"), node("Softmax", "h", axis=1)]
    made = model(nodes, shape=IMAGE, constants={"k": K})
    imported(file_of(made.SerializeToString(), tmp_path))
    made.opset_import[0].version = 11
    (problem,) = refused(file_of(made.SerializeToString(), tmp_path))
    assert "before opset 13" in problem.message()


def test_channels_that_were_added_are_not_taken_for_positions(tmp_path: Path) -> None:
    """Of a vector as 1 x 4 x 1, the numbers are positions and the added axis is the channels."""
    nodes = [node("Unsqueeze", "x axes", "h"), node("Conv", "h k")]
    constants = {"axes": np.array([1, 3]), "k": np.ones((2, 1, 1, 1), np.float32)}
    (problem,) = refused(file_of(model(nodes, constants=constants).SerializeToString(), tmp_path))
    assert "does not have the channels first" in problem.message()


def test_equal_weights_of_other_factors_are_not_shared(tmp_path: Path) -> None:
    nodes = [node("Gemm", "x w", "h"), node("Gemm", "h w", alpha=2.0)]
    made = model(nodes, constants={"w": np.eye(4, dtype=np.float32)})
    found = imported(file_of(made.SerializeToString(), tmp_path))
    assert found.state is not None
    assert "share=" not in found.spec.text
    assert found.state.weights["dense2.w"].max() == 2


def test_a_shift_that_joins_its_layer_is_not_shared_with_it(tmp_path: Path) -> None:
    nodes = [node("MatMul", "x w", "h"), node("Add", "h b", "i"), node("MatMul", "i w")]
    constants = {"w": np.eye(4, dtype=np.float32), "b": np.ones(4, np.float32)}
    found = imported(file_of(model(nodes, constants=constants).SerializeToString(), tmp_path))
    assert found.spec.text.splitlines()[-1].endswith("dense 4 -> dense 4 bias=false")


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.heavy)])
def test_changed_files_are_imported_or_refused(seed: int, tmp_path: Path) -> None:
    """Bytes, operators and wires of a file are changed at random: no exception comes out."""
    pytest.importorskip("onnxruntime")
    spec, state = drawn_network("input 8x8x3 -> conv 4 3x3 bn relu -> add [conv 4 1x1 | id] -> gap")
    content = encoded(spec, state)
    rng = random.Random(seed)
    for _ in range(15 if seed == 1 else 600):
        path = file_of(changed(content, rng), tmp_path)
        problems = Problems()
        found = import_network(path, BUILTIN, problems)
        assert (found is None) == problems.has_errors()


def changed(content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        cut = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            cut[rng.randrange(len(cut))] = rng.randrange(256)
        return bytes(cut)
    made = onnx.load_model_from_string(content)
    own = rng.choice(made.graph.node)
    others = [name for other in made.graph.node for name in (*other.input, *other.output)]
    own.op_type = rng.choice(
        [other.op_type for other in made.graph.node] + ["Clip", "Slice", "LRN"]
    )
    own.input[rng.randrange(len(own.input))] = rng.choice(others)
    for attribute in own.attribute:
        attribute.i = rng.choice([-1, 0, 3, 2**40])
        attribute.ints[:] = [rng.choice([-1, 0, 2, 2**40]) for _ in attribute.ints]
    return bytes(made.SerializeToString())


def test_constants_are_computed_only_as_far_as_they_fit(tmp_path: Path) -> None:
    """A fill of 2^40 numbers is refused before it is made."""
    nodes = [node("ConstantOfShape", "sizes", "big"), node("Add", "x big")]
    made = model(nodes, constants={"sizes": np.array([2**20, 2**20])})
    problems = refused(file_of(made.SerializeToString(), tmp_path))
    assert problems[0].code in ("E0787", "E0788")
