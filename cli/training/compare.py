"""`netc run --compare NAME=V1,V2`: several settings of one spec, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...compiler.overrides import Override
from ...compiler.pipeline import Checked
from ...grammar.problem import Problem
from ...grammar.text import counted
from ...runtime.events import (
    Compiled,
    Decoding,
    Downloading,
    EpochStarted,
    FoldStarted,
    LossGrew,
    NotCompiled,
    Started,
    TorchChosen,
    Warned,
)
from ...runtime.training.spec import RunOptions, Spec
from ..options import BatchSize, WholeOption
from ..specs.checking import Request, examine
from ..specs.one_spec import DIVERGED, Opened, fail, with_data
from ..terminal.figures import LABEL
from ..terminal.fit import ShownColumn, fit_lines
from ..terminal.live_bar import LiveBar
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen
from .epochs import hidden_line
from .folds import measured_titles, result_cells, result_columns
from .keeping import stoppable
from .progress import RunPrinter

if TYPE_CHECKING:
    from ...runtime.training.variants import Variant, VariantDone, VariantEvent

OPTIONS: dict[str, click.ParamType] = {  # type: ignore[type-arg]
    "epochs": WholeOption(1),
    "batch": BatchSize(),
    "seed": WholeOption(0),
}
"""What is an option of the command line, where the spec has no constant of that name."""
UNCHANGED = "unchanged"
"""The title of the spec as it is."""
DEVIATION = "  deviation"
"""The title of what follows the mean of folds."""
PAIRS = {"(": ")", "[": "]", '"': '"'}


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """What `--compare` says."""

    values: tuple[str, ...]
    """`lr=0.1,1`."""
    one_at_a_time: bool


def split_values(text: str) -> list[str]:
    """`(3, 5),7` is two values: commas in parentheses and texts separate nothing."""
    parts, open_pairs = [""], list[str]()
    for letter in text:
        if letter == "," and not open_pairs:
            parts.append("")
            continue
        if open_pairs and letter == open_pairs[-1]:
            open_pairs.pop()
        elif letter in PAIRS:
            open_pairs.append(PAIRS[letter])
        parts[-1] += letter
    return [part.strip() for part in parts]


def read_comparisons(comparisons: Sequence[str]) -> dict[str, list[Override]]:
    """The values of each name. Raises UsageError."""
    found: dict[str, list[Override]] = {}
    for text in comparisons:
        name, equals, values = text.partition("=")
        name, parts = name.strip(), split_values(values)
        if not (name and equals and all(parts)):
            raise click.UsageError(f"--compare takes NAME=VALUE,VALUE,..., not `{text}`")
        known = found.setdefault(name, [])
        typed = f"--compare {text}"
        end = typed.index("=") + 1
        for part in parts:
            if part in [setting.value for setting in known]:
                raise click.UsageError(f"--compare has `{name}={part}` twice")
            at = typed.index(part, end)
            known.append(Override(part, typed, at))
            end = at + len(part)
    return found


def settings_of(
    values: Mapping[str, Sequence[Override]], *, one_at_a_time: bool
) -> list[dict[str, Override]]:
    """Every combination of the values; or the spec as it is, and then each value alone."""
    if one_at_a_time:
        alone = [{name: setting} for name, settings in values.items() for setting in settings]
        return [{}, *alone]
    combinations = product(*values.values())
    return [dict(zip(values, combination, strict=True)) for combination in combinations]


def check_variants(
    opened: Opened, request: Request, comparison: ComparisonRequest, data: str | None
) -> tuple[tuple[Variant, ...], tuple[Problem, ...]]:
    """What is compared, checked, and what is wrong with the first that is wrong. Raises
    UsageError."""
    from ...runtime.training.variants import Variant

    values = read_comparisons(comparison.values)
    variants = []
    for setting in settings_of(values, one_at_a_time=comparison.one_at_a_time):
        checked = examine(opened.document, _with_setting(request, setting, opened.checked))
        wrong = checked.problems if checked.has_errors else ()
        if data is not None and not wrong:
            checked, wrong = with_data(checked, data)
        if wrong:
            return (), tuple(problem for problem in wrong if problem.is_error)
        title = " ".join(f"{name}={one.value}" for name, one in setting.items())
        variants.append(Variant(title or UNCHANGED, Spec.of(checked)))
    return tuple(variants), ()


def _with_setting(request: Request, setting: dict[str, Override], checked: Checked) -> Request:
    overrides, train = dict(request.overrides), dict(request.train)
    for name, one in setting.items():
        if name in OPTIONS and name not in checked.model.lets:
            train[name] = _option(name, one.value)
        else:
            overrides[name] = one
    return replace(request, overrides=overrides, train=train)


def _option(name: str, value: str) -> Any:
    try:
        return OPTIONS[name].convert(value, None, None)
    except click.BadParameter as error:
        raise click.UsageError(f"--compare {name}={value}: {error.message}") from None


def compare(
    opened: Opened,
    request: Request,
    comparison: ComparisonRequest,
    data: str | None,
    options: RunOptions,
    plots: Path | None,
    runs: RunPrinter,
    color: ColorChoice,
) -> int:
    """Trains every variant. The status is that of a diverged run if none came to its end."""
    from ...runtime.training.loading.shared_data import SharedData
    from ...runtime.training.variants import run_variants

    variants, wrong = check_variants(opened, request, comparison, data)
    if wrong:
        return fail(wrong, color)
    titles = tuple(variant.title for variant in variants)
    printer = ComparisonPrinter(runs.screen, runs.live, runs, titles)
    with stoppable(printer, opened.document.source, color, printer.interrupted):
        done = run_variants(variants, options, SharedData(opened.root), printer)
    untrained = [item.problem for item in done if item.problem is not None and not item.diverged]
    if untrained:
        return fail(tuple(untrained), color)
    if plots is not None and not _write(opened, done, plots):
        return 1
    return DIVERGED if all(item.diverged for item in done) else 0


def _write(opened: Opened, done: tuple[VariantDone, ...], folder: Path) -> bool:
    from ...runtime.analysis.run_pictures import comparison_picture
    from ..pictures import write_pictures

    picture = comparison_picture(done, opened.title)
    return picture is None or write_pictures((picture,), folder)


# The table


@dataclass(slots=True)
class ComparisonPrinter:
    """The reporter of a comparison: a row per setting as it ends, a bar below them."""

    screen: Screen
    live: bool
    runs: RunPrinter
    """Shows what comes before training, and warnings."""
    titles: tuple[str, ...]
    done: list[VariantDone] = field(default_factory=list)
    started: Started | None = None
    where: str = ""
    remarks: list[str] = field(default_factory=list)
    """What the training of the setting has shown."""
    bar: LiveBar = field(init=False)
    _trains: bool = False
    _told: set[tuple[str, object]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.bar = LiveBar(self.live)

    def __call__(self, event: VariantEvent) -> None:
        from ...runtime.training.variants import VariantDone, VariantStarted

        match event:
            case Downloading() | Decoding() | Compiled() | NotCompiled() | TorchChosen():
                self.runs(event)
            case Warned(problem=problem) if self._trains:
                self.remarks.append(f"{problem.title} ({problem.code})")
            case LossGrew():
                self.remarks.append("the loss grew")
            case Warned(problem=problem):
                if (problem.code, problem.at) not in self._told:
                    self._told.add((problem.code, problem.at))
                    self.bar.end()
                    self.runs(event)
            case VariantStarted(title=title):
                self.where, self.remarks, self._trains = title, [], False
            case Started():
                if self.started is None:
                    self.runs.finish()
                    self._print(_head(event, self.titles, self.screen))
                self.started = event
            case FoldStarted(fold=fold):
                self.where = f"{self.where.partition('  fold')[0]}  fold {fold}"
            case EpochStarted(epoch=epoch):
                self._trains = True
                self._show(epoch)
            case VariantDone():
                self.done.append(event)
                row = _row(event, self.titles, self.started, self.screen)
                remarks = "  ".join((row, *dict.fromkeys(self.remarks)))
                self._print(fit_lines(remarks, self.screen, len(DEVIATION)))
                if event.deviation() and self.started is not None:
                    columns = _columns(self.started, self.titles, self.screen)
                    cells = result_cells(columns, event.deviation(), self.started).rstrip()
                    self._print(f"{DEVIATION:<{_first(self.titles, self.screen) + COUNTS}}{cells}")

    def finish(self) -> None:
        self.runs.finish()
        self.bar.end()

    def interrupted(self) -> None:
        """Says how far the comparison had come."""
        self.finish()
        self._print(f"stopped after {len(self.done)} of {counted(len(self.titles), 'setting')}")

    def _print(self, text: str) -> None:
        self.bar.end()
        print_text(f"{text}\n")

    def _show(self, epoch: int) -> None:
        if self.started is not None:
            self.bar.update(
                total=self.started.epochs,
                completed=epoch - 1,
                description=self.where,
                count=f"epoch {epoch}/{self.started.epochs}",
            )


def _head(event: Started, titles: tuple[str, ...], screen: Screen) -> str:
    dot = f" {screen.glyphs.dot} "
    parts = [f"{event.train:,} train"]
    parts += [f"{event.validation:,} validation"] if event.validation else []
    parts += [f"{event.test:,} test"] if event.test else []
    columns = _columns(event, titles, screen)
    cells = "".join(f"{column.name:>{column.width}}" for column in columns)
    facts = (
        f"{'data':<{LABEL}}{screen.clean(event.data):<{LABEL - 1}} {dot.join(parts)}\n"
        f"{'compare':<{LABEL}}{counted(len(titles), 'setting')}\n"
        f"{hidden_line([*measured_titles(event).values(), 'time'], columns)}"
    )
    head = f"{'setting':<{_first(titles, screen)}}{'epochs':>8}{'best':>6}{cells}"
    return fit_lines(facts, screen, LABEL) + head


COUNTS = 14
"""The width of `epochs` and `best`."""


def _first(titles: tuple[str, ...], screen: Screen) -> int:
    """The width of the first column: of the settings, unless these are on lines of their own."""
    wide = max(map(len, ("setting", *titles)))
    return len(DEVIATION) if screen.terminal and wide > screen.width // 3 else wide


def _columns(started: Started, titles: tuple[str, ...], screen: Screen) -> tuple[ShownColumn, ...]:
    return result_columns(started, screen, _first(titles, screen) + COUNTS)


def _row(
    done: VariantDone, titles: tuple[str, ...], started: Started | None, screen: Screen
) -> str:
    wide = _first(titles, screen)
    first = f"{screen.clean(done.title):<{wide}}"
    if len(first) > wide:
        first = fit_lines(first, screen, 2) + "\n" + " " * wide
    if done.problem is not None or started is None:
        return f"{first}  {'' if done.problem is None else done.problem.message()}"
    measured, best = done.measured(), done.best()
    cells = result_cells(_columns(started, titles, screen), measured, started, done.seconds)
    epochs = "/".join(map(str, sorted(set(done.epochs))))
    return f"{first}{epochs:>8}{'' if best is None else best[0]:>6}{cells}"
