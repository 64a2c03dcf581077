"""The JSON Schema of a model (draft 2020-12): what `to_json` writes and `from_json` reads.

Each category of words is a `oneOf` of its words, told apart by the constant `word`.
"""

from __future__ import annotations

from typing import Any, get_args

from .language.options import Options
from .language.validation import adapter
from .language.vocabulary import Category, Vocabulary

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Json = dict[str, Any]


def json_schema(vocabulary: Vocabulary) -> Json:
    """The schema for the models that a vocabulary can say."""
    definitions: Json = {}
    for category in get_args(Category):
        words = vocabulary.words(category)
        for word in words:
            cls = vocabulary.get(category, word)
            definitions[f"{category}.{word}"] = _word(cls, word, definitions)
        if words:
            definitions[category] = {"oneOf": [_ref(f"{category}.{word}") for word in words]}
    definitions["expectation"] = _object(
        {
            "quantity": {"type": "string"},
            "operator": {"enum": ["=", ">=", "<=", ">", "<"]},
            "bound": {"type": "number"},
        },
        required=("quantity", "operator", "bound"),
    )
    definitions["node"] = _object(
        {
            "name": {"type": "string", "minLength": 1},
            "layer": _ref("layer"),
            "inputs": _list({"type": "string"}),
        },
        required=("name", "layer"),
    )
    definitions["search"] = _object(
        {
            "name": {"type": "string"},
            "values": _list({"type": ["number", "string"]}),
            "low": {"type": ["number", "null"]},
            "high": {"type": ["number", "null"]},
            "scale": {"enum": ["linear", "log"]},
        },
        required=("name",),
    )
    definitions["tune"] = _object(
        {"tuner": _ref("tuner"), "searches": _list(_ref("search"))},
        required=("tuner", "searches"),
    )
    return {
        "$schema": DIALECT,
        "title": "netc model",
        "description": "A spec: every block expanded, every default filled in.",
        **_object(_model(vocabulary), required=()),
        "$defs": definitions,
    }


def _model(vocabulary: Vocabulary) -> Json:
    """The fields of `ir.Model`, in their order."""
    directives = {
        word: _or_null(_ref(f"directive.{word}"))
        for word in ("augment", "train", "kfold")
        if vocabulary.has("directive", word)
    }
    return {
        "netc": {"const": 1, "description": "The version of the language."},
        "lets": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
        "nodes": _list(_ref("node")),
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "data": _or_null(_ref("data")),
        "preps": _list(_ref("prep")),
        "losses": _list(_ref("loss")),
        "optimizer": _or_null(_ref("optimizer")),
        "schedule": _or_null(_ref("schedule")),
        "stops": _list(_ref("stop")),
        "regularizers": _list(_ref("regularizer")),
        "metrics": _list(_ref("metric")),
        "weights": {"type": ["string", "null"]},
        "expectations": _list(_ref("expectation")),
        "tune": _or_null(_ref("tune")),
        **directives,
    }


def _word(cls: type[Options], word: str, definitions: Json) -> Json:
    """The schema of one word: its options, and the word itself as a constant."""
    schema = adapter(cls).json_schema(ref_template="#/$defs/{model}")
    definitions.update(schema.pop("$defs", {}))
    schema["title"] = word
    schema["description"] = cls.summary
    schema["properties"] = {"word": {"const": word}, **schema.get("properties", {})}
    schema["required"] = ["word", *schema.get("required", ())]
    return schema


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Json, *, required: tuple[str, ...]) -> Json:
    result: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        result["required"] = list(required)
    return result
