"""Records as JSON: read and validated, written, described as JSON Schema. All by Pydantic.

Only those who read or write JSON import this: the binder has converted every value of a spec by
its kind, and its errors speak the language of specs. Both ways lead to equal records.
"""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from ...grammar.record import Fields, fields_of, once_a_class
from .record import JsonRecord, type_of


@once_a_class
def adapter(cls: type[JsonRecord]) -> TypeAdapter[Any]:
    """What reads, writes and describes the records of a class."""
    return TypeAdapter(cls)


def record_schema(cls: type[JsonRecord], handler: GetCoreSchemaHandler) -> CoreSchema:
    """How Pydantic sees a record: frozen, strict, without other fields than its own."""
    fields = fields_of(cls)
    schemas = {name: handler.generate_schema(type_of(cls, name)) for name in fields.defaults}
    read = [
        core_schema.dataclass_field(name, _optional(name, schema, fields), kw_only=True)
        for name, schema in schemas.items()
    ]
    # Pydantic writes only data classes by their fields, so a record is written as its dictionary.
    written = core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(schema) for name, schema in schemas.items()}
    )
    return core_schema.dataclass_schema(
        cls,
        core_schema.dataclass_args_schema(cls.__name__, read),
        list(schemas),
        frozen=True,
        strict=True,
        config=core_schema.CoreConfig(strict=True, extra_fields_behavior="forbid"),
        serialization=core_schema.plain_serializer_function_ser_schema(vars, return_schema=written),
    )


def _optional(name: str, schema: CoreSchema, fields: Fields) -> CoreSchema:
    """The schema of a field with its default, when it has one."""
    if name in fields.required:
        return schema
    default = fields.defaults[name]
    if name in fields.copied:
        return core_schema.with_default_schema(schema, default_factory=default.copy)
    return core_schema.with_default_schema(schema, default=default)
