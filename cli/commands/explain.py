"""`netc explain`: the page of an error code, of a word, of a form of the language."""

from __future__ import annotations

import re
import sys

import click

from ..completing import subjects
from ..options import color_option
from ..terminal.fit import fit_lines
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

FAMILIES = {
    "E01": "syntax",
    "E02": "names and options",
    "E03": "shapes",
    "E04": "values, losses and expectations",
    "E05": "data",
    "E06": "training",
    "E07": "files",
    "W": "lints",
}
"""The topic of the codes with this prefix."""

CODE = re.compile(r"[EW]\d{1,4}", re.IGNORECASE)


@click.command()
@click.argument("subject", required=False, shell_complete=subjects)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of `show --json`.")
@color_option
def explain(subject: str | None, schema: bool, color: ColorChoice) -> int:
    """Explain an error code, a layer, an option or any other word.

    \b
    netc explain E0312    an error, and how to fix it
    netc explain conv     a layer, its options and defaults
    netc explain loss     all losses
    netc explain          all codes and all words
    """
    screen = screen_for(sys.stdout, color)
    if schema:
        if subject is not None:
            raise click.UsageError("--schema takes no subject")
        print_text(_schema())
        return 0
    if subject is None:
        from ..glossary import all_words

        print_text(_all_codes(screen) + "\n" + all_words(screen))
        return 0
    page = (
        _code_page(subject.upper(), screen)
        if CODE.fullmatch(subject)
        else _word_page(subject, screen)
    )
    print_text(page)
    return 0


def _schema() -> str:
    import json

    from ...compiler.language.builtin import INSTALLED
    from ...compiler.schema_json import json_schema

    return json.dumps(json_schema(INSTALLED), indent=2) + "\n"


def _word_page(word: str, screen: Screen) -> str:
    from ..glossary import known_words, word_page

    page = word_page(word, screen)
    if page is not None:
        return page
    raise click.UsageError(_unknown_word(word, known_words()))


def _unknown_word(word: str, known: tuple[str, ...]) -> str:
    """What a word without a page was probably meant as: that of another framework, or capitals."""
    from ...compiler.suggest.foreign import translate_anywhere

    foreign = translate_anywhere(word, known)
    if foreign is not None and foreign.here is not None:
        return f"{foreign.note}: see `netc explain {foreign.here}`"
    lower = word.lower()
    unknown = f"`{word}` is not a netc keyword"
    if lower in known:
        return f"{unknown}; did you mean `netc explain {lower}`?"
    return f"{unknown}{_hint(lower, known)}" if foreign is None else f"{unknown}: {foreign.note}"


def _code_page(code: str, screen: Screen) -> str:
    from ...compiler.problems.catalog import all_problem_classes, problem_class
    from ..problems.page import page_text, printed

    cls = problem_class(code)
    if cls is None:
        codes = tuple(cls.code for cls in all_problem_classes())
        raise click.UsageError(f"unknown code {code}{_hint(code, codes)}")
    level = "error" if cls.code.startswith("E") else "warning"
    head = screen.paint(f"{cls.code}", level) + screen.paint(f": {cls.title}", "strong")
    return f"{fit_lines(head, screen)}\n\n{printed(page_text(cls), screen)}\n"


def _all_codes(screen: Screen) -> str:
    from ...compiler.problems.catalog import all_problem_classes

    classes = all_problem_classes()
    rows: list[str] = []
    for prefix, family in FAMILIES.items():
        of_family = [cls for cls in classes if cls.code.startswith(prefix)]
        if not of_family:
            continue
        rows.append(f"{screen.paint(family, 'strong')}\n")
        hang = len(of_family[0].code) + 4
        rows += (fit_lines(f"  {cls.code}  {cls.title}\n", screen, hang) for cls in of_family)
        rows.append("\n")
    return "".join(rows).rstrip("\n") + "\n"


def _hint(word: str, candidates: tuple[str, ...]) -> str:
    from ...compiler.suggest.spelling import closest

    near = closest(word, candidates)
    if near:
        return f"; did you mean `netc explain {near}`?"
    return "; `netc explain` lists all"
