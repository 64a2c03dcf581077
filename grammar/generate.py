"""Writes `tables.py`, the LALR tables of `netc.lark`, with Lark in strict mode.

    python -m netc.grammar.generate            writes the tables
    python -m netc.grammar.generate --check    says whether they are the grammar's, status 1 if not

Lark is needed here and in tests only: building the tables takes longer than checking a model, and
`netc check` must not pay for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from lark import Lark
from lark.parsers.lalr_analysis import Shift

HERE = Path(__file__).parent
TABLES = HERE / "tables.py"

HEAD = '''"""The LALR tables of netc.lark, written by `python -m netc.grammar.generate`.

`ACTIONS[state][terminal]` is a state to shift to when positive, `-1 - rule` when a rule is to be
reduced, and 0 when the statement is complete; `GOTO[state][symbol]` is the state after the
reduction. A rule is its symbol, the number of its parts and the name of what makes its node.
The first state is 0.
"""

from __future__ import annotations
'''


def read_grammar() -> str:
    """The text of `netc.lark`."""
    return (HERE / "netc.lark").read_text(encoding="utf-8")


def build_lark() -> Lark:
    """Lark's own parser, which refuses a grammar with conflicts. Raises `lark.GrammarError`."""
    return Lark(
        read_grammar(),
        parser="lalr",
        lexer="basic",
        strict=True,
        propagate_positions=True,
        keep_all_tokens=True,
    )


def render_tables(lark: Lark) -> str:
    """The text of `tables.py`. The same grammar gives the same text."""
    table: Any = lark.parser.parser._parse_table
    rules: list[Any] = []
    numbers: dict[Any, int] = {}
    for rule in sorted(lark.rules, key=lambda rule: (rule.origin.name, rule.order)):
        numbers[rule] = len(rules)
        rules.append(rule)
    states = _walk(table)
    names = {state: index for index, state in enumerate(states)}
    actions: list[str] = []
    gotos: list[str] = []
    for state in states:
        here = {"$END": 0} if state == table.end_states["start"] else {}
        after: dict[str, int] = {}
        for symbol, (action, argument) in sorted(table.states[state].items()):
            if action is not Shift:
                here[symbol] = -1 - numbers[argument]
            elif symbol.islower():
                after[symbol] = names[argument]
            else:
                here[symbol] = names[argument]
        actions.append(f"    {here!r},\n")
        gotos.append(f"    {after!r},\n")
    lines = [
        f"    ({str(rule.origin.name)!r}, {len(rule.expansion)}, {rule.alias!r}),\n"
        for rule in rules
    ]
    return (
        f"{HEAD}\nRULES: tuple[tuple[str, int, str], ...] = (\n{''.join(lines)})\n"
        f"\nACTIONS: tuple[dict[str, int], ...] = (\n{''.join(actions)})\n"
        f"\nGOTO: tuple[dict[str, int], ...] = (\n{''.join(gotos)})\n"
    )


def _walk(table: Any) -> list[Any]:
    """The states in the order in which a walk with sorted symbols meets them, so that the text
    does not depend on how Lark numbers them."""
    found = [table.start_states["start"]]
    seen = set(found)
    for state in found:
        for _, (action, argument) in sorted(table.states[state].items()):
            if action is Shift and argument not in seen:
                seen.add(argument)
                found.append(argument)
    return found


def main(arguments: list[str]) -> int:
    """Writes the tables or compares them; the exit status."""
    text = render_tables(build_lark())
    if arguments == ["--check"]:
        same = TABLES.exists() and TABLES.read_text(encoding="utf-8") == text
        print("grammar/tables.py is", "up to date" if same else "not what netc.lark says")
        return 0 if same else 1
    if arguments:
        print(__doc__)
        return 2
    TABLES.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
