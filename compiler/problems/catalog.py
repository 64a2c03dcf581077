"""Every problem class there is, by family. Imported only by what lists or explains codes."""

from __future__ import annotations

from importlib import import_module

from ...grammar.problem import Problem

FAMILIES = (
    "netc.grammar.problems.syntax",
    "netc.compiler.problems.names",
    "netc.compiler.problems.definitions",
    "netc.compiler.problems.calls",
    "netc.compiler.problems.flow",
    "netc.compiler.problems.options",
    "netc.compiler.problems.shapes",
    "netc.compiler.problems.sizes",
    "netc.compiler.problems.merges",
    "netc.compiler.problems.windows",
    "netc.compiler.problems.values",
    "netc.compiler.problems.expansion",
    "netc.compiler.problems.contracts",
    "netc.compiler.problems.data",
    "netc.compiler.problems.arrays",
    "netc.compiler.problems.numbers",
    "netc.compiler.problems.pictures",
    "netc.compiler.problems.samples",
    "netc.compiler.problems.training",
    "netc.compiler.problems.running",
    "netc.compiler.problems.files",
    "netc.compiler.problems.weights",
    "netc.compiler.problems.lints",
)
"""The modules whose `PROBLEMS` are the codes of netc, in the order of the codes."""


def all_problem_classes() -> tuple[type[Problem], ...]:
    """Every class, by code."""
    classes: list[type[Problem]] = []
    for family in FAMILIES:
        classes.extend(import_module(family).PROBLEMS)
    return tuple(sorted(classes, key=lambda cls: cls.code))


def problem_class(code: str) -> type[Problem] | None:
    """The class of a code such as `E0312`, or None when no problem has it."""
    return next((cls for cls in all_problem_classes() if cls.code == code), None)
