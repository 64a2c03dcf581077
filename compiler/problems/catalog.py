"""Every problem class there is. Imported only by what lists or explains codes."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from ...grammar import problems as of_the_grammar
from ...grammar.problem import Problem
from .. import problems as of_the_compiler


def all_problem_classes() -> tuple[type[Problem], ...]:
    """Every class, by code."""
    families = (
        import_module(f"{package.__name__}.{module.name}")
        for package in (of_the_grammar, of_the_compiler)
        for module in iter_modules(package.__path__)
    )
    classes = (cls for family in families for cls in problem_classes(family))
    return tuple(sorted(classes, key=lambda cls: cls.code))


def problem_classes(family: ModuleType) -> tuple[type[Problem], ...]:
    """The classes with a code that a module defines, in its order."""
    return tuple(
        cls
        for cls in vars(family).values()
        if isinstance(cls, type)
        and issubclass(cls, Problem)
        and cls.__module__ == family.__name__
        and "code" in vars(cls)
    )


def problem_class(code: str) -> type[Problem] | None:
    """The class of a code such as `E0312`, or None when no problem has it."""
    return next((cls for cls in all_problem_classes() if cls.code == code), None)
