"""Why a statement is none, in the words of a person, and what was most likely meant.

The rules look at the token that does not fit, at the one before it, at the bracket around them and
at what Lark's parser accepts there. Where one token more or less makes the statement right, the
rule returns that statement too, so that the rest of it is read and nothing that follows from the
mistake is reported.
"""

from __future__ import annotations

from collections.abc import Callable

from ..brackets import last_character
from ..lalr import KEYWORDS
from ..problems.brackets import EmptyBrackets, NotAValue, SemicolonInBrackets
from ..problems.statements import (
    ArgumentsAfterLabel,
    BranchesOutsideBrackets,
    CallInParentheses,
    EmptyBranch,
    MissingValue,
    NothingAfterArrow,
    NothingBeforeArrow,
    ReservedWord,
    StageIsNoCall,
)
from ..source import Span
from ..tokens import CLOSERS, OPENERS, OPERATORS, Word
from .context import RESERVED, STARTS_OF_VALUES, Mismatch, Rule, Verdict, first
from .declarations import declaration
from .parentheses import IN_PARENTHESES
from .signs import comma, comparison, equal, operator


def explain(statement: list[Word], place: int, accepts: Callable[[], set[str]]) -> Verdict:
    """What is wrong with a statement whose token at `place` does not fit."""
    site = Mismatch(statement, place, accepts)
    if any(word.type == "BROKEN" for word in statement):
        return Verdict(None)
    rules = (*ANYWHERE, *(IN_PARENTHESES if site.in_parentheses else OUTSIDE))
    return first(rules, site) or site.unexpected()


def _semicolon(site: Mismatch) -> Verdict:
    if site.opener is None:
        return site.unexpected()  # the brackets around it were mended away
    return Verdict(SemicolonInBrackets(at=site.span(), opened=site.opened()))


def _reserved_call(site: Mismatch) -> Verdict:
    """`use("blocks.net")` is a call in parentheses; elsewhere the word is the mistake."""
    if site.place == 0:
        return _call_in_parentheses(site)
    span = site.span()
    return Verdict(ReservedWord(at=Span(span.source, span.start, span.end - 1)))


def _missing_value(site: Mismatch) -> Verdict | None:
    if site.begins_stage:
        return None
    if site.kind() in RESERVED and not site.begins_line:
        return Verdict(ReservedWord(at=site.span()))
    key = site.text(-2) if site.place >= 2 else site.text(-1)
    return Verdict(MissingValue(at=site.span(-1), key=key))


def _list_in_brackets(site: Mismatch) -> Verdict | None:
    if site.begins_stage:
        return None
    return site.unexpected("a list is written in parentheses: `(64, 128)`")


def _arrow(site: Mismatch) -> Verdict:
    if site.kind(-1) == "ARROW":
        return Verdict(NothingAfterArrow(at=site.span(-1)), site.without(-1))
    mended = site.without(0) if site.place else None
    return Verdict(NothingBeforeArrow(at=site.span()), mended)


def _empty_brackets(site: Mismatch) -> Verdict:
    return Verdict(EmptyBrackets(at=site.span(-1).to(site.span())))


def _branches(site: Mismatch) -> Verdict | None:
    """`|` or `]` where no branch ends."""
    kind, before = site.kind(), site.kind(-1)
    if site.opener is None:
        return Verdict(BranchesOutsideBrackets(at=site.span(0 if kind == "BAR" else -1)))
    if before == "LSQB":
        return Verdict(EmptyBranch(at=site.span(), side="before"))
    return Verdict(EmptyBranch(at=site.span(-1), side="after")) if before == "BAR" else None


def _reserved(site: Mismatch) -> Verdict:
    if site.kind(-1) == "ARROW" and site.begins_line:
        return Verdict(NothingAfterArrow(at=site.span(-1)))
    return Verdict(ReservedWord(at=site.span()))


def _value_as_stage(site: Mismatch) -> Verdict | None:
    """Anything but a word where a call should begin."""
    if not site.begins_stage:
        return None
    kind, hint = site.kind(), ""
    if kind == "FUNCTION":
        return _call_in_parentheses(site)
    if kind == "PARAMETER" and site.kind(1) == "EQUAL":
        hint = f"to define a constant, write `let {site.text()[1:]}=...`"
    problem = StageIsNoCall(at=site.span(), is_first=site.place == 0, kind=kind, hint=hint)
    return Verdict(problem)


