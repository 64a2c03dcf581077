"""The words that netc itself brings. Callers pass it, and could pass another vocabulary."""

from __future__ import annotations

from ..layers.catalog import LAYERS
from .catalog import WORDS
from .vocabulary import Vocabulary

BUILTIN = Vocabulary(LAYERS + WORDS)
