"""`--plots FOLDER`: pictures and their numbers as files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .terminal.fit import print_fitted

if TYPE_CHECKING:
    from ..runtime.plots.picture import Picture

PICTURES_NEED = "pictures need"
"""How the message about a missing matplotlib begins."""


def write_pictures(pictures: Iterable[Picture], folder: Path, *, tells: bool = True) -> bool:
    """Writes them and, if it `tells`, says so in one line; False after it was said why that
    failed."""
    from ..runtime.packages import package_trouble
    from ..runtime.plots.picture import save_pictures

    try:
        written = save_pictures(pictures, folder)
    except OSError as error:
        print_fitted(f"error: cannot write pictures to `{folder}`: {error.strerror}\n", sys.stderr)
        return False
    if tells:
        names = dict.fromkeys(path.stem for path in written)
        print_fitted(f"plots   {folder}: {', '.join(names)}\n")
    trouble = package_trouble("matplotlib")
    if trouble is not None:
        said = trouble.text(PICTURES_NEED)
        print_fitted(f"{said}; the CSV files have the numbers\n", sys.stderr)
    return True
