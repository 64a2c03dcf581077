"""Characters that make no token: which mistake it is, and the tokens that were meant.

Where the intention is clear the right tokens are taken, so that the statement is read and the
rest of it is checked. Otherwise a token of kind `BROKEN` marks the statement as lost.
"""

from __future__ import annotations

import re

from ..lalr import KEYWORDS, SIGNS
from ..problem import Problem, Problems
from ..problems.brackets import NameInBraces
from ..problems.characters import (
    LookalikeCharacter,
    MissingName,
    UnclosedString,
    UnknownCharacter,
    UnquotedText,
    WordNotLowerCase,
    WrongArrow,
    WrongComment,
    WrongOperator,
    WrongQuotes,
)
from ..problems.numbers import (
    MalformedNumber,
    MalformedShape,
    NumberRunsIntoWord,
    UnitStandsApart,
    UnknownUnit,
)
from ..source import Span
from ..tokens import UNITS, VALUES, Words, excess

LOOKALIKES = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "÷": "/", "＝": "=", "，": ",",
    "；": ";", "（": "(", "）": ")", "［": "[", "］": "]", "｜": "|", "＋": "+", "＊": "*",
    "＞": ">", "＜": "<", "≥": ">=", "≤": "<=", "⩾": ">=", "⩽": "<=",
}  # fmt: skip
ARROWS = "→⟶⇒⟹➔➜➝↦▶"
BLANKS = "\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
NOTHINGS = "\u200b\u200c\u200d\u2060\ufeff\xad"

