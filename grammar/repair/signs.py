"""Why a comma, an arithmetic sign, `=` or a comparison cannot be where it is."""

from __future__ import annotations

import re

from ..problems.brackets import ArithmeticOutsideParentheses
from ..problems.characters import WrongArrow, WrongComment
from ..problems.declarations import WrongAssignment
from ..problems.numbers import DecimalComma, MalformedNumber
from ..problems.statements import CommaBetweenArguments, ComparisonOutsideCall
from ..tokens import CLOSERS, OPENERS, OPERATORS, Word
from .context import JOINTS, Mismatch, Rule, Verdict, first
from .parentheses import is_decimal

CALLS = ("NAME", "FUNCTION")
TEXT = re.compile(r"[\w.-]+")


def comma(site: Mismatch) -> Verdict:
    run = _run_of_numbers(site)
    texts = [str(word) for word in run[::2]]
    if len(texts) == 2 and is_decimal(*texts):
        intended = ".".join(texts)
        whole = run[0].to(run[2])
        number = Word("NUMBER", site.source, whole.start, whole.end, intended)
        mended = [*site.statement[: site.place - 1], number, *site.statement[site.place + 2 :]]
        return Verdict(DecimalComma(at=whole, intended=intended), mended)
    if len(texts) > 1 and all(text.isdecimal() for text in texts):
        thousands = all(len(text) == 3 for text in texts[1:]) and len(texts[0]) < 4
        in_number = "".join(texts) if thousands else None
        problem = CommaBetweenArguments(at=site.span(), numbers=tuple(texts), in_number=in_number)
        return Verdict(problem)
    branches = _between_branches(site)
    if branches is not None:
        return branches
    begins_call = site.kind(1) == "NAME" and site.kind(2) in (
        "NUMBER", "SHAPE", "PARAMETER", "LPAR", "LSQB"
    )  # fmt: skip
    if begins_call and any(word.type == "ARROW" for word in site.statement):
        problem = CommaBetweenArguments(at=site.span(), between_calls=True)
        return Verdict(problem, site.replaced(1, "ARROW", site.after(0)))
    return Verdict(CommaBetweenArguments(at=site.span()), site.without(0))


def _between_branches(site: Mismatch) -> Verdict | None:
    """`add [conv 8 3x3, id]`. None where the brackets are not those of a layer, beside a `|`, and
    before an argument."""
    statement, start = site.statement, _bracket_of_layer(site)
    commas = [] if start is None else _commas_before_calls(statement, start)
    if start is None or site.place not in commas:
        return None
    spans = tuple(statement[at].span for at in commas)
    if len(commas) > 1 and not _are_alike(statement, start, commas):
        return Verdict(CommaBetweenArguments(at=site.span(), branches=spans, is_mixed=True))
    mended = list(statement)
    for at, span in zip(commas, spans, strict=True):
        mended[at] = Word("BAR", site.source, span.start, span.end)
    return Verdict(CommaBetweenArguments(at=site.span(), branches=spans), mended)


def _bracket_of_layer(site: Mismatch) -> int | None:
    """Where the innermost bracket opens, if it follows a layer of a network or labels: that of a
    loop comes after other arguments, that of `metric [acc, f1]` is in no network."""
    opener, statement = site.opener, site.statement
    if opener is None or opener.type != "LSQB":
        return None
    start = next(at for at, word in enumerate(statement) if word is opener)
    before = ["", "", *(word.type for word in statement[:start])][-2:]
    in_network = site.head == "BLOCK" or any(word.type == "ARROW" for word in statement)
    begins_call = before[0] in (*JOINTS, "EQUAL")
    is_merge = begins_call if before[1] == "NAME" else before[1] == "REFERENCE" and not begins_call
    return start if in_network and is_merge else None


def _commas_before_calls(statement: list[Word], start: int) -> list[int]:
    """The commas of a bracket, outside the brackets in it, after which a call or a label begins;
    none beside a `|`."""
    found: list[int] = []
    depth = 0
    for at in range(start + 1, len(statement) - 2):
        kind = statement[at].type
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth < 0 or (not depth and kind == "BAR"):
            return found if depth else []
        after, next_but_one = statement[at + 1].type, statement[at + 2].type
        begins = after in (*CALLS, "REFERENCE") and next_but_one != "EQUAL"
        if not depth and kind == "COMMA" and begins:
            found.append(at)
    return found


