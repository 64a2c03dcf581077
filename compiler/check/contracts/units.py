"""`dense ?`: some loss says how many outputs it has."""

from __future__ import annotations

from ....grammar.problem import Problems
from ...open_widths import open_outputs
from .network import CheckedNetwork


def check_units(network: CheckedNetwork, problems: Problems) -> None:
    """Reports layers that leave their number of outputs open where no loss decides it."""
    takers = [node.name for node in network.model.nodes if node.layer.takes_units()]
    if not takers:
        return
    decided = open_outputs(network.model)
    for name in takers:
        if name not in decided:
            from ...problems.targets import UnitsUndecided

            problems.add(
                UnitsUndecided(
                    at=network.node_place(name),
                    word=network.layer(name).word,
                    has_loss=bool(network.model.losses),
                )
            )
