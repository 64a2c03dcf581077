"""What netc must know of a word is said by the word's class: no other code asks for its name.

So no product code compares a `.word` with a name or a list of names, or reads an option by
`getattr`, which would be a list of those classes that have it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.options import options_of

ROOT = Path(__file__).parents[2]
PRODUCT = ("compiler", "runtime", "cli")
WRITTEN = ("compiler/resolve", "compiler/suggest")
"""These work on names as somebody wrote them."""
FILES = [
    path.relative_to(ROOT)
    for folder in PRODUCT
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.relative_to(ROOT).as_posix().startswith(WRITTEN)
]
OPTIONS = {
    option.name
    for entry in BUILTIN.entries
    for option in options_of(BUILTIN.get(entry.category, entry.word))
}
WORDS = {entry.word for entry in BUILTIN.entries}
TABLES = {"runtime/compare/dense_chain.py": {"ACTIVATIONS"}}
"""What other libraries can do may stand in tables beside what translates to them."""


def found_in(tree: ast.Module, tables: set[str]) -> Iterator[tuple[int, str]]:
    """The lines that ask for the name of a word."""
    lists = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and _names_words(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(map(_is_word, (node.left, *node.comparators))):
            for side in (node.left, *node.comparators):
                if _names_words(side) or (isinstance(side, ast.Name) and side.id in lists - tables):
                    yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Match) and _is_word(node.subject):
            yield node.lineno, f"match {ast.unparse(node.subject)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr"):
            name = node.args[1]
            if isinstance(name, ast.Constant) and name.value in OPTIONS:
                yield node.lineno, ast.unparse(node)


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "word"


def _names_words(node: ast.expr) -> bool:
    """A name of a word, or a display of such names."""
    if isinstance(node, ast.Constant):
        return node.value in WORDS
    if isinstance(node, ast.Dict):
        return any(key is not None and _names_words(key) for key in node.keys)
    return isinstance(node, ast.Tuple | ast.List | ast.Set) and any(map(_names_words, node.elts))


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_code_asks_for_the_name_of_a_word(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert list(found_in(tree, TABLES.get(path.as_posix(), set()))) == []


@pytest.mark.parametrize(
    "code",
    [
        'layer.word == "conv"',
        'node.layer.word not in ("bn", "ln")',
        'NAMES = ("relu", "silu")\nx = layer.word in NAMES',
        'getattr(layer, "freeze", False)',
        'hasattr(layer, "init")',
        'match loss.word:\n    case "ce":\n        pass',
    ],
)
def test_such_code_is_found(code: str) -> None:
    assert len(list(found_in(ast.parse(code), set()))) == 1
