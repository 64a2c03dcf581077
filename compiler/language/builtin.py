"""The words that netc itself brings, and those that installed packages add. Callers pass one of
the two, and could pass another vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..layers.catalog import LAYERS
from .catalog import WORDS
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from .outside import Installed


def _find() -> Installed:
    # the library that looks through packages takes time to import, and most specs need none
    from .outside import find_words

    return find_words()


BUILTIN = Vocabulary(LAYERS + WORDS)
"""The words of netc alone."""
INSTALLED = Vocabulary(LAYERS + WORDS, _find)
"""The words of netc and of installed packages."""
