"""The base of everything that has options: layers, losses, optimizers, directives.

A class is one word of the language. Its fields are its options, in the order in which the
formatter writes them; `positional` names those that may be written without their key. The type of a
field is all that is said of a value (`kinds.py`); what the option does is the field's description:

    units: Count = Field(description="number of outputs")

A class that gives an option another default inherits its description.
"""

from __future__ import annotations

from functools import cache
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import ValidationError

from .compound import kind_of
from .frozen import Frozen
from .kinds import Kind

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Category = Literal[
    "layer", "loss", "optimizer", "schedule", "stop", "regularizer", "metric",
    "data", "prep", "augmentation", "tuner", "directive",
]  # fmt: skip
ADDED: tuple[Category, ...] = ("layer", "loss", "optimizer", "data")
"""The categories to which programs and packages can add words."""


class Options(Frozen):
    """One word of the language with its options."""

    category: ClassVar[Category]
    """What it is: each category has a base class, which says so."""
    word: ClassVar[str]
    """How it is written."""
    summary: ClassVar[str]
    """What it is, in one short line."""
    package: ClassVar[str] = ""
    """The installed package that brings it; empty for the words of netc and of a program."""
    positional: ClassVar[tuple[str, ...]] = ()
    """The options that may be written without their key, in order."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In JSON an object also has its `word`, which tells it from others."""
        described = handler(schema)
        found = handler.resolve_ref_schema(described)
        found["description"] = cls.summary
        found["properties"] = {"word": {"const": cls.word}, **found.get("properties", {})}
        for option in options_of(cls):
            found["properties"][option.name]["description"] = option.description
        found["required"] = ["word", *found.get("required", ())]
        return described


class Option(NamedTuple):
    """One field of an options class, as the binder and the documents see it."""

    name: str
    kind: Kind
    required: bool
    default: Any
    description: str
    """What it does, in a few words."""


@cache
def _options_of(cls: type[Any]) -> tuple[Option, ...]:
    fields = cls.model_fields
    names = dict.fromkeys(n for base in cls.__mro__ for n in get_annotations(base) if n in fields)
    return tuple(
        Option(
            name,
            kind_of(fields[name].annotation, *fields[name].metadata),
            fields[name].is_required(),
            None if fields[name].is_required() else fields[name].default,
            _description(cls, name),
        )
        for name in names
    )


def _description(cls: type[Any], name: str) -> str:
    """What an option does: its own description, or that of the option which it overrides."""
    fields = (getattr(base, "model_fields", {}).get(name) for base in cls.__mro__)
    return next((field.description for field in fields if field and field.description), "")


def options_of(cls: type[Options]) -> tuple[Option, ...]:
    """The options of a class: its own first, then those of each class that it extends."""
    return _options_of(cls)


def base_of(cls: type[Options]) -> type[Options]:
    """The class that the words of a category extend; its docstring says what they share."""
    return next(base for base in cls.__mro__ if "category" in vars(base))


def accepts(cls: type[Options], name: str, value: Any) -> bool:
    """Whether an option takes a Python value."""
    try:
        cls.model_validate({name: value})
    except ValidationError as error:
        return all(item["loc"][0] != name for item in error.errors(include_url=False))
    return True
