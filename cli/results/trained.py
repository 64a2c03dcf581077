"""A trained network that a command line names, and the part of its data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ...compiler.language.builtin import INSTALLED
from ...grammar.problem import Problems, in_order
from ..completing import any_file
from ..options import data_option, part_option, text_option
from ..specs.checking import Request
from ..specs.one_spec import Opened, fail, open_spec, other_data, with_data
from ..terminal.screen import ColorChoice

if TYPE_CHECKING:
    from ...runtime.training.evaluation import PartName
    from ...runtime.training.spec import Spec
    from ...runtime.training.trained_state import TrainedState

PARTS = {"train": "training", "val": "validation", "test": "test"}


class NamedWeights(NamedTuple):
    """What a command line says of the network and its data."""

    path: str | None
    texts: tuple[str, ...]
    weights: str | None
    data: str | None
    part: PartName | None


def trained_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options of a command that reads trained weights: it gets them as `named`."""

    @wraps(command)
    def called(
        *,
        path: str | None,
        texts: tuple[str, ...],
        weights: str | None,
        data: str | None,
        part: PartName | None,
        **others: Any,
    ) -> int:
        return command(named=NamedWeights(path, texts, weights, data, part), **others)

    of_path = click.argument(
        "path", metavar="[WEIGHTS_OR_SPEC]", required=False, shell_complete=any_file
    )
    of_weights = click.option(
        "--weights",
        metavar="FILE",
        shell_complete=any_file,
        help="The trained weights, for a spec.",
    )
    return of_path(text_option(of_weights(data_option(part_option(called)))))


class Trained(NamedTuple):
    """A network with its weights, and what it is measured on."""

    spec: Spec
    state: TrainedState
    root: Path
    """The folder that the paths of the spec are relative to."""
    part: PartName


def open_trained(named: NamedWeights, request: Request, color: ColorChoice) -> Trained | None:
    """Reads what a command line names; None after a problem was shown."""
    path, texts, weights, data, part = named
    if weights is not None:
        opened = open_spec(path, texts, request, color)
        return None if opened is None else _with_weights(opened, weights, named, color)
    if path is None or path == "-" or path.endswith(".net"):
        raise click.UsageError("a spec needs trained weights: use --weights")
    if texts or request.overrides:
        raise click.UsageError("the spec is in the weights file: -e and --set are not allowed")
    return open_saved(Path(path), data, part, color)


def _with_weights(
    opened: Opened, weights: str, named: NamedWeights, color: ColorChoice
) -> Trained | None:
    """The spec with its weights. With other data, what these lack is fitted on that of the spec,
    where it names some."""
    from ...compiler.open_widths import with_widths
    from ...runtime.model.load import load_weights_for
    from ...runtime.training.evaluation import fit_missing, lacks_fit
    from ...runtime.training.spec import Spec

    spec, problems = Spec.of(opened.checked), Problems()
    weighted = load_weights_for(spec, Path(weights), INSTALLED, problems)
    state: TrainedState | None = None
    if weighted is not None:
        spec, state = weighted
    if state is not None and named.data is not None:
        if spec.model.data is not None and lacks_fit(spec.model, state):
            state = fit_missing(
                spec, state, root=opened.root, problems=problems, reporter=lambda event: None
            )
        checked, wrong = with_data(opened.checked, named.data)
        if wrong and state is not None:
            fail(wrong, color)
            return None
        spec = spec.with_model(with_widths(checked.model, spec.model))
    if state is None:
        fail(in_order(problems), color)
        return None
    return Trained(spec, state, opened.root, named.part or usual_part(spec, named.data))


def open_saved(
    path: Path, data: str | None, part: PartName | None, color: ColorChoice
) -> Trained | None:
    """The same from a file that holds spec and weights."""
    from ...runtime.model.load import load_trained

    problems = Problems()
    model = load_trained(path, INSTALLED, problems)
    if model is None:
        fail(in_order(problems), color)
        return None
    spec = model.as_spec()
    if data is not None:
        ir, wrong = other_data(spec.model, spec.graph, spec.spans, data, trained=True)
        if wrong:
            fail(wrong, color)
            return None
        spec = spec.with_model(ir)
    return Trained(spec, model.trained_state(), path.parent, part or usual_part(spec, data))


def usual_part(spec: Spec, other: str | None) -> PartName:
    """The test part; of another set that has none of its own, everything."""
    data = spec.model.data
    if other is None or data is None or data.split is not None:
        return "test"
    return "test" if data.facts().test is not None else "all"
