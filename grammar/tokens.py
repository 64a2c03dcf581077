"""The words and signs of a text, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .source import Source, Span

KEYWORDS = {"netc": "NETC", "let": "LET", "use": "USE", "block": "BLOCK"}
UNITS = ("ep", "it", "%", "min", "h", "s")

OPENERS = ("LSQB", "LPAR", "FUNCTION", "RESERVED")
CLOSERS = ("RSQB", "RPAR")
ENOUGH = 1000
"""Mistakes in one text behind which no more are looked for."""
VALUES = ("NUMBER", "SHAPE", "STRING", "NAME", "REFERENCE", "PARAMETER", "RPAR")
"""The tokens with which a value may end."""
OPERATORS = ("PLUS", "MINUS", "TIMES", "OVER", "INTO", "SUBTRACT")

SIGNS = {
    "->": "ARROW", "=": "EQUAL", "|": "BAR", "[": "LSQB", "]": "RSQB", "(": "LPAR", ")": "RPAR",
    ",": "COMMA", "+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "OVER", "//": "INTO",
    ";": "SEMICOLON",
}  # fmt: skip

LONGEST_WHOLE = 18
"""Digits that any whole number of so many fits in 64 bits with."""


@dataclass(slots=True)
class Tokens:
    """Three lists side by side, because a list of objects costs more than reading the text.

    Some kinds are none of the grammar's: `NEWLINE` and `SEMICOLON` end statements; `BROKEN` is a
    mistake that was reported, `NOTHING` one that is passed over; `SUBTRACT` is a minus sign between
    two values outside parentheses; `RESERVED` is `let(` and its like.
    """

    source: Source
    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    respelt: dict[int, str] = field(default_factory=dict)
    """What a misspelt token was taken for, by index."""
    guessed: set[int] = field(default_factory=set)
    """Tokens that a mistake was taken for. When they do not fit, that is no second mistake."""

    open_braces: list[bool] = field(default_factory=list)
    """For every `{` that waits for its `}`, whether the two were taken for brackets."""

    block_names: frozenset[str] | None = None
    """The words behind `block`, once somebody needed them."""

    value_names: frozenset[str] | None = None
    """What may be read with `$`: constants and parameters of blocks, once somebody needed them."""

    def push(self, kind: str, start: int, end: int, respelt: str | None = None) -> int:
        """Adds a token; its index."""
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)
        if respelt is not None:
            self.respelt[len(self.kinds) - 1] = respelt
            self.guessed.add(len(self.kinds) - 1)
        return len(self.kinds) - 1

    def pop(self) -> None:
        """Takes the last token away."""
        self.kinds.pop()
        self.starts.pop()
        self.ends.pop()
        self.respelt.pop(len(self.kinds), None)

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


# A group for each kind; a group whose name begins with BAD is a mistake. Quantifiers are possessive
# where they can be, so that no text makes the expression walk back; for groups `(?>...)` says so,
# since Python before 3.11.5 may refuse what a possessive group matches (cpython issue 106052).
TOKEN = re.compile(
    r"""
    (?>(?:[ \t]|\r(?=\n))*)
    (?: (?P<FUNCTION> [a-z][a-z0-9_]*+\( )
      | (?P<NAME> [a-z][a-z0-9_]*+ (?!\w|\.\w) )
      | (?P<SHAPE> (?: (?:[0-9]++|\?) (?>(?: x (?:[0-9]++|\?) )+) | \? ) (?![\w?.%×]) )
      | (?P<NUMBER> [0-9]++ (?>(?:\.[0-9]++)?) (?>(?:[eE][+-]?[0-9]++)?)
                    (?>(?:ep|it|min|h|s|%)?)
                    (?![\w?.%×]) )
      | (?P<BAD_PAIR> ==+ | => | =< | := | -(?:-{1,9}|[–—−])> | [–—−]>+ | ->>+ | \|> | ~> )
      | (?P<BAD_COMMENT> /\*(?>(?:[^*]|\*(?!/)){0,5000})\*/ )
      | (?P<SIGN> -> | //? | [=|\[\](),+*;-] )
      | (?P<NEWLINE> \n )
      | (?P<REFERENCE> @[a-z][a-z0-9_]*+ (?!\w) )
      | (?P<PARAMETER> \$[a-z][a-z0-9_]*+ (?!\w) )
      | (?P<COMPARE> [<>]=?+ )
      | (?P<STRING> "[^"\r\n]*+" )
      | (?P<COMMENT> \#[^\r\n]*+ )
      | (?P<BAD_NUMBER> (?: [0-9]++ (?:\.[0-9]++)? [eE][+-]?[0-9]++
                          | \.[0-9]++[eE][+-]?[0-9]++ | [0-9?] | \.[0-9] )
                        [\w?.%×]*+ )
      | (?P<BAD_PATH> \.{0,2}/?[^\W\d][\w/~-]*+ \.\w[\w./~-]*+ )
      | (?P<BAD_BRACES> \$?\{[ \t]*+[a-z][a-z0-9_]*+[ \t]*+\} )
      | (?P<BAD_WORD> [@$][^\W\d]\w*+ | [^\W\d]\w*+ \(?+ )
      | (?P<BAD_STRING> "[^"\r\n]*+ | '[^'\r\n]*+'?+ | [“”„«»] [^“”„«»"\r\n]*+ [“”„«»"]?+ )
      | (?P<BAD_SIGN> [^ \t] )
      | \Z )
    """,
    re.VERBOSE,
)


def excess(kind: str, text: str) -> str:
    """In what way a number or shape is out of range; empty when it is not."""
    if len(text) <= LONGEST_WHOLE and "e" not in text and "E" not in text:
        return ""
    digits = text.rstrip("%epitmnhs")
    if kind == "SHAPE" or digits.isdecimal():
        return "too large" if any(len(n) > LONGEST_WHOLE for n in digits.split("x")) else ""
    if float(digits) == float("inf"):
        return "too large"
    is_written_zero = re.search("[1-9]", re.split("[eE]", digits)[0]) is None
    return "too small" if float(digits) == 0 and not is_written_zero else ""
