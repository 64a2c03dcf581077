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
from ..source import Span
from ..text import quoted
from ..tokens import FARTHEST, Words
from .numbers import join_unit, mend_number, mend_power

LOOKALIKES = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "÷": "/", "＝": "=", "，": ",",
    "；": ";", "（": "(", "）": ")", "［": "[", "］": "]", "｜": "|", "＋": "+", "＊": "*",
    "＞": ">", "＜": "<", "≥": ">=", "≤": "<=", "⩾": ">=", "⩽": "<=",
    **dict.fromkeys(map(chr, (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)), " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\xad", ""),
}  # fmt: skip
ARROW_NAME = re.compile("RIGHT.*(ARROW|TRIANGLE)")

LAYER_AFTER = re.compile(r"[ \t]{1,99}[@a-z]")
POWER_OF_TEN = re.compile(r"\^[ \t]{0,9}\(?(-?[0-9]{1,2})")
WORD = re.compile(r"[a-z][a-z0-9_]*")
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
    return RULES[kind](words, at)


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


OF_WORDS = ("let", "tune")
"""Statements whose values are layers and choices: no option tells whether a name is text."""


def _mend_word(words: Words, at: Span) -> None:
    text = at.text
    call = text.endswith("(")
    mark = text[0] if text[0] in "@$" else ""
    intended = text.removesuffix("(").removeprefix(mark).lower().strip("_")
    clear = WORD.fullmatch(intended) is not None
    name = at._replace(end=at.end - call)
    if words.in_value() and not mark and not call and words.statement() not in OF_WORDS:
        # The name of a column, or a choice: its option tells.
        words.problems.add(WordNotLowerCase(at=name, intended=None, is_value=True))
        words.push("NAME", at, text)
        return
    words.problems.add(WordNotLowerCase(at=name, intended=mark + intended if clear else None))
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
    intended = quoted(text[1:-1])
    words.problems.add(WrongQuotes(at=at, intended=intended))
    words.push("STRING", at, intended)


def _mend_sign(words: Words, at: Span) -> int | None:
    """One character that begins no token, and all that follow it and mean as little."""
    if at.text == "^" and (resume := mend_power(words, at)) is not None:
        return resume
    rule = SIGN_RULES.get(at.text, _arrow)
    if rule(words, at, at.text):
        return None
    text, end = words.source.text, at.end
    while end < len(text) and (text[end] == at.text or _is_unknown(text[end])):
        end += 1
    if words.last() == "BROKEN" and words.touches(at.start):
        words.found[-1].end_pos = end
        return end
    hint = HINTS.get(at.text, "")
    power = POWER_OF_TEN.match(text, at.start)
    before = text[max(0, at.start - 2) : at.start]
    if at.text == "\\" and text.startswith('"', at.end):
        hint = 'in a string, write `""` for `"`'
    elif power is not None and before == "10":
        hint = f"write `1e{power[1]}`"
    elif not hint and before[-1:] in (" ", "\t") and LAYER_AFTER.match(text, at.end):
        hint = "layers are joined by `->`"
    _unknown(words, at, hint)
    words.push("BROKEN", at._replace(end=end))
    return end


def _is_unknown(character: str) -> bool:
    """Whether a character begins nothing, and nothing that is taken for something else."""
    if character.isascii() or character.isalpha() or character.isspace():
        return character in "&^!`\\"
    return not (character in SIGN_RULES or character in "“”„«»" or _is_arrow(character))


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
    after = words.source.text[at.end : at.end + 1]
    words.problems.add(MissingName(at=at, next_character=after))
    words.push("BROKEN", at)
    return True


def _colon(words: Words, at: Span, character: str) -> bool:
    in_braces = bool(words.open_braces)
    if not (in_braces or words.last() in ("NAME", "RPAR")):
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
    if words.last() != "NUMBER" or not words.found[-1][-1].isdigit():
        return False
    join_unit(words, at)
    return True


def _lookalike(words: Words, at: Span, character: str) -> bool:
    intended = LOOKALIKES[character]
    words.problems.add(LookalikeCharacter(at=at, character=character, intended=intended))
    if intended == "(" and words.last() == "NAME" and words.touches(at.start):
        words.replace("FUNCTION", at.end, f"{words.found[-1]}(")
    elif intended.strip():
        words.push(SIGNS.get(intended, "COMPARE"), at, intended)
    return True


def _arrow(words: Words, at: Span, character: str) -> bool:
    if not _is_arrow(character):
        return False
    words.problems.add(WrongArrow(at=at))
    words.push("ARROW", at, "->")
    return True


def _is_arrow(character: str) -> bool:
    return not character.isascii() and bool(ARROW_NAME.search(character_name(character)))


SIGN_RULES: dict[str, Callable[[Words, Span, str], bool]] = {
    **dict.fromkeys("{}", _brace),
    **dict.fromkeys("@$", _missing_name),
    ":": _colon,
    "%": _percent,
    **dict.fromkeys(LOOKALIKES, _lookalike),
}


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


RULES: dict[str, Callable[[Words, Span], int | None]] = {
    "BAD_ARROW": _mend_arrow,
    "BAD_PAIR": _mend_pair,
    "BAD_NUMBER": mend_number,
    "BAD_PATH": _mend_path,
    "BAD_WORD": _mend_word,
    "BAD_STRING": _mend_string,
    "BAD_SIGN": _mend_sign,
    "BAD_COMMENT": _mend_comment,
    "BAD_LINE": _mend_line,
    "BAD_BRACES": _mend_braces,
}
"""What mends each kind of characters that the lexer knows to be wrong."""