def _after_label(site: Mismatch) -> Verdict:
    is_word = site.kind() == "NAME"
    problem = ArgumentsAfterLabel(
        at=site.span(), name=site.text(-1), before=site.after(-1), is_word=is_word
    )
    return Verdict(problem, site.with_before("ARROW") if is_word else None)


ANYWHERE = (
    Rule("SEMICOLON", "*", _semicolon),
    Rule("RESERVED", "*", _reserved_call),
)
NO_VALUE = " ".join(("$END ARROW BAR RSQB RPAR COMMA", *RESERVED))
OUTSIDE = (
    Rule("EQUAL", "EQUAL", Mismatch.unexpected),
    Rule("LSQB", "EQUAL COMPARE", _list_in_brackets),
    Rule(NO_VALUE, "EQUAL COMPARE", _missing_value),
    Rule("*", "*", declaration),
    Rule("ARROW", "*", _arrow),
    Rule("$END RSQB BAR", "ARROW", _arrow),
    Rule("RSQB", "LSQB", _empty_brackets),
    Rule("BAR RSQB", "*", _branches),
    Rule("$END", "BAR", _branches),
    Rule("COMMA", "*", comma),
    Rule(" ".join(OPERATORS), "*", operator),
    Rule("EQUAL", "*", equal),
    Rule("COMPARE", "*", comparison),
    Rule(" ".join(RESERVED), "*", _reserved),
    Rule(" ".join((*STARTS_OF_VALUES, "LSQB")), "*", _value_as_stage),
    Rule(" ".join((*STARTS_OF_VALUES, "LSQB")), "REFERENCE", _after_label),
)
"""Outside parentheses, in this order."""


def _call_in_parentheses(site: Mismatch) -> Verdict:
    """`name(128, key=false)`: the same call without parentheses and commas."""
    opener = site.word()
    end = opener.pair
    assert end is not None
    end_place = next(place for place, word in enumerate(site.statement) if word is end)
    between = site.statement[site.place + 1 : end_place]
    semicolon = next((word for word in between if word.type == "SEMICOLON"), None)
    if semicolon is not None:
        opened = last_character(opener)
        return Verdict(SemicolonInBrackets(at=semicolon.span, opened=opened) if end else None)
    arguments = _arguments(between)
    if any(
        [word.type for word in argument][:1] == ["NAME"]
        and argument[1:]
        and (argument[1].type != "EQUAL")
        for argument in arguments
    ):
        opened = last_character(opener)
        return Verdict(NotAValue(at=opened, opened=opened, found="a pipe") if end else None)
    # Options follow values and precede words, which are values of a statement: `opt adam`.
    arguments.sort(key=lambda argument: _rank(argument, names_first=site.place == 0))
    inside = [word for argument in arguments for word in argument]
    name = opener.removesuffix("(")
    word = Word(KEYWORDS.get(name, "NAME"), site.source, opener.start_pos, opener.end_pos - 1, name)
    mended = [*site.statement[: site.place], word, *inside, *site.statement[end_place + 1 :]]
    if not end:
        # The text never closes it, which has been said.
        return Verdict(None, mended)
    at = opener.to(end)
    simple = "#" not in at.text and not any(w.type in (*OPENERS, *OPERATORS) for w in inside)
    intended = " ".join([name, *("".join(argument) for argument in arguments)]) if simple else None
    return Verdict(CallInParentheses(at=at, word=name, intended=intended), mended)


def _arguments(inside: list[Word]) -> list[list[Word]]:
    """What is between commas."""
    arguments: list[list[Word]] = [[]]
    depth = 0
    for word in inside:
        depth += (word.type in OPENERS) - (word.type in CLOSERS)
        if word.type == "COMMA" and not depth:
            arguments.append([])
        else:
            arguments[-1].append(word)
    return [argument for argument in arguments if argument]


def _rank(argument: list[Word], *, names_first: bool) -> int:
    """Which place an argument has: a value, an option or a word."""
    if len(argument) > 1 and argument[1].type == "EQUAL":
        return 1
    return 2 if [word.type for word in argument] == ["NAME"] and not names_first else 0
