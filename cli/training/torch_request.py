"""The options of `netc run` and its likes that say how the torch engine computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Literal, NamedTuple

import click

from ...runtime.training.spec import DeviceChoice, EngineChoice, RunOptions, TorchOptions
from ..specs.checking import Request


class TorchRequest(NamedTuple):
    """What a command line says about precision and devices."""

    device: DeviceChoice | None
    precision: Literal["f32", "f64", "bf16"] | None
    compiles: bool

    def check(self, engine: EngineChoice) -> None:
        """Raises UsageError for what only PyTorch does."""
        if engine == "torch":
            return
        for option, used in (
            ("--device", self.device is not None),
            ("--precision bf16", self.precision == "bf16"),
            ("--compile", self.compiles),
        ):
            if used:
                raise click.UsageError(f"{option} needs --engine torch")

    def change(self, request: Request) -> None:
        """Puts the precision in the place of that of the spec."""
        if self.precision is not None:
            request.train["precision"] = "f32" if self.precision == "bf16" else self.precision

    def options(self, *, shares: bool) -> TorchOptions:
        """`shares` says whether processes that `torchrun` has started train together."""
        return TorchOptions(self.device or "cpu", self.precision == "bf16", self.compiles, shares)

    def words(self, engine: EngineChoice) -> list[str]:
        """The part of a command line that says the same."""
        words = [] if engine == "numpy" else ["--engine", engine]
        words += [] if self.device is None else ["--device", self.device]
        words += [] if self.precision is None else ["--precision", self.precision]
        return [*words, *["--compile"] * self.compiles]

    def applied_to(self, options: RunOptions) -> RunOptions:
        return replace(options, torch=self.options(shares=True))


def torch_request_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options, which the command gets as `torch`."""

    @wraps(command)
    def called(
        *,
        device: DeviceChoice | None,
        precision: Literal["f32", "f64", "bf16"] | None,
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
        type=click.Choice(["cpu", "cuda", "mps"]),
        help="Where --engine torch computes. [default: cpu]",
    ),
    click.option(
        "--precision",
        type=click.Choice(["f32", "bf16", "f64"]),
        help="Compute in this precision instead of that of the spec; bf16 needs --engine torch.",
    ),
    click.option(
        "--compile",
        "compiles",
        is_flag=True,
        help="With --engine torch: let torch.compile make one program of the network.",
    ),
)
