"""Writes words.md, the reference of every word, from the classes that define them.

    python docs/make_words.py           rewrites docs/words.md

A test compares the file with what `document` gives, so it cannot fall behind.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from netc.compiler.data.source import Data
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.initializers import FANS, INITIALIZERS
from netc.compiler.language.options import Category, Option, Options, base_of, options_of
from netc.compiler.layers.layer import Layer, Trainable
from netc.compiler.losses.loss import Loss
from netc.compiler.training.schedules import Schedule

HEADINGS: tuple[tuple[Category, str, str], ...] = (
    ("layer", "Layers", "In a pipe: `conv 64 3x3 stride=2`."),
    ("loss", "Losses", "After `loss`: `loss ce`."),
    ("optimizer", "Optimizers", "After `opt`: `opt adam lr=1e-3`."),
    ("schedule", "Schedules", "After `schedule`: `schedule cosine`."),
    ("stop", "Stopping", "After `stop`; training ends when the first condition holds."),
    ("regularizer", "Regularisation", "After `reg`: `reg l2 1e-4`."),
    ("metric", "Metrics", "After `metric`, one or more: `metric acc top5`."),
    ("data", "Data", "After `data`."),
    ("prep", "Preprocessing", "After `prep`, in order; fitted on the training part only."),
    ("augmentation", "Augmentation", "After `augment`."),
    ("tuner", "Tuning", "After `tune`."),
    ("directive", "Other statements", "Each is a statement of its own."),
)

COMMON: dict[Category, tuple[str, type[Options]]] = {
    "loss": ("Every loss takes:", Loss),
    "schedule": ("Every schedule takes:", Schedule),
    "data": ("Every source takes:", Data),
}
"""What the words of a category have in common, explained once at its head."""


def document() -> str:
    """The whole page."""
    return "\n".join(lines()) + "\n"


def lines() -> Iterator[str]:
    yield "# Words"
    yield ""
    yield "Every word of the language with its options, in the order in which `netc fmt` writes"
    yield "them. Options in a heading are positional: `conv 64 3x3`. `make words` generates this"
    yield "page."
    for category, heading, lead in HEADINGS:
        words = BUILTIN.words(category)
        if not words:
            continue
        yield from ("", f"## {heading}", "", lead)
        shared = base_of(BUILTIN.get(category, words[0]))
        if category == "layer":
            yield from layer_options()
        elif not hasattr(shared, "word"):
            yield from ("", inspect.cleandoc(shared.__doc__ or ""))
        if category in COMMON:
            lead, base = COMMON[category]
            yield from ("", lead, "")
            yield from table(list(options_of(base)))
        for word in words:
            yield from entry(BUILTIN.get(category, word))


def layer_options() -> Iterator[str]:
    """What layers have in common."""
    yield "Every layer takes `name=`, a name for tables and weights files. Layers with parameters"
    yield "take some or all of these options, as their entries list:"
    yield ""
    yield from table([option for option in options_of(Trainable) if option.name != "name"])
    rectifiers = [word for word in BUILTIN.words("layer") if is_rectifier(word)]
    yield from ("", "Without `init=`, weights start with `he` where the next activation is one of")
    yield f"{', '.join(f'`{word}`' for word in rectifiers)}, and with `glorot` otherwise."
    yield from ("", "| `init=` | weights |", "|---|---|")
    for name, text in INITIALIZERS.items():
        yield f"| `{name}` | {text} |"
    yield from ("", f"{FANS}.")


def is_rectifier(word: str) -> bool:
    cls = BUILTIN.get("layer", word)
    return issubclass(cls, Layer) and cls.rectifier


def entry(cls: type[Options]) -> Iterator[str]:
    """One word: its heading, its explanation, its options."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "").strip()
    summary = f"{cls.summary[:1].upper()}{cls.summary[1:]}."
    yield from ("", f"### {signature(cls)}", "", text or summary)
    common = shared_names(cls)
    own = [option for option in options_of(cls) if option.name not in common]
    if own:
        yield ""
        yield from table(own)
    learnt = [name for name in LEARNT if issubclass(cls, Layer) and name in common]
    if learnt:
        yield ""
        yield "Also " + ", ".join(f"`{name}`" for name in learnt) + "."


LEARNT = [option.name for option in options_of(Trainable) if option.name != "name"]
"""The options of layers that learn."""


def shared_names(cls: type[Options]) -> set[str]:
    """Those of its options that the category explains at its head."""
    if issubclass(cls, Layer):
        return {option.name for option in options_of(cls)} & {"name", *LEARNT}
    for _, base in COMMON.values():
        if issubclass(cls, base):
            explained = {(option.name, option.description) for option in options_of(base)}
            own = [(option.name, option.description) for option in options_of(cls)]
            return {option[0] for option in own if option in explained}
    return set()


def signature(cls: type[Options]) -> str:
    places = " ".join(name.upper() for name in cls.positional)
    return f"`{cls.word} {places}`" if places else f"`{cls.word}`"


def table(options: list[Option]) -> Iterator[str]:
    yield "| option | default | takes | meaning |"
    yield "|---|---|---|---|"
    for option in options:
        takes, meaning = (
            text.replace("|", "\\|") for text in (option.kind.describe(), option.description)
        )
        yield f"| `{option.name}` | {default(option)} | {takes} | {meaning} |"


def default(option: Option) -> str:
    if option.required:
        return "required"
    if option.default is None:
        return ""
    return f"`{option.kind.write(option.default)}`"


def main() -> None:
    Path(__file__).with_name("words.md").write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
