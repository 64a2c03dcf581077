"""Records that go to JSON and back: the classes of options and of the IR.

Their types say what Pydantic validates, and what the kind of an option is. A type is evaluated
when somebody asks for it, so that a spec that says `adam` does not pay for the options of every
optimizer there is. Pydantic is met only by those who validate or write JSON: see `validation.py`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, dataclass_transform

from ...grammar.record import Record, once_a_class, own_annotations

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


@dataclass_transform(kw_only_default=True, frozen_default=True)
class JsonRecord(Record):
    """A record that Pydantic can read, write and describe. It is made with keywords only."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Self], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from .validation import record_schema

        return record_schema(source, handler)


@once_a_class
def types_of(cls: type[Record]) -> dict[str, Any]:
    """The fields that a class declares itself, and their types.

    They are evaluated among the names of the module that the class stands in.
    """
    names = vars(sys.modules[cls.__module__])
    return {name: eval(text, names) for name, text in own_annotations(cls).items()}


def type_of(cls: type[Record], name: str) -> Any:
    """The type of a field, as the class declares it or the nearest of its bases that does."""
    owner = next(base for base in cls.__mro__ if name in own_annotations(base))
    return types_of(owner)[name]