def _are_alike(statement: list[Word], start: int, commas: list[int]) -> bool:
    """Whether all commas are between branches, rather than some of them after a layer and before
    its activation: `[conv 8 3x3, relu, conv 8 5x5, relu]`."""
    inside = statement[start + 1 : commas[-1]]
    single = [statement[at + 2].type in ("COMMA", "RSQB") for at in (start, *commas)]
    return any(word.type == "ARROW" for word in inside) or all(single) or not any(single[1:])


def _run_of_numbers(site: Mismatch) -> list[Word]:
    """The numbers around a comma that touch it, with the commas: `28,28,1`."""
    statement = site.statement

    def joins(left: int) -> bool:
        if left < 0 or left + 1 >= len(statement):
            return False
        one, other = statement[left : left + 2]
        return one.end_pos == other.start_pos and {one.type, other.type} == {"NUMBER", "COMMA"}

    first, last = site.place, site.place
    while joins(first - 1):
        first -= 1
    while joins(last):
        last += 1
    return statement[first : last + 1] if last > site.place > first else []


def operator(site: Mismatch) -> Verdict:
    return first(OPERATOR_RULES, site) or site.unexpected()


def _comment(site: Mismatch) -> Verdict | None:
    """`// more` after a statement."""
    if site.kind(1) in ("NUMBER", "PARAMETER", "LPAR"):
        return None
    start = site.word().start_pos
    end = site.source.text.find("\n", start)
    mended = site.statement[: site.place]
    if end >= 0:
        mended += [word for word in site.statement if word.start_pos > end]
    return Verdict(WrongComment(at=site.span()), mended)


def _dashes(site: Mismatch) -> Verdict | None:
    """`--` between layers."""
    first, last = site.place, site.place
    while first and _joins_dashes(site.statement[first - 1 : first + 1]):
        first -= 1
    while _joins_dashes(site.statement[last : last + 2]):
        last += 1
    if first == last or site.kind(last + 1 - site.place) not in (*CALLS, "REFERENCE"):
        return None
    at = site.statement[first].to(site.statement[last])
    arrow = Word("ARROW", site.source, at.start, at.end, "->")
    return Verdict(WrongArrow(at=at), [*site.statement[:first], arrow, *site.statement[last + 1 :]])


def _joins_dashes(words: list[Word]) -> bool:
    """Whether words are two minus signs that touch."""
    if len(words) < 2 or words[0].end_pos != words[1].start_pos:
        return False
    return {word.type for word in words} <= {"MINUS", "SUBTRACT"}


def _signed_number(site: Mismatch) -> Verdict | None:
    sign, text = site.span(), site.source.text
    touches = sign.start > 0 and not text[sign.start - 1].isspace()
    if touches or site.kind(1) != "NUMBER" or site.span(1).start != sign.end:
        return None
    problem = MalformedNumber(at=sign.to(site.span(1)), intended=site.text(1))
    return Verdict(problem, site.without(0))


def _dash_before_stage(site: Mismatch) -> Verdict | None:
    hint = "layers are joined by `->`, without dashes"
    return site.unexpected(hint) if site.begins_stage else None


def _no_operand(site: Mismatch) -> Verdict | None:
    return None if site.ends_value() and not site.begins_stage else site.unexpected()


def _between_calls(site: Mismatch) -> Verdict | None:
    apart = site.kind() == "PLUS" or site.span(-1).end < site.span().start
    if not apart or site.kind(1) not in (*CALLS, "REFERENCE"):
        return None
    problem = ArithmeticOutsideParentheses(at=site.span(), is_whole=False, is_between_calls=True)
    return Verdict(problem)


