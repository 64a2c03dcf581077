"""What a spec means: every block expanded, every default filled in, nothing left of the text.

A model goes to JSON and back. The spans of the text are kept beside it (`spans.py`), never in it,
so that two spellings of one network are equal.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, ValidationInfo

from .schema.options import Options
from .vocabulary import Category, Vocabulary


class Frozen(BaseModel):
    """The manners of every class here."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


def _write(options: Options) -> dict[str, Any]:
    return {"word": options.word, **options.model_dump(mode="json")}


def _reader(category: Category) -> PlainValidator:
    def read(value: Any, info: ValidationInfo) -> Options:
        import pydantic_core

        if isinstance(value, Options):
            return value
        if not isinstance(value, dict) or not isinstance(value.get("word"), str):
            raise ValueError("an object with a `word` is needed")
        vocabulary: Vocabulary = (info.context or {})["vocabulary"]
        if not vocabulary.has(category, value["word"]):
            raise ValueError(f"no {category} is called {value['word']!r}")
        fields = {key: item for key, item in value.items() if key != "word"}
        cls = vocabulary.get(category, value["word"])
        # As JSON, because only there a list may be strictly a tuple.
        return cls.model_validate_json(pydantic_core.to_json(fields), context=info.context)

    return PlainValidator(read)


AnyLayer = Annotated[Any, _reader("layer"), PlainSerializer(_write)]
AnyLoss = Annotated[Any, _reader("loss"), PlainSerializer(_write)]
AnyOptimizer = Annotated[Any, _reader("optimizer"), PlainSerializer(_write)]
AnySchedule = Annotated[Any, _reader("schedule"), PlainSerializer(_write)]
AnyStop = Annotated[Any, _reader("stop"), PlainSerializer(_write)]
AnyRegularizer = Annotated[Any, _reader("regularizer"), PlainSerializer(_write)]
AnyMetric = Annotated[Any, _reader("metric"), PlainSerializer(_write)]
AnyData = Annotated[Any, _reader("data"), PlainSerializer(_write)]
AnyPrep = Annotated[Any, _reader("prep"), PlainSerializer(_write)]
AnyTuner = Annotated[Any, _reader("tuner"), PlainSerializer(_write)]
AnyDirective = Annotated[Any, _reader("directive"), PlainSerializer(_write)]


class Node(Frozen):
    """One layer in its place: its unique name, its word with options, the nodes that feed it."""

    name: str
    layer: AnyLayer
    inputs: tuple[str, ...] = ()


class Expectation(Frozen):
    """`expect acc>=98%`: a quantity, how it is compared, and the bound (98% is 0.98)."""

    quantity: str
    operator: Literal["=", ">=", "<=", ">", "<"]
    bound: float


class Search(Frozen):
    """One searched name of `tune`: a list of values, or a range with its scale."""

    name: str
    values: tuple[int | float | str, ...] = ()
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"


class Tune(Frozen):
    """`tune random trials=20 width=(32, 64) lr=log(1e-4, 1e-1)`."""

    tuner: AnyTuner
    searches: tuple[Search, ...]


class Model(Frozen):
    """A whole spec. Every tuple is in source order."""

    netc: Literal[1] = 1
    lets: dict[str, int | float | str] = {}
    nodes: tuple[Node, ...] = ()
    """Every node after those that feed it."""
    labels: dict[str, str] = {}
    """`@label` to the node whose output it names."""
    data: AnyData | None = None
    preps: tuple[AnyPrep, ...] = ()
    augment: AnyDirective | None = None
    losses: tuple[AnyLoss, ...] = ()
    optimizer: AnyOptimizer | None = None
    schedule: AnySchedule | None = None
    train: AnyDirective | None = None
    stops: tuple[AnyStop, ...] = ()
    regularizers: tuple[AnyRegularizer, ...] = ()
    metrics: tuple[AnyMetric, ...] = ()
    kfold: AnyDirective | None = None
    weights: str | None = None
    """The file of `init "weights.safetensors"`."""
    expectations: tuple[Expectation, ...] = ()
    tune: Tune | None = None


def to_json(model: Model) -> str:
    """The model as JSON text, indented by two spaces."""
    return model.model_dump_json(indent=2)


def from_json(text: str, vocabulary: Vocabulary) -> Model:
    """The model of a JSON text. Raises pydantic.ValidationError for one that is none."""
    return Model.model_validate_json(text, context={"vocabulary": vocabulary})
