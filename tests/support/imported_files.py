"""Files of ONNX, imported: what netc computes of them beside what onnxruntime does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.problem import Problem, Problems
from netc.runtime.interchange.importing import Import, import_network
from netc.runtime.model.inference import InferenceSession
from netc.runtime.training.spec import Spec
from onnx_files import Array, run_file
from reference_net import distance


def imported(path: Path) -> Import:
    """The network of a file that has one."""
    problems = Problems()
    found = import_network(path, BUILTIN, problems)
    assert found is not None, [problem.message() for problem in problems]
    return found


def refused(path: Path) -> list[Problem]:
    """Why a file has none."""
    problems = Problems()
    assert import_network(path, BUILTIN, problems) is None
    return list(problems)


def file_of(content: bytes, folder: Path, name: str = "net.onnx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def outputs_of(found: Import, samples: list[Array]) -> list[Array]:
    """What netc computes, in the order of the file; samples are in netc's order."""
    assert found.state is not None
    session = InferenceSession(Spec.of(found.spec.checked), found.state)
    given: Any = samples[0] if len(samples) == 1 else tuple(samples)
    outputs = session.outputs(given)
    return [outputs[name] for name in found.spec.outputs]


def channels_last(array: Array) -> Array:
    return np.moveaxis(array, 1, -1) if array.ndim > 2 else array


def assert_equal_to_runtime(
    path: Path, samples: dict[str, Array], *, turned: bool, tolerance: float = 1e-5
) -> Import:
    """That netc gives what onnxruntime gives. In a `turned` file the channels are first."""
    found = imported(path)
    expected = run_file(str(path), samples)
    given = [channels_last(array) if turned else array for array in samples.values()]
    for name, own in zip(expected, outputs_of(found, given), strict=True):
        wanted = channels_last(expected[name]) if turned else expected[name]
        assert np.isfinite(own).all()
        assert distance(own.reshape(wanted.shape), wanted) <= tolerance, name
    return found
