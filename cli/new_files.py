"""Files that a person goes on with, such as specs and code: none that exists is replaced unasked.

What a command makes again from its inputs (pictures, pages, predictions, weights of a run) is
replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..grammar.problem import Problem


def no_room_for(
    paths: Iterable[Path], read: Iterable[Path] = (), *, force: bool
) -> tuple[Problem, ...]:
    """Why files cannot be made, before the work is done: one problem for each of them. None takes
    the place of one that the command `read`s, not even by force."""
    from ..runtime.storage.files import unwritable

    read = tuple(read)
    found = (unwritable(path, read, replaces=force) for path in paths)
    return tuple(problem for problem in found if problem is not None)
