"""Texts by the rules of the grammar: netc.lark itself is what they are derived from.

A rule becomes one of its alternatives, chosen at random; a terminal becomes a word of the language,
or of the options of the words before it. So most texts are right in their syntax, and many of their
calls are right in their options.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import lark
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.options import Category, Options, options_of

GRAMMAR = Path(__file__).parents[2] / "grammar" / "netc.lark"
DEEPEST = 14
"""How many rules are inside each other before the shortest alternatives are taken."""
NAMES = ("a", "b", "c", "w", "h2", "x_1", "skip")


@cache
def rules() -> dict[str, tuple[tuple[str, ...], ...]]:
    """The alternatives of each rule, each a row of rules and terminals."""
    grammar = lark.Lark(GRAMMAR.read_text("utf-8"), parser="lalr", keep_all_tokens=True)
    found: dict[str, list[tuple[str, ...]]] = {}
    for rule in grammar.rules:
        symbols = tuple(symbol.name for symbol in rule.expansion)
        found.setdefault(rule.origin.name, []).append(symbols)
    return {name: tuple(alternatives) for name, alternatives in found.items()}


@cache
def depths() -> dict[str, int]:
    """How many rules the shortest derivation of each rule has inside each other."""
    found: dict[str, int] = {}
    while len(found) < len(rules()):
        for name, alternatives in rules().items():
            known = [
                1 + max((found.get(part, 0) for part in parts), default=0)
                for parts in alternatives
                if all(part not in rules() or part in found for part in parts)
            ]
            if known:
                found[name] = min(known)
    return found


@cache
def words_of(category: Category) -> tuple[str, ...]:
    return BUILTIN.words(category)


class Derivation:
    """One derivation: a source of randomness, and what was written so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.call: type[Options] | None = None
        """The word whose arguments are being written."""

    def derive(self, rule: str, depth: int = 0) -> str:
        """A text of a rule."""
        alternatives = rules()[rule]
        if depth > DEEPEST:
            least = min(self._depth(parts) for parts in alternatives)
            alternatives = tuple(parts for parts in alternatives if self._depth(parts) == least)
        parts = self.random.choice(alternatives)
        texts = []
        for place, part in enumerate(parts):
            if part in rules():
                texts.append(self.derive(part, depth + 1))
            elif part == "NAME" and rule == "call" and place == 0:
                texts.append(self._head())
            else:
                texts.append(self._terminal(part, rule))
        return "".join(
            text if text in ("\n", ")") or not at else f" {text}" for at, text in enumerate(texts)
        )

    @staticmethod
    def _depth(parts: tuple[str, ...]) -> int:
        return max((depths().get(part, 0) for part in parts), default=0)

    def _head(self) -> str:
        """The word of a call: mostly a layer."""
        entry = self.random.choice(BUILTIN.entries)
        if entry.category not in ("layer", "directive") and self.random.random() < 0.7:
            entry = self.random.choice([e for e in BUILTIN.entries if e.category == "layer"])
        self.call = BUILTIN.get(entry.category, entry.word)
        return self.random.choice((entry.word, entry.word, entry.word, "repeat", "each", *NAMES))

    def _terminal(self, name: str, rule: str) -> str:
        fixed = {
            "END": "\n", "NETC": "netc", "LET": "let", "USE": "use", "BLOCK": "block",
            "ARROW": "->", "EQUAL": "=", "BAR": "|", "LSQB": "[", "RSQB": "]", "LPAR": "(",
            "RPAR": ")", "COMMA": ",", "PLUS": "+", "MINUS": "-", "TIMES": "*", "OVER": "/",
            "INTO": "//",
        }  # fmt: skip
        made: dict[str, Callable[[], str]] = {
            "NAME": lambda: self._option() if rule == "keyword" else self._word(),
            "FUNCTION": lambda: self.random.choice(("log(", "normal(", "uniform(", "a(", "b(")),
            "SHAPE": lambda: self.random.choice(("3x3", "8x8x3", "?", "100x4", "2x1", "?x4")),
            "NUMBER": self._number,
            "STRING": lambda: self.random.choice(('"a.csv"', '""', '"x ""y"""', '"é.net"')),
            "REFERENCE": lambda: f"@{self.random.choice(NAMES)}",
            "PARAMETER": lambda: f"${self.random.choice(NAMES)}",
            "COMPARE": lambda: self.random.choice((">=", "<=", ">", "<")),
        }
        return fixed[name] if name in fixed else made[name]()

    def _option(self) -> str:
        options = () if self.call is None else options_of(self.call)
        named = [option.name for option in options]
        return self.random.choice((*named, *named, *NAMES)) if named else "a"

    def _word(self) -> str:
        options = () if self.call is None else options_of(self.call)
        own = [word for option in options for word in option.kind.words()]
        layers = words_of("layer")
        return self.random.choice((*own, *own, self.random.choice(layers), *NAMES))

    def _number(self) -> str:
        number = self.random.choice(
            ("0", "1", "2", "3", "4", "8", "10", "0.5", "0.1", "1e-3", "32")
        )
        return number + self.random.choice(("", "", "", "", "ep", "it", "%", "min"))
