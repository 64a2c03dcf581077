"""How the learning rate changes, as functions of a PyTorch file: `make_scheduler` and
`make_plateau`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..training.monitors import measure
from ..training.schedules import OneCycle, Schedule
from .schedules import TorchSchedule, steps_text, torch_schedule
from .wrapping import wrapped


@dataclass(frozen=True, slots=True)
class RateWriter:
    """Writes the functions for a schedule."""

    schedule: Schedule
    epochs: int

    def functions(self) -> list[list[str]]:
        """Those that there is something to say in."""
        schedule = self.schedule
        one_cycle = isinstance(schedule, OneCycle)
        warm = schedule.warmup is not None and schedule.warmup.value > 0
        own: TorchSchedule = torch_schedule(schedule, warm and not one_cycle)
        found: list[list[str]] = []
        if own.watches is None and (own.scheduler or own.factor or warm):
            found.append(self.make_scheduler(own, warm=warm))
        elif own.watches is not None and warm:
            found.append(self.make_warmup())
        if own.watches is not None:
            larger = measure(own.watches)
            mode = "max" if larger is not None and larger.larger_is_better else "min"
            call = own.scheduler.replace("MODE", mode)
            found.append(
                [
                    "def make_plateau(optimizer):",
                    f'    """Its `step` takes the {own.watches} of an epoch."""',
                    *wrapped(f"return {call}", 4),
                ]
            )
        return found

    def make_scheduler(self, own: TorchSchedule, *, warm: bool) -> list[str]:
        body: list[str] = []
        if own.scheduler:
            body += self.warmup_line() if "warmup" in own.scheduler else []
            rates = 'rates = [group["lr"] for group in optimizer.param_groups]'
            body += [f"    {rates}"] if "rates" in own.scheduler else []
            body += wrapped(f"return {own.scheduler}", 4)
        else:
            inner = wrapped(f"return {self.factor(own, warm=warm)}", 8)
            if "done" in own.factor:
                done = "done = max(0, step - warmup) / max(1, steps - warmup)"
                inner = [*wrapped(done, 8), *inner]
            body += self.warmup_line() if warm else []
            body += ["", "    def factor(step):", *inner, ""]
            body.append("    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)")
        return [*self.scheduler_head(body), *body]

    def factor(self, own: TorchSchedule, *, warm: bool) -> str:
        rise = "min(1, (step + 1) / warmup)"
        if not warm:
            return own.factor
        return f"{rise} * {own.factor}" if own.factor else rise

    def make_warmup(self) -> list[str]:
        body = [
            *self.warmup_line(),
            "    return torch.optim.lr_scheduler.LinearLR(",
            "        optimizer, start_factor=1 / warmup, total_iters=warmup - 1",
            "    )",
        ]
        return [*self.scheduler_head(body), *body]

    def warmup_line(self) -> list[str]:
        assert self.schedule.warmup is not None
        return wrapped(f"warmup = min({steps_text(self.schedule.warmup)}, steps)", 4)

    def scheduler_head(self, body: Sequence[str]) -> list[str]:
        lines = [
            f"def make_scheduler(optimizer, epoch_steps, epochs={self.epochs}):",
            '    """Its `step` follows every step of the optimizer."""',
        ]
        needs = any("steps" in line.replace("epoch_steps", "") for line in body)
        return [*lines, "    steps = epochs * epoch_steps"] if needs else lines
