"""Why a statement is none, in the words of a person, and what was most likely meant.

It looks at the token that does not fit, at the one before it and at the bracket around them. Where
one token more or less makes the statement right, it says so too, so that the rest of the statement
is read and nothing that follows from the mistake is reported.
"""

from __future__ import annotations

from ..brackets import begins_anew, last_character
from ..lalr import KEYWORDS
from ..problems.brackets import (
    EmptyBrackets,
    ListWithoutCommas,
    MissingOperand,
    NotAValue,
    SemicolonInBrackets,
    UnclosedBracket,
)
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
    UnexpectedWord,
)
from ..source import Span
from ..tokens import CLOSERS, OPENERS, OPERATORS, Word
from .context import Site, Verdict
from .declarations import explain_block, explain_let, explain_use, explain_version
from .signs import (
    explain_comma,
    explain_comparison,
    explain_decimal_list,
    explain_equal,
    explain_operator,
    joins_numbers,
    unexpected,
)

DECLARATIONS = {
    "NETC": explain_version,
    "USE": explain_use,
    "LET": explain_let,
    "BLOCK": explain_block,
}
STARTS_OF_VALUES = (
    "NUMBER", "SHAPE", "STRING", "NAME", "REFERENCE", "PARAMETER", "FUNCTION", "LPAR", "MINUS"
)  # fmt: skip


def explain(statement: list[Word], place: int) -> Verdict:
    """What is wrong with a statement whose token at `place` does not fit."""
    site = Site(statement, place)
    kind, before = site.kind(), site.kind(-1)
    if any(word.type == "BROKEN" for word in statement):
        return Verdict(None)
    if kind == "SEMICOLON":
        return Verdict(SemicolonInBrackets(at=site.span(), opened=site.opened()))
    if kind == "RESERVED":
        return _explain_reserved_call(site)
    if site.in_parentheses:
        return _explain_in_parentheses(site)
    if before == "EQUAL" and kind == "EQUAL":
        return Verdict(UnexpectedWord(at=site.span(), found="`=`", after="`=`"))
    if before in ("EQUAL", "COMPARE") and not site.begins_stage:
        key = site.text(-2) if place >= 2 else site.text(-1)
        if kind in KEYWORDS.values() and not _begins_line(site):
            return Verdict(ReservedWord(at=site.span()))
        if kind == "LSQB":
            return Verdict(unexpected(site, "a list is written in parentheses: `(64, 128)`"))
        if kind in ("$END", "ARROW", "BAR", "RSQB", "RPAR", "COMMA", *KEYWORDS.values()):
            return Verdict(MissingValue(at=site.span(-1), key=key))
    if site.head in DECLARATIONS and site.opener is None:
        verdict = DECLARATIONS[site.head](site)
        if verdict is not None:
            return verdict
    if kind == "ARROW" or (before == "ARROW" and kind in ("$END", "RSQB", "BAR")):
        return _explain_arrow(site)
    if kind in ("BAR", "RSQB") or (before == "BAR" and kind == "$END"):
        return _explain_bracket(site)
    if kind == "COMMA":
        return explain_comma(site)
    if kind in OPERATORS:
        return explain_operator(site)
    if kind == "EQUAL":
        return explain_equal(site)
    if kind == "COMPARE":
        return explain_comparison(site)
    if kind in KEYWORDS.values():
        if before == "ARROW" and _begins_line(site):
            return Verdict(NothingAfterArrow(at=site.span(-1)))
        return Verdict(ReservedWord(at=site.span()))
    if site.begins_stage and kind != "$END":
        return _explain_stage(site)
    if before == "REFERENCE" and (kind in STARTS_OF_VALUES or kind == "LSQB"):
        return _explain_after_label(site)
    return Verdict(unexpected(site))


def _begins_line(site: Site) -> bool:
    """Whether the token is the first of its line."""
    text = site.source.text
    start = site.span().start
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _explain_arrow(site: Site) -> Verdict:
    before = site.kind(-1)
    if before == "ARROW":
        mended = site.without(-1)
        return Verdict(NothingAfterArrow(at=site.span(-1)), mended)
    return Verdict(NothingBeforeArrow(at=site.span()), site.without(0) if before else None)


