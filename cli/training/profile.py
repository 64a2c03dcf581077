"""`netc run --profile`: where the time of a training step goes, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..terminal.figures import LABEL, duration
from ..terminal.fit import fit_lines, table_lines
from ..terminal.screen import Screen

if TYPE_CHECKING:
    from ...runtime.analysis.machine_limits import MachineLimits
    from ...runtime.analysis.profile import Profile
    from ...runtime.analysis.timed import Timed

LEAST_SHARE = 0.002
"""Instructions below it are summed up in one line."""

NOT_COMPILED = " (NumPy)"
"""What follows an instruction that the native engine leaves to NumPy."""

HEADINGS = ("#", "instruction", "layer", "calls", "time", "share", "GF/s", "floor", "x floor")
RIGHT = "rllrrrrrr"


def profile_text(profile: Profile, screen: Screen) -> str:
    """All tables and what they say together."""
    parts = (
        _instructions(profile, screen),
        _sums("layer", profile, screen),
        _sums("instruction", profile, screen),
        _totals(profile, screen),
    )
    return fit_lines("\n".join("\n".join(lines) + "\n" for lines in parts), screen, LABEL)


def _instructions(profile: Profile, screen: Screen) -> list[str]:
    ordered = sorted(profile.instructions, key=lambda item: -item.seconds)
    total, compiled = profile.in_calls, _is_compiled(profile)
    shown = [item for item in ordered if item.seconds >= LEAST_SHARE * total]
    rows = [
        (
            str(item.at),
            item.row + NOT_COMPILED * (compiled and not item.compiled),
            screen.clean(item.layer),
            str(item.calls),
            *_figures(item, total),
        )
        for item in shown
    ]
    others = ordered[len(shown) :]
    if others:
        seconds = sum(item.seconds for item in others)
        calls = str(sum(item.calls for item in others))
        word = f"{len(others)} others"
        rows.append(("", word, "", calls, duration(seconds), _share(seconds, total), "", "", ""))
    return _table([HEADINGS, *rows], RIGHT, screen)


def _figures(item: Timed, total: float) -> tuple[str, ...]:
    """Time, share, rate, floor, and how many times the floor it takes."""
    products = item.work.multiply_adds
    rate = f"{2e-9 * products / item.seconds:.0f}" if products else ""
    times = f"{item.seconds / item.floor:.1f}" if item.floor else ""
    return duration(item.seconds), _share(item.seconds, total), rate, duration(item.floor), times


def _sums(what: str, profile: Profile, screen: Screen) -> list[str]:
    """The time of every layer, or of every kind of instruction, longest first."""
    seconds: dict[str, float] = {}
    floors: dict[str, float] = {}
    for item in profile.instructions:
        key = screen.clean(item.layer) if what == "layer" else item.row
        seconds[key] = seconds.get(key, 0.0) + item.seconds
        floors[key] = floors.get(key, 0.0) + item.floor
    total = profile.in_calls
    rows = [
        (key, duration(value), _share(value, total), duration(floors[key]))
        for key, value in sorted(seconds.items(), key=lambda entry: -entry[1])
    ]
    return _table([(what, "time", "share", "floor"), *rows], "lrrr", screen)


def _totals(profile: Profile, screen: Screen) -> list[str]:
    rate = profile.batch / profile.step
    products = 2e-9 * profile.multiply_adds
    lines = [
        f"step    {duration(profile.step)} for {profile.batch:,} samples on one core, "
        f"{rate:,.0f} samples/s; median of {profile.steps:,} steps",
        f"        {duration(profile.in_calls)} in {_calls(profile):,} calls, timed one by one, "
        f"and {duration(profile.reading)} to read a batch",
        f"floor   {duration(profile.floor)}: {_bound(profile)}; "
        f"the step takes {profile.step / profile.floor:.1f} times that",
        f"        {products:.3g} GF in matrix products; {_best(profile.limits)}",
    ]
    if _is_compiled(profile):
        share = _share(profile.in_numpy, profile.in_calls)
        rows = {item.row for item in profile.instructions if not item.compiled}
        names = f": {', '.join(sorted(rows))}" if rows else ""
        lines.append(f"engine  native; {share} of the time is in NumPy{names}")
    return [screen.paint(lines[0], "strong"), *lines[1:]]


def _bound(profile: Profile) -> str:
    if _is_compiled(profile):
        return "what the matrix products and copies of NumPy would need at least"
    return "lower bound of all instructions on this machine"


def _is_compiled(profile: Profile) -> bool:
    return any(item.compiled for item in profile.instructions)


def _calls(profile: Profile) -> int:
    return sum(item.calls for item in profile.instructions)


def _best(limits: MachineLimits) -> str:
    copies = ", ".join(f"{rate / 1e9:.0f} GB/s up to {_size(most)}" for most, rate in limits.copies)
    return f"peak of this machine: {2e-9 * limits.multiply_adds:.0f} GF/s; {copies}"


def _size(count: int) -> str:
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count // 2**10} KiB"


def _share(seconds: float, total: float) -> str:
    return f"{100 * seconds / total:.1f} %"


def _table(rows: Sequence[Sequence[str]], right: str, screen: Screen) -> list[str]:
    return table_lines(
        rows, right, screen, keys=3 if right == RIGHT else 1, indent="  ", head="faint"
    )
