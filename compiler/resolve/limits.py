"""How large a spec may be, far above what anyone trains: a slip must not fill the memory."""

from __future__ import annotations

from typing import Final

LIMIT: Final = 100_000
"""How many calls a spec may expand to."""

DRY_RUN_LAYERS: Final = 20_000
"""How many calls of code that is not part of the network are looked at."""

HEAVIEST: Final = 10_000
"""How many values a list may hold, those of the lists in it among them."""

DEEPEST: Final = 64
"""How many blocks, brackets, parentheses and lists may lie inside each other."""
