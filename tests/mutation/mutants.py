"""Whether tests fail for changes of what they test.

python tests/mutation/mutants.py compiler/lower/passes --tests tests/compiler/lower/passes

draws changes of one place each (a comparison, a number, a sign, a condition, a removed statement),
runs the tests on a copy of the tree with each, and shows which of them no test notices. `--texts`
changes what is in texts, too: the C of templates.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeGuard

import pytest

ROOT = Path(__file__).parents[2]
SWAPS = {
    "NotIn": "In", "Or": "And", "Break": "Continue", "BitAnd": "BitOr", "Add": "Sub", "Pow": "Mult",
    "Mod": "FloorDiv", "And": "Or", "FloorDiv": "Mult", "NotEq": "Eq", "BitOr": "BitAnd",
    "Is": "IsNot", "Sub": "Add", "Eq": "NotEq", "GtE": "Gt Lt", "LtE": "Lt Gt", "Continue": "Break",
    "Lt": "LtE Gt", "Div": "Mult", "In": "NotIn", "IsNot": "Is", "Mult": "FloorDiv", "Gt": "GtE Lt",
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
C_SWAPS = {
    " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", " % ": " / ", " && ": " || ",
    " < ": " <= ", " == ": " != ", " += ": " -= ", " -= ": " += ", " *= ": " /= ",
    "SQRT(": "ABS(", "sqrt(": "fabs(", "smaller(": "larger(",
}  # fmt: skip
"""Of C in a text."""
C_PLACES = re.compile("|".join(map(re.escape, C_SWAPS)) + r"|(?<![\w.{])\d+(\.\d+)?(?![\w.}])")
OPTIONS = ["-x", "-q", "-n0", "-pno:randomly", "-pno:cacheprovider", "--hypothesis-seed=0"]
OPTIONS += ["-Wignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is imported before


def text_changes(text: str) -> Iterator[ast.AST]:
    """What a text of C may become."""
    for place in C_PLACES.finditer(text):
        old = place[0]
        new = C_SWAPS.get(old) or (f"{float(old) * 2}" if "." in old else f"{int(old) + 1}")
        yield ast.Constant(text[: place.start()] + new + text[place.end() :])


def _is_code(node: ast.AST, parent: ast.AST, field: str) -> TypeGuard[ast.Constant]:
    """Whether it is a text, and neither a docstring nor a name in a table."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text and not isinstance(parent, ast.Expr) and field != "keys"


def changes(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    """What a node may become."""
    yield from (getattr(ast, name)() for name in SWAPS.get(type(node).__name__, "").split())
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            others = [value * 2 or 1.0] if isinstance(value, float) else [value + 1, value - 1]
            yield from map(ast.Constant, others)
        case ast.Name(id=name) if name in CALLS and field == "func":
            yield ast.Name(CALLS[name])
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
    condition = field == "ifs" or (field == "test" and not isinstance(parent, ast.Assert))
    if condition and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)


def mutants(file: Path, texts: bool = False) -> list[tuple[str, Any]]:
    """All changes of a file besides those of decorators and types, each with its place; those of
    texts only if asked for."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    found: list[tuple[str, Any]] = []

    def changed(parent: Any, field: str, index: int | None, new: ast.AST) -> tuple[str, str]:
        """How a change reads, and the whole file with it."""
        before, old = ast.unparse(parent), getattr(parent, field)
        setattr(parent, field, new if index is None else [*old[:index], new, *old[index + 1 :]])
        after, text = ast.unparse(parent), ast.unparse(ast.fix_missing_locations(tree))
        setattr(parent, field, old)
        same = next((i for i in range(len(before)) if before[: i + 1] != after[: i + 1]), 0)
        old, new = (code[max(0, same - 30) :][:60] for code in (before, after))
        return f"{old!r} -> {new!r}", text

    def visit(parent: Any, scope: str, typing: bool) -> None:
        typing = typing and not isinstance(parent, ast.Call)  # `Field(gt=0)` in a type counts
        for field in (name for name in parent._fields if name != "decorator_list"):
            types = typing or field in ("annotation", "returns")
            value = getattr(parent, field, None)
            for at, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST) and getattr(node, "id", "") != "TYPE_CHECKING":
                    news = () if types else changes(node, parent, field)
                    if texts and _is_code(node, parent, field):
                        news = text_changes(node.value)
                    found.extend((scope, partial(changed, parent, field, at, new)) for new in news)
                    name = f".{getattr(node, 'name', '')}" if hasattr(node, "body") else ""
                    visit(node, f"{scope}{name}".strip("."), types)

    visit(tree, "", False)
    return found


BROKEN = 70
"""The exit status of a fork that could not try; pytest has others."""


def outcome(arguments: list[str], copy: Path) -> str:
    """What comes of the tests in a fork, which imports netc from the copy."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            signal.alarm(900)  # ends what never ends
            log = os.open(f"{copy}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1), os.dup2(log, 2)
            os.chdir(copy)
            os._exit(int(pytest.main([*OPTIONS, f"--basetemp={copy}.tests", *arguments])))
        except BaseException:
            traceback.print_exc()
            os._exit(BROKEN)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == BROKEN:
        sys.exit(Path(f"{copy}.log").read_text("utf-8"))
    return "found" if status else "SURVIVED"


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether tests fail for changes of the code.")
    parser.add_argument("sources", nargs="+", help="files and folders to change")
    parser.add_argument("--tests", nargs="+", required=True, help="what should fail")
    parser.add_argument("--within", default="", help="a pattern of the functions to change")
    parser.add_argument("--count", type=int, default=60, help="how many changes to draw")
    parser.add_argument("--seed", type=int, default=1, help="the same one draws the same changes")
    parser.add_argument("--only", type=int, nargs="+", help="the numbers of changes to try")
    parser.add_argument("--texts", action="store_true", help="change the C in texts, too")
    options = parser.parse_args()
    files = [sorted((ROOT / one).rglob("*.py")) or [ROOT / one] for one in options.sources]
    every = [
        (f.relative_to(ROOT), *one)
        for group in files
        for f in group
        for one in mutants(f, options.texts)
    ]
    pool = [one for one in every if re.search(options.within, one[1])]
    drawn = random.Random(options.seed).sample(range(len(pool)), min(options.count, len(pool)))
    with tempfile.TemporaryDirectory() as folder:
        copy, survived = Path(folder).resolve() / "netc", 0
        for name in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        sys.path.insert(0, folder)
        os.environ |= {"PYTHONPATH": folder, "HYPOTHESIS_STORAGE_DIRECTORY": f"{folder}/examples"}
        for module in ("hypothesis", "numpy", "pydantic", "torch._dynamo"):  # once for all forks
            if find_spec(module.partition(".")[0]):
                __import__(module)
        if outcome(options.tests, copy) != "SURVIVED":
            sys.exit(Path(f"{copy}.log").read_text("utf-8") + "the tests fail without a change")
        # what is compiled now is right; a change has another time, so it is read as text
        sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
        for number in options.only or sorted(drawn):
            file, scope, change = pool[number]
            title, text = change()
            shutil.copy2(copy / file, f"{copy}.original")
            (copy / file).write_text(text, "utf-8")
            os.utime(copy / file, (0, 0))
            result = outcome(options.tests, copy)
            shutil.copy2(f"{copy}.original", copy / file)
            survived += result == "SURVIVED"
            print(f"{result} {number} {file} {scope}: {title}", flush=True)
        print(f"{survived} survived, of {len(pool)} changes that there are")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
