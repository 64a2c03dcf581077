"""The words and signs of a text, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .source import Source, Span

KEYWORDS = {"netc": "NETC", "let": "LET", "use": "USE", "block": "BLOCK"}
UNITS = ("ep", "it", "%", "min", "h", "s")

SIGNS = {
    "->": "ARROW", "=": "EQUAL", "|": "BAR", "[": "LSQB", "]": "RSQB", "(": "LPAR", ")": "RPAR",
    ",": "COMMA", "+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "OVER", "//": "INTO",
    ";": "SEMICOLON",
}  # fmt: skip


@dataclass(slots=True)
class Tokens:
    """Three lists side by side, because a list of objects costs more than reading the text.

    `NEWLINE` and `SEMICOLON` are tokens here; the grammar never sees them.
    """

    source: Source
    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    respelt: dict[int, str] = field(default_factory=dict)
    """What a misspelt token was taken for, by index."""

    def text(self, index: int) -> str:
        """How a token is spelt, or what it was taken for."""
        if index in self.respelt:
            return self.respelt[index]
        return self.source.text[self.starts[index] : self.ends[index]]

    def span(self, index: int) -> Span:
        return Span(self.source, self.starts[index], self.ends[index])

    def between(self, first: int, last: int) -> Span:
        """From the start of one token to the end of another."""
        return Span(self.source, self.starts[first], self.ends[last])


# The longest right token comes first; what is left over for the last four groups is a mistake.
TOKEN = re.compile(
    r"""
    (?:[ \t]|\r(?=\n))*+
    (?: (?P<FUNCTION> [a-z][a-z0-9_]*+\( )
      | (?P<NAME> [a-z][a-z0-9_]*+ (?!\w) )
      | (?P<SHAPE> (?: (?:[0-9]++|\?) (?: x (?:[0-9]++|\?) )++ | \? ) (?![\w?.%×]) )
      | (?P<NUMBER> [0-9]++ (?:\.[0-9]++)?+ (?:[eE][+-]?[0-9]++)?+ (?:ep|it|min|h|s|%)?+
                    (?![\w?.%×]) )
      | (?P<SIGN> ->(?!>) | //? | [=|\[\](),+*;-] )
      | (?P<NEWLINE> \n )
      | (?P<REFERENCE> @[a-z][a-z0-9_]*+ (?!\w) )
      | (?P<PARAMETER> \$[a-z][a-z0-9_]*+ (?!\w) )
      | (?P<COMPARE> [<>]=?+ )
      | (?P<STRING> "[^"\r\n]*+" )
      | (?P<COMMENT> \#[^\r\n]*+ )
      | (?P<BAD_NUMBER> (?: [0-9]++(?:\.[0-9]++)?[eE][+-]?[0-9]++ | [0-9?] | \.[0-9] ) [\w?.%×]*+ )
      | (?P<BAD_WORD> [@$]?[^\W\d]\w*+ )
      | (?P<BAD_STRING> "[^"\r\n]*+ | '[^'\r\n]*+'?+ | [“”„«»] [^“”„«»"\r\n]*+ [“”„«»"]?+ )
      | (?P<BAD_SIGN> [^ \t] )
      | \Z )
    """,
    re.VERBOSE,
)
