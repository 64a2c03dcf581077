"""What a spec means: every block expanded, every default filled in, nothing left of the text.

The spans of the text are kept beside a model (`spans.py`), never in it, so that two spellings of
one network are equal.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema
from pydantic_core import to_json as json_of

from .language.errors import refusals
from .language.frozen import Frozen
from .language.kinds import NAME, LabelOption
from .language.options import Category, Options, options_of
from .language.vocabulary import Vocabulary
from .training.directives import Train

DESCRIBED: ContextVar[Vocabulary] = ContextVar("DESCRIBED")
"""The vocabulary whose words a JSON Schema lists."""


class WordOf(NamedTuple):
    """The type of a field that holds a word of a category.

    In JSON it is an object with the `word` and its options; the vocabulary that says which words
    there are is the context of the validation.
    """

    category: Category
    word: str | None = None
    """The only word that it may be."""

    def read(self, value: Any, info: ValidationInfo) -> Options:
        """The options that a Python value or a JSON object represents."""
        if isinstance(value, Options):
            if value.category == self.category and self.word in (None, value.word):
                return value
            raise _refused(f"`{value.word}` is not a {self.word or self.category}")
        if not isinstance(value, dict) or not isinstance(value.get("word"), str):
            raise _refused("expected an object with a `word`")
        vocabulary: Vocabulary = (info.context or {})["vocabulary"]
        word = value["word"]
        if not vocabulary.has(self.category, word) or self.word not in (None, word):
            broken = vocabulary.broken(self.category, word)
            why = "" if broken is None else f": that of `{broken.package}`, {broken.reason}"
            raise _refused(f"there is no {self.word or self.category} {word!r}{why}")
        fields = {key: item for key, item in value.items() if key != "word"}
        cls = vocabulary.get(self.category, word)
        try:
            # As JSON, because only there a list may be strictly a tuple.
            return cls.model_validate_json(json_of(fields, inf_nan_mode="constants"))
        except ValidationError as error:
            raise _explained(cls, error) from None

    def write(self, options: Options) -> dict[str, Any]:
        """The JSON object of a word and its options."""
        return {"word": options.word, **options.model_dump(mode="json")}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.with_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """One of the words of the category, told apart by the constant `word`."""
        vocabulary = DESCRIBED.get()
        words = vocabulary.words(self.category) if self.word is None else (self.word,)
        models = {word: TypeAdapter(vocabulary.get(self.category, word)) for word in words}
        choices: dict[Any, Any] = {word: model.core_schema for word, model in models.items()}
        found: dict[str, Any] = handler(core_schema.tagged_union_schema(choices, "word"))
        return found


def _refused(said: str) -> PydanticCustomError:
    return PydanticCustomError("word", "{said}", {"said": said})


def _explained(cls: type[Options], error: ValidationError) -> ValidationError:
    """The same errors, one for each option, in the words of the language."""
    kinds = {option.name: option.kind for option in options_of(cls)}
    lines: list[InitErrorDetails] = []
    for refusal in refusals(error):
        if refusal.name not in kinds:
            said = f"`{cls.word}` has no option `{refusal.name}`"
        elif refusal.missing:
            said = "it is missing"
        else:
            hint = f": {refusal.hint}" if refusal.hint else ""
            said = f"expected {kinds[refusal.name].describe()}{hint}"
        lines.append(InitErrorDetails(type=_refused(said), loc=(refusal.name,), input=None))
    return ValidationError.from_exception_data(cls.word, lines)


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
AnyAugment = Annotated[Any, WordOf("directive", "augment")]
AnyKFold = Annotated[Any, WordOf("directive", "kfold")]
AnyTrain = Annotated[Any, WordOf("directive", "train")]

LetName = Annotated[str, Field(pattern=f"^{NAME}$")]
NodeName = Annotated[str, Field(pattern=r"^[a-z?][a-z0-9_]*(\.[a-z0-9_?]+)*$")]
"""A name with those of the blocks and loops around it: `cb1.conv2`. In the model of a spec with
errors `?` stands for a layer that is not known."""


class Node(Frozen):
    """One layer in its place: its unique name, its word with options, the nodes that feed it."""

    name: NodeName
    layer: AnyLayer
    inputs: tuple[str, ...] = ()


class Expectation(Frozen):
    """`expect acc>=98%`: a quantity, how it is compared, and the bound (98% is 0.98)."""

    quantity: str
    operator: Literal["=", ">=", "<=", ">", "<"]
    bound: float


class Search(Frozen):
    """One searched name of `tune`: a list of values, or a range with its scale."""

    name: LetName
    values: tuple[int | float | str, ...] = ()
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _is_searchable(self) -> Self:
        if self.low is None or self.high is None:
            if self.values and self.low is self.high:
                return self
        elif not self.values and self.low < self.high and (self.scale == "linear" or self.low > 0):
            return self
        raise _refused("a search needs `values`, or a `low` less than its `high`")


class Tune(Frozen):
    """`tune random trials=20 width=(32, 64) lr=log(1e-4, 1e-1)`."""

    tuner: AnyTuner
    searches: tuple[Search, ...]


class Model(Frozen):
    """A whole spec. Every tuple is in source order."""

    netc: Literal[1] = 1
    lets: dict[LetName, int | float | str] = {}
    nodes: tuple[Node, ...] = ()
    """Every node after those that feed it."""
    labels: dict[LabelOption, str] = {}
    """`@label` to the node whose output it names."""
    data: AnyData | None = None
    preps: tuple[AnyPrep, ...] = ()
    target_preps: tuple[AnyPrep, ...] = ()
    """Those with `on=target`."""
    augment: AnyAugment | None = None
    losses: tuple[AnyLoss, ...] = ()
    optimizer: AnyOptimizer | None = None
    schedule: AnySchedule | None = None
    train: AnyTrain = Train()
    stops: tuple[AnyStop, ...] = ()
    regularizers: tuple[AnyRegularizer, ...] = ()
    metrics: tuple[AnyMetric, ...] = ()
    kfold: AnyKFold | None = None
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
