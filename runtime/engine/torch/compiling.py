"""`torch.compile`: one program of the network, made at the first step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ....compiler.problems.torch import TorchCannotCompile
from ...native.failure import NOWHERE, EngineError


def compiled(module: Any) -> Callable[..., Any]:
    """A module that compiles itself when it is called, once for each size of a batch: so the bits
    of a step depend on its size, and not on those of earlier steps. Raises EngineError where this
    PyTorch never compiles, such as with a Python that is too new for it."""
    try:
        found: Callable[..., Any] = torch.compile(module, dynamic=False)
    except RuntimeError as error:
        raise _cannot(error) from error
    return found


@contextmanager
def compiling(compiles: bool) -> Iterator[None]:
    """Around the calls of modules that compile themselves, forwards and backwards. Raises
    EngineError where there is no compiler, or where it fails."""
    if not compiles:
        yield
        return
    # what compiles takes seconds to load, and has no public name for its exceptions
    from torch._dynamo.exc import TorchDynamoException

    try:
        yield
    except TorchDynamoException as error:
        raise _cannot(error) from error


def _cannot(error: RuntimeError) -> EngineError:
    lines = str(error).strip().splitlines()
    reason = lines[0].rstrip(".:") if lines else type(error).__name__
    return EngineError(TorchCannotCompile(at=NOWHERE, reason=reason))
