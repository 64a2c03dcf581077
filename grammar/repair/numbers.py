"""Numbers, shapes and units that are written in another way."""

from __future__ import annotations

import re

from ..lalr import KEYWORDS
from ..problems.characters import WordNotLowerCase
from ..problems.numbers import (
    MalformedNumber,
    MalformedShape,
    NumberRunsIntoWord,
    UnitStandsApart,
    UnknownUnit,
)
from ..source import Span
from ..tokens import ENOUGH, UNITS, VALUES, Words, excess

UNIT_SPELLINGS = {
    "ep": ("eps", "epo", "epoch", "epochs"),
    "it": ("its", "iter", "iters", "iteration", "iterations", "step", "steps"),
    "min": ("m", "mi", "mn", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "s": ("sec", "secs", "second", "seconds"),
    "%": ("pct", "percent"),
}
INTENDED_UNIT = {wrong: unit for unit in UNITS for wrong in (unit, *UNIT_SPELLINGS[unit])}

WORD = re.compile(r"[a-z][a-z0-9_]*")
NUMBER_PART = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
TIMES_A_POWER = re.compile(
    r"([0-9]{1,17}(?:\.[0-9]{1,17})?)[×xX]10"
    r"\^[ \t]?(?:\(([+-]?[0-9]{1,2})\)|([+-]?[0-9]{1,2}))(?![\w.])"
)
"""`3×10^5`, `3x10^(-5)`."""
SHAPE_PART = re.compile(r"(?:[0-9]+|\?)(?:x(?:[0-9]+|\?))+|\?")


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
    join_unit(words, at)
    return True


def join_unit(words: Words, at: Span) -> None:
    """`20 %`."""
    intended = words.found[-1] + at.text
    whole = words.replace("NUMBER", at.end, intended)
    if len(words.problems) < ENOUGH:
        words.problems.add(UnitStandsApart(at=whole, intended=intended))


def mend_number(words: Words, at: Span) -> int | None:
    """Returns where reading goes on, if not right after it."""
    if words.touches(at.start) and words.last() in (*VALUES, "RSQB"):
        _mend_joined(words, at)
        return None
    found = TIMES_A_POWER.match(at.source.text, at.start)
    if found is not None:
        intended = f"{found[1]}e{found[2] or found[3]}"
        whole = at._replace(end=found.end())
        words.problems.add(MalformedNumber(at=whole, intended=intended))
        words.push("NUMBER", whole, intended)
        return found.end()
    _mend_other_number(words, at)
    return None


def mend_power(words: Words, at: Span) -> int | None:
    """Takes `^5` after the shape `3x10` for a number; returns where reading goes on, if it is."""
    if words.last() != "SHAPE" or not words.touches(at.start):
        return None
    start = words.found[-1].start_pos
    found = TIMES_A_POWER.match(at.source.text, start)
    if found is None or found.end() <= at.start:
        return None
    words.found.pop()
    return mend_number(words, at._replace(start=start))


def _mend_other_number(words: Words, at: Span) -> None:
    problems = words.problems
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
        kind = "SHAPE" if part is shape else "NUMBER"
        words.push("BROKEN" if excess(kind, part[0]) else kind, at._replace(end=middle))
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
    if (unit in "eE" and "e" in number.lower()) or excess("NUMBER", number):
        right = None
    intended = None if right is None else number + right
    words.problems.add(UnknownUnit(at=at, number=number, unit=unit, intended=intended))
    words.push("BROKEN" if intended is None else "NUMBER", at, intended)
    return True
