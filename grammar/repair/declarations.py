"""Why a `block`, `let`, `use` or `netc` is none."""

from __future__ import annotations

from ..problem import Edit
from ..problems.declarations import MalformedBlock, MalformedLet, MalformedUse, MalformedVersion
from ..problems.statements import ReservedWord
from ..source import Span
from ..tokens import Word
from .context import RESERVED, Mismatch, Rule, Verdict, first

VALUES = "NUMBER SHAPE STRING PARAMETER FUNCTION LPAR MINUS"


def declaration(site: Mismatch) -> Verdict | None:
    """The verdict on a declaration, outside brackets or in the header of a block."""
    in_header = site.head == "BLOCK" and site.statement[1:2] == [site.opener]
    if site.opener is not None and not in_header:
        return None
    return first(DECLARATIONS.get(site.head, ()), site)


def _version(site: Mismatch) -> Verdict:
    return Verdict(MalformedVersion(at=site.last_span()))


def _use(site: Mismatch) -> Verdict:
    at, rest = site.span() if site.kind() != "$END" else site.statement[0].span, ""
    if site.place == 1 and site.kind() != "$END":
        at = site.statement[1].to(site.statement[-1])
        rest = at.text if at.text.translate(dict.fromkeys(map(ord, "./_-"))).isalnum() else ""
    return Verdict(MalformedUse(at=at, rest=rest))


def _reserved(site: Mismatch) -> Verdict | None:
    if site.head == "BLOCK" and site.place > 1:
        return None
    return Verdict(ReservedWord(at=site.span()))


def _no_constant(site: Mismatch) -> Verdict | None:
    if site.accepts != {"NAME"}:
        return None
    return Verdict(MalformedLet(at=site.span(-1), missing="`let` has no name"))


def _constant_without_value(site: Mismatch) -> Verdict | None:
    if site.accepts != {"EQUAL"}:
        return None
    edit = Edit(site.gap(), "=") if site.kind() in VALUES.split() else None
    missing = f"`{site.text(-1)}` has no value"
    problem = MalformedLet(at=site.span(-1), missing=missing, edit=edit)
    return Verdict(problem, site.with_before("EQUAL") if edit else None)


def _value_without_name(site: Mismatch) -> Verdict:
    return Verdict(MalformedLet(at=site.span(), missing=f"`{site.text()}` has no name before it"))


def _arrow_in_let(site: Mismatch) -> Verdict:
    return Verdict(MalformedLet(at=site.span(), missing="a `let` cannot be part of a pipe"))


def _block_without_name(site: Mismatch) -> Verdict | None:
    if site.place > 1:
        return None
    return Verdict(MalformedBlock(at=site.last_span(), missing="has no name"))


def _block_without_body(site: Mismatch) -> Verdict | None:
    if not site.begins_stage:
        return None
    return Verdict(MalformedBlock(at=site.span(-1), missing="has nothing after its `=`"))


def _parameter_with_dollar(site: Mismatch) -> Verdict:
    """`block name($a)`: a parameter is named, and read where it is used."""
    at, name = site.span(), site.text()[1:]
    missing = f"names its parameter with `$`: `{site.text()}`"
    problem = MalformedBlock(at=at, missing=missing, edit=Edit(at, name))
    return Verdict(problem, site.replaced(1, "NAME", at, name))


def _parameter_is_no_name(site: Mismatch) -> Verdict:
    missing = f"has a parameter `{site.text()}` that is not a name"
    return Verdict(MalformedBlock(at=site.span(), missing=missing))


def _space_before_parameters(site: Mismatch) -> Verdict | None:
    """`block name (a)`: its parameters follow the name without a space."""
    if site.place != 2:
        return None
    name, bracket = site.word(-1), site.word()
    new = Word("FUNCTION", site.source, name.start_pos, bracket.end_pos, f"{name}(")
    new.pair = bracket.pair
    missing, edit = "has a space before its parameters", Edit(site.gap(), "")
    problem = MalformedBlock(at=site.span(), missing=missing, edit=edit)
    return Verdict(problem, [site.statement[0], new, *site.statement[3:]])


def _no_equal(site: Mismatch) -> Verdict | None:
    if site.accepts != {"EQUAL"}:
        return None
    missing = "has no `=` before its layers"
    if site.kind() == "NAME" and site.kind(-1) == "RPAR":
        problem = MalformedBlock(at=site.span(), missing=missing, edit=Edit(site.gap(), " = "))
        return Verdict(problem, site.with_before("EQUAL"))
    return Verdict(MalformedBlock(at=site.last_span(), missing=missing))


def _arrow_for_equal(site: Mismatch) -> Verdict | None:
    if site.accepts != {"EQUAL"}:
        return None
    at, missing = site.span(), "has `->` where its `=` belongs"
    problem = MalformedBlock(at=at, missing=missing, edit=Edit(at, "="))
    return Verdict(problem, site.replaced(1, "EQUAL", at, "="))


def _parameters_without_parentheses(site: Mismatch) -> Verdict | None:
    """`block name a b = pipe`: the parameters belong in parentheses."""
    count = 0
    while site.kind(count) == "NAME":
        count += 1
    if site.place != 2 or site.kind(count) != "EQUAL":
        return None
    names = site.statement[2 : 2 + count]
    at, source, start = names[0].to(names[-1]), site.source, site.span(-1)
    header = [Word("FUNCTION", source, start.start, start.end, site.text(-1) + "(")]
    for name in names:
        header += [name, Word("COMMA", source, name.end_pos, name.end_pos)]
    header[-1] = header[0].pair = Word("RPAR", source, at.end, at.end)
    edit = Edit(Span(source, start.end, at.end), f"({', '.join(names)})")
    problem = MalformedBlock(at=at, missing="has parameters without parentheses", edit=edit)
    return Verdict(problem, [site.statement[0], *header, *site.statement[2 + count :]])


DECLARATIONS = {
    "NETC": (Rule("*", "*", _version),),
    "USE": (Rule("*", "*", _use),),
    "LET": (
        Rule(" ".join(RESERVED), "*", _reserved),
        Rule("$END", "*", _no_constant),
        Rule("*", "*", _constant_without_value),
        Rule(f"{VALUES} REFERENCE", "*", _value_without_name),
        Rule("ARROW", "*", _arrow_in_let),
    ),
    "BLOCK": (
        Rule(" ".join(RESERVED), "*", _reserved),
        Rule("*", "*", _block_without_name),
        Rule("LPAR", "NAME", _space_before_parameters),
        Rule("PARAMETER", "FUNCTION COMMA", _parameter_with_dollar),
        Rule(
            "NUMBER SHAPE STRING REFERENCE LPAR FUNCTION", "FUNCTION COMMA", _parameter_is_no_name
        ),
        Rule("$END", "EQUAL", _block_without_body),
        Rule("ARROW", "*", _arrow_for_equal),
        Rule("NAME", "NAME", _parameters_without_parentheses),
        Rule("*", "*", _no_equal),
    ),
}
"""The rules for each kind of declaration, by its first word."""
