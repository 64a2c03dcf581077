"""From the JSON of a model back to a network with shapes."""

from __future__ import annotations

import json
import re
from collections import Counter

from ..grammar.problem import Problems
from ..grammar.source import Source, Span
from ..grammar.tokens import LONGEST_WHOLE
from .check.contracts import check_contracts
from .infer import Inference, infer
from .ir import Model, from_json
from .language.calls import is_set
from .language.kinds import is_name
from .language.numbers import TOO_LONG
from .language.options import Options, options_of
from .language.vocabulary import Vocabulary
from .layers.layer import Learning
from .spans import Spans

NUMBERED = re.compile(r"([2-9]|[1-9]\d+)?", re.ASCII)


def load_model(text: str, vocabulary: Vocabulary, problems: Problems) -> tuple[Model, Inference]:
    """The model of a JSON text and its graph.

    Raises ValueError (which pydantic's ValidationError is) for a text that is not a model; layers
    and statements that do not fit together are problems. They have no place in a text, so they
    are at the beginning of an empty one called `<json>`.
    """
    model = from_json(text, vocabulary)
    if re.search(rf"[0-9]{{{LONGEST_WHOLE + 1}}}", text):
        json.loads(text, parse_int=_bounded)
    _check_wiring(model)
    _check_names(model)
    _check_preps(model)
    spans = places_of(model)
    _check_statements(model, spans, problems)
    inference = infer(model, spans, problems)
    check_contracts(model, inference.graph, spans, problems, complete=True)
    return model, inference


def _bounded(digits: str) -> int:
    """A whole number that a spec could have, too. Raises ValueError for a longer one."""
    if len(digits.lstrip("-")) > LONGEST_WHOLE:
        raise ValueError(f"{TOO_LONG}, got `{digits[:9]}...`")
    return int(digits)


def explain_json(error: ValueError) -> tuple[str, str]:
    """The position of the first mistake in the JSON of a model, and what is wrong there."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return "", str(error)
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    kind = first["type"]
    if kind in EXPECTED:
        return where, f"expected {EXPECTED[kind]}"
    match kind:
        case "json_invalid":
            return "", "it is not JSON"
        case "word":
            return where, str(first["ctx"]["said"])
        case "missing":
            return where, "it is missing"
        case "unexpected_keyword_argument" | "extra_forbidden":
            return where, "unknown entry"
        case "literal_error":
            return where, f"expected {first['ctx']['expected']}"
    return where, "the value has the wrong type"


EXPECTED = {
    "string_type": "a string",
    "string_pattern_mismatch": "a name: lower case (a-z, 0-9, `_`)",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
"""What a value must be, by the type of Pydantic's error."""


def places_of(model: Model, source: Source | None = None) -> Spans:
    """One place for everything in a model that was not written as text: the beginning of
    `source`, or of an empty text called `<json>`."""
    place = Span(source or Source("<json>", ""), 0, 0)
    spans = Spans()
    for name in vars(model):
        value = getattr(model, name)
        if value is None or value == ():
            continue
        spans.put(name, place)
        if isinstance(value, tuple):
            for index in range(len(value)):
                spans.put(f"{name}.{index}", place)
    data: Options | None = model.data
    if data is not None:
        for option in options_of(type(data)):
            if is_set(data, option):
                spans.put(f"data.{option.name}", place)
    return spans


def _check_wiring(model: Model) -> None:
    """Every node reads only nodes before it, and names are unique."""
    known: set[str] = set()
    for node in model.nodes:
        if "?" in node.name:
            raise ValueError(f"{node.name!r} is not a valid node name")
        if node.name in known:
            raise ValueError(f"two nodes have the name {node.name!r}")
        for name in node.inputs:
            if name not in known:
                raise ValueError(f"node {node.name!r} reads {name!r}, which does not precede it")
        wanted = {"none": "no input", "one": "one input", "many": "two inputs or more"}
        arity = node.layer.arity.value
        count = len(node.inputs)
        if not {"none": count == 0, "one": count == 1, "many": count >= 2}[arity]:
            raise ValueError(f"node {node.name!r} reads {count} nodes, but needs {wanted[arity]}")
        if not _is_called(node.name.rpartition(".")[2], node.layer.name):
            raise ValueError(f"node {node.name!r} has a layer called {node.layer.name!r}")
        known.add(node.name)
    for label, name in model.labels.items():
        if name not in known:
            raise ValueError(f"label {label!r} names {name!r}, which is not a node")


def _is_called(name: str, chosen: str | None) -> bool:
    """Whether a node can have this name where the author chose one. In a loop the same call meets
    its name again and gets a number: `fc`, `fc2`."""
    if chosen is None:
        return True
    return name.startswith(chosen) and NUMBERED.fullmatch(name, len(chosen)) is not None


def _check_names(model: Model) -> None:
    """What losses, layers and `tune` name is there."""
    readers: list[tuple[str, str | None]] = []
    for loss in model.losses:
        readers += [(loss.word, loss.on), (loss.word, loss.target)]
    for node in model.nodes:
        if isinstance(node.layer, Learning):
            readers.append((node.layer.word, node.layer.share))
    for word, named in readers:
        if named is not None and named not in model.labels:
            raise ValueError(f"{word!r} names {named!r}, which is not a label")
    for name in model.lets:
        if not is_name(name):
            raise ValueError(f"a `let` cannot be called {name!r}")
    for search in () if model.tune is None else model.tune.searches:
        if search.name not in model.lets:
            raise ValueError(f"`tune` searches {search.name!r}, which is not a `let`")


def _check_preps(model: Model) -> None:
    """Each list of preps holds those of its part: `on=target` is one option of both."""
    for prep in model.preps:
        if prep.of_targets():
            raise ValueError(f"`prep {prep.word} on=target` does not prepare samples")
    for prep in model.target_preps:
        if not prep.of_targets():
            raise ValueError(f"`prep {prep.word}` does not prepare targets")


def _check_statements(model: Model, spans: Spans, problems: Problems) -> None:
    """What a reader of a text would report: no network, and what is there twice."""
    start = spans.get("netc")
    assert start is not None  # every part of a model that is there has a place
    if not model.nodes and model != Model(lets=model.lets):
        from .problems.flow import EmptySpec

        problems.add(EmptySpec(at=start, empty=False))
    for metric, times in Counter(model.metrics).items():
        if times > 1:
            from .problems.definitions import StatementTwice

            problems.add(StatementTwice(at=start, directive=f"metric {metric.word}", first=start))
    searches = () if model.tune is None else model.tune.searches
    for name, times in Counter(search.name for search in searches).items():
        if times > 1:
            from .problems.calls import ArgumentTwice

            problems.add(ArgumentTwice(at=start, call="tune", key=name, first=start))
