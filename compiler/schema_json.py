"""The JSON Schema of a model (draft 2020-12): what `to_json` writes and `from_json` reads."""

from __future__ import annotations

from typing import Any

from .ir import DESCRIBED, Model
from .language.vocabulary import Vocabulary

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The schema for the models that a vocabulary can say."""
    token = DESCRIBED.set(vocabulary)
    try:
        return {"$schema": DIALECT, **Model.model_json_schema(), "title": "netc model"}
    finally:
        DESCRIBED.reset(token)
