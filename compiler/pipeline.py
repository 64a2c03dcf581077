"""From a text to everything that can be known about it without running it, on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..grammar import ast
from ..grammar.parser import parse
from ..grammar.problem import Problem, Problems, in_order
from ..grammar.source import Source
from .check.contracts import check_network
from .check.contracts.network import read_network
from .check.lints import lint
from .check.lints.allow import filter_allowed
from .graph import Graph
from .infer import infer
from .ir import Model
from .language.vocabulary import Vocabulary
from .link import link
from .overrides import Overrides, override_train, read_overrides
from .reading import Read
from .resolve import resolve
from .resolve.unused import report_unused
from .spans import Spans


class Checked(NamedTuple):
    """What checking found out: a model and a graph, or as much of them as could be understood."""

    model: Model
    graph: Graph
    spans: Spans
    files: tuple[ast.File, ...]
    """The spec, and the files that it uses."""
    problems: tuple[Problem, ...]
    """By place, each once. Those that a comment allows are not among them."""
    complete: bool
    """Whether every layer was understood and has its shape."""

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self.problems)


def check(
    source: Source,
    vocabulary: Vocabulary,
    read: Read,
    *,
    overrides: Overrides | None = None,
    train: Mapping[str, int | str] | None = None,
    allow_outside: bool = False,
) -> Checked:
    """Parses, links, resolves and infers a spec, holds it to its contracts, and looks for slips.

    `overrides` are values, as netc text, that take the place of those of `let`s, and `train` are
    options that take the place of those of `train`.
    """
    problems = Problems()
    file = parse(source, problems)
    files = link(file, read, problems, allow_outside=allow_outside)
    settings = read_overrides(overrides or {}, problems)
    resolved = resolve(files, vocabulary, settings, problems)
    model = override_train(resolved.model, resolved.spans, train or {})
    inference = infer(model, resolved.spans, problems)
    complete = resolved.complete and inference.complete
    network = read_network(
        model,
        inference.graph,
        resolved.spans,
        shapes=inference.shapes,
        complete=resolved.whole_network,
        failed=resolved.failed,
    )
    check_network(network, problems)
    lint(network, problems)
    report_unused(resolved.unused, problems)
    return Checked(
        model=model,
        graph=inference.graph,
        spans=resolved.spans,
        files=files,
        problems=in_order(filter_allowed(files, problems)),
        complete=complete,
    )
