"""Rules about the files themselves: where they stand, how long they are, what they call things.

What breaks a rule for a reason says so beside it. `AWAITING` holds what still has to be mended;
it only ever shrinks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from netc.compiler.native.templates import TEMPLATES
from netc.runtime.kernels import KERNELS

ROOT = Path(__file__).parents[2]
PARTS = ("grammar", "compiler", "runtime", "cli")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60

AWAITING: dict[str, set[str]] = {
    "long": set(),
    "late import": set(),
}


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    """Every Python file of the repository."""
    made = ("build", "dist", "runs")
    return sorted(
        file
        for file in ROOT.rglob("*.py")
        if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
        and file.relative_to(ROOT).parts[0] not in made
    )


def product() -> list[Path]:
    """Every Python file of the package."""
    return [file for file in sources() if relative(file).split("/")[0] not in OUTSIDE]


OUTSIDE = ("benchmarks", "docs", "tests")


def functions(file: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


@pytest.mark.parametrize("file", sources(), ids=relative)
def test_a_file_is_short_or_says_why_not(file: Path) -> None:
    lines = file.read_text().splitlines()
    reason = lines[0] if lines else ""
    assert len(lines) <= LONGEST_FILE or "long because" in reason.lower(), (
        f"{relative(file)} has {len(lines)} lines, and its first line does not say "
        "'long because ...'"
    )


def test_a_function_is_short_or_says_why_not() -> None:
    """The comment `# long because ...` stands on the line of its name. How many branches it has is
    a rule of ruff's (PLR0912)."""
    found = set()
    for file in product():
        lines = file.read_text(encoding="utf-8").splitlines()
        for node in functions(file):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length >= LONGEST_FUNCTION and "# long because " not in lines[node.lineno - 1]:
                found.add(f"{relative(file)} {node.name}")
    assert found <= AWAITING["long"]


MOST_PARAMETERS = 8
"""More that travel together are one object."""
MANY_PARAMETERS = {
    "runtime/model/model.py fit": "a program says by name what it trains with",
    "runtime/model/model.py partial_fit": "the same",
    "runtime/model/model.py cross_validate": "the same",
    "estimators/estimator.py __init__": "scikit-learn's parameters",
    "api.py tune": "a program says by name how it searches",
    "runtime/training/cross_validation.py cross_validate": "the data, and what watches the folds",
    "runtime/model/attacks/attack_run.py attack_on_data": "the data, and how it is attacked",
}


ROWS = {"runtime/kernels/": KERNELS, "compiler/native/templates/": TEMPLATES}
"""By folder, what each instruction is in NumPy and in C."""


def is_row(file: Path, node: ast.FunctionDef) -> bool:
    """Its parameters are the arrays and numbers of its instruction."""
    return any(
        relative(file).startswith(folder)
        and node.name in {getattr(row, "func", row).__name__ for row in rows.values()}
        for folder, rows in ROWS.items()
    )


def is_command(node: ast.FunctionDef) -> bool:
    """Its parameters are the options of the command line."""
    return "click.command" in {
        ast.unparse(item.func) for item in node.decorator_list if isinstance(item, ast.Call)
    }


def test_a_function_has_few_parameters() -> None:
    found = set()
    for file in product():
        for node in functions(file):
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            taken = [item for item in arguments if item.arg not in ("self", "cls")]
            exempt = is_command(node) or is_row(file, node)
            if len(taken) > MOST_PARAMETERS and not exempt:
                found.add(f"{relative(file)} {node.name}")
    assert found == set(MANY_PARAMETERS)


def test_what_ruff_lets_pass_says_why() -> None:
    """`# noqa: CODE` is followed by a reason."""
    silent = re.compile(r"#\s*noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?\s*$")
    lines = (
        f"{relative(file)}:{number}"
        for file in product()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if silent.search(line)
    )
    assert list(lines) == []


# Names

