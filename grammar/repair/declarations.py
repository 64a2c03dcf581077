"""Why a `block`, `let`, `use` or `netc` is none."""

from __future__ import annotations

from ..lalr import KEYWORDS
from ..problem import Edit
from ..problems.declarations import MalformedBlock, MalformedLet, MalformedUse, MalformedVersion
from ..problems.statements import ReservedWord
from ..source import Span
from ..tokens import Word
from .context import Site, Verdict

VALUE_STARTS = ("NUMBER", "SHAPE", "STRING", "PARAMETER", "FUNCTION", "LPAR", "MINUS")


def explain_version(site: Site) -> Verdict | None:
    return Verdict(MalformedVersion(at=site.span() if site.kind() != "$END" else site.span(-1)))


def explain_use(site: Site) -> Verdict | None:
    first, last = site.statement[0], site.statement[-1]
    rest = ""
    if site.place == 1 and site.kind() != "$END":
        rest = site.statement[1].to(last).text
        at = site.statement[1].to(last)
    else:
        at = site.span() if site.kind() != "$END" else first.span
    is_path = rest.replace(".", "").replace("/", "").replace("_", "").replace("-", "").isalnum()
    return Verdict(MalformedUse(at=at, rest=rest if is_path else ""))


def explain_let(site: Site) -> Verdict | None:
    kind, before = site.kind(), site.kind(-1)
    if kind in KEYWORDS.values():
        return Verdict(ReservedWord(at=site.span()))
    if site.place == 1 and kind == "$END":
        return Verdict(MalformedLet(at=site.span(-1), missing="`let` has no name"))
    if before == "NAME" and kind != "EQUAL" and site.kind(-2) != "EQUAL":
        missing = f"`{site.text(-1)}` has no value"
        if kind in VALUE_STARTS:
            edit = Edit(_gap(site), "=")
            problem = MalformedLet(at=site.span(-1), missing=missing, edit=edit)
            return Verdict(problem, site.with_before("EQUAL"))
        return Verdict(MalformedLet(at=site.span(-1), missing=missing))
    if kind in (*VALUE_STARTS, "REFERENCE"):
        return Verdict(
            MalformedLet(at=site.span(), missing=f"`{site.text()}` has no name before it")
        )
    if kind == "ARROW":
        return Verdict(MalformedLet(at=site.span(), missing="a `let` cannot be part of a pipe"))
    return None


def explain_block(site: Site) -> Verdict | None:
    kind, before = site.kind(), site.kind(-1)
    has_equal = any(word.type == "EQUAL" for word in site.statement[1 : site.place])
    if site.place == 1:
        if kind in KEYWORDS.values():
            return Verdict(ReservedWord(at=site.span()))
        at = site.span() if kind != "$END" else site.span(-1)
        return Verdict(MalformedBlock(at=at, missing="has no name"))
    if site.place == 2 and kind == "LPAR":
        return _join_name(site)
    if site.in_parentheses:
        is_header = site.opener is site.statement[1]
        wrong = kind in ("NUMBER", "SHAPE", "STRING", "PARAMETER", "REFERENCE", "LPAR", "FUNCTION")
        if is_header and wrong and before in ("FUNCTION", "COMMA"):
            if kind == "PARAMETER":
                return _without_dollar(site)
            missing = f"has a parameter `{site.text()}` that is not a name"
            return Verdict(MalformedBlock(at=site.span(), missing=missing))
        return None
    if has_equal and before == "EQUAL" and kind == "$END":
        return Verdict(MalformedBlock(at=site.span(-1), missing="has nothing after its `=`"))
    header_ends = (before == "NAME" and site.place == 2) or before == "RPAR"
    is_header = header_ends and (site.place == 2 or (site.opener is None and not _has_body(site)))
    if is_header and kind != "EQUAL":
        if kind == "NAME" and before == "RPAR":
            edit = Edit(_gap(site), " = ")
            problem = MalformedBlock(
                at=site.span(), missing="has no `=` before its layers", edit=edit
            )
            return Verdict(problem, site.with_before("EQUAL"))
        if kind == "ARROW":
            edit = Edit(site.span(), "=")
            problem = MalformedBlock(
                at=site.span(), missing="has `->` where its `=` belongs", edit=edit
            )
            return Verdict(problem, site.replaced(1, "EQUAL", site.span(), "="))
        if kind == "NAME" and site.place == 2 and (verdict := _with_parentheses(site)):
            return verdict
        at = site.span() if kind != "$END" else site.span(-1)
        return Verdict(MalformedBlock(at=at, missing="has no `=` before its layers"))
    return None


def _without_dollar(site: Site) -> Verdict:
    """`block name($a)`: a parameter is named, and read where it is used."""
    at = site.span()
    name = site.text()[1:]
    problem = MalformedBlock(
        at=at, missing=f"names its parameter with `$`: `{site.text()}`", edit=Edit(at, name)
    )
    return Verdict(problem, site.replaced(1, "NAME", at, name))


def _with_parentheses(site: Site) -> Verdict | None:
    """`block name a b = pipe`: the parameters stand in parentheses."""
    count = 0
    while site.kind(count) == "NAME":
        count += 1
    if site.kind(count) != "EQUAL":
        return None
    at = site.span().to(site.span(count - 1))
    names = [site.text(place) for place in range(count)]
    source, start = site.source, site.span(-1)
    header = [Word("FUNCTION", source, start.start, start.end, site.text(-1) + "(")]
    for place in range(count):
        if place:
            header.append(Word("COMMA", source, at.start, at.start))
        header.append(site.word(place))
    header.append(Word("RPAR", source, at.end, at.end))
    header[0].pair = header[-1]
    edit = Edit(Span(source, start.end, at.end), f"({', '.join(names)})")
    problem = MalformedBlock(at=at, missing="has parameters without parentheses", edit=edit)
    statement = site.statement
    return Verdict(problem, [statement[0], *header, *statement[site.place + count :]])


def _has_body(site: Site) -> bool:
    """Whether the `=` of the block stands before this place, outside the parameters."""
    depth = 0
    for word in site.statement[: site.place]:
        kind = word.type
        depth += (kind in ("LPAR", "FUNCTION", "LSQB")) - (kind in ("RPAR", "RSQB"))
        if kind == "EQUAL" and depth == 0:
            return True
    return False


def _join_name(site: Site) -> Verdict:
    """`block name (a)`: its parameters stand right behind the name."""
    name, bracket = site.word(-1), site.word()
    new = Word("FUNCTION", site.source, name.start_pos, bracket.end_pos, f"{name}(")
    new.pair = bracket.pair
    mended = [site.statement[0], new, *site.statement[3:]]
    problem = MalformedBlock(
        at=site.span(), missing="has a space before its parameters", edit=Edit(_gap(site), "")
    )
    return Verdict(problem, mended)


def _gap(site: Site) -> Span:
    """The blanks between the token before and this one."""
    return Span(site.source, site.span(-1).end, site.span().start)
