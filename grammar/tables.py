"""The tables that Lark makes of `netc.lark`, saved in `netc.tables`.

    python -m netc.grammar.tables        saves them anew

Making them takes 110 ms, loading them 5 ms. Another version of Lark does not read them, but makes
its own.
"""

from __future__ import annotations

from pathlib import Path

import lark

from .build import TreeBuilder
from .tokens import WordLexer

HERE = Path(__file__).parent
TABLES = HERE / "netc.tables"
VERSION = f"lark {lark.__version__}\n".encode()


def build() -> lark.Lark:
    """The parser of the grammar."""
    grammar = (HERE / "netc.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, parser="lalr", lexer=WordLexer, transformer=TreeBuilder())


def load() -> lark.Lark:
    """The parser of the saved tables, or of the grammar if another version of Lark saved them."""
    with TABLES.open("rb") as file:
        return lark.Lark.load(file) if file.readline() == VERSION else build()


def save() -> None:
    with TABLES.open("wb") as file:
        file.write(VERSION)
        build().save(file)


if __name__ == "__main__":
    save()
