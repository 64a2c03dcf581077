"""Lark's parser of the language, and the words and signs that its grammar spells out."""

from __future__ import annotations

from lark.lexer import PatternStr

from .tables import load

PARSER = load()

SIGNS = {
    terminal.pattern.value: terminal.name
    for terminal in PARSER.terminals
    if isinstance(terminal.pattern, PatternStr)
}
KEYWORDS = {text: SIGNS.pop(text) for text in (*SIGNS,) if text.isalpha()}
