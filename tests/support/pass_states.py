"""What a pass makes of a small spec: its network or program before and after."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.frozen import change
from netc.compiler.lower.context import Choices
from netc.compiler.lower.lower import lower
from netc.compiler.lower.network import Network
from netc.compiler.lower.plan import Plan
from netc.compiler.lower.program import Program
from netc.compiler.lower.verify import verify
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.training.directives import Train
from program_text import text_of


@dataclass(frozen=True)
class Case:
    """Where a pass is looked at: a small spec and one of its programs, and a shipped net."""

    text: str
    works_on: str
    shipped: str = ""
    batch: int = 2
    memory: str = "normal"
    native: bool = False


def plan_of(text: str, case: Case, choices: Choices) -> Plan:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    model = checked.model
    if model.optimizer is not None and not type(model.optimizer).can_run():
        model = change(model, optimizer=None)
    model = change(model, train=change(model.train or Train(), memory=case.memory))
    return lower(model, checked.graph, batch=case.batch, choices=choices)


def around(name: str, case: Case) -> tuple[str, str]:
    """The network or program before a pass and after it."""
    seen = [""]
    found: list[tuple[str, str]] = []

    def inspect(ran: str, subject: Network | Program) -> None:
        verify(ran, subject)
        if case.works_on == ("network" if isinstance(subject, Network) else subject.name):
            seen.append(text_of(subject))
            if ran == name:
                found.append((seen[-2], seen[-1]))

    plan_of(case.text, case, Choices(inspect=inspect, native=case.native))
    (states,) = found
    return states
