"""Characters that make no token: which mistake it is, and the tokens that were meant.

Where the intention is clear the right tokens are taken, so that the statement is read and the
rest of it is checked. Otherwise a token of kind `BROKEN` marks the statement as lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..lalr import KEYWORDS, SIGNS
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
    character_name,
)
from ..problems.numbers import (
    MalformedNumber,
    MalformedShape,
    NumberRunsIntoWord,
    UnitStandsApart,
    UnknownUnit,
)
from ..source import Span
from ..tokens import FARTHEST, UNITS, VALUES, Words, excess

LOOKALIKES = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "÷": "/", "＝": "=", "，": ",",
    "；": ";", "（": "(", "）": ")", "［": "[", "］": "]", "｜": "|", "＋": "+", "＊": "*",
    "＞": ">", "＜": "<", "≥": ">=", "≤": "<=", "⩾": ">=", "⩽": "<=",
}  # fmt: skip
BLANKS = "\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
NOTHINGS = "\u200b\u200c\u200d\u2060\ufeff\xad"
ARROW_NAME = re.compile("RIGHT.*(ARROW|TRIANGLE)")

UNIT_SPELLINGS = {
    "ep": ("eps", "epo", "epoch", "epochs"),
    "it": ("its", "iter", "iters", "iteration", "iterations", "step", "steps"),
    "min": ("m", "mi", "mn", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "s": ("sec", "secs", "second", "seconds"),
    "%": ("pct", "percent"),
}
INTENDED_UNIT = {wrong: unit for unit in UNITS for wrong in (unit, *UNIT_SPELLINGS[unit])}

POWER_OF_TEN = re.compile(r"\^[ \t]*\(?(-?[0-9]{1,2})")
WORD = re.compile(r"[a-z][a-z0-9_]*")
NUMBER_PART = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
SHAPE_PART = re.compile(r"(?:[0-9]+|\?)(?:x(?:[0-9]+|\?))+|\?")
HINTS = {
    "{": "branches and repeated layers go in `[ ]`",
    "}": "branches and repeated layers go in `[ ]`",
    "\\": "a line that begins with `->` continues the statement above it",
    "%": "`%` must follow its number without a space: `20%`; comments begin with `#`",
    "^": "there is no power operator; write the product",
    "!": "comparisons are `>=`, `<=`, `>` and `<`",
    "`": 'words have no quotes; text is quoted with `"`',
}

BEFORE_CALLS = ("", "NEWLINE", "SEMICOLON", "ARROW", "LSQB", "BAR")
"""What precedes the word of a call."""


def mend(words: Words, kind: str, at: Span) -> int | None:
    """Reports characters that are no token and adds the tokens that they are taken for. Returns
    where reading goes on, if not right after them."""
    rules: dict[str, Callable[[Words, Span], int | None]] = {
        "BAD_ARROW": _mend_arrow,
        "BAD_PAIR": _mend_pair,
        "BAD_NUMBER": _mend_number,
        "BAD_PATH": _mend_path,
        "BAD_WORD": _mend_word,
        "BAD_STRING": _mend_string,
        "BAD_SIGN": _mend_sign,
        "BAD_COMMENT": _mend_comment,
        "BAD_LINE": _mend_line,
        "BAD_BRACES": _mend_braces,
    }
    return rules[kind](words, at)


def mend_unit(words: Words, at: Span) -> bool:
    """Whether a word is the unit of the number before it, apart from it; the number then has it.

    A block may have the name of a unit, and then the word is a call of it.
    """
    text = words.source.text
    if words.last() != "NUMBER":
        return False
    number = words.found[-1]
    if not number[-1].isdigit() or text[at.end : at.end + 1] in ("=", ">", "<"):
        return False
    if words.block_names is None:
        words.block_names = frozenset(re.findall(r"\bblock[ \t]+([a-z][a-z0-9_]*)", text))
    if at.text in words.block_names:
        return False
    _join_unit(words, at)
    return True


def _join_unit(words: Words, at: Span) -> None:
    """`20 %`."""
    intended = words.found[-1] + at.text
    whole = words.replace("NUMBER", at.end, intended)
    words.problems.add(UnitStandsApart(at=whole, intended=intended))


def _mend_arrow(words: Words, at: Span) -> None:
    after = words.source.text[at.end : at.end + FARTHEST].lstrip(" \t")[:1]
    if at.text == "=>" and words.last() == "NAME" and after.isdigit():
        words.problems.add(WrongOperator(at=at, intended=">="))
        words.push("COMPARE", at, ">=")
    else:
        words.problems.add(WrongArrow(at=at))
        words.push("ARROW", at, "->")


def _mend_pair(words: Words, at: Span) -> None:
    if at.text == "=<":
        words.problems.add(WrongOperator(at=at, intended="<="))
        words.push("COMPARE", at, "<=")
    elif _takes_value(words):
        words.problems.add(WrongOperator(at=at, intended="="))
        words.push("EQUAL", at, "=")
    else:
        # To write `=` is no way out: nothing before it takes a value.
        words.push("EQUAL", at)


def _mend_number(words: Words, at: Span) -> None:
    problems = words.problems
    if words.touches(at.start) and words.last() in (*VALUES, "RSQB"):
        _mend_joined(words, at)
        return
    text = at.text
    lower = text.replace("×", "x").replace("X", "x")
    if lower != text and SHAPE_PART.fullmatch(lower) and len(text) < 99:
        problems.add(MalformedShape(at=at, intended=lower))
        words.push("BROKEN" if excess("SHAPE", lower) else "SHAPE", at, lower)
        return
    shape = SHAPE_PART.match(text)
    part = shape if shape is not None and len(shape[0]) > 1 else NUMBER_PART.match(text)
    rest = text[part.end() :] if part is not None else ""
    if part is not None and shape is not part and _mend_number_unit(words, at, part[0]):
        return
    if part is not None and WORD.fullmatch(rest) and not rest.startswith("x"):
        problems.add(NumberRunsIntoWord(at=at, number=part[0], word=rest))
        middle = at.start + part.end()
        words.push("SHAPE" if part is shape else "NUMBER", at._replace(end=middle))
        words.push(KEYWORDS.get(rest, "NAME"), at._replace(start=middle))
        return
    if "?" in text or re.match("[0-9]+x", text):
        problems.add(MalformedShape(at=at, intended=None))
        words.push("BROKEN", at)
        return
    intended = text.replace("_", "")
    intended = f"0{intended}" if intended.startswith(".") else intended.removesuffix(".")
    clear = NUMBER_PART.fullmatch(intended.rstrip("%")) is not None and len(intended) < 18
    problems.add(MalformedNumber(at=at, intended=intended if clear else None))
    words.push("NUMBER" if clear else "BROKEN", at, intended if clear else None)


def _mend_joined(words: Words, at: Span) -> None:
    """`@a.5`, `(3).5`: nobody knows where the one ends and the other begins."""
    if words.last() in ("REFERENCE", "PARAMETER"):
        whole = words.replace("BROKEN", at.end, None)
        words.problems.add(WordNotLowerCase(at=whole, intended=None))
    else:
        words.problems.add(MalformedNumber(at=at, intended=None))
        words.push("BROKEN", at)


def _mend_number_unit(words: Words, at: Span, number: str) -> bool:
    """Whether letters after a number look like a unit rather than like a word."""
    unit = at.text[len(number) :]
    right = INTENDED_UNIT.get(unit.lower())
    is_letter = len(unit) == 1 and unit.isalpha() and unit.isascii() and unit not in "xX"
    if right is None and not is_letter:
        return False
    if unit in "eE" and "e" in number.lower():
        right = None
    intended = None if right is None else number + right
    words.problems.add(UnknownUnit(at=at, number=number, unit=unit, intended=intended))
    words.push("BROKEN" if intended is None else "NUMBER", at, intended)
    return True


def _mend_word(words: Words, at: Span) -> None:
    text = at.text
    call = text.endswith("(")
    mark = text[0] if text[0] in "@$" else ""
    intended = text.removesuffix("(").removeprefix(mark).lower().strip("_")
    clear = WORD.fullmatch(intended) is not None
    name = at._replace(end=at.end - call)
    is_value = words.last() == "EQUAL" and not mark and not call
    words.problems.add(
        WordNotLowerCase(at=name, intended=mark + intended if clear else None, is_value=is_value)
    )
    if not clear:
        words.push("BROKEN", name)
        if call:
            words.push("LPAR", at._replace(start=name.end))
    elif call:
        words.push("FUNCTION", at, intended + "(")
    else:
        kind = {"@": "REFERENCE", "$": "PARAMETER"}.get(mark) or KEYWORDS.get(intended, "NAME")
        words.push(kind, at, mark + intended)


def _mend_path(words: Words, at: Span) -> None:
    """`flowers.csv`, with what touches it on the left: `my-flowers.csv`, `/data/flowers.csv`."""
    while words.touches(at.start) and words.last() in ("NAME", "NUMBER", "MINUS", "OVER"):
        at = at._replace(start=words.found.pop().start_pos)
    if words.last() in BEFORE_CALLS:
        words.problems.add(WordNotLowerCase(at=at, intended=None))
        words.push("BROKEN", at)
        return
    intended = f'"{at.text}"'
    words.problems.add(UnquotedText(at=at, intended=intended))
    words.push("STRING", at, intended)


def _mend_string(words: Words, at: Span) -> None:
    text = at.text
    closing = "'" if text[0] == "'" else '“”„«»"'
    if text[0] == '"' or len(text) < 2 or text[-1] not in closing:
        line_end = at.start + len(text.rstrip())
        end = Span(words.source, line_end, line_end)
        words.problems.add(UnclosedString(at=at._replace(end=at.start + 1), line_end=end))
        words.push("BROKEN", at)
        return
    words.problems.add(WrongQuotes(at=at, intended=f'"{text[1:-1]}"'))
    words.push("STRING", at, f'"{text[1:-1]}"')


def _mend_sign(words: Words, at: Span) -> None:
    """One character that begins no token."""
    rules = (_brace, _missing_name, _colon, _percent, _lookalike, _arrow)
    if any(rule(words, at, at.text) for rule in rules):
        return
    if words.last() == "BROKEN" and words.touches(at.start):
        words.found[-1].end_pos = at.end
    else:
        hint = HINTS.get(at.text, "")
        power = POWER_OF_TEN.match(words.source.text, at.start)
        before, after = words.source.text[: at.start], words.source.text[at.end : at.end + 99]
        if power is not None and before.endswith("10"):
            hint = f"write `1e{power[1]}`"
        elif not hint and before[-1:] in (" ", "\t") and re.match(r"[ \t]+[@a-z]", after):
            hint = "layers are joined by `->`"
        _unknown(words, at, hint)
        words.push("BROKEN", at)


def _unknown(words: Words, at: Span, hint: str, *, is_needless: bool = False) -> None:
    words.problems.add(
        UnknownCharacter(at=at, character=at.text, hint=hint, is_needless=is_needless)
    )


# Each takes a character and says whether it has dealt with it.


def _brace(words: Words, at: Span, character: str) -> bool:
    """`{` and its `}` are one mistake: brackets where a pipe is in them, else options."""
    if character == "}" and words.open_braces:
        is_bracket = words.open_braces.pop()
        words.push("RSQB" if is_bracket else "BROKEN", at, "]" if is_bracket else None)
        return True
    if character != "{":
        return False
    text = words.source.text
    close = text.find("}", at.end, at.end + FARTHEST)
    inside = text[at.end : max(at.end, close)]
    is_bracket = "->" in inside or "|" in inside or not re.search("[=:,]", inside)
    _unknown(
        words, at, HINTS["{"] if is_bracket else "options are written without braces: `key=value`"
    )
    is_bracket = is_bracket and close > 0 and "{" not in inside
    words.open_braces.append(is_bracket)
    words.push("LSQB" if is_bracket else "BROKEN", at, "[" if is_bracket else None)
    return True


def _missing_name(words: Words, at: Span, character: str) -> bool:
    if character not in "@$":
        return False
    after = words.source.text[at.end : at.end + 1]
    words.problems.add(MissingName(at=at, next_character=after))
    words.push("BROKEN", at)
    return True


def _colon(words: Words, at: Span, character: str) -> bool:
    in_braces = bool(words.open_braces)
    if character != ":" or not (in_braces or words.last() in ("NAME", "RPAR")):
        return False
    if in_braces:
        # The braces have been reported.
        words.push("BROKEN", at)
    elif _takes_value(words):
        words.problems.add(WrongOperator(at=at, intended="="))
        words.push("EQUAL", at, "=")
    else:
        _unknown(words, at, f"statements have no colon: `{words.found[-1]} ...`", is_needless=True)
    return True


def _percent(words: Words, at: Span, character: str) -> bool:
    if character != "%" or words.last() != "NUMBER" or not words.found[-1][-1].isdigit():
        return False
    _join_unit(words, at)
    return True


def _lookalike(words: Words, at: Span, character: str) -> bool:
    intended = (
        " " if character in BLANKS else "" if character in NOTHINGS else LOOKALIKES.get(character)
    )
    if intended is None:
        return False
    words.problems.add(LookalikeCharacter(at=at, character=character, intended=intended))
    if intended == "(" and words.last() == "NAME" and words.touches(at.start):
        words.replace("FUNCTION", at.end, f"{words.found[-1]}(")
    elif intended.strip():
        words.push(SIGNS.get(intended, "COMPARE"), at, intended)
    return True


def _arrow(words: Words, at: Span, character: str) -> bool:
    if character.isascii() or not ARROW_NAME.search(character_name(character)):
        return False
    words.problems.add(WrongArrow(at=at))
    words.push("ARROW", at, "->")
    return True


def _mend_comment(words: Words, at: Span) -> int | None:
    """`/* ... */`, which is nothing, or the end of a line."""
    words.problems.add(WrongComment(at=at, intended=None))
    text = words.source.text
    end = text.find("*/", at.end, at.end + FARTHEST)
    if end < 0:
        words.push("BROKEN", at)
        return None
    line = text.find("\n", at.end, end)
    if line >= 0:
        words.push("NEWLINE", Span(words.source, line, line + 1))
    return end + 2


def _mend_line(words: Words, at: Span) -> int | None:
    """A line that another language takes for a comment, unless it goes on with an expression."""
    if at.text == "%" or not words.in_parentheses():
        words.problems.add(WrongComment(at=at, may_be_arrow=at.text == "--"))
        text = words.source.text
        end = text.find("\n", at.end)
        return len(text) if end < 0 else end
    if at.text == "//":
        words.push("INTO", at)
    else:
        words.push("MINUS", at._replace(end=at.end - 1))
        words.push("MINUS", at._replace(start=at.start + 1))
    return None


def _mend_braces(words: Words, at: Span) -> None:
    """`${width}`, `{width}`: a value, unless nothing has that name."""
    text = words.source.text
    name = at.text.strip("${} \t")
    if words.value_names is None:
        found = re.findall(r"([a-z][a-z0-9_]*)[ \t]*=", text)
        for parameters in re.findall(r"\bblock[ \t]+\w+[ \t]*\(([^)]*)\)", text):
            found += re.findall(r"[a-z][a-z0-9_]*", parameters)
        words.value_names = frozenset(found)
    if at.text[0] == "$" or name in words.value_names:
        words.problems.add(NameInBraces(at=at, intended=f"${name}"))
        words.push("PARAMETER", at, f"${name}")
        return
    start = text.index(name, at.start)
    _mend_sign(words, at._replace(end=at.start + 1))
    words.push(KEYWORDS.get(name, "NAME"), Span(words.source, start, start + len(name)))
    _mend_sign(words, at._replace(start=at.end - 1))


def _takes_value(words: Words) -> bool:
    """Whether the last token may be what `=` gives a value to, rather than the word of a call."""
    if words.last() != "NAME":
        return words.last() == "RPAR"
    return (words.found[-2].type if len(words.found) > 1 else "") not in BEFORE_CALLS
