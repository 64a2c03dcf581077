"""Texts of specs, changed as a tired person, another program or an enemy would change them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random

from derivations import Derivation
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.options import options_of

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"```netc[^\n]*\n(.*?)```", re.DOTALL)
TOKEN = re.compile(r"\s+|#[^\n]*|\"[^\"\n]*\"|->|//|[<>]=?|[@$]?\w+(?:\.\w+)*%?|.", re.DOTALL)
NUMBER = re.compile(r"\d+")
NUMBERS = (
    "0", "1", "2", "3", "7", "13", "64", "255", "256", "1000", "46341", "65536", "99999",
    "2147483647", "2147483648", "4294967296", "99999999999", "9223372036854775807",
    "9223372036854775808", "1" + 40 * "0", 400 * "9", "1e308", "1e999", "1e-999", "-1", "-0",
    "0.5", "1e-5", "1.5e3", "00012", "5ep", "5it", "5min", "5%", "100%", "?", "3x3", "1x99999999",
    "?x?", "9x9x9x9",
)  # fmt: skip
STRANGE = (
    "\u00a0", "\u2028", "\u2212", "\u2192", "\u00d7", "\u201c", "\u0661", "\ufeff", "\x00",
    "\x1b[31m", "\u202e", "e\u0301", "\U0001f600", "\ud7ff", "\r", "\r\n", "\t", "\x0b", "\x0c",
    "\u0130", "\u00b2",
)  # fmt: skip
SIGNS = (
    "->", "|", "[", "]", "(", ")", ",", ";", "\n", "=", "==", "@", "$", '"', "#", "+", "-", "*",
    "/", "//", ">=", "<", "?", ":", "{", "}", "!", "%", ".", "..", "- >", "=>", "\\", "'", "`",
    "# netc: allow(W0304)", "# netc: allow(W0311)\n", "; ", " \n",
)  # fmt: skip
LONG = (30, 300, 3000)


def document_seeds() -> tuple[bytes, ...]:
    """The shipped specs of moderate length, and the examples of the documents and diagnostics."""
    specs = [path.read_text("utf-8") for path in sorted((ROOT / "specs").rglob("*.net"))]
    pages = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    pages += sorted((ROOT / "compiler" / "problems").glob("*.py"))
    pages += sorted((ROOT / "grammar" / "problems").glob("*.py"))
    texts = [*specs, *(text for page in pages for text in FENCE.findall(page.read_text("utf-8")))]
    return tuple(dict.fromkeys(text.encode() for text in texts if len(text) < 2500))


@cache
def known_words() -> tuple[str, ...]:
    """Every word of the language, and every option followed by `=`."""
    found = dict.fromkeys(
        ("let", "block", "use", "netc", "repeat", "each", "true", "false", "same")
    )
    for entry in BUILTIN.entries:
        found[entry.word] = None
        for option in options_of(BUILTIN.get(entry.category, entry.word)):
            found[f"{option.name}="] = None
            found.update(dict.fromkeys(option.kind.words()))
    return tuple(found)


def _delete(tokens: list[str], random: Random) -> None:
    at = random.randrange(len(tokens))
    del tokens[at : at + random.choice((1, 1, 1, 2, 5))]


def _swap(tokens: list[str], random: Random) -> None:
    one, other = random.randrange(len(tokens)), random.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _duplicate(tokens: list[str], random: Random) -> None:
    at, size = random.randrange(len(tokens)), random.choice((1, 2, 5, 20))
    times = random.choice((1, 1, 1, 2, 10, *LONG[:1]))
    tokens[at:at] = tokens[at : at + size] * times


def _number(tokens: list[str], random: Random) -> None:
    places = [at for at, token in enumerate(tokens) if NUMBER.search(token)]
    if places:
        at = random.choice(places)
        numbers = list(NUMBER.finditer(tokens[at]))
        chosen = random.choice(numbers)
        text = random.choice(NUMBERS)
        if random.random() < 0.3:
            text = str(max(0, int(chosen[0][:18]) + random.choice((-1, 1, 2))))
        tokens[at] = tokens[at][: chosen.start()] + text + tokens[at][chosen.end() :]


def _word(tokens: list[str], random: Random) -> None:
    places = [at for at, token in enumerate(tokens) if token[:1].isalpha()]
    if places:
        at = random.choice(places)
        tokens[at] = random.choice((*known_words(), tokens[random.choice(places)]))


def _misspell(tokens: list[str], random: Random) -> None:
    at = random.randrange(len(tokens))
    letters = list(tokens[at])
    place = random.randrange(len(letters) + 1)
    letters[place : place + random.choice((0, 1))] = random.choice(("", "x", "_", "A", letters[0]))
    tokens[at] = "".join(letters)


def _sign(tokens: list[str], random: Random) -> None:
    tokens.insert(random.randrange(len(tokens) + 1), random.choice(SIGNS))


def _strange(tokens: list[str], random: Random) -> None:
    tokens.insert(random.randrange(len(tokens) + 1), random.choice(STRANGE))


def _insert_word(tokens: list[str], random: Random) -> None:
    tokens.insert(random.randrange(len(tokens) + 1), f" {random.choice(known_words())} ")


def _derived(tokens: list[str], random: Random) -> None:
    """Puts a piece that the grammar allows somewhere into the text."""
    rule = random.choice(("statement", "pipe", "call", "argument", "value", "expression"))
    text = Derivation(random).derive(rule)
    text = f"\n{text}\n" if rule == "statement" else f" {text} "
    tokens.insert(random.randrange(len(tokens) + 1), text)


def _nest(tokens: list[str], random: Random) -> None:
    opening, closing = random.choice((("(", ")"), ("add [", "]"), ("repeat 2 [", "]"), ("(-", ")")))
    at = random.randrange(len(tokens))
    end = min(len(tokens), at + random.choice((1, 3, 9)))
    times = random.choice((1, 1, 2, 10, *LONG))
    tokens[at:end] = [opening * times, *tokens[at:end], closing * times]


def _truncate(tokens: list[str], random: Random) -> None:
    del tokens[random.randrange(len(tokens)) :]


CHANGES: tuple[tuple[Callable[[list[str], Random], None], int], ...] = (
    (_delete, 5), (_swap, 3), (_duplicate, 4), (_number, 8), (_word, 5), (_misspell, 3), (_sign, 5),
    (_strange, 2), (_insert_word, 5), (_derived, 4), (_nest, 1), (_truncate, 1),
)  # fmt: skip


def mutated_spec(data: bytes, pool: Sequence[bytes], random: Random) -> bytes:
    """A spec with one change; sometimes one derived from the grammar, or a piece of another."""
    if random.random() < 0.05:
        return Derivation(random).derive("start").encode()
    text = data.decode("utf-8", "replace")
    tokens = TOKEN.findall(text)
    if random.random() < 0.1:
        other = TOKEN.findall(random.choice(pool).decode("utf-8", "replace"))
        at = random.randrange(len(tokens) + 1)
        start = random.randrange(len(other) + 1)
        tokens[at:at] = other[start : start + random.choice((3, 10, 50))]
    elif tokens:
        changes, weights = zip(*CHANGES, strict=True)
        random.choices(changes, weights)[0](tokens, random)
    return "".join(tokens)[:60000].encode("utf-8", "replace")
