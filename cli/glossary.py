"""The pages of the words: layers, losses, optimizers, and the forms of the language."""

from __future__ import annotations

import inspect
import textwrap

from ..compiler.language.builtin import BUILTIN
from ..compiler.language.initializers import FANS, INITIALIZERS
from ..compiler.language.options import Category, Option, Options, base_of, options_of
from ..compiler.language.vocabulary import Vocabulary
from .columns import width_of
from .page import printed
from .screen import Screen

KINDS: dict[Category, tuple[str, str]] = {
    "layer": ("layer", "layers, joined by `->`"),
    "loss": ("loss", "losses, `loss WORD`"),
    "optimizer": ("optimizer", "optimizers, `opt WORD`"),
    "schedule": ("learning rate schedule", "learning rate schedules, `schedule WORD`"),
    "stop": ("stopping rule", "stopping rules, `stop ...`"),
    "regularizer": ("regularizer", "regularizers, `reg WORD`"),
    "metric": ("metric", "metrics, `metric WORD ...`"),
    "data": ("data source", "data, `data WORD`"),
    "prep": ("preprocessing step", "preprocessing of all samples, `prep WORD ...`"),
    "augmentation": ("augmentation", "augmentation of training batches, `augment ...`"),
    "tuner": ("search", "hyperparameter searches, `tune WORD`"),
    "directive": ("directive", "other directives"),
}
"""A category as the noun of its words, and as the heading of their list."""

LISTS: dict[str, Category] = {
    "layers": "layer",
    "loss": "loss",
    "losses": "loss",
    "opt": "optimizer",
    "optimizers": "optimizer",
    "schedule": "schedule",
    "schedules": "schedule",
    "stop": "stop",
    "reg": "regularizer",
    "regularizers": "regularizer",
    "metric": "metric",
    "metrics": "metric",
    "data": "data",
    "prep": "prep",
    "tune": "tuner",
    "directives": "directive",
}
"""What asks for all words of a category."""

FORMS = {
    "init": '`init "weights.safetensors"` is a statement: training starts from the weights in this '
    "file. The initialisation of one layer is an option: `dense 10 init=he`.",
    "expect": "`expect params=61706` and `expect acc>=98%` are statements: a quantity, one of "
    "`=` `>=` `<=` `>` `<`, and a number. {quantities}",
    "let": "`let width=64 lr=1e-3` defines constants. `$width` is the value of one, `--set "
    "width=32` changes it for one run, and `tune` searches over them.",
    "block": "`block name(a, b=1) = pipe` defines a block with parameters and defaults. It is used "
    "like a layer: `-> name 64 b=2`. Inside, `$a` is the value of a parameter. A block cannot "
    "contain itself; the order of definitions does not matter.",
    "use": '`use "blocks.net"` imports the blocks and constants of another file, with a path '
    "relative to this one. A file outside the folder of the spec needs `--allow-outside`.",
    "repeat": "`repeat 3 [pipe]` is the pipe three times in a row, each time with its own weights. "
    "`repeat 0 [pipe]` passes its input through.",
    "each": "`each c=(64, 128) n=(2, 2) [pipe]` is the pipe once per item of the lists, which are "
    "iterated in parallel and must have equal length. Inside, `$c` is the current item.",
    "netc": "`netc 1`, as the first statement, is the version of the language that the spec is "
    "written in; without it, the current version.",
}
"""The forms of the language that are not words of the vocabulary."""


CALLS: dict[Category, str] = {
    "loss": "loss ",
    "optimizer": "opt ",
    "schedule": "schedule ",
    "stop": "stop ",
    "regularizer": "reg ",
    "metric": "metric ",
    "data": "data ",
    "prep": "prep ",
    "tuner": "tune ",
}
"""The statement before a word of a category."""


def known_words() -> tuple[str, ...]:
    """Everything that has a page."""
    options = [
        option.name
        for e in BUILTIN.entries
        for option in options_of(BUILTIN.get(e.category, e.word))
    ]
    return tuple(dict.fromkeys([*(e.word for e in BUILTIN.entries), *LISTS, *FORMS, *options]))


def word_page(word: str, screen: Screen, vocabulary: Vocabulary = BUILTIN) -> str | None:
    """All that a word means, or None for one that means nothing."""
    pages = [
        _page(category, vocabulary.get(category, word), screen)
        for category in vocabulary.categories_of(word)
    ]
    if word in FORMS:
        text = FORMS[word].replace("{quantities}", _quantities())
        pages.append(printed(textwrap.fill(text, 80), screen) + "\n")
    if word == "init":
        pages.append(_initializers(screen))
    category = LISTS.get(word)
    if category is not None and vocabulary.words(category):
        pages.append(_listing(category, screen, vocabulary))
    having = [
        (f"{CALLS.get(entry.category, '')}{entry.word}", option)
        for entry in vocabulary.entries
        for option in options_of(vocabulary.get(entry.category, entry.word))
        if option.name == word and word != entry.word
    ]
    if having:
        pages.append(_option_page(word, having, screen))
    return "\n".join(pages) if pages else None


