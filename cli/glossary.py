"""The pages of the words: layers, losses, optimizers, and the forms of the language."""

from __future__ import annotations

import inspect
import sys
import textwrap

from ..compiler.language.builtin import INSTALLED
from ..compiler.language.initializers import FANS, INITIALIZERS
from ..compiler.language.options import Category, Option, Options, base_of, options_of
from ..compiler.language.outside import LoadedReporter, find_reporters, load_reporters
from ..compiler.language.statements import CHOOSERS, STATEMENT_OF
from ..compiler.language.vocabulary import Vocabulary
from ..grammar.text import with_article
from .problems.page import STRIPPED, printed
from .terminal.columns import width_of
from .terminal.fit import READABLE, fit_lines, prose_width
from .terminal.screen import Screen

HEADINGS: dict[Category, str] = {
    "layer": "layers, joined by `->`",
    "loss": "losses, `loss WORD`",
    "optimizer": "optimizers, `opt WORD`",
    "schedule": "learning rate schedules, `schedule WORD`",
    "stop": "stopping rules, `stop ...`",
    "regularizer": "regularizers, `reg WORD`",
    "metric": "metrics, `metric WORD ...`",
    "data": "data, `data WORD`",
    "prep": "preprocessing of all samples, `prep WORD ...`",
    "augmentation": "augmentation of training batches, `augment ...`",
    "tuner": "hyperparameter searches, `tune WORD`",
    "directive": "other directives",
}
"""The heading of the list of the words of a category."""

LISTS: dict[str, Category] = {
    "layers": "layer",
    "losses": "loss",
    "optimizers": "optimizer",
    "schedules": "schedule",
    "metrics": "metric",
    "directives": "directive",
    **{statement: chooser.category for statement, chooser in CHOOSERS.items()},
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


def called(category: Category, word: str) -> str:
    """How a word is written in a spec: `conv`, but `loss ce`."""
    return f"{STATEMENT_OF[category]} {word}" if category in STATEMENT_OF else word


def known_words() -> tuple[str, ...]:
    """Everything that has a page."""
    options = [
        option.name for key in INSTALLED.every_word() for option in options_of(INSTALLED.get(*key))
    ]
    return tuple(
        dict.fromkeys(
            [
                *(word for _, word in INSTALLED.every_word()),
                *LISTS,
                *FORMS,
                *options,
                *find_reporters(),
            ]
        )
    )


def word_page(word: str, screen: Screen, vocabulary: Vocabulary = INSTALLED) -> str | None:
    """All that a word means, or None for one that means nothing."""
    pages = [
        _page(category, vocabulary.get(category, word), screen)
        for category in vocabulary.categories_of(word)
    ]
    if word in FORMS:
        text = FORMS[word].replace("{quantities}", _quantities())
        pages.append(printed(textwrap.fill(text, prose_width(screen)), screen) + "\n")
    if word == "init":
        pages.append(_initializers(screen))
    category = LISTS.get(word)
    if category is not None and vocabulary.words(category):
        pages.append(_listing(category, screen, vocabulary))
    having = [
        (called(category, name), option)
        for category, name in vocabulary.every_word()
        for option in options_of(vocabulary.get(category, name))
        if option.name == word and word != name
    ]
    if having:
        pages.append(_option_page(word, having, screen))
    pages += [_reporter_page(reporter, screen) for reporter in load_reporters(word)[0]]
    return "\n".join(pages) if pages else None


def all_words(screen: Screen, vocabulary: Vocabulary = INSTALLED) -> str:
    """Every word by category, without its page."""
    rows = []
    for category, heading in HEADINGS.items():
        words = vocabulary.words(category)
        if words:
            rows.append(
                f"{screen.paint(heading, 'strong')}\n{_indented(' '.join(words), 2, screen)}\n"
            )
    rows += _of_packages(screen, vocabulary)
    forms = f"{screen.paint('forms', 'strong')}\n{_indented(' '.join(FORMS), 2, screen)}\n"
    return "\n".join([*rows, forms])


def _of_packages(screen: Screen, vocabulary: Vocabulary) -> list[str]:
    """The words of installed packages, and those that cannot be used, with the reason."""
    found = [
        f"{called(category, word)}, of `{vocabulary.get(category, word).package}`"
        for category, word in vocabulary.every_word()
        if vocabulary.get(category, word).package
    ]
    reporters, unusable = load_reporters()
    found += [f"reporter {reporter.name}, of `{reporter.package}`" for reporter in reporters]
    broken = [
        f"{item.category} {item.word}, of `{item.package}`, cannot be used: {item.reason}"
        for item in (*vocabulary.all_broken(), *unusable)
    ]
    if not found and not broken:
        return []
    lines = "\n".join(_indented(text, 4, screen) for text in (*found, *broken))
    return [f"{screen.paint('words of installed packages', 'strong')}\n{lines}\n"]


def _reporter_page(reporter: LoadedReporter, screen: Screen) -> str:
    """What follows a run, and how it is asked for."""
    name = screen.paint(reporter.name, "strong")
    head = f"{name}, a reporter of the package `{reporter.package}`"
    text = inspect.getdoc(reporter.factory)
    rows = [head] if text is None else [head, printed(textwrap.indent(text, "  "), screen)]
    return "\n".join([*rows, f"  netc run SPEC --reporter {reporter.name}"]) + "\n"


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
        printed(_indented(f"{name:<{width - 2}}{text}", width, screen), screen)
        for name, text in INITIALIZERS.items()
    ]
    return "\n".join([*rows, printed(_indented(f"{FANS}.", 2, screen), screen)]) + "\n"


