"""Filling, copying and rearranging."""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template


def fill(c: FunctionWriter, y: Argument, value: float) -> str:
    return f"for (int64_t i = 0; i < {y.size}; i++) {y.name}[i] = {c.number(value)};"


def copy(c: FunctionWriter, x: Argument, y: Argument) -> str:
    return f"memmove({y.name}, {x.name}, {y.size} * sizeof(*{y.name}));"


TEMPLATES: dict[str, Template] = {"fill": fill, "copy": copy}