UNIT_SPELLINGS = {
    "ep": ("eps", "epo", "epoch", "epochs"),
    "it": ("its", "iter", "iters", "iteration", "iterations", "step", "steps"),
    "min": ("m", "mi", "mn", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "s": ("sec", "secs", "second", "seconds"),
    "%": ("pct", "percent"),
}
INTENDED_UNIT = {wrong: unit for unit, spellings in UNIT_SPELLINGS.items() for wrong in spellings}

POWER_OF_TEN = re.compile(r"\^[ \t]*\(?(-?[0-9]{1,2})")
WORD = re.compile(r"[a-z][a-z0-9_]*")
NUMBER_PART = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
SHAPE_PART = re.compile(r"(?:[0-9]+|\?)(?:x(?:[0-9]+|\?))+|\?")
HINTS = {
    "{": "branches and repeated layers go in `[ ]`",
    "}": "branches and repeated layers go in `[ ]`",
    "\\": "a line that begins with `->` continues the statement above it",
    "%": "`%` must follow its number without a space: `20%`",
    "^": "there is no power operator; write the product",
    "!": "comparisons are `>=`, `<=`, `>` and `<`",
    "`": 'words have no quotes; text is quoted with `"`',
}

BEFORE_CALLS = ("", "NEWLINE", "SEMICOLON", "ARROW", "LSQB", "BAR")
"""What stands before the word of a call."""

FARTHEST = 2000
"""Characters within which the end of something is looked for."""


def mend(words: Words, kind: str, start: int, end: int, problems: Problems) -> None:
    """Reports characters that are no token and adds the tokens that they are taken for."""
    {
        "BAD_PAIR": _mend_pair,
        "BAD_NUMBER": _mend_number,
        "BAD_PATH": _mend_path,
        "BAD_WORD": _mend_word,
        "BAD_STRING": _mend_string,
        "BAD_SIGN": _mend_sign,
        "BAD_COMMENT": _mend_comment,
        "BAD_BRACES": _mend_braces,
    }[kind](words, start, end, problems)


def character_name(character: str) -> str:
    """What a character is called: "RIGHTWARDS ARROW (U+2192)"."""
    import unicodedata

    number = f"U+{ord(character):04X}"
    controls = {"\x00": "null character", "\r": "carriage return", "\x0c": "form feed"}
    name = controls.get(character) or unicodedata.name(character, "control character")
    return f"{name} ({number})"


def mend_unit(words: Words, start: int, end: int, problems: Problems) -> bool:
    """Whether a word is the unit of the number before it, apart from it; the number then has it.

    A block may have the name of a unit, and then the word is a call of it.
    """
    source = words.source
    word = source.text[start:end]
    if words.last() != "NUMBER":
        return False
    number = words.found[-1]
    if not number[-1].isdigit() or source.text[end : end + 1] in ("=", ">", "<"):
        return False
    if words.block_names is None:
        words.block_names = frozenset(re.findall(r"\bblock[ \t]+([a-z][a-z0-9_]*)", source.text))
    if word in words.block_names:
        return False
    problems.add(UnitStandsApart(at=Span(source, number.start_pos, end), intended=number + word))
    words.replace("NUMBER", end, number + word)
    return True


def _mend_pair(words: Words, start: int, end: int, problems: Problems) -> None:
    span = Span(words.source, start, end)
    text = span.text
    before = words.last()
    after = words.source.text[end : end + FARTHEST].lstrip(" \t")[:1]
    if text == "=<" or (text == "=>" and before == "NAME" and after.isdigit()):
        intended = "<=" if text == "=<" else ">="
        problems.add(WrongOperator(at=span, intended=intended))
        words.push("COMPARE", start, end, intended)
    elif ((text[0] == "=" and text != "=>") or text == ":=") and not _takes_value(words):
        # To write `=` is no way out: nothing stands before it that takes a value.
        words.push("EQUAL", start, end)
    elif (text[0] == "=" and text != "=>") or text == ":=":
        problems.add(WrongOperator(at=span, intended="="))
        words.push("EQUAL", start, end, "=")
    else:
        problems.add(WrongArrow(at=span))
        words.push("ARROW", start, end, "->")


def _mend_number(words: Words, start: int, end: int, problems: Problems) -> None:
    if words.touches(start) and words.last() in (*VALUES, "RSQB"):
        _mend_joined(words, start, end, problems)
        return
    span = Span(words.source, start, end)
    text = span.text
    lower = text.replace("×", "x").replace("X", "x")
    if lower != text and SHAPE_PART.fullmatch(lower) and len(text) < 99:
        problems.add(MalformedShape(at=span, intended=lower))
        words.push("BROKEN" if excess("SHAPE", lower) else "SHAPE", start, end, lower)
        return
    shape = SHAPE_PART.match(text)
    part = shape if shape is not None and len(shape[0]) > 1 else NUMBER_PART.match(text)
    rest = text[part.end() :] if part is not None else ""
    if part is not None and shape is not part and _mend_number_unit(words, span, part[0], problems):
        return
    if part is not None and WORD.fullmatch(rest) and not rest.startswith("x"):
        problems.add(NumberRunsIntoWord(at=span, number=part[0], word=rest))
        middle = start + part.end()
        words.push("SHAPE" if part is shape else "NUMBER", start, middle)
        words.push(KEYWORDS.get(rest, "NAME"), middle, end)
        return
    if "?" in text or re.match("[0-9]+x", text):
        problems.add(MalformedShape(at=span, intended=None))
        words.push("BROKEN", start, end)
        return
    intended = text.replace("_", "")
    intended = f"0{intended}" if intended.startswith(".") else intended.removesuffix(".")
    clear = NUMBER_PART.fullmatch(intended.rstrip("%")) is not None and len(intended) < 18
    problems.add(MalformedNumber(at=span, intended=intended if clear else None))
    words.push("NUMBER" if clear else "BROKEN", start, end, intended if clear else None)


def _mend_joined(words: Words, start: int, end: int, problems: Problems) -> None:
    """`@a.5`, `(3).5`: nobody knows where the one ends and the other begins."""
    if words.last() in ("REFERENCE", "PARAMETER"):
        words.replace("BROKEN", end, None)
        problems.add(WordNotLowerCase(at=words.found[-1].span, intended=None))
    else:
        problems.add(MalformedNumber(at=Span(words.source, start, end), intended=None))
        words.push("BROKEN", start, end)


def _mend_number_unit(words: Words, span: Span, number: str, problems: Problems) -> bool:
    """Whether letters behind a number look like a unit rather than like a word."""
    unit = span.text[len(number) :]
    right = INTENDED_UNIT.get(unit.lower())
    if right is None and unit.lower() in UNITS:
        right = unit.lower()
    if right is None and not (len(unit) == 1 and unit.isalpha() and unit.isascii()):
        return False
    if right is None and unit in "xX":
        return False
    if unit in "eE" and "e" in number.lower():
        right = None
    intended = None if right is None else number + right
    problems.add(UnknownUnit(at=span, number=number, unit=unit, intended=intended))
    words.push("BROKEN" if intended is None else "NUMBER", span.start, span.end, intended)
    return True


def _mend_word(words: Words, start: int, end: int, problems: Problems) -> None:
    source = words.source
    text = source.text[start:end]
    call = text.endswith("(")
    mark = text[0] if text[0] in "@$" else ""
    word = text.removesuffix("(").removeprefix(mark)
    intended = word.lower().strip("_")
    clear = WORD.fullmatch(intended) is not None
    span = Span(source, start, end - 1 if call else end)
    before = words.last()
    problems.add(
        WordNotLowerCase(
            at=span,
            intended=mark + intended if clear else None,
            is_value=before == "EQUAL" and not mark and not call,
        )
    )
    if not clear:
        words.push("BROKEN", start, span.end)
        if call:
            words.push("LPAR", span.end, end)
    elif call:
        words.push("FUNCTION", start, end, intended + "(")
    elif mark:
        words.push("REFERENCE" if mark == "@" else "PARAMETER", start, end, mark + intended)
    else:
        words.push(KEYWORDS.get(intended, "NAME"), start, end, intended)


def _mend_path(words: Words, start: int, end: int, problems: Problems) -> None:
    """`flowers.csv`, with what stands right before it: `my-flowers.csv`, `/data/flowers.csv`."""
    while words.touches(start) and words.last() in ("NAME", "NUMBER", "MINUS", "OVER"):
        start = words.found.pop().start_pos
    span = Span(words.source, start, end)
    if _begins_call(words.last()):
        problems.add(WordNotLowerCase(at=span, intended=None))
        words.push("BROKEN", start, end)
        return
    problems.add(UnquotedText(at=span))
    words.push("STRING", start, end, f'"{span.text}"')


def _mend_string(words: Words, start: int, end: int, problems: Problems) -> None:
    source = words.source
    span = Span(source, start, end)
    text = span.text
    closing = "'" if text[0] == "'" else '“”„«»"'
    if text[0] == '"' or len(text) < 2 or text[-1] not in closing:
        at = Span(source, start, start + 1)
        line_end = start + len(text.rstrip())
        problems.add(UnclosedString(at=at, line_end=Span(source, line_end, line_end)))
        words.push("BROKEN", start, end)
        return
    problems.add(WrongQuotes(at=span, intended=f'"{text[1:-1]}"'))
    words.push("STRING", start, end, f'"{text[1:-1]}"')


def _mend_sign(words: Words, start: int, end: int, problems: Problems) -> None:
    source = words.source
    text = source.text
    character = text[start:end]
    span = Span(source, start, end)
    before = words.last()
    if character in "{}" and _mend_brace(words, start, end, problems):
        return
    if words.open_braces and character == ":":
        words.push("BROKEN", start, end)
    elif character in "@$":
        problems.add(MissingName(at=span, next_character=text[end : end + 1]))
        words.push("BROKEN", start, end)
    elif character in ARROWS:
        problems.add(WrongArrow(at=span))
        words.push("ARROW", start, end, "->")
    elif character == ":" and before == "NAME" and not _takes_value(words):
        hint = "statements have no colon: `data mnist`"
        name = character_name(":")
        problems.add(
            UnknownCharacter(at=span, character=":", name=name, hint=hint, is_needless=True)
        )
    elif character == ":" and before in ("NAME", "RPAR"):
        problems.add(WrongOperator(at=span, intended="="))
        words.push("EQUAL", start, end, "=")
    elif character == "%" and before == "NUMBER" and words.found[-1][-1].isdigit():
        _join_percent(words, start, end, problems)
    elif character in BLANKS or character in NOTHINGS or character in LOOKALIKES:
        intended = LOOKALIKES.get(character, " " if character in BLANKS else "")
        name = character_name(character)
        problems.add(LookalikeCharacter(at=span, character=character, name=name, intended=intended))
        if intended == "(" and before == "NAME" and words.touches(start):
            words.replace("FUNCTION", end, f"{words.found[-1]}(")
        elif intended.strip():
            words.push(SIGNS.get(intended, "COMPARE"), start, end, intended)
    elif before == "BROKEN" and words.touches(start):
        words.replace("BROKEN", end, None)
    else:
        problems.add(_unknown(span, character))
        words.push("BROKEN", start, end)


def _mend_comment(words: Words, start: int, end: int, problems: Problems) -> None:
    """`/* ... */`, which stands for nothing, or for the end of a line."""
    source = words.source
    problems.add(WrongComment(at=Span(source, start, start + 2), is_block=True))
    line = source.text.find("\n", start, end)
    if line >= 0:
        words.push("NEWLINE", line, line + 1)


def _mend_braces(words: Words, start: int, end: int, problems: Problems) -> None:
    """`${width}`, `{width}`: a value, unless nothing has that name."""
    source = words.source
    span = Span(source, start, end)
    name = span.text.strip("${} \t")
    if words.value_names is None:
        found = re.findall(r"([a-z][a-z0-9_]*)[ \t]*=", source.text)
        for parameters in re.findall(r"\bblock[ \t]+\w+[ \t]*\(([^)]*)\)", source.text):
            found += re.findall(r"[a-z][a-z0-9_]*", parameters)
        words.value_names = frozenset(found)
    if span.text[0] == "$" or name in words.value_names:
        problems.add(NameInBraces(at=span, name=name))
        words.push("PARAMETER", start, end, f"${name}")
        return
    inner = span.text.index(name)
    _mend_sign(words, start, start + 1, problems)
    words.push(KEYWORDS.get(name, "NAME"), start + inner, start + inner + len(name))
    _mend_sign(words, end - 1, end, problems)


def _mend_brace(words: Words, start: int, end: int, problems: Problems) -> bool:
    """`{` and its `}` are one mistake: brackets where a pipe stands in them, else options."""
    source = words.source
    if source.text[start] == "}":
        if not words.open_braces:
            return False
        is_bracket = words.open_braces.pop()
        words.push("RSQB" if is_bracket else "BROKEN", start, end, "]" if is_bracket else None)
        return True
    close = source.text.find("}", end, end + FARTHEST)
    inside = source.text[end : max(end, close)]
    is_bracket = "->" in inside or "|" in inside or not re.search("[=:,]", inside)
    hint = HINTS["{"] if is_bracket else "options are written without braces: `opt sgd lr=0.1`"
    span = Span(source, start, end)
    problems.add(UnknownCharacter(at=span, character="{", name=character_name("{"), hint=hint))
    is_bracket = is_bracket and close > 0 and "{" not in inside
    words.open_braces.append(is_bracket)
    words.push("LSQB" if is_bracket else "BROKEN", start, end, "[" if is_bracket else None)
    return True


def _takes_value(words: Words) -> bool:
    """Whether the last token may be what `=` gives a value to, rather than the word of a call."""
    if words.last() != "NAME":
        return words.last() == "RPAR"
    return not _begins_call(words.found[-2].type if len(words.found) > 1 else "")


def _begins_call(before: str) -> bool:
    """Whether a call begins behind a word of this type."""
    return before in BEFORE_CALLS


def _unknown(span: Span, character: str) -> Problem:
    hint = HINTS.get(character, "")
    power = POWER_OF_TEN.match(span.source.text, span.start)
    if power is not None and span.source.text[: span.start].endswith("10"):
        hint = f"write `1e{power[1]}`"
    return UnknownCharacter(at=span, character=character, name=character_name(character), hint=hint)


def _join_percent(words: Words, start: int, end: int, problems: Problems) -> None:
    """`20 %`."""
    intended = f"{words.found[-1]}%"
    words.replace("NUMBER", end, intended)
    problems.add(UnitStandsApart(at=words.found[-1].span, intended=intended))
