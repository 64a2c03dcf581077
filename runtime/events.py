"""What happens in a run, as values.

The loop hands each event to a reporter: a function that prints it, records it, or ignores it.
Times are seconds; losses are means over samples; metrics are fractions, not percentages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ..grammar.problem import Problem
from .html_tables import epochs_html, figure, html_line, html_table, measured_line


@dataclass(frozen=True, slots=True)
class Downloading:
    """Part of a file arrived; `total` is 0 while the server has not said how much there is."""

    file: str
    received: int
    total: int


@dataclass(frozen=True, slots=True)
class Decoding:
    """Some of the pictures of a set were decoded, which is done once and kept."""

    what: str
    """The folder or archive, as the author called it."""
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Tuned:
    """The quickest ways to compute the convolutions are known."""

    layers: int
    """Convolutions that there was a choice for."""
    changed: int
    """Those for which another way than that of the rules was quickest."""
    measured: int
    """Those that no earlier run had measured."""
    seconds: float
    lost: str | None
    """Why what was found could not be kept; None when it was."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The native engine has compiled what the batches of a run need, or found it in the cache."""

    compiler: str
    """`gcc 12.2.0`."""
    vectors: str
    """The instructions of the processor that the code uses: `AVX-512`; may be empty."""
    functions: int
    """In C, of all libraries."""
    kernels: tuple[str, ...]
    """Instructions that are not in C and run in NumPy between those that are, each once."""
    seconds: float
    cached: bool
    """Whether all of it was there already."""
    lost: str | None
    """Why it could not be kept for the next run; None when it was."""


@dataclass(frozen=True, slots=True)
class NotCompiled:
    """The engine `auto` has taken NumPy."""

    reason: str
    """Why not C."""


@dataclass(frozen=True, slots=True)
class TorchChosen:
    """The torch engine computes."""

    version: str
    """Of PyTorch."""
    device: str
    """`cpu`, or `cuda (NVIDIA H100)`."""
    precision: str
    processes: int
    """That share each batch."""
    compiles: bool
    """Whether `torch.compile` is used."""


class ClassCount(NamedTuple):
    """How many samples of a class each part has."""

    name: str
    train: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about the data or the steps is probably not what was meant; the run goes on."""

    problem: Problem
    """A lint: its code begins with W."""


@dataclass(frozen=True, slots=True)
class Started:
    """Everything is loaded and bound, the first step comes next."""

    data: str
    note: str
    train: int
    validation: int
    test: int
    layers: int
    parameters: int
    multiply_adds: int | None
    """For one sample, forward."""
    step_bytes: int | None
    """The memory that one training step works in."""
    batch: int
    epochs: int
    steps: int
    """Steps in one epoch."""
    seed: int
    workers: int
    """Processes that share each batch."""
    columns: tuple[str, ...]
    """The measured quantities in the order of a table: `train_loss train_acc val_loss ...`."""
    classes: tuple[ClassCount, ...] = ()
    """Of the first target that is one class per sample."""
    weights: tuple[str, ...] = ()
    """What does not count like the rest in the losses, in words."""


@dataclass(frozen=True, slots=True)
class EpochStarted:
    """An epoch begins; epochs are counted from 1."""

    epoch: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """Some steps were done: sent a few times a second at most, not for each step."""

    epoch: int
    step: int
    loss: float
    samples_per_second: float


@dataclass(frozen=True, slots=True)
class StepLogged:
    """A step that is recorded by itself, where that was asked for."""

    epoch: int
    step: int
    """Counted from the beginning of the run."""
    loss: float
    """Of its batch."""
    rate: float
    """The learning rate."""


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch ended and its validation is done."""

    epoch: int
    measured: Mapping[str, float]
    """`train_loss`, `train_acc`, `val_loss`, ...: those of the training part are taken from the
    epoch's batches, each at the weights before its step."""
    rate: float | None
    """The learning rate of the epoch's last step; None for `opt exact`, which takes none."""
    seconds: float
    best: bool
    """Whether this is the best epoch so far by the watched quantity."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why some of what was measured has no meaning, by name."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Training ended before its last epoch, for a reason that the spec gave."""

    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Culprit:
    """The first values of a batch, in the order of the network, that are not finite numbers."""

    kind: Literal["input", "parameter", "output", "loss"]
    name: str
    """Of the input node, of the parameter (`dense1.w`), or of the layer; the loss has none."""
    growth: tuple[tuple[str, float], ...] = ()
    """The first layer and the last one with finite outputs, and how far those are from 0."""


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss became infinite or not a number."""

    epoch: int
    batch: int
    """The batch of the epoch; its last one when it was the validation that failed."""
    loss: float
    rate: float
    culprit: Culprit | None = None
    """None where it is not known."""
    untrained: bool = False
    """Whether it was the first loss, which comes before any change of the weights."""


@dataclass(frozen=True, slots=True)
class LossGrew:
    """The loss is finite at the end, and far above where it began."""

    first: float
    """Of the first batch."""
    last: float
    """Of the last epoch."""


@dataclass(frozen=True, slots=True)
class TestDone:
    """The test part was measured, once, at the end."""

    __test__ = False  # its name makes pytest look for tests in it

    measured: Mapping[str, float]
    weights_of: int | None = None
    """The epoch whose weights were tested, when they were not the last ones."""
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Rows are the true classes, columns the predicted ones; only when the spec asks for it."""
    class_names: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why some of what was measured has no meaning, by name."""


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One `expect` that only a run can decide."""

    text: str
    """As the spec says it: `acc>=98.5%`."""
    value: float
    holds: bool
    reason: str = ""
    """Why the value has no meaning; then it does not hold."""

    def judged(self) -> str:
        """`acc>=98.5%: ok`."""
        return f"expect {self.text}: {'ok' if self.holds else 'FAILED'}"


