"""The options of `netc run` and its likes that say how the torch engine computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, get_args

import click

from ...runtime.training.spec import (
    DeviceChoice,
    EngineChoice,
    PrecisionChoice,
    RunOptions,
    TorchRequest,
)
from ..specs.checking import Request


def check_torch(torch: TorchRequest, engine: EngineChoice) -> None:
    """Raises UsageError for what only PyTorch does."""
    if engine == "torch":
        return
    for name, value in torch.only_torch().items():
        shown = f"--{name} {value}" if name == "precision" else f"--{name}"
        raise click.UsageError(f"{shown} needs --engine torch")


def put_precision(torch: TorchRequest, request: Request) -> None:
    """Puts the precision in the place of that of the spec."""
    precision = torch.train_precision()
    if precision is not None:
        request.train["precision"] = precision


def torch_words(torch: TorchRequest, engine: EngineChoice) -> list[str]:
    """The part of a command line that says the same."""
    words = [] if engine == "numpy" else ["--engine", engine]
    words += [] if torch.device is None else ["--device", torch.device]
    words += [] if torch.precision is None else ["--precision", torch.precision]
    return [*words, *["--compile"] * torch.compiles]


def with_torch(torch: TorchRequest, options: RunOptions) -> RunOptions:
    return replace(options, torch=torch.options(shares=True))


def torch_request_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options, which the command gets as `torch`."""

    @wraps(command)
    def called(
        *,
        device: DeviceChoice | None,
        precision: PrecisionChoice | None,
        compiles: bool,
        **others: Any,
    ) -> int:
        return command(torch=TorchRequest(device, precision, compiles), **others)

    for option in reversed(OPTIONS):
        called = option(called)
    return called


OPTIONS = (
    click.option(
        "--device",
        type=click.Choice(get_args(DeviceChoice)),
        help="Where --engine torch computes. [default: cpu]",
    ),
    click.option(
        "--precision",
        type=click.Choice(get_args(PrecisionChoice)),
        help="Compute in this precision instead of that of the spec; bf16 needs --engine torch.",
    ),
    click.option(
        "--compile",
        "compiles",
        is_flag=True,
        help="With --engine torch: compile the network with torch.compile.",
    ),
)
