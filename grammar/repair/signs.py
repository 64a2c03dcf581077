"""Why a comma, an arithmetic sign, `=` or a comparison stands where none can."""

from __future__ import annotations

import re

from ..problems.brackets import ArithmeticOutsideParentheses
from ..problems.characters import WrongArrow, WrongComment
from ..problems.declarations import WrongAssignment
from ..problems.numbers import DecimalComma, MalformedNumber
from ..problems.statements import CommaBetweenArguments, ComparisonOutsideCall, UnexpectedWord
from ..source import Span
from ..tokens import OPERATORS, Word, excess
from .context import Site, Verdict

DECIMALS = re.compile(r"[0-9]{1,99}(?:[eE][+-]?[0-9]{1,9})?%?")
CALLS = ("NAME", "FUNCTION")


def unexpected(site: Site, hint: str = "") -> UnexpectedWord:
    found = "end of the statement" if site.kind() == "$END" else f"`{site.text()}`"
    after = f"`{site.text(-1)}`" if site.place else "nothing"
    return UnexpectedWord(at=site.span(), found=found, after=after, hint=hint)


def explain_comma(site: Site) -> Verdict:
    run = _run_of_numbers(site)
    texts = [str(word) for word in run[::2]]
    if len(texts) == 2 and _is_decimal(*texts):
        return _decimal(site, run)
    in_number = None
    if len(texts) > 1 and all(text.isdecimal() for text in texts):
        if all(len(text) == 3 for text in texts[1:]) and len(texts[0]) < 4:
            in_number = "".join(texts)
        problem = CommaBetweenArguments(at=site.span(), numbers=tuple(texts), in_number=in_number)
        return Verdict(problem)
    begins_call = site.kind(1) == "NAME" and site.kind(2) in (
        "NUMBER", "SHAPE", "PARAMETER", "LPAR", "LSQB"
    )  # fmt: skip
    if begins_call and any(word.type == "ARROW" for word in site.statement):
        problem = CommaBetweenArguments(at=site.span(), between_calls=True)
        at = Span(site.source, site.span().end, site.span().end)
        return Verdict(problem, site.replaced(1, "ARROW", at))
    return Verdict(CommaBetweenArguments(at=site.span()), site.without(0))


def _run_of_numbers(site: Site) -> list[Word]:
    """The numbers around a comma that touch it, with the commas: `28,28,1`."""
    statement = site.statement
    first, last = site.place, site.place
    wanted = ("NUMBER", "COMMA")

    def joins(left: int, right: int) -> bool:
        if left < 0 or right >= len(statement):
            return False
        touching = statement[left].end_pos == statement[right].start_pos
        kinds = {statement[left].type, statement[right].type}
        return touching and kinds == set(wanted)

    while joins(first - 1, first):
        first -= 1
    while joins(last, last + 1):
        last += 1
    return statement[first : last + 1] if last > site.place > first else []


def _is_decimal(left: str, right: str) -> bool:
    """Whether two numbers around a comma are one with a decimal comma: `0,001`, `1,5e-3`."""
    if not left.isdecimal() or DECIMALS.fullmatch(right) is None:
        return False
    return (left == "0" or not right.isdecimal()) and not excess("NUMBER", f"{left}.{right}")


def explain_decimal_list(site: Site) -> Verdict | None:
    """`(0,8 0,1 0,1)`: decimal commas, since blanks part the values."""
    assert site.opener is not None
    first = next(at for at, word in enumerate(site.statement) if word is site.opener) + 1
    last = next(at for at, word in enumerate(site.statement) if word is site.opener.pair)
    inside = site.statement[first:last]
    if len(inside) % 3:
        return None
    values: list[Word] = []
    for at in range(0, len(inside), 3):
        left, _, right = inside[at : at + 3]
        is_joined = joins_numbers(Site(site.statement, first + at + 1), 0)
        if not is_joined or not _is_decimal(left, right):
            return None
        values.append(Word("NUMBER", site.source, left.start_pos, right.end_pos, f"{left}.{right}"))
    mended: list[Word] = []
    for value in values:
        mended += [value, Word("COMMA", site.source, value.end_pos, value.end_pos)]
    problem = DecimalComma(at=inside[0].to(inside[-1]), intended=", ".join(values))
    return Verdict(problem, [*site.statement[:first], *mended[:-1], *site.statement[last:]])


def joins_numbers(site: Site, offset: int) -> bool:
    """Whether there is a comma between two numbers that touch it: it may be a decimal comma."""
    kinds = [site.kind(at) for at in (offset - 1, offset, offset + 1)]
    if kinds != ["NUMBER", "COMMA", "NUMBER"]:
        return False
    left, comma, right = (site.word(at) for at in (offset - 1, offset, offset + 1))
    return left.end_pos == comma.start_pos and comma.end_pos == right.start_pos


def _decimal(site: Site, run: list[Word]) -> Verdict:
    whole = run[0].to(run[2])
    intended = f"{run[0]}.{run[2]}"
    number = Word("NUMBER", site.source, whole.start, whole.end, intended)
    mended = [*site.statement[: site.place - 1], number, *site.statement[site.place + 2 :]]
    return Verdict(DecimalComma(at=whole, intended=intended), mended)


