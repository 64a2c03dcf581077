"""Pydantic's errors in our terms: which option is refused, and why. Its own text is never shown."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import ValidationError

from ...grammar.tokens import LARGEST_WHOLE
from .kinds import Reason
from .numbers import TOO_LONG

REASONS: dict[str, Reason] = {
    **dict.fromkeys(
        ("greater_than", "greater_than_equal", "less_than", "less_than_equal"), "range"
    ),
    **dict.fromkeys(("too_short", "too_long", "missing", "finite_number", "range"), "range"),
    "unit": "unit",
}
"""The types of errors that tell of a value of the right kind; `range` and `unit` are our own."""


class Refusal(NamedTuple):
    """Why one option is refused."""

    name: str
    missing: bool
    """Whether there is no value at all."""
    reason: Reason
    hint: str


def refusals(error: ValidationError) -> list[Refusal]:
    """One for each option: of a value that is none of several kinds, the kind that it comes
    nearest to says what is the matter with it."""
    by_option: dict[str, list[Any]] = {}
    for item in error.errors(include_url=False, include_input=False):
        by_option.setdefault(str(item["loc"][0]), []).append(item)
    return [_refusal(name, items) for name, items in by_option.items()]


def _refusal(name: str, items: list[Any]) -> Refusal:
    near = next((item for item in items if item["type"] in REASONS), items[0])
    missing = near["type"] == "missing" and len(near["loc"]) == 1
    context = near.get("ctx", {})
    too_long = {context.get("le"), context.get("ge")} & {LARGEST_WHOLE, -LARGEST_WHOLE}
    hint = TOO_LONG if too_long else context.get("hint", "")
    return Refusal(name, missing, REASONS.get(near["type"], "kind"), hint)
