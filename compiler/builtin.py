"""The words that netc itself brings. Callers pass it where another vocabulary could stand."""

from __future__ import annotations

from .ops.catalog import LAYERS
from .vocabulary import Vocabulary
from .words.catalog import WORDS

BUILTIN = Vocabulary(LAYERS + WORDS)
