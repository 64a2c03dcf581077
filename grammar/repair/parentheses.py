"""What cannot be in parentheses, and lists without commas."""

from __future__ import annotations

import re

from ..brackets import begins_anew
from ..problems.brackets import ListWithoutCommas, MissingOperand, NotAValue, UnclosedBracket
from ..problems.numbers import DecimalComma
from ..problems.statements import ReservedWord
from ..tokens import CLOSERS, OPENERS, OPERATORS, Word, excess
from .context import RESERVED, STARTS_OF_VALUES, Mismatch, Rule, Verdict
from .declarations import declaration

DECIMALS = re.compile(r"[0-9]{1,99}(?:[eE][+-]?[0-9]{1,9})?%?")


def _option(site: Mismatch) -> Verdict:
    """`adam(lr=0.1)`."""
    assert site.opener is not None
    instead = ""
    if site.opener.type == "FUNCTION":
        value = site.text(1) if site.kind(1) in ("NUMBER", "NAME", "PARAMETER") else "..."
        instead = f"{site.opener[:-1]} {site.text(-1)}={value}"
    at, found = site.span(-1).to(site.span()), f"`{site.text(-1)}=`"
    return Verdict(NotAValue(at=at, opened=site.opened(), found=found, instead=instead))


def _sign(site: Mismatch) -> Verdict:
    return Verdict(NotAValue(at=site.span(), opened=site.opened(), found=f"`{site.text()}`"))


def _reserved(site: Mismatch) -> Verdict:
    return Verdict(ReservedWord(at=site.span()))


def _unclosed(site: Mismatch) -> Verdict | None:
    """A word in the first column that is followed as the first word of a statement is: `reg l2` and
    `data mnist`, but not `dense,` or `64)`."""
    ends = ("COMMA", "RPAR", "$END", *OPERATORS)
    if not site.ends_value() or site.kind(1) in ends or not begins_anew(site.statement, site.place):
        return None
    return Verdict(UnclosedBracket(at=site.opened(), end=site.after(-1)))


def _no_comma(site: Mismatch) -> Verdict | None:
    """Two values side by side: layers, decimal commas, or a list without commas."""
    if not site.ends_value():
        return None
    if _holds_pipe(site) or _holds_call(site):
        opened = site.opened()
        return Verdict(NotAValue(at=opened, opened=opened, found="a pipe"))
    if verdict := _decimal_list(site):
        return verdict
    before = None if joins_numbers(site.statement, site.place - 2) else site.after(-1)
    return Verdict(ListWithoutCommas(at=site.span(), before=before), site.with_before("COMMA"))


def _no_operand_before(site: Mismatch) -> Verdict:
    return Verdict(MissingOperand(at=site.span(), side="before"))


def _no_operand_after(site: Mismatch) -> Verdict:
    return Verdict(MissingOperand(at=site.span(-1), side="after"))


SIGNS_BETWEEN = " ".join(OPERATORS)
IN_PARENTHESES = (
    Rule("*", "*", declaration),
    Rule("EQUAL", "NAME", _option),
    Rule("ARROW BAR LSQB EQUAL COMPARE", "*", _sign),
    Rule(" ".join(RESERVED), "*", _reserved),
    Rule("NAME", "*", _unclosed),
    Rule(" ".join(STARTS_OF_VALUES), "*", _no_comma),
    Rule(f"COMMA {SIGNS_BETWEEN}", "COMMA LPAR FUNCTION", _no_operand_before),
    Rule(SIGNS_BETWEEN, SIGNS_BETWEEN, _no_operand_before),
    Rule("*", SIGNS_BETWEEN, _no_operand_after),
)
"""In parentheses, in this order."""


def _holds_call(site: Mismatch) -> bool:
    """Whether a word and its value are side by side, as in `repeat 2 (dense 64 relu)`."""
    if site.opener is None or site.opener.type != "LPAR":
        return False
    kinds = (site.kind(-1), site.kind(), site.kind(1))
    values = ("NUMBER", "SHAPE", "PARAMETER")
    return any(kinds[at] == "NAME" and kinds[at + 1] in values for at in (0, 1))


def _holds_pipe(site: Mismatch) -> bool:
    """Whether an arrow or a `|` follows in the same parentheses, which then hold no list."""
    depth = 0
    for word in site.statement[site.place :]:
        if word.type in ("ARROW", "BAR") and depth == 0:
            return True
        depth += (word.type in OPENERS) - (word.type in CLOSERS)
        if depth < 0:
            break
    return False


def _decimal_list(site: Mismatch) -> Verdict | None:
    """`(0,8 0,1 0,1)`: decimal commas, since blanks separate the values."""
    assert site.opener is not None
    first, last = (
        next(at for at, word in enumerate(site.statement) if word is bracket)
        for bracket in (site.opener, site.opener.pair)
    )
    inside = site.statement[first + 1 : last]
    values: list[Word] = []
    for at in range(first + 1, last, 3):
        left, right = site.statement[at], site.statement[min(at + 2, last)]
        if not joins_numbers(site.statement, at + 1) or not is_decimal(left, right):
            return None
        values.append(Word("NUMBER", site.source, left.start_pos, right.end_pos, f"{left}.{right}"))
    mended: list[Word] = []
    for value in values:
        mended += [value, Word("COMMA", site.source, value.end_pos, value.end_pos)]
    problem = DecimalComma(at=inside[0].to(inside[-1]), intended=", ".join(values))
    return Verdict(problem, [*site.statement[: first + 1], *mended[:-1], *site.statement[last:]])


def joins_numbers(statement: list[Word], place: int) -> bool:
    """Whether there is a comma between two numbers that touch it: it may be a decimal comma."""
    words = statement[max(0, place - 1) : place + 2]
    if [word.type for word in words] != ["NUMBER", "COMMA", "NUMBER"]:
        return False
    return words[0].end_pos == words[1].start_pos and words[1].end_pos == words[2].start_pos


def is_decimal(left: str, right: str) -> bool:
    """Whether two numbers around a comma are one with a decimal comma: `0,001`, `1,5e-3`."""
    if not left.isdecimal() or DECIMALS.fullmatch(right) is None:
        return False
    return (left == "0" or not right.isdecimal()) and not excess("NUMBER", f"{left}.{right}")
