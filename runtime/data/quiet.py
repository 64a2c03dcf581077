"""Pillow without its warnings: filters of warnings belong to the process, not to a thread."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress
from typing import Any

from ..held_state import HeldState

_MODULES = r"PIL\."
"""Whose warnings are not shown; those of a program that is called meanwhile are."""
_FILTER: tuple[Any, ...] = ("ignore", None, Warning, re.compile(_MODULES), 0)
"""What `warnings` makes of that."""


def _is_there() -> bool:
    return _FILTER in warnings.filters


def _add(_: bool) -> None:
    warnings.filterwarnings("ignore", module=_MODULES)


def _remove(was_there: bool) -> None:
    filters: Any = warnings.filters
    if not was_there:
        with suppress(ValueError):  # a program may have reset its filters
            filters.remove(_FILTER)


QUIET_PILLOW = HeldState(_is_there, _add, _remove)
"""Pillow warns of metadata, which are not used, and of large pictures, which have a bound here."""
