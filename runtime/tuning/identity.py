"""What the trials of a study have in common: the spec without the values that are searched."""

from __future__ import annotations

import json
from typing import Any

from ...compiler.ir import Model
from ...compiler.training.tuners import CoarseToFine, Tuner


def identity_of(model: Model, tuner: Tuner) -> str:
    """As text. `model` is that of the first setting of the search, whatever its constants were set
    to. The number of trials is no part of it, so that a study can go on, unless it decides which
    trials there are."""
    parts = model.model_dump(mode="json", exclude={"expectations"})
    searched = {search["name"] for search in parts["tune"]["searches"]}
    parts["lets"] = {name: value for name, value in parts["lets"].items() if name not in searched}
    parts["tune"]["tuner"] = {"word": tuner.word}
    if isinstance(tuner, CoarseToFine):
        parts["tune"]["tuner"]["trials"] = tuner.trials
    return json.dumps(parts, separators=(",", ":"))


def what_differs(before: str, now: str) -> str:
    """Where two identities first differ, in words."""
    found = _difference("", json.loads(before), json.loads(now))
    if found is None:
        return "it was begun by another version of netc"
    path, was, is_now = found
    return f"`{path}` is {json.dumps(is_now)}, and was {json.dumps(was)} in the study"


def _difference(path: str, before: Any, now: Any) -> tuple[str, Any, Any] | None:
    """The path of the first part that is another, and its values; None stands for a part that is
    not there."""
    if isinstance(before, dict) and isinstance(now, dict):
        pairs = [(key, before.get(key), now.get(key)) for key in {**before, **now}]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = [
            (_named(index, item), item, other)
            for index, (item, other) in enumerate(zip(before, now, strict=True))
        ]
    else:
        return None if before == now else (path, before, now)
    inner = (_difference(f"{path}.{key}" if path else key, *values) for key, *values in pairs)
    return next((found for found in inner if found is not None), None)


def _named(index: int, item: Any) -> str:
    """A layer by its name, anything else by its index."""
    return str(item["name"]) if isinstance(item, dict) and "name" in item else str(index)
