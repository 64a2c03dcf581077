"""What is trained, and how a run goes about it. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.lower.program import Algorithm
from ...compiler.pipeline import Checked
from ...compiler.spans import Place, Spans
from ...compiler.training.directives import KFold
from ...grammar.source import Source, Span


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """A model with its graph, and the places of its parts in the text."""

    model: Model
    graph: Graph
    spans: Spans
    source: Source

    @classmethod
    def of(cls, checked: Checked) -> Self:
        return cls(checked.model, checked.graph, checked.spans, checked.files[0].source)

    def with_model(self, model: Model) -> Self:
        """The same text with another model of the same nodes."""
        return replace(self, model=model)

    def network_in(self, model: Model) -> Model:
        """Another model with the layers, the data and the precision of this one."""
        train = change(model.train, precision=self.model.train.precision)
        return change(model, nodes=self.model.nodes, data=self.model.data, train=train)

    def with_folds(self, folds: int | None) -> Self:
        """The same text with so many folds; None: those of its `kfold`, or 5."""
        if folds is None and self.model.kfold is not None:
            return self
        return self.with_model(change(self.model, kfold=KFold(folds=folds or 5)))

    def place(self, path: str) -> Place:
        """Where a part is written; the start of the text where it is not."""
        return self.spans.get(path) or Place(Span(self.source, 0, 0))


EngineChoice = Literal["numpy", "native", "auto", "torch"]
"""What computes: NumPy, C that is compiled for the network, or PyTorch; `auto`: C where that is
possible."""

DeviceChoice = Literal["cpu", "cuda", "mps"]

PrecisionChoice = Literal["f32", "f64", "bf16"]
"""That of the spec, or another one; `bf16` is PyTorch's."""


@dataclass(frozen=True, slots=True)
class TorchOptions:
    """How PyTorch computes."""

    device: DeviceChoice = "cpu"
    bf16: bool = False
    """Products and convolutions in bfloat16, the rest in single precision."""
    compiles: bool = False
    """`torch.compile` makes one program of the network."""
    shares: bool = False
    """The processes that `torchrun` has started share each batch."""


DEFAULT_TORCH = TorchOptions()


@dataclass(frozen=True, slots=True)
class TorchRequest:
    """What a command line or a program says about precision and devices; None: nothing."""

    device: DeviceChoice | None = None
    precision: PrecisionChoice | None = None
    compiles: bool = False

    def only_torch(self) -> dict[str, str | bool]:
        """What only PyTorch does, with its value, by its name in both."""
        asked: dict[str, str | bool] = {}
        if self.device is not None:
            asked["device"] = self.device
        if self.precision == "bf16":
            asked["precision"] = self.precision
        if self.compiles:
            asked["compile"] = True
        return asked

    def train_precision(self) -> Literal["f32", "f64"] | None:
        """What takes the place of `precision` of `train`."""
        return "f32" if self.precision == "bf16" else self.precision

    def options(self, *, shares: bool) -> TorchOptions:
        """`shares` says whether processes that `torchrun` has started train together."""
        return TorchOptions(self.device or "cpu", self.precision == "bf16", self.compiles, shares)


NOTHING_ASKED = TorchRequest()


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a spec is run."""

    fast: bool = False
    """A few batches of everything; `expect` is not evaluated."""
    allow_outside: bool = False
    """`init` may read weights outside the folder of the spec."""
    engine: EngineChoice = "numpy"
    workers: int | None = 1
    """Processes (in C threads) that share each batch; None: as many as the machine is good for."""
    tunes: bool = False
    """First measures how convolutions are computed quickest."""
    keeps_samples: bool = False
    """The session keeps the samples as they were read, for pictures of them."""
    shards: int | None = None
    """Into how many parts each batch is divided; None: as suits the machine."""
    algorithms: Mapping[str, Algorithm] = field(default_factory=dict)
    """Those of convolutions that an earlier run has measured, by node."""
    log_steps: int | None = None
    """After how many steps one is reported by itself."""
    torch: TorchOptions = DEFAULT_TORCH
    """Of the engine `torch`."""


def run_options(
    engine: EngineChoice | None, workers: int | None, torch: TorchRequest = NOTHING_ASKED
) -> RunOptions:
    """What a program says of its run."""
    options = torch.options(shares=True)
    return RunOptions(engine=engine or "numpy", workers=workers, torch=options)
