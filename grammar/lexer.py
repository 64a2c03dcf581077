"""Text to words, with one regular expression that is made of the grammar's terminals."""

from __future__ import annotations

import re

from lark.lexer import PatternRE

from . import ast
from .lalr import KEYWORDS, PARSER, SIGNS
from .problem import Problems
from .source import Source, Span
from .tokens import ENOUGH, UNITS, Word, Words, excess

SPECIAL = {**KEYWORDS, **dict.fromkeys((unit for unit in UNITS if unit.isalpha()), "UNIT")}

# Control characters, and those that turn the direction of the text around.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")

# What is written for a sign or a comment of the language though it begins with one of its signs.
WRONG_SIGN = r"""
    (?P<BAD_ARROW>
        ==+> | => | -(?:-{1,9}|[–—−])> | ->>+ | -[ \t]++> | >>+ | [:|~+.]>+
      | [–—−‐‑]{1,9}+(?:>+|(?=[ \t]++[@a-z])) | <[-–—−]+>?(?![ \t]*+[\d$(]) | <=+> )
  | (?P<BAD_PAIR> ==+ | =< | := )
  | (?P<BAD_COMMENT> /\* )
"""
# What other languages begin a line with that is a comment.
WRONG_LINE = r"(?m:^)[ \t]*+(?P<BAD_LINE>%|//|(?m:^)--(?=[ \t]++\w))"
# What begins where no terminal of the grammar does.
NO_TERMINAL = r"""
    (?P<BAD_NUMBER> (?: [0-9]++ (?:\.[0-9]++)? [eE][+-]?[0-9]++
                      | \.[0-9]++[eE][+-]?[0-9]++ | [0-9?] | \.[0-9] )
                    [\w?.%×]*+ )
  | (?P<BAD_PATH> \.{0,2}/?[^\W\d][\w/~-]{0,255}+ \.\w[\w./~-]*+ )
  | (?P<BAD_BRACES> \$?\{[ \t]*+[a-z][a-z0-9_]*+[ \t]*+\} )
  | (?P<BAD_WORD> [@$][^\W\d]\w*+ | [^\W\d]\w*+ \(?+ )
  | (?P<BAD_STRING> "[^"\r\n]*+ | '[^'\r\n]*+'?+ | [“”„«»] [^“”„«»"\r\n]*+ [“”„«»"]?+ )
  | (?P<BAD_SIGN> [^ \t] )
"""


def _pattern() -> re.Pattern[str]:
    """A group for each terminal that is an expression, one for all signs, and one for each kind of
    mistake."""
    terminals = sorted(PARSER.terminals, key=lambda terminal: -terminal.priority)
    expressions = {
        terminal.name: terminal.pattern.to_regexp()
        for terminal in terminals
        if isinstance(terminal.pattern, PatternRE)
    }
    blank = expressions.pop("BLANK")
    signs = "|".join(map(re.escape, sorted(SIGNS, key=len, reverse=True)))
    groups = [f"(?P<{name}>{text})" for name, text in {**expressions, "SIGN": signs}.items()]
    return re.compile(
        f"{WRONG_LINE}|(?:{blank})?(?:(?x:{WRONG_SIGN})|{'|'.join(groups)}|(?x:{NO_TERMINAL})|\\Z)"
    )


PATTERN = _pattern()


def scan(source: Source, problems: Problems) -> tuple[list[Word], tuple[ast.Comment, ...]]:  # noqa: PLR0912  the hot loop
    """The words and the comments of a text. What is no word is reported, and taken for what was
    meant where that is clear."""
    words = Words(source, problems)
    found = words.found
    comments: list[ast.Comment] = []
    text = source.text
    matches = PATTERN.finditer(text, 1 if text.startswith("\ufeff") else 0)
    while (match := next(matches, None)) is not None and match.lastgroup is not None:
        kind = match.lastgroup
        start, end = match.span(kind)
        if kind == "SIGN":
            kind = SIGNS[text[start:end]]
        elif kind == "NAME":
            kind = SPECIAL.get(text[start:end], kind)
            if kind == "UNIT":
                from .repair.numbers import mend_unit

                if mend_unit(words, Span(source, start, end)):
                    continue
                kind = "NAME"
        elif kind == "NUMBER" or kind == "SHAPE":
            if reason := excess(kind, text[start:end]):
                from .problems.numbers import NumberOutOfRange

                if len(problems) < ENOUGH:
                    problems.add(NumberOutOfRange(at=Span(source, start, end), reason=reason))
                kind = "BROKEN"
        elif kind == "FUNCTION":
            if text[start : end - 1] in KEYWORDS:
                kind = "RESERVED"
        elif kind == "COMMENT":
            comments.append(ast.Comment(text[start:end], Span(source, start, end)))
            continue
        elif kind.startswith("BAD"):
            if len(problems) < ENOUGH:
                from .repair.mistakes import mend

                resume = mend(words, kind, Span(source, start, end))
                if resume is not None:
                    matches = PATTERN.finditer(text, resume)
                continue
            kind = "BROKEN"
        found.append(Word(kind, source, start, end))
    _report_unseen(source, comments, found, problems)
    return found, tuple(comments)


def _report_unseen(
    source: Source, comments: list[ast.Comment], words: list[Word], problems: Problems
) -> None:
    """Characters that nobody sees are as wrong in a comment or a string as anywhere."""
    if UNSEEN.search(source.text) is None:
        return
    from .problems.characters import UnknownCharacter

    places = [comment.span for comment in comments]
    places += [word.span for word in words if word.type == "STRING"]
    for place in places:
        for found in UNSEEN.finditer(source.text, place.start, place.end):
            problems.add(
                UnknownCharacter(
                    at=Span(source, found.start(), found.end()),
                    character=found[0][0],
                    hint="remove it",
                )
            )