def _explain_bracket(site: Site) -> Verdict:
    kind, before = site.kind(), site.kind(-1)
    if before == "LSQB" and kind == "RSQB":
        both = site.span(-1).to(site.span())
        return Verdict(EmptyBrackets(at=both))
    if site.opener is None:
        at = site.span() if kind == "BAR" else site.span(-1)
        return Verdict(BranchesOutsideBrackets(at=at))
    if before in ("BAR", "LSQB"):
        if kind == "BAR" and before == "LSQB":
            return Verdict(EmptyBranch(at=site.span(), side="before"))
        return Verdict(EmptyBranch(at=site.span(-1), side="after"))
    return Verdict(unexpected(site))


def _explain_stage(site: Site) -> Verdict:
    """Anything but a word where a call should begin."""
    kind = site.kind()
    if kind == "FUNCTION":
        return _explain_call(site)
    hint = ""
    if kind == "LSQB":
        hint = "brackets follow a word: `add [p | q]`, `repeat 2 [p]`"
    elif kind == "PARAMETER":
        hint = f"a parameter is a value, used as in `dense {site.text()}`"
        if site.kind(1) == "EQUAL":
            hint = f"to define a constant, write `let {site.text()[1:]}=...`"
    elif kind == "NUMBER" and site.place == 0:
        hint = f"the input is written `input {site.text()}`"
    elif kind == "NUMBER":
        hint = (
            f"a layer of {site.text()} units is `dense {site.text()}`"
            if site.text().isdecimal()
            else ""
        )
    elif kind == "SHAPE":
        hint = f"the input is written `input {site.text()}`" if site.place == 0 else ""
    return Verdict(StageIsNoCall(at=site.span(), is_first=site.place == 0, hint=hint))


def _explain_reserved_call(site: Site) -> Verdict:
    """`use("blocks.net")` is a call in parentheses; elsewhere the word is the mistake."""
    if site.place == 0:
        return _explain_call(site)
    span = site.span()
    return Verdict(ReservedWord(at=Span(span.source, span.start, span.end - 1)))


def _explain_call(site: Site) -> Verdict:
    """`dense(128, bias=false)`: the same call without parentheses and commas."""
    opener = site.word()
    end = opener.pair
    assert end is not None
    end_place = next(place for place, word in enumerate(site.statement) if word is end)
    arguments = _arguments(site.statement[site.place + 1 : end_place])
    kinds = [[word.type for word in argument] for argument in arguments]
    word = opener.removesuffix("(")
    at = opener.to(end)
    if any(kind[:1] == ["NAME"] and kind[1:2] not in ([], ["EQUAL"]) for kind in kinds):
        opened = last_character(opener)
        problem = NotAValue(at=opened, opened=opened, found="a pipe")
        return Verdict(problem if end else None)
    # Options stand behind values and before words, which are values of a statement: `opt adam`.
    first = site.place == 0
    order = sorted(range(len(kinds)), key=lambda place: _rank(kinds[place], names_first=first))
    arguments = [arguments[place] for place in order]
    inside = [other for argument in arguments for other in argument]
    texts = ["".join(argument) for argument in arguments]
    simple = not any(other.type in (*OPENERS, *OPERATORS) for other in inside)
    simple = simple and "#" not in at.text
    intended = " ".join([word, *texts]) if simple else None
    name = Word(KEYWORDS.get(word, "NAME"), site.source, opener.start_pos, opener.end_pos - 1, word)
    mended = [*site.statement[: site.place], name, *inside, *site.statement[end_place + 1 :]]
    if not end:
        # the text never closes it, which has been said
        return Verdict(None, mended)
    return Verdict(CallInParentheses(at=at, intended=intended), mended)