def explain_operator(site: Site) -> Verdict:
    sign = site.span()
    if site.kind() in ("MINUS", "SUBTRACT") and site.kind(1) == "COMPARE" and site.text(1) == ">":
        return _arrow(site, 2)
    if site.kind() == "OVER" and site.kind(1) == "TIMES":
        return Verdict(WrongComment(at=sign.to(site.span(1)), is_block=True))
    if site.kind() == "INTO" and site.kind(1) not in ("NUMBER", "PARAMETER", "LPAR"):
        text = site.source.text
        line_end = text.find("\n", sign.start)
        line_end = len(text) if line_end < 0 else line_end
        mended = [
            word
            for place, word in enumerate(site.statement)
            if place < site.place or word.start_pos >= line_end
        ]
        return Verdict(WrongComment(at=sign), mended)
    text = site.source.text
    touches = sign.start > 0 and not text[sign.start - 1].isspace()
    signed = site.kind() == "PLUS" and site.kind(1) == "NUMBER"
    if signed and not touches and site.span(1).start == sign.end:
        at = sign.to(site.span(1))
        return Verdict(MalformedNumber(at=at, intended=site.text(1)), site.without(0))
    if site.begins_stage and site.kind() == "PLUS" and site.kind(1) == "REFERENCE":
        return Verdict(unexpected(site, f"a label is added with `add {site.text(1)}`"))
    if site.begins_stage and site.kind() in ("MINUS", "SUBTRACT"):
        return Verdict(unexpected(site, "layers are joined by `->`, without dashes"))
    if not site.ends_value(-1) or site.begins_stage:
        return Verdict(unexpected(site))
    if site.kind() == "PLUS" and site.kind(1) in CALLS:
        return Verdict(ArithmeticOutsideParentheses(at=sign, is_whole=False, is_between_calls=True))
    first = site.span(-1)
    if site.kind(-1) == "RPAR" or site.kind(1) in ("FUNCTION", "LPAR", "$END"):
        return Verdict(ArithmeticOutsideParentheses(at=sign, is_whole=False))
    whole = first.to(site.span(1))
    as_shape = None
    if site.kind() == "TIMES" and site.text(-1).isdecimal() and site.text(1).isdecimal():
        as_shape = f"{site.text(-1)}x{site.text(1)}"
    is_whole = site.kind(1) in ("NUMBER", "PARAMETER") and site.kind(2) not in OPERATORS
    at = whole if is_whole else sign
    if parts := _parts(site):
        as_list = f"({', '.join(f'{part}%' for part in parts)})"
        return Verdict(ArithmeticOutsideParentheses(at=sign, is_whole=False, as_list=as_list))
    return Verdict(ArithmeticOutsideParentheses(at=at, is_whole=is_whole, as_shape=as_shape))


def explain_equal(site: Site) -> Verdict:
    if site.place == 0:
        problem = WrongAssignment(
            at=site.span(), target="", hint="to define a constant, write `let width=64`"
        )
        return Verdict(problem)
    target = f"`{site.text(-1)}`"
    hint = "the key must be a name: `key=value`"
    if site.kind(-1) == "REFERENCE":
        hint = f"to label a tensor, write `-> {site.text(-1)}` after it"
    elif site.kind(-1) == "PARAMETER":
        hint = f"the key has no `$`: `{site.text(-1)[1:]}=`"
    elif site.kind(-1) == "NAME" and site.place == 1:
        word, value = site.text(-1), "..."
        if site.kind(1) in ("NUMBER", "SHAPE", "STRING") and site.kind(2) == "$END":
            value = site.text(1)
        hint = f"to define a constant, write `let {word}={value}`"
        if site.kind(1) == "NAME" and site.kind(2) != "$END":
            hint = f"to name a tensor, label it: `-> @{word}`"
        if site.kind(1) != "$END":
            whole = site.span(-1).to(site.statement[-1].span)
            return Verdict(WrongAssignment(at=site.span(), target=target, hint=hint, whole=whole))
    elif site.kind(-1) == "RPAR" and [site.head, site.second] == ["NAME", "FUNCTION"]:
        header = site.statement[1].to(site.word(-1)).text
        hint = f"to define a block, write `block {header} = ...`"
    elif site.kind(-1) == "NAME" and site.kind(1) in ("NUMBER", "SHAPE", "PARAMETER"):
        target = f"the layer {target}"
        hint = f"write the argument after a space: `{site.text(-1)} {site.text(1)}`"
    elif site.kind(-1) == "NAME":
        target = f"the layer {target}"
        hint = "the name of the layer comes first: `dense 10 bias=false`"
    return Verdict(WrongAssignment(at=site.span(), target=target, hint=hint))


def _parts(site: Site) -> list[str]:
    """The numbers of `80/10/10`, parts of a whole in percent."""
    signs = (site.kind(), site.kind(2))
    numbers = [site.text(at).removesuffix("%") for at in (-1, 1, 3) if site.kind(at) == "NUMBER"]
    if signs != ("OVER", "OVER") or len(numbers) < 3 or not all(map(str.isdecimal, numbers)):
        return []
    return numbers if sum(map(int, numbers)) == 100 else []


def explain_comparison(site: Site) -> Verdict:
    if site.text() == ">" and site.kind(1) == "COMPARE" and site.text(1) == ">":
        return _arrow(site, 2)
    if site.text() == ">" and site.kind(1) == "NAME":
        return _arrow(site, 1)
    if site.kind(-1) != "NAME" or site.kind(1) == "$END":
        return Verdict(ComparisonOutsideCall(at=site.span(), is_named=False))
    return Verdict(ComparisonOutsideCall(at=site.span(-1).to(site.span(1)), is_named=True))


def _arrow(site: Site, count: int) -> Verdict:
    """So many tokens from here on were to be an arrow: `- >`, `>`, `>>`."""
    at = site.span().to(site.span(count - 1))
    return Verdict(WrongArrow(at=at), site.replaced(count, "ARROW", at, "->"))
