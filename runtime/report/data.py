"""What the report of a run shows, as plain values: no arrays, and of the data only some samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

VERSION: Final = 1
"""Of what is written. A new field with a default needs no new version."""

NamedTexts = tuple[tuple[str, str], ...]
"""Names with what they stand for, in the order in which they are shown."""


ReportStatus = Literal["finished", "stopped early", "diverged", "interrupted", "running"]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run besides what it computed."""

    title: str
    """What the run is called: the name of the spec."""
    command: str = ""
    """What was typed."""
    started: str = ""
    """The date and the time."""
    ended: str = ""
    """Empty where it has not ended."""
    seconds: float | None = None
    interrupted: bool = False
    """Whether it was stopped before its end."""
    running: bool = False
    """Whether it goes on while its report is made."""
    environment: NamedTexts = ()
    """Versions and the machine."""
    reproduce: tuple[str, ...] = ()
    """The commands that do it again."""
    files: NamedTexts = ()
    """The names and the texts of further files that the spec uses."""


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A layer of the table."""

    name: str
    text: str
    """`conv 6 5x5 tanh`."""
    shape: str
    parameters: int | None
    multiply_adds: int | None
    sees: str
    """The receptive field; empty where it is not counted."""


@dataclass(frozen=True, slots=True)
class ReportedNetwork:
    """The network that was trained."""

    rows: tuple[NetworkRow, ...]
    parameters: int | None
    multiply_adds: int | None
    picture: str = ""
    """As SVG; empty where it would be too large."""
    left_out: int = 0
    """Layers that have no row."""


@dataclass(frozen=True, slots=True)
class ReportedData:
    """What it was trained and measured on."""

    name: str
    note: str
    parts: tuple[tuple[str, int], ...]
    """`training` and the other parts, with their samples."""
    hashes: NamedTexts = ()
    weights: tuple[str, ...] = ()
    """What does not count like the rest in the losses."""


@dataclass(frozen=True, slots=True)
class ReportCurve:
    """A quantity over the epochs; of very many epochs some, with the extremes among them."""

    quantity: str
    """`loss`, `acc`, or `learning rate`."""
    series: str
    """`training`, `validation`, `fold 2`."""
    epochs: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FinalFigure:
    """One number that the run came to."""

    quantity: str
    part: str
    """`training`, `validation` or `test`."""
    value: float
    deviation: float | None = None
    """Over the folds of a cross-validation."""
    reason: str = ""
    """Why it has no meaning."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An `expect` and whether it holds."""

    text: str
    value: float
    holds: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A warning, or an error."""

    code: str
    text: str
    place: str = ""
    help: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One class: how many samples each part has, and how well it is told from the others."""

    name: str
    samples: tuple[int, ...] = ()
    """In each of the parts of the data; none where they were not counted."""
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    auc: float | None = None
    measured: int | None = None
    """How many of it were measured."""


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """A class that was taken for another."""

    true: str
    predicted: str
    count: int


@dataclass(frozen=True, slots=True)
class ReportedClasses:
    """What is said of classes."""

    part: str
    """Which part was measured; empty where none was."""
    rows: tuple[CategoryRow, ...]
    counts: tuple[tuple[int, ...], ...] = ()
    """Rows are the true classes, columns the predicted ones; none for very many classes, or for
    several labels per sample."""
    confused: tuple[ConfusedPair, ...] = ()
    """The most frequent confusions."""
    right: int | None = None
    total: int | None = None
    unit: str = "samples"
    """`positions`, where each position of a sample has a class."""


@dataclass(frozen=True, slots=True)
class RocCurve:
    """How many positives are found at which cost, for every threshold."""

    positive: str
    false_rates: tuple[float, ...]
    true_rates: tuple[float, ...]
    area: float


@dataclass(frozen=True, slots=True)
class PredictedNumbers:
    """A measured target beside what was predicted, of some samples."""

    name: str
    part: str
    true: tuple[float, ...]
    predicted: tuple[float, ...]
    total: int
    """Samples of the part."""
    residuals: ReportHistogram | None = None


@dataclass(frozen=True, slots=True)
class ReportHistogram:
    """Counts in bins of equal width."""

    name: str
    low: float
    high: float
    counts: tuple[int, ...]
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """What the outputs of a layer look like."""

    name: str
    text: str
    mean: float
    deviation: float
    least: float
    most: float
    zeros: float
    saturated: float | None
    dead: int | None
    units: int


@dataclass(frozen=True, slots=True)
class Insides:
    """Weights, outputs and gradients by layer."""

    samples: int
    """So many went through the network."""
    part: str
    weights: tuple[ReportHistogram, ...]
    outputs: tuple[ReportHistogram, ...]
    gradients: tuple[ReportHistogram, ...]
    layers: tuple[LayerOutput, ...]
    left_out: int = 0
    """Layers whose histograms are not shown."""


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """A small picture, as a PNG file."""

    png: bytes
    caption: str = ""


@dataclass(frozen=True, slots=True)
class WorstSample:
    """A sample with a high loss."""

    name: str
    """`sample 17`, `line 4`."""
    loss: float
    true: str = ""
    predicted: str = ""
    score: float | None = None
    """What the network gives the predicted class."""
    pictures: tuple[SamplePicture, ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()
    """Of a sequence, one for each channel."""
    values: tuple[str, ...] = ()
    """Of a table, one for each column."""


@dataclass(frozen=True, slots=True)
class WorstSamples:
    """Those with the highest losses."""

    part: str
    among: int
    total: int
    samples: tuple[WorstSample, ...]
    columns: tuple[str, ...] = ()
    left_out: int = 0
    """Columns that are not shown."""


@dataclass(frozen=True, slots=True)
class LayerSeconds:
    """How long a layer takes in a training step."""

    name: str
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Where the time of a training step goes."""

    batch: int
    steps: int
    step: float
    layers: tuple[LayerSeconds, ...]
    """In the order of the network; what belongs to no layer is at the end."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that the report of a run shows."""

    facts: RunFacts
    spec: str
    """Its text."""
    settings: NamedTexts
    """What a comparison with other runs looks at: `opt`, `train`, the layers."""
    network: ReportedNetwork
    data: ReportedData
    status: ReportStatus
    status_text: str
    """Why it ended."""
    epochs: int
    best_epoch: int | None
    weights_of: int | None
    """The epoch whose weights were kept, where they are not the last ones."""
    curves: tuple[ReportCurve, ...]
    figures: tuple[FinalFigure, ...]
    expected: tuple[Expected, ...] = ()
    told: tuple[Told, ...] = ()
    classes: ReportedClasses | None = None
    rocs: tuple[RocCurve, ...] = ()
    numbers: tuple[PredictedNumbers, ...] = ()
    worst: WorstSamples | None = None
    rebuilt: tuple[tuple[SamplePicture, SamplePicture], ...] = ()
    """Samples of an autoencoder, each with what it gives back."""
    insides: Insides | None = None
    times: StepTimes | None = None
    missing: NamedTexts = ()
    """What is not shown, and why."""
    folds: int | None = None
    version: Literal[1] = VERSION
