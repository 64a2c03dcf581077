"""What a run was told, setting by setting, so that runs can be compared."""

from __future__ import annotations

from itertools import islice

from ....compiler import settings
from ....compiler.ir import Model
from ..data import NamedTexts

MOST_SETTINGS = 1200
"""The rest are layers, of a network that nobody reads."""


def settings_of(model: Model) -> NamedTexts:
    """Those of the model, in their order."""
    return tuple(islice(settings.settings_of(model), MOST_SETTINGS))
