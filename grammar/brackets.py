"""Which bracket closes which, over the whole text, before it is split into statements.

Only so can an unclosed bracket be known before it has swallowed the statements behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .problem import Problems
from .source import Span
from .tokens import CLOSERS, ENOUGH, OPENERS, OPERATORS, VALUES, Tokens

DEEPEST = 64
"""Brackets inside each other, and operators in one value. What reads the tree may call itself."""


@dataclass(slots=True)
class Brackets:
    """What is known of the brackets of a text, by index of the token."""

    closer: dict[int, int] = field(default_factory=dict)
    """Opening bracket to the one that closes it."""
    unclosed: set[int] = field(default_factory=set)


def match_brackets(tokens: Tokens, problems: Problems) -> Brackets:
    """Pairs the brackets. Reports those that close nothing or the wrong kind and takes them for
    what was meant; an unclosed one is reported when it is known where its statement ends."""
    kinds = tokens.kinds
    found = Brackets()
    stack: list[int] = []
    suspects: dict[int, int] = {}
    regions: list[int] = []
    region = 0
    operators = 0
    squares = 0
    too_deep: list[int] = []
    for index, kind in enumerate(kinds):
        if kind in OPENERS:
            stack.append(index)
            squares += kind == "LSQB"
            regions.append(region)
            operators = 0
            if len(stack) == DEEPEST + 1:
                too_deep.append(index)
        elif kind in CLOSERS:
            is_square = kind == "RSQB"
            if squares if is_square else len(stack) > squares:
                while (kinds[stack[-1]] == "LSQB") != is_square:
                    squares -= not is_square
                    found.unclosed.add(stack.pop())
                    regions.pop()
                squares -= is_square
                found.closer[stack.pop()] = index
                regions.pop()
            elif stack and regions[-1] == region and stack[-1] not in suspects:
                suspects[stack[-1]] = index
            else:
                suspects[-1 - index] = index
        elif kind in OPERATORS:
            in_brackets = bool(stack) and kinds[stack[-1]] != "LSQB"
            if kind == "MINUS" and not in_brackets and _subtracts(tokens, index):
                kinds[index] = "SUBTRACT"
            operators += in_brackets
            if operators == DEEPEST + 1:
                _refuse(tokens, index, "operators in one value", problems)
        elif kind == "COMMA":
            operators = 0
        elif kind == "NEWLINE" and begins_anew(tokens, index + 1):
            region += 1
    found.unclosed.update(stack)
    for index in too_deep[:ENOUGH]:
        _refuse(tokens, index, "brackets inside each other", problems)
    _report_suspects(tokens, found, suspects, problems)
    return found


def begins_anew(tokens: Tokens, index: int) -> bool:
    """Whether a token looks like the first of a statement: a word in the first column."""
    if index >= len(tokens.kinds):
        return False
    start = tokens.starts[index]
    first_column = start == 0 or tokens.source.text[start - 1] == "\n"
    return first_column and tokens.source.text[start] not in "[]()|-;,=#\r\n"


def _subtracts(tokens: Tokens, index: int) -> bool:
    """Whether a minus sign outside parentheses stands between two values: `64-1`, `64 - 1`, but
    not `64 -1`, which is two arguments."""
    if index == 0 or tokens.kinds[index - 1] not in VALUES:
        return False
    text = tokens.source.text
    before = text[tokens.starts[index] - 1]
    after = text[tokens.ends[index] : tokens.ends[index] + 1]
    return not before.isspace() or not after.isdigit()


def _refuse(tokens: Tokens, index: int, what: str, problems: Problems) -> None:
    from .problems.brackets import NestedTooDeeply

    at = Span(tokens.source, tokens.ends[index] - 1, tokens.ends[index])
    problems.add(NestedTooDeeply(at=at, what=what, most=DEEPEST))
    tokens.kinds[index] = "BROKEN"


def _report_suspects(
    tokens: Tokens, found: Brackets, suspects: dict[int, int], problems: Problems
) -> None:
    """A closing bracket without an opening one belongs to an unclosed one of the other kind before
    it, or to nothing."""
    if not suspects:
        return
    from .problems.brackets import BracketClosesNothing, BracketsDoNotMatch

    for opener, closer in suspects.items():
        if opener in found.unclosed:
            opened = Span(tokens.source, tokens.ends[opener] - 1, tokens.ends[opener])
            problems.add(BracketsDoNotMatch(at=tokens.span(closer), opened=opened))
            found.unclosed.discard(opener)
            found.closer[opener] = closer
            tokens.kinds[closer] = "RSQB" if tokens.kinds[opener] == "LSQB" else "RPAR"
        else:
            if len(problems) < ENOUGH:
                problems.add(BracketClosesNothing(at=tokens.span(closer)))
            tokens.kinds[closer] = "NOTHING"
