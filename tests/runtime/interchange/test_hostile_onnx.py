"""Files of ONNX that are damaged, or made to do harm, or hold what netc does not have: each is a
diagnostic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imported_files import file_of, imported, refused

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
    "no output": (lambda: model([node("Relu", "x", "z")]), "nothing makes the output `y`"),
    "outside": (lambda: outside(gemm(), "../../etc/passwd"), "not a file in its folder"),
    "absolute": (lambda: outside(gemm(), "/etc/passwd"), "not a file in its folder"),
    "missing": (lambda: outside(gemm(), "gone.bin"), "not a file in its folder"),
    "beyond": (lambda: outside(gemm(), "net.onnx", offset="9999999"), "beyond the end"),
    "place": (lambda: outside(gemm(), "net.onnx", offset="x"), "no number"),
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
    "capped": (["n", 4], [node("Clip", "x zero six")], "Clip"),
    "padding not counted": (
        IMAGE,
        [node("AveragePool", "x", kernel_shape=[3, 3], pads=[1] * 4)],
        "AveragePool",
    ),
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
        "zero": np.float32(0),
        "six": np.float32(6),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        "none": np.zeros(0, np.float32),
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


def test_constants_are_computed_only_as_far_as_they_fit(tmp_path: Path) -> None:
    """A fill of 2^40 numbers is refused before it is made."""
    nodes = [node("ConstantOfShape", "sizes", "big"), node("Add", "x big")]
    made = model(nodes, constants={"sizes": np.array([2**20, 2**20])})
    problems = refused(file_of(made.SerializeToString(), tmp_path))
    assert problems[0].code in ("E0787", "E0788")
