"""`run.json`: what was run, on what, and what it came to. `RunRecord.model_json_schema()` is its
schema, whose version is `format`.
"""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ...compiler.language.options import accepts
from ...compiler.lower.program import Algorithm
from ...compiler.training.directives import Train
from ..engine.surface import EngineName
from ..storage.files import write_atomically
from ..training.spec import DeviceChoice, RunOptions, TorchOptions

Status = Literal["running", "finished", "stopped", "interrupted", "diverged", "failed"]
"""`stopped` is by a `stop` of the spec, by a reporter or by `netc stop`; an `interrupted` run can
be continued, and so can a `running` one whose process is gone."""


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("no path of a system has it")
    return text


def _within(text: str) -> str:
    path = PurePath(_no_nul(text))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("it leaves the folder of the run")
    return text


def _sized(algorithm: Algorithm) -> Algorithm:
    if not 1 <= algorithm.size < 2**31:
        raise ValueError("it handles nothing at a time")
    return algorithm


REPLACED = ("epochs", "batch", "seed", "precision")
"""The options of `train` that a command line, or an argument of `fit`, takes the place of."""


def _of_train(options: dict[str, int | str]) -> dict[str, int | str]:
    for name, value in options.items():
        if name not in REPLACED or not accepts(Train, name, value):
            raise ValueError("no command line says so")
    return options


MOST_SHARDS = 64

PathText = Annotated[str, AfterValidator(_no_nul)]
PathWithin = Annotated[str, AfterValidator(_within)]
HowMany = Annotated[int, Field(ge=0)]
PositiveNumber = Annotated[int, Field(ge=1, lt=2**31)]


class RecordPart(BaseModel):
    """Part of a record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SpecRecord(RecordPart):
    """Where the spec came from, and what the command line changed of it."""

    path: PathText | None = Field(description="the file of the spec; null for a text")
    root: PathText = Field(description="the folder that its paths are relative to")
    kept_as: PathWithin = Field(description="its copy in the folder of the run")
    sha256: str = Field(description="of the text of all its files, in the order of their use")
    lets: dict[str, str] = Field(default={}, description="the values of --set")
    train: Annotated[dict[str, int | str], AfterValidator(_of_train)] = Field(
        default={}, description="what replaces options of `train`"
    )
    data: PathText | None = Field(default=None, description="what replaces the data")
    allow_outside: bool = Field(default=False, description="--allow-outside")


class FileFingerprint(RecordPart):
    """A file, or a folder of files, that the data were read from."""

    path: PathText
    bytes: HowMany
    sha256: str = Field(description="of the content; of a folder, of the names and sizes in it")
    kind: Literal["file", "folder"]


class ArrayFingerprint(RecordPart):
    """An array of a program that a network was trained on, as it was divided and prepared."""

    name: str = Field(description="of the input or the target")
    part: str = Field(description="`training`, `validation`; `start` for weights to start from")
    shape: list[int]
    type: str
    sha256: str


class ExpectationRecord(RecordPart):
    """One `expect` of the spec."""

    text: str
    value: float | None
    holds: bool
    reason: str = ""


class EngineRecord(RecordPart):
    """What decides the last bits besides the spec: a rerun and a continuation keep it."""

    name: EngineName = Field(default="numpy", description="the engine")
    identity: str = Field(
        default="",
        description="of `native`: compiler, flags and processor; of `torch`: its version, the "
        "device, and what else the last bits depend on",
    )
    shards: Annotated[int, Field(ge=1, le=MOST_SHARDS)] = Field(
        default=1, description="the parts into which each batch is divided"
    )
    workers: PositiveNumber = Field(
        default=1, description="the processes or threads that shared the work; no bit depends on it"
    )
    algorithms: dict[str, Annotated[Algorithm, AfterValidator(_sized)]] = Field(
        default={}, description="those of convolutions that --autotune has chosen, by layer"
    )
    device: DeviceChoice = Field(default="cpu", description="of `torch`: where it computes")
    bf16: bool = Field(default=False, description="of `torch`: products are in bfloat16")
    compiles: bool = Field(default=False, description="of `torch`: `torch.compile` is used")

    def parts(self) -> tuple[str, ...]:
        """The engine, and what its last bits depend on."""
        return (self.name, *filter(None, self.identity.split("; ")))

    def options(self, workers: int | None) -> RunOptions:
        """How a run goes on with it."""
        return RunOptions(
            engine=self.name,
            workers=workers,
            shards=self.shards,
            algorithms=self.algorithms,
            torch=TorchOptions(self.device, self.bf16, self.compiles, shares=True),
        )


class RunRecord(RecordPart):
    """All of `run.json`. Times are ISO 8601 with their offset from UTC, durations seconds; a value
    that is not a number is null."""

    format: Literal[1] = 1
    status: Status
    name: str
    command: list[str] = Field(description="the command line, or empty for a program")
    spec: SpecRecord
    seed: HowMany
    versions: dict[str, str]
    machine: dict[str, str | int]
    engine: EngineRecord = EngineRecord()
    data_files: list[FileFingerprint] = []
    data_arrays: list[ArrayFingerprint] = []
    commit: str | None = Field(default=None, description="of the repository that holds the spec")
    process: PositiveNumber | None = Field(default=None, description="the process that trains it")
    process_started: str | None = Field(
        default=None, description="tells that process from a later one of the same number"
    )
    started: str
    ended: str | None = None
    seconds: float = Field(default=0.0, description="of training, without interruptions")
    parameters: HowMany = 0
    multiply_adds: int | None = None
    epochs: HowMany = Field(default=0, description="that are done")
    planned_epochs: HowMany = 0
    log_steps: PositiveNumber | None = Field(
        default=None, description="--log-steps: every how many steps one is in metrics.jsonl"
    )
    steps: HowMany = Field(default=0, description="that the last kept state has done")
    monitored: str = Field(default="", description="the quantity that the best epoch is chosen by")
    best_epoch: int | None = None
    best_value: float | None = None
    kept_epoch: int | None = Field(
        default=None, description="the epoch whose weights the run ended with and tested"
    )
    measured: dict[str, float | None] = Field(
        default={}, description="in the last epoch; of a cross-validation the mean over the folds"
    )
    deviation: dict[str, float | None] = Field(
        default={}, description="over the folds of a cross-validation"
    )
    tested: dict[str, float | None] = Field(default={}, description="on the test part")
    expectations: list[ExpectationRecord] = []
    goes_on: bool = Field(
        default=False,
        description="it had ended and takes more epochs, and no state of those is kept yet",
    )
    why: str = Field(default="", description="why the run ended early, if it did")


def finite(values: Any) -> dict[str, float | None]:
    """Numbers as JSON has them: null for what is not finite."""
    return {name: value if isfinite(value) else None for name, value in values.items()}


def write_record(path: Path, record: RunRecord) -> None:
    """Raises OSError."""
    text = json.dumps(record.model_dump(), indent=1, ensure_ascii=False)
    write_atomically(path, text.encode() + b"\n")


def read_record(path: Path) -> RunRecord | str:
    """The record in a file, or why there is none."""
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except OSError as error:
        return (error.strerror or type(error).__name__).lower()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"`{where}` is not what this version of netc writes" if where else "it is not JSON"
