"""Text to tree.

The text becomes tokens (one regular expression), the tokens become statements (a newline ends one
unless something is open), and each statement goes through the LALR tables by itself. So a mistake
costs its own statement and no other, and the grammar needs no rule for newlines: whether one ends
a statement depends on the line after next, which no LALR(1) grammar can see.

Nothing here calls itself: a text cannot be nested so deeply that reading it ends in a crash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import ast
from .build import REDUCTIONS
from .lexer import scan
from .problem import Problems
from .source import Source, Span
from .statements import split
from .tables import ACTIONS, GOTO
from .tokens import Tokens


def parse(source: Source, problems: Problems) -> ast.File:
    """The tree of a text: every statement that could be read, and what is known of the others."""
    tokens, comments = scan(source, problems)
    statements: list[ast.Statement] = []
    broken: list[ast.Broken] = []
    for statement in split(tokens, problems):
        result = drive(tokens, statement)
        if isinstance(result, Stuck):
            from .explain import explain, salvage

            problems.add(explain(tokens, statement, result))
            broken.append(salvage(tokens, statement))
        else:
            statements.append(result)
    whole = Span(source, 0, len(source.text))
    return ast.File(source, tuple(statements), comments, tuple(broken), whole)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where a statement stops being one."""

    place: int
    """Which of the statement's tokens does not fit; their number when one is missing."""
    expected: frozenset[str]
    """The tokens that would fit."""


def drive(tokens: Tokens, statement: list[int]) -> Any:
    """The node of a statement, or `Stuck`. Time grows with the number of tokens."""
    kinds = tokens.kinds
    states = [0]
    parts: list[Any] = []
    state = 0
    for place, index in enumerate((*statement, -1)):
        kind = kinds[index] if index >= 0 else "$END"
        while True:
            action = ACTIONS[state].get(kind)
            if action is None:
                return Stuck(place, frozenset(ACTIONS[state]))
            if action > 0:
                parts.append(index)
                states.append(action)
                state = action
                break
            if action == 0:
                return parts[0]
            symbol, length, make = REDUCTIONS[-1 - action]
            if make is not None:
                made = make(tokens, parts[-length:])
                del parts[-length:]
                parts.append(made)
            del states[-length:]
            state = GOTO[states[-1]][symbol]
            states.append(state)
    raise AssertionError("the tables end every statement")