def _indented(text: str, indent: int, screen: Screen, first: int = 2) -> str:
    return textwrap.fill(
        text,
        prose_width(screen),
        initial_indent=" " * first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _option_page(name: str, having: list[tuple[str, Option]], screen: Screen) -> str:
    """The words that have an option, those together that mean the same by it."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for word, option in having:
        facts = (option.description, option.kind.describe(), default_text(option))
        groups.setdefault(facts, []).append(word)
    rows = [screen.paint(f"{name}=", "strong") + ", an option"]
    for (description, takes, default), words in groups.items():
        usual = {"-": "optional", "required": "required"}.get(default, f"default `{default}`")
        rows.append(printed(_indented(" · ".join(words), 2, screen), screen))
        rows.append(printed(_indented(f"{takes}; {usual}", 6, screen, 6), screen))
        rows.append(printed(_indented(description, 6, screen, 6), screen))
    return "\n".join(rows) + "\n"


def _listing(category: Category, screen: Screen, vocabulary: Vocabulary) -> str:
    words = vocabulary.words(category)
    width = max(width_of(word) for word in words)
    rows = [screen.paint(HEADINGS[category], "strong") + "\n"]
    rows += [
        fit_lines(
            f"  {word:<{width}}  {vocabulary.get(category, word).summary}\n", screen, width + 4
        )
        for word in words
    ]
    shared = base_of(vocabulary.get(category, words[0]))
    if not hasattr(shared, "word"):
        rows.append("\n" + printed(inspect.cleandoc(shared.__doc__ or ""), screen) + "\n")
    return "".join(rows)


def _page(category: Category, cls: type[Options], screen: Screen) -> str:
    noun = CHOOSERS[STATEMENT_OF[category]].what if category in STATEMENT_OF else category
    of = f" of the package `{cls.package}`" if cls.package else ""
    head = screen.paint(cls.word, "strong") + f", {with_article(noun)}{of}\n{cls.summary}"
    options = options_of(cls)
    usage = screen.paint(synopsis(category, cls, prose_width(screen)), "note")
    parts = [fit_lines(head, screen), f"    {usage}"]
    if options:
        parts.append(_table(options, screen))
    docs = inspect.cleandoc(cls.__doc__) if "__doc__" in vars(cls) and cls.__doc__ else ""
    if docs or sys.flags.optimize >= 2:
        parts.append(printed(docs or STRIPPED, screen))
    return "\n\n".join(parts) + "\n"


def synopsis(category: Category, cls: type[Options], width: int = READABLE) -> str:
    """How a call is written: `conv FILTERS KERNEL stride= pad=`."""
    names = [option.name for option in options_of(cls)]
    required = {option.name for option in options_of(cls) if option.required}
    head = called(category, cls.word)
    if names[:1] == [cls.word]:
        # the option names the word: `stop patience=5ep`
        words = [STATEMENT_OF[category], *(f"{name}=" for name in names)]
    else:
        given = [
            name.upper() if name in required else f"[{name.upper()}]" for name in cls.positional
        ]
        words = [head, *given, *(f"{name}=" for name in names if name not in cls.positional)]
    return textwrap.fill(
        " ".join(words), width - 4, subsequent_indent=" " * (5 + len(head)), break_on_hyphens=False
    )


def _table(options: tuple[Option, ...], screen: Screen) -> str:
    """Each option with its default and its type, and below them what it does."""
    names = max(len(option.name) for option in options)
    defaults = max(len(default_text(option)) for option in options)
    indent = names + defaults + 6
    rows = []
    for option in options:
        default = f"{default_text(option):<{defaults}}"
        shade = "strong" if option.required else "faint"
        takes, does = (
            _indented(text, indent, screen, indent)
            for text in (option.kind.describe(), option.description)
        )
        head = f"  {option.name:<{names}}  {screen.paint(default, shade)}  "
        rows += [head + takes.lstrip(), does]
    return "\n".join(rows)


def default_text(option: Option) -> str:
    """The default as netc text, `required` where there is none, `-` where nothing is meant."""
    if option.required:
        return "required"
    return "-" if option.default is None else option.kind.write(option.default)
