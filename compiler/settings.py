"""What a model was told, setting by setting, so that models can be compared."""

from __future__ import annotations

from collections.abc import Iterator

from .ir import Model, Search
from .language.calls import call_text, value_text
from .language.kinds import number_text
from .language.options import Options, options_of

STATEMENTS = (
    ("data", "data"),
    ("preps", "prep"),
    ("target_preps", "prep"),
    ("augment", "augment"),
    ("losses", "loss"),
    ("schedule", "schedule"),
    ("stops", "stop"),
    ("regularizers", "reg"),
    ("metrics", "metric"),
    ("kfold", "kfold"),
)
"""The model's fields, and what a reader calls them."""


def settings_of(model: Model) -> Iterator[tuple[str, str]]:
    """Constants first, then the options of the optimizer and of `train` one by one, the statements,
    and the layers."""
    for name, value in model.lets.items():
        yield f"let {name}", str(value)
    if model.optimizer is not None:
        yield "opt", model.optimizer.word
        yield from _options("opt", model.optimizer)
    yield from _options("train", model.train)
    for field, word in STATEMENTS:
        value = getattr(model, field)
        items = value if isinstance(value, tuple) else (value,)
        texts = [call_text(item) for item in items if item is not None]
        if texts:
            yield word, "; ".join(texts)
    if model.weights is not None:
        yield "init", f'"{model.weights}"'
    if model.tune is not None:
        yield "tune", " ".join((call_text(model.tune.tuner), *map(_search, model.tune.searches)))
    for item in model.expectations:
        yield f"expect {item.quantity}", f"{item.operator}{number_text(item.bound)}"
    for node in model.nodes:
        yield f"layer {node.name}", call_text(node.layer)


def _search(search: Search) -> str:
    if search.values:
        return f"{search.name}=({', '.join(map(str, search.values))})"
    return f"{search.name}={search.scale}({search.low}, {search.high})"


def _options(word: str, options: Options) -> Iterator[tuple[str, str]]:
    for option in options_of(type(options)):
        value = getattr(options, option.name)
        if value is not None:
            yield f"{word} {option.name}", value_text(option, value)
