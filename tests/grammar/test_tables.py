"""The grammar has no conflicts, and the saved tables are those that Lark makes of it."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from lark import Lark
from netc.grammar import tables

GRAMMAR = Path(tables.__file__).with_name("netc.lark").read_text(encoding="utf-8")


def content(saved: bytes) -> Any:
    """What Lark saved, as dictionaries, with its states in the order in which a walk meets them:
    Lark numbers them in another order each time."""
    data = pickle.loads(saved)
    options = data["data"]["options"]
    options["transformer"] = type(options["transformer"])
    table = data["data"]["parser"].pop("parser")
    (order,) = ([state] for state in table["start_states"].values())
    walk = []
    for state in order:
        actions = {table["tokens"][key]: action for key, action in table["states"][state].items()}
        for is_reduction, target in (action for _, action in sorted(actions.items())):
            if not is_reduction and target not in order:
                order.append(target)
        walk.append(actions)
    numbers = {state: number for number, state in enumerate(order)}
    for actions in walk:
        for symbol, (is_reduction, target) in actions.items():
            actions[symbol] = (is_reduction, target if is_reduction else numbers[target])
    ends = {start: numbers[end] for start, end in table["end_states"].items()}
    return data, walk, ends


def test_the_saved_tables_are_those_of_the_grammar() -> None:
    version, _, saved = tables.TABLES.read_bytes().partition(b"\n")
    if version + b"\n" != tables.VERSION:
        pytest.skip(f"saved by {version.decode()}, whose tables this Lark does not read")
    made = io.BytesIO()
    tables.build().save(made)
    assert content(saved) == content(made.getvalue())


def test_tables_of_another_lark_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "netc.tables"
    other.write_bytes(b"lark 0.1\nnothing that can be read")
    monkeypatch.setattr(tables, "TABLES", other)
    assert tables.load().parse([]) == []  # type: ignore[arg-type]


def test_the_grammar_has_neither_conflicts_nor_terminals_that_overlap() -> None:
    pytest.importorskip("interegular", reason="Lark compares terminals with it")
    Lark(GRAMMAR, parser="lalr", lexer="basic", strict=True)


def test_no_layer_is_in_the_grammar() -> None:
    code = "\n".join(line.partition("//")[0] for line in GRAMMAR.splitlines())
    assert not any(word in code for word in ("dense", "conv", "adam", "repeat", "softmax"))