SHARED = {
    "Edit": "the grammar's, and the public one that mirrors it",
    "Fix": "the grammar's, and the public one that mirrors it",
    "Model": "the IR, and the trained network that a program holds",
}


def test_two_classes_never_share_a_name() -> None:
    """The nodes of the syntax tree are always written `ast.Call`, so their names are free."""
    homes: dict[str, list[str]] = {}
    for file in product():
        if relative(file) == "grammar/ast.py":
            continue
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [node.name] if isinstance(node, ast.ClassDef) else []
            if isinstance(node, ast.Assign):
                names = [name.id for name in node.targets if isinstance(name, ast.Name)]
            for name in names:
                if name[0].isupper() and not name.isupper():
                    homes.setdefault(name, []).append(relative(file))
    shared = {name: files for name, files in homes.items() if len(files) > 1}
    assert {name: files for name, files in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared), "an exception that is not needed any more"


# Imports

FACES = re.compile(r"^(api|__init__|__main__|cli/.*|runtime/model/model)\.py$")
"""Where each function loads what it needs: `netc --help` and `import netc` need hardly anything."""

LATE = re.compile(
    r"(^|\.)(problems|suggest|repair)(\.|$)"  # what only a wrong spec needs
    r"|^netc\.runtime\.engine\.(native|torch)(\.|$)"  # what only these engines need
    r"|^netc\.runtime\.interchange\.(onnx|keras)\."  # what only their files need
    r"|^netc\.compiler\.language\.outside$"  # what only words of packages need
    r"|^netc\.compiler\.(layers|losses|optimizers|training|data)\."  # words, when they are met
    r"|^(PIL|h5py|jinja2|matplotlib|pooch|requests|torch|numpy|openpyxl|mlflow|optuna|tensorboardX|pyarrow|sqlalchemy|pydantic|pydantic_core|lark|unicodedata|difflib)(\.|$)"
)
"""What costs time or may be missing, and is needed by few."""


def targets(node: ast.Import | ast.ImportFrom, file: Path) -> list[str]:
    """The modules that an import names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not node.level:
        return [node.module or ""]
    package = ["netc", *file.relative_to(ROOT).parts[: -node.level]]
    module = ".".join([*package, node.module] if node.module else package)
    return [module] if node.module else [f"{module}.{alias.name}" for alias in node.names]


def test_imports_stand_at_the_top_unless_they_pay_for_it() -> None:
    """An import stands inside a function where it saves time that most commands need not spend."""
    found = set()
    for file in product():
        if FACES.match(relative(file)):
            continue
        for function in functions(file):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    late = [name for name in targets(node, file) if not LATE.search(name)]
                    found |= {(relative(file), function.name, name) for name in late}
    assert {item for item in found if item[0] not in AWAITING["late import"]} == set()


# Names

DIALECT = {
    "salvage", "mistaken", "promised", "ceilings", "gathering", "learnt", "codings", "rehearse",
    "rehearsal", "amend", "misfit", "misfits", "meant",
}  # fmt: skip
"""Words that the field does not use for what they stood for here."""


def words(name: str) -> set[str]:
    """The words that a name is made of: `Learnt`, `is_learnt`, `learntState`."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def names(file: Path) -> Iterator[str]:
    """Every name that a file gives, and its own."""
    yield file.stem
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr
            case ast.arg():
                yield node.arg


def test_names_are_those_of_the_field() -> None:
    found = {
        (relative(file), word)
        for file in product()
        for word in set(chain.from_iterable(words(name) for name in names(file))) & DIALECT
    }
    assert found == set()


# Tests


def test_tests_stand_in_folders_like_those_of_the_package() -> None:
    folders = {
        relative(file.parent).removeprefix("tests/")
        for part in PARTS
        for file in (ROOT / "tests" / part).rglob("test_*.py")
    }
    assert [
        folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()
    ] == []


def test_test_files_have_names_of_their_own() -> None:
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
    assert not list((ROOT / "tests").rglob("__init__.py"))
