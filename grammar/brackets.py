"""Which bracket closes which, over the whole text, before it is split into statements.

Only so can an unclosed bracket be known before it has swallowed the statements after it.
"""

from __future__ import annotations

from .problem import Problem, Problems
from .source import Span
from .tokens import CLOSERS, ENOUGH, OPENERS, OPERATORS, VALUES, Word

DEEPEST = 64
"""Brackets inside each other, and operators in one value. What reads the tree may call itself."""


def match_brackets(words: list[Word], problems: Problems) -> None:  # noqa: PLR0912  one loop
    """Gives every opening bracket its `pair`. Reports those that close nothing or the wrong kind
    and takes them for what was meant; an unclosed one is reported when it is known where its
    statement ends."""
    stack: list[Word] = []
    regions: list[int] = []
    region = 0
    operators = 0
    squares = 0
    suspects: list[tuple[Word | None, Word]] = []
    suspected: list[bool] = []
    too_deep: list[Word] = []
    for index, word in enumerate(words):
        kind = word.type
        if kind in OPENERS:
            stack.append(word)
            regions.append(region)
            suspected.append(False)
            squares += kind == "LSQB"
            operators = 0
            if len(stack) == DEEPEST + 1:
                too_deep.append(word)
        elif kind in CLOSERS:
            is_square = kind == "RSQB"
            if squares if is_square else len(stack) > squares:
                while (stack[-1].type == "LSQB") != is_square:
                    squares -= not is_square
                    del stack[-1], regions[-1], suspected[-1]
                squares -= is_square
                stack.pop().pair = word
                del regions[-1], suspected[-1]
            elif stack and regions[-1] == region and not suspected[-1]:
                suspects.append((stack[-1], word))
                suspected[-1] = True
            else:
                suspects.append((None, word))
        elif kind in OPERATORS:
            in_brackets = bool(stack) and stack[-1].type != "LSQB"
            if kind == "MINUS" and not in_brackets and _subtracts(words, index):
                word.type = "SUBTRACT"
            operators += in_brackets
            if operators == DEEPEST + 1:
                _refuse(word, "operators in one value", problems)
        elif kind == "COMMA":
            operators = 0
        elif kind == "NEWLINE" and begins_anew(words, index + 1):
            region += 1
    for word in too_deep[:ENOUGH]:
        _refuse(word, "brackets inside each other", problems)
    _report_suspects(suspects, problems)


def begins_anew(words: list[Word], index: int) -> bool:
    """Whether a word looks like the first of a statement: it begins in the first column."""
    if index >= len(words):
        return False
    text, start = words[index].source.text, words[index].start_pos
    first_column = start == 0 or text[start - 1] == "\n"
    return first_column and text[start] not in "[]()|-;,=#\r\n"


def _subtracts(words: list[Word], index: int) -> bool:
    """Whether a minus sign outside parentheses is between two values: `64-1`, `64 - 1`, but
    not `64 -1`, which is two arguments."""
    if index == 0 or words[index - 1].type not in VALUES:
        return False
    sign = words[index]
    text = sign.source.text
    before = text[sign.start_pos - 1]
    after = text[sign.end_pos : sign.end_pos + 1]
    return not before.isspace() or not after.isdigit()


def last_character(word: Word) -> Span:
    """The bracket of an opening word, without the name before it."""
    return Span(word.source, word.end_pos - 1, word.end_pos)


def _refuse(word: Word, what: str, problems: Problems) -> None:
    from .problems.brackets import NestedTooDeeply

    problems.add(NestedTooDeeply(at=last_character(word), what=what, most=DEEPEST))
    word.type = "BROKEN"


def _report_suspects(suspects: list[tuple[Word | None, Word]], problems: Problems) -> None:
    """A closing bracket without an opening one belongs to an unclosed one of the other kind before
    it, or to nothing."""
    if not suspects:
        return
    from .problems.brackets import BracketClosesNothing, BracketsDoNotMatch

    for opener, closer in suspects:
        if opener is not None and opener.pair is None:
            closer.type, intended = ("RSQB", "]") if opener.type == "LSQB" else ("RPAR", ")")
            opener.pair = closer
            opened = last_character(opener)
            problem: Problem = BracketsDoNotMatch(at=closer.span, opened=opened, intended=intended)
        else:
            closer.type = "NOTHING"
            problem = BracketClosesNothing(at=closer.span)
        if len(problems) < ENOUGH:
            problems.add(problem)
