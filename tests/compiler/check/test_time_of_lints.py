"""The time of each lint grows with the network, also where a single call does the work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.compiler.check.contracts.network import CheckedNetwork, read_network
from netc.compiler.check.lints import LINTS
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from work import time_ratio


def labelled(layers: int) -> CheckedNetwork:
    pipe = "".join(f" -> dense 8 relu -> @a{n}" for n in range(layers))
    text = f"data digits; input 64{pipe} -> dense 10 softmax; loss ce; opt adam; train epochs=1"
    found = check(source_of(text), BUILTIN, read_source)
    assert found.problems == ()
    return read_network(found.model, found.graph, found.spans)


@pytest.fixture(scope="module")
def networks() -> tuple[CheckedNetwork, CheckedNetwork]:
    return labelled(250), labelled(2_000)


@pytest.mark.parametrize("lint", LINTS)
def test_the_time_of_a_lint_grows_with_the_number_of_layers_and_labels(
    lint: Callable[[CheckedNetwork, Problems], None],
    networks: tuple[CheckedNetwork, CheckedNetwork],
) -> None:
    fewer, more = networks
    enough = 30.0  # it is eightfold, and 64-fold with the square
    small, large = (lambda: lint(fewer, Problems())), (lambda: lint(more, Problems()))
    assert time_ratio(small, large, enough) <= enough