@dataclass(frozen=True, slots=True)
class ExpectationsChecked:
    """All of them, in source order."""

    items: tuple[ExpectationResult, ...]


@dataclass(frozen=True, slots=True)
class FoldStarted:
    """A fold of a cross-validation begins; folds are counted from 1. What follows are the events
    of an ordinary run, up to its `FoldDone`."""

    fold: int
    folds: int


@dataclass(frozen=True, slots=True)
class FoldDone:
    """A fold ended."""

    fold: int
    epochs: int
    """Those that were trained."""
    measured: Mapping[str, float]
    """With the weights that were kept: `train_loss`, `val_acc`, ..., and of a published test part
    `loss`, `acc`, ..."""
    reasons: Mapping[str, str]
    """Why some of what was measured has no meaning, by name."""
    seconds: float
    report: RunReport | None = None
    """What its run came to."""


@dataclass(frozen=True, slots=True)
class FoldsSummarized:
    """All folds are done."""

    mean: Mapping[str, float]
    """Over the folds, by quantity; only those that have a meaning in every fold."""
    deviation: Mapping[str, float]
    """The standard deviation over the folds: sqrt(1/K sum of (value - mean)^2)."""


Event = (
    Downloading
    | Decoding
    | Tuned
    | Compiled
    | NotCompiled
    | TorchChosen
    | Warned
    | Started
    | EpochStarted
    | StepDone
    | StepLogged
    | EpochDone
    | Stopped
    | Diverged
    | LossGrew
    | TestDone
    | ExpectationsChecked
    | FoldStarted
    | FoldDone
    | FoldsSummarized
)

Reporter = Callable[[Event], None]


class StopTraining(Exception):  # noqa: N818  like StopIteration, it is no mistake
    """What a reporter raises to end the training after the step or the epoch that it was told of,
    as early stopping ends it. Its text is the reason."""


Clock = Callable[[], float]
"""The seconds since some moment."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to."""

    epochs: tuple[EpochDone, ...]
    best_epoch: int | None
    """By the watched quantity."""
    stopped: Stopped | None = None
    diverged: Diverged | None = None
    grew: LossGrew | None = None
    test: TestDone | None = None
    expectations: tuple[ExpectationResult, ...] = field(default_factory=tuple)
    weights_of: int | None = None
    """The epoch whose weights were kept, when they were not the last ones."""

    def _repr_html_(self) -> str:
        """The table of epochs for a notebook, and how the run ended."""
        parts = [epochs_html(self.epochs)]
        if self.stopped is not None:
            parts.append(html_line(f"stopped early: {self.stopped.reason}"))
        if self.diverged is not None:
            parts.append(html_line(f"diverged in epoch {self.diverged.epoch}"))
        if self.test is not None:
            parts.append(measured_line("test", self.test.measured))
        parts += [html_line(item.judged()) for item in self.expectations]
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class CrossValidationReport:
    """What a cross-validation came to."""

    folds: tuple[RunReport, ...]
    mean: Mapping[str, float]
    """Over the folds: see `FoldsSummarized`."""
    deviation: Mapping[str, float]
    expectations: tuple[ExpectationResult, ...] = ()
    """Judged on the mean."""

    def _repr_html_(self) -> str:
        """Mean and deviation of what was measured, as a table for a notebook."""
        rows = [
            (name.replace("_", " "), figure(value), figure(self.deviation[name]))
            for name, value in self.mean.items()
        ]
        parts = [html_table((f"{len(self.folds)} folds", "mean", "deviation"), rows)]
        parts += [html_line(item.judged()) for item in self.expectations]
        return "".join(parts)