def all_words(screen: Screen, vocabulary: Vocabulary = BUILTIN) -> str:
    """Every word by category, without its page."""
    rows = []
    for category, (_, heading) in KINDS.items():
        words = vocabulary.words(category)
        if words:
            text = textwrap.fill(
                " ".join(words), 80, initial_indent="  ", subsequent_indent="  ",
                break_on_hyphens=False,
            )  # fmt: skip
            rows.append(f"{screen.paint(heading, 'strong')}\n{text}\n")
    forms = f"{screen.paint('forms', 'strong')}\n  {' '.join(FORMS)}\n"
    return "\n".join([*rows, forms])


def _quantities() -> str:
    """What the statement `expect` compares."""
    from ..compiler.training.monitors import STATIC, measured

    static = ", ".join(f"`{name}`" for name in STATIC)
    after_run = ", ".join(f"`{name}`" for name in measured())
    return (
        f"Known when checking: {static}. Measured on the test part after a run: {after_run}; with "
        "`val_` or `train_` before the name, on that part."
    )


def _initializers(screen: Screen) -> str:
    """What `init=` selects."""
    width = max(map(len, INITIALIZERS)) + 4
    rows = [screen.paint("initialisers, `init=RULE`", "strong")]
    rows += [
        printed(_indented(f"{name:<{width - 2}}{text}", width), screen)
        for name, text in INITIALIZERS.items()
    ]
    return "\n".join([*rows, printed(_indented(f"{FANS}.", 2), screen)]) + "\n"


def _indented(text: str, indent: int) -> str:
    return textwrap.fill(
        text, 80, initial_indent="  ", subsequent_indent=" " * indent, break_on_hyphens=False
    )


def _option_page(name: str, having: list[tuple[str, Option]], screen: Screen) -> str:
    """The words that have an option, those together that mean the same by it."""
    groups: dict[tuple[str, str], list[str]] = {}
    for word, option in having:
        groups.setdefault((option.text(), default_text(option)), []).append(word)
    rows = [screen.paint(f"{name}=", "strong") + ", an option"]
    for (kind, default), words in groups.items():
        usual = "" if default == "-" else f"; {default}" if default == "required" else ""
        usual = usual or ("" if default == "-" else f"; default `{default}`")
        listed = textwrap.fill(
            " · ".join(words), 80, initial_indent="    ", subsequent_indent="    ",
            break_on_hyphens=False,
        )  # fmt: skip
        rows.append(printed(_indented(f"{kind}{usual}", 2), screen) + "\n" + listed)
    return "\n".join(rows) + "\n"


def _listing(category: Category, screen: Screen, vocabulary: Vocabulary) -> str:
    words = vocabulary.words(category)
    width = max(width_of(word) for word in words)
    rows = [screen.paint(KINDS[category][1], "strong") + "\n"]
    rows += [f"  {word:<{width}}  {vocabulary.get(category, word).summary}\n" for word in words]
    shared = base_of(vocabulary.get(category, words[0]))
    if not hasattr(shared, "word"):
        rows.append("\n" + printed(inspect.cleandoc(shared.__doc__ or ""), screen) + "\n")
    return "".join(rows)


def _page(category: Category, cls: type[Options], screen: Screen) -> str:
    noun = KINDS[category][0]
    article = "an" if noun[0] in "aeiou" else "a"
    head = screen.paint(cls.word, "strong") + f", {article} {noun}: {cls.summary}"
    options = options_of(cls)
    parts = [head, "    " + screen.paint(synopsis(cls), "note")]
    if options:
        parts.append(_table(options, screen))
    docs = inspect.cleandoc(cls.__doc__) if "__doc__" in vars(cls) and cls.__doc__ else ""
    if docs:
        parts.append(printed(docs, screen))
    return "\n\n".join(parts) + "\n"


def synopsis(cls: type[Options]) -> str:
    """How a call is written: `conv FILTERS KERNEL stride= pad=`."""
    options = {option.name: option for option in options_of(cls)}
    words = [cls.word]
    for name in cls.positional:
        option = options[name]
        words.append(name.upper() if option.required else f"[{name.upper()}]")
    words += [f"{name}=" for name in options if name not in cls.positional]
    return textwrap.fill(
        " ".join(words), 76, subsequent_indent=" " * (5 + len(cls.word)), break_on_hyphens=False
    )


def _table(options: tuple[Option, ...], screen: Screen) -> str:
    """The options: name, default, kind."""
    names = [option.name for option in options]
    defaults = [default_text(option) for option in options]
    name_width = max(len(name) for name in names)
    default_width = max(len(default) for default in defaults)
    indent = name_width + default_width + 6
    rows = []
    for option, name, default in zip(options, names, defaults, strict=True):
        lines = textwrap.wrap(option.text(), max(76 - indent, 30), break_on_hyphens=False)
        shade = "strong" if option.required else "faint"
        start = f"  {name:<{name_width}}  {screen.paint(f'{default:<{default_width}}', shade)}  "
        rows.append(start + ("\n" + " " * indent).join(lines))
    return "\n".join(rows)


def default_text(option: Option) -> str:
    """The default as netc text, `required` where there is none, `-` where nothing is meant."""
    if option.required:
        return "required"
    return "-" if option.default is None else option.kind.write(option.default)
