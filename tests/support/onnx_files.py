"""Networks as bytes of ONNX, in netc and in onnxruntime."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import netc
import numpy as np
from netc.compiler.graph import token_inputs
from netc.compiler.language.frozen import change
from netc.compiler.onnx.lower import OnnxOptions
from netc.grammar.problem import Problems
from netc.runtime.data.user_arrays import input_names
from netc.runtime.model.inference import InferenceSession
from netc.runtime.training.loop.initial_weights import initial_weights
from netc.runtime.training.spec import Spec
from netc.runtime.training.trained_state import TrainedState
from reference_net import shake

Array = np.ndarray[Any, Any]
PLAIN = OnnxOptions()


def drawn_network(text_or_path: str | Path) -> tuple[Spec, TrainedState]:
    """A spec, with weights of which none is 0 or 1."""
    spec = netc.compile(text_or_path).as_spec()
    problems = Problems()
    weights = initial_weights(spec, problems)
    assert weights is not None
    return spec, TrainedState(shake(weights, seed=5), (), (), ())


def in_double(spec: Spec, state: TrainedState) -> tuple[Spec, TrainedState]:
    """The same network, computed in double precision."""
    train = change(spec.model.train, precision="f64")
    weights = {name: array.astype(np.float64) for name, array in state.weights.items()}
    return spec.with_model(change(spec.model, train=train)), replace(state, weights=weights)


def drawn_samples(spec: Spec, batch: int) -> dict[str, Array]:
    """Tokens, pixels and other numbers, by input."""
    rng = np.random.default_rng(batch)
    tokens = token_inputs(spec.graph)
    samples: dict[str, Array] = {}
    for name in input_names(spec.model):
        shape = (batch, *(size or 16 for size in spec.graph.node(name).shape))
        if name in tokens:
            samples[name] = rng.integers(0, tokens[name], shape)
        else:
            samples[name] = rng.standard_normal(shape).astype(np.float32)
    return samples


def encoded(spec: Spec, state: TrainedState, options: OnnxOptions = PLAIN) -> bytes:
    """The network as a file."""
    from netc.runtime.interchange.onnx.export import onnx_graph
    from netc.runtime.interchange.onnx.write import encode_graph

    problems = Problems()
    graph = onnx_graph(spec, state, "net", options, problems)
    assert graph is not None, [problem.message() for problem in problems]
    found = encode_graph(graph, state.weights, "0")
    assert isinstance(found, bytes)
    return found


def run_file(content: bytes | str, samples: dict[str, Array]) -> dict[str, Array]:
    """What onnxruntime computes, by output. It gets the type of numbers that the file names."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    types = {"tensor(int64)": np.int64, "tensor(float)": np.float32, "tensor(double)": np.float64}
    feeds = {own.name: samples[own.name].astype(types[own.type]) for own in session.get_inputs()}
    names = [own.name for own in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True))


def netc_outputs(spec: Spec, state: TrainedState, samples: dict[str, Array]) -> dict[str, Array]:
    """What netc computes, by the names that a file of ONNX has."""
    labels = {node: label for label, node in reversed(spec.graph.labels.items())}
    given: Any = tuple(samples.values())
    found = InferenceSession(spec, state).outputs(given[0] if len(given) == 1 else given)
    return {labels.get(node, node): found[node] for node in spec.graph.outputs}