def _arithmetic(site: Mismatch) -> Verdict:
    sign = site.span()
    if site.kind(-1) == "RPAR" or site.kind(1) in ("FUNCTION", "LPAR", "$END"):
        return Verdict(ArithmeticOutsideParentheses(at=sign, is_whole=False))
    if parts := _parts(site):
        as_list = f"({', '.join(f'{part}%' for part in parts)})"
        return Verdict(ArithmeticOutsideParentheses(at=sign, is_whole=False, as_list=as_list))
    if site.kind() in ("MINUS", "SUBTRACT") and site.kind(-1) == site.kind(1) == "NAME":
        found = TEXT.match(site.source.text, site.span(-1).start)
        as_text = None if found is None else found.group()
        return Verdict(ArithmeticOutsideParentheses(at=sign, is_whole=False, as_text=as_text))
    as_shape = None
    if site.kind() == "TIMES" and site.text(-1).isdecimal() and site.text(1).isdecimal():
        as_shape = f"{site.text(-1)}x{site.text(1)}"
    is_whole = site.kind(1) in ("NUMBER", "PARAMETER") and site.kind(2) not in OPERATORS
    is_whole = is_whole and not _follows_word_of_call(site)
    at = site.span(-1).to(site.span(1)) if is_whole else sign
    return Verdict(ArithmeticOutsideParentheses(at=at, is_whole=is_whole, as_shape=as_shape))


def _follows_word_of_call(site: Mismatch) -> bool:
    """Whether the word before is that of a layer, and no operand: `a -> b * 3`."""
    begins_body = site.kind(-2) == "EQUAL" and (site.kind(-3) == "RPAR" or site.place == 4)
    begins = site.kind(-2) in JOINTS or (site.head == "BLOCK" and begins_body)
    return site.kind(-1) == "NAME" and begins


def _parts(site: Mismatch) -> list[str]:
    """The numbers of `80/10/10`, parts of a whole in percent."""
    signs = (site.kind(), site.kind(2))
    numbers = [site.text(at).removesuffix("%") for at in (-1, 1, 3) if site.kind(at) == "NUMBER"]
    if signs != ("OVER", "OVER") or len(numbers) < 3 or not all(map(str.isdecimal, numbers)):
        return []
    return numbers if sum(map(int, numbers)) == 100 else []


OPERATOR_RULES = (
    Rule("INTO", "*", _comment),
    Rule("MINUS SUBTRACT", "*", _dashes),
    Rule("PLUS", "*", _signed_number),
    Rule("MINUS SUBTRACT", "*", _dash_before_stage),
    Rule("*", "*", _no_operand),
    Rule("PLUS MINUS SUBTRACT", "*", _between_calls),
    Rule("*", "*", _arithmetic),
)


def equal(site: Mismatch) -> Verdict:
    if site.place == 0:
        hint = "to define a constant, write `let name=64`"
        return Verdict(WrongAssignment(at=site.span(), target="", hint=hint))
    before, target, whole = site.text(-1), f"`{site.text(-1)}`", None
    hint = "the key must be a name: `key=value`"
    match site.kind(-1):
        case "REFERENCE":
            hint = f"to label a tensor, write `-> {before}` after it"
        case "PARAMETER":
            hint = f"the key has no `$`: `{before[1:]}=`"
        case "RPAR" if [word.type for word in site.statement[:2]] == ["NAME", "FUNCTION"]:
            header = site.statement[1].to(site.word(-1)).text
            hint = f"to define a block, write `block {header} = ...`"
        case "NAME" if site.place == 1:
            hint = _assignment_hint(site)
            if site.kind(1) != "$END":
                whole = site.span(-1).to(site.statement[-1].span)
        case "NAME":
            target = f"the layer {target}"
            hint = "the name of the layer comes first, then its arguments"
            if site.kind(1) in ("NUMBER", "SHAPE", "PARAMETER"):
                hint = f"write the argument after a space: `{before} {site.text(1)}`"
    return Verdict(WrongAssignment(at=site.span(), target=target, hint=hint, whole=whole))


def _assignment_hint(site: Mismatch) -> str:
    """What `name = ...` at the start of a statement may have been, if name is no statement."""
    name, value = site.text(-1), "..."
    if site.kind(1) == "NAME" and site.kind(2) != "$END":
        return f"to name a tensor, label it: `-> @{name}`"
    if site.kind(1) in ("NUMBER", "SHAPE", "STRING") and site.kind(2) == "$END":
        value = site.text(1)
    return f"to define a constant, write `let {name}={value}`"


def comparison(site: Mismatch) -> Verdict:
    if site.text() == ">" and site.kind(1) == "NAME":
        return Verdict(WrongArrow(at=site.span()), site.replaced(1, "ARROW", site.span(), "->"))
    if site.kind(-1) != "NAME" or site.kind(1) == "$END":
        return Verdict(ComparisonOutsideCall(at=site.span(), is_named=False))
    return Verdict(ComparisonOutsideCall(at=site.span(-1).to(site.span(1)), is_named=True))