def _arguments(inside: list[Word]) -> list[list[Word]]:
    """What stands between commas."""
    arguments: list[list[Word]] = [[]]
    depth = 0
    for word in inside:
        kind = word.type
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if kind == "COMMA" and not depth:
            arguments.append([])
        else:
            arguments[-1].append(word)
    return [argument for argument in arguments if argument]


def _rank(kinds: list[str], *, names_first: bool) -> int:
    """Which place an argument of these tokens has: a value, an option or a word."""
    if kinds[1:2] == ["EQUAL"]:
        return 1
    return 2 if kinds == ["NAME"] and not names_first else 0


def _explain_after_label(site: Site) -> Verdict:
    is_word = site.kind() == "NAME"
    problem = ArgumentsAfterLabel(
        at=site.span(), name=site.text(-1), before=site.behind(-1), is_word=is_word
    )
    return Verdict(problem, site.with_before("ARROW") if is_word else None)


def _explain_in_parentheses(site: Site) -> Verdict:
    kind, before = site.kind(), site.kind(-1)
    opened = site.opened()
    if site.head == "BLOCK" and site.opener is site.statement[1]:
        verdict = explain_block(site)
        if verdict is not None:
            return verdict
    if kind == "EQUAL" and before == "NAME":
        at = site.span(-1).to(site.span())
        found = f"`{site.text(-1)}=`"
        instead = ""
        if site.opener is not None and site.opener.type == "FUNCTION":
            value = site.text(1) if site.kind(1) in ("NUMBER", "NAME", "PARAMETER") else "..."
            instead = f"{site.opener[:-1]} {site.text(-1)}={value}"
        return Verdict(NotAValue(at=at, opened=opened, found=found, instead=instead))
    if kind in ("ARROW", "BAR", "LSQB", "EQUAL", "COMPARE"):
        return Verdict(NotAValue(at=site.span(), opened=opened, found=f"`{site.text()}`"))
    if kind in KEYWORDS.values():
        return Verdict(ReservedWord(at=site.span()))
    if site.ends_value(-1) and kind in STARTS_OF_VALUES:
        if kind == "NAME" and _begins_statement(site):
            return Verdict(UnclosedBracket(at=opened, end=site.behind(-1)))
        if _holds_pipe(site) or _holds_call(site):
            return Verdict(NotAValue(at=opened, opened=opened, found="a pipe"))
        if verdict := explain_decimal_list(site):
            return verdict
        gap = None if joins_numbers(site, -2) else site.behind(-1)
        problem = ListWithoutCommas(at=site.span(), before=gap)
        return Verdict(problem, site.with_before("COMMA"))
    if kind in ("COMMA", *OPERATORS) and before in ("COMMA", "LPAR", "FUNCTION"):
        return Verdict(MissingOperand(at=site.span(), side="before"))
    if before in OPERATORS:
        if kind in OPERATORS:
            return Verdict(MissingOperand(at=site.span(), side="before"))
        return Verdict(MissingOperand(at=site.span(-1), side="after"))
    return Verdict(unexpected(site))


def _holds_call(site: Site) -> bool:
    """Whether a word and its value stand side by side, as in `repeat 2 (dense 64 relu)`."""
    if site.opener is None or site.opener.type != "LPAR":
        return False
    kinds = (site.kind(-1), site.kind(), site.kind(1))
    values = ("NUMBER", "SHAPE", "PARAMETER")
    return any(kinds[at] == "NAME" and kinds[at + 1] in values for at in (0, 1))


def _begins_statement(site: Site) -> bool:
    """Whether a word in the first column is followed as the first word of a statement is: `reg l2`
    and `data mnist`, but not `dense,` or `64)`."""
    return begins_anew(site.statement, site.place) and site.kind(1) not in (
        "COMMA", "RPAR", "$END", *OPERATORS
    )  # fmt: skip


def _holds_pipe(site: Site) -> bool:
    """Whether an arrow or a `|` follows in the same parentheses, which then hold no list."""
    depth = 0
    for word in site.statement[site.place :]:
        kind = word.type
        if kind in ("ARROW", "BAR") and depth == 0:
            return True
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth < 0:
            break
    return False
