"""What a spec means: every block expanded, every default filled in, nothing left of the text.

A model goes to JSON and back by way of Pydantic, which only those two functions load. The spans of
the text are kept beside it (`spans.py`), never in it, so that two spellings of one network are
equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ..grammar.record import Record
from .language.options import Options
from .language.record import JsonRecord
from .language.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema


class WordOf(Record):
    """The type of a field that holds any word of a category.

    In JSON it is an object with the `word` and its options; the vocabulary that says which words
    there are is the context of the validation.
    """

    category: Category

    def read(self, value: Any, info: ValidationInfo) -> Options:
        """The options that a JSON object stands for. Raises ValueError when it is none."""
        import pydantic_core

        from .language.validation import adapter

        if isinstance(value, Options):
            return value
        if not isinstance(value, dict) or not isinstance(value.get("word"), str):
            raise ValueError("an object with a `word` is needed")
        vocabulary: Vocabulary = (info.context or {})["vocabulary"]
        if not vocabulary.has(self.category, value["word"]):
            raise ValueError(f"no {self.category} is called {value['word']!r}")
        fields = {key: item for key, item in value.items() if key != "word"}
        cls = vocabulary.get(self.category, value["word"])
        # As JSON, because only there a list may be strictly a tuple.
        options: Options = adapter(cls).validate_json(pydantic_core.to_json(fields))
        return options

    def write(self, options: Options) -> dict[str, Any]:
        """The JSON object of a word and its options."""
        from .language.validation import adapter

        return {"word": options.word, **adapter(type(options)).dump_python(options, mode="json")}

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.with_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )


AnyLayer = Annotated[Any, WordOf("layer")]
AnyLoss = Annotated[Any, WordOf("loss")]
AnyOptimizer = Annotated[Any, WordOf("optimizer")]
AnySchedule = Annotated[Any, WordOf("schedule")]
AnyStop = Annotated[Any, WordOf("stop")]
AnyRegularizer = Annotated[Any, WordOf("regularizer")]
AnyMetric = Annotated[Any, WordOf("metric")]
AnyData = Annotated[Any, WordOf("data")]
AnyPrep = Annotated[Any, WordOf("prep")]
AnyTuner = Annotated[Any, WordOf("tuner")]
AnyDirective = Annotated[Any, WordOf("directive")]


class Node(JsonRecord):
    """One layer in its place: its unique name, its word with options, the nodes that feed it."""

    name: str
    layer: AnyLayer
    inputs: tuple[str, ...] = ()


class Expectation(JsonRecord):
    """`expect acc>=98%`: a quantity, how it is compared, and the bound (98% is 0.98)."""

    quantity: str
    operator: Literal["=", ">=", "<=", ">", "<"]
    bound: float


class Search(JsonRecord):
    """One searched name of `tune`: a list of values, or a range with its scale."""

    name: str
    values: tuple[int | float | str, ...] = ()
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"


class Tune(JsonRecord):
    """`tune random trials=20 width=(32, 64) lr=log(1e-4, 1e-1)`."""

    tuner: AnyTuner
    searches: tuple[Search, ...]


class Model(JsonRecord):
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
    from .language.validation import adapter

    return adapter(Model).dump_json(model, indent=2).decode()


def from_json(text: str, vocabulary: Vocabulary) -> Model:
    """The model of a JSON text. Raises pydantic.ValidationError for one that is none."""
    from .language.validation import adapter

    model: Model = adapter(Model).validate_json(text, context={"vocabulary": vocabulary})
    return model
