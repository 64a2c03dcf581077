"""The statement that an option belongs to which is written as a statement of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ..language.options import Category, options_of
from ..language.vocabulary import Vocabulary

SETTINGS = ("epochs", "batch", "seed", "lr", "precision")
"""Options that are met as statements of their own, under the names of other frameworks too."""


class Owner(NamedTuple):
    """The statement that an option belongs to."""

    call: str
    """`train`, `opt adam`."""
    written: str
    """The whole of it where the spec has it already: `opt adam lr=0.1`; or the same as `call`."""
    is_there: bool
    """Whether the spec has it."""

    @property
    def is_clear(self) -> bool:
        """Whether it can be written with no more than its options: `train`, but no optimizer."""
        return not self.is_there and " " not in self.call

    def with_option(self, name: str, value: str) -> str:
        """The statement with the option."""
        rest = re.sub(rf" {name}=(?:\([^()]*\)|\S+)", "", self.written)
        return f"{rest} {name}={value}"


def owner_of(name: str, vocabulary: Vocabulary, statements: Mapping[str, str]) -> Owner | None:
    """The statement that an option belongs to: `train` for `epochs`, the optimizer for `lr`.

    `statements` are those that the spec has, by their first word.
    """

    def has(category: Category, word: str) -> bool:
        if not vocabulary.has(category, word):
            return False
        return any(option.name == name for option in options_of(vocabulary.get(category, word)))

    if has("directive", "train"):
        return Owner("train", statements.get("train", "train"), "train" in statements)
    written = statements.get("opt", "")
    chosen = written.split()[1] if len(written.split()) > 1 else ""
    if has("optimizer", chosen):
        return Owner(f"opt {chosen}", written, is_there=True)
    return Owner("opt sgd", "opt sgd", is_there=False) if has("optimizer", "sgd") else None
