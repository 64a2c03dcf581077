"""What a command line says of an export, and the network that it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...compiler.language.builtin import INSTALLED
from ...grammar.problem import Problems, in_order
from ...grammar.source import Span
from ..specs.checking import Request
from ..specs.one_spec import Opened, fail, open_spec
from ..terminal.screen import ColorChoice

if TYPE_CHECKING:
    from ...runtime.training.spec import Spec
    from ...runtime.training.trained_state import TrainedState


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a command line says."""

    model: str
    """A file of weights with their spec, or a spec."""
    output: Path
    color: ColorChoice
    weights: Path | None = None
    """The file that weights are written to, apart from the output."""
    training: bool = False
    """Whether how the network trains is written, too."""
    opset: int | None = None
    preparation: bool = False
    fold_batchnorm: bool = False
    force: bool = False
    """Whether files that exist are replaced."""


class Exportable(NamedTuple):
    """A network with weights."""

    spec: Spec
    state: TrainedState
    trained: bool
    """Whether the weights are trained, not those that a training starts from."""


def lacks_network(opened: Opened, color: ColorChoice) -> bool:
    """Whether a spec has nothing to export, which is then said."""
    from ...compiler.problems.running import NetworkMissing

    if any(node.inputs for node in opened.checked.model.nodes):
        return False
    start = Span(opened.document.source, 0, 0)
    fail((NetworkMissing(at=start, action="export"),), color)
    return True


def open_exportable(request: ExportRequest) -> Exportable | None:
    """The network that a command line names; None after a problem was shown."""
    from ...runtime.model.load import load_trained
    from ...runtime.training.loop.initial_weights import initial_weights
    from ...runtime.training.spec import Spec
    from ...runtime.training.trained_state import TrainedState

    problems = Problems()
    if not request.model.endswith(".net") and request.model != "-":
        model = load_trained(Path(request.model), INSTALLED, problems)
        if model is not None:
            return Exportable(model.as_spec(), model.trained_state(), trained=True)
    else:
        opened = open_spec(request.model, (), Request(), request.color)
        if opened is None:
            return None
        spec = Spec.of(opened.checked)
        if lacks_network(opened, request.color):
            return None
        weights = initial_weights(spec, problems)
        if weights is not None:
            state = TrainedState(weights, (), (), ())
            return Exportable(spec, state, trained=spec.model.weights is not None)
    fail(in_order(problems), request.color)
    return None
