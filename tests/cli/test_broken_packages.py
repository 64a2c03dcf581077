"""Optional packages that are installed and cannot be imported: who needs one says which, what it
said and what to do; none is taken for a bug of netc."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from netc.runtime.packages import PACKAGES, OptionalPackage, package_trouble

ROOT = Path(__file__).parents[2]
SPEC = "data digits; input 64 -> dense 10 softmax; loss ce; opt adam; train epochs=1 seed=1"
TUNED = f"""
let width=4
tune grid width=(4, 8)
{SPEC.replace("digits", "digits val=10%").replace("64 ->", "64 -> dense $width ->")}
"""

KINDS = {
    "a library": (
        "raise ImportError('libm4.so: cannot open')",
        "ImportError: libm4.so: cannot open",
    ),
    "a version": ("raise AttributeError('no bool')", "AttributeError: no bool"),
    "the system": ("raise OSError('undefined symbol: _Z9')", "OSError: undefined symbol: _Z9"),
    "a dependency": ("import netc_nowhere", "ModuleNotFoundError: No module named 'netc_nowhere'"),
    "half of a file": ("def f(:", "SyntaxError: "),
    "no words": ("raise RuntimeError", "RuntimeError"),
}
"""What is in the package, and what is said of it."""

COMMANDS = {
    "h5py": ["import", "m.keras"],
    "jinja2": ["report"],
    "matplotlib": ["show", "s.net", "--graph", "a.png"],
    "onnx": ["export", "s.net", "-o", "m.onnx"],
    "openpyxl": ["data", "-e", 'data excel "a.xlsx"; input 2 -> dense 1; loss mse'],
    "optuna": ["tune", "t.net"],
    "pillow": ["data", "-e", 'data images "photos"; input 8x8x3 -> flatten -> dense 2'],
    "psycopg": ["tune", "t.net", "--storage", "postgresql://127.0.0.1:9/x"],
    "pyarrow": ["data", "-e", 'data parquet "a.parquet"; input 2 -> dense 1; loss mse'],
    "pymysql": ["tune", "t.net", "--storage", "mysql+pymysql://127.0.0.1:9/x"],
    "scikit-learn": ["bench", "--against", "sklearn"],
    "torch": ["run", "s.net", "--engine", "torch"],
}
"""By the package that the command needs."""

PROGRAMS = {
    "ipython": "netc.NotebookReporter()",
    "matplotlib": "netc.compile(SPEC).fit().history.plot()",
    "mlflow-skinny": "netc.MLflowReporter()",
    "onnx": "netc.import_model('m.onnx')",
    "optuna": "netc.tune('t.net')",
    "pandas": "netc.compile(SPEC).fit().history.to_pandas()",
    "scikit-learn": "import netc.sklearn",
    "tensorboardX": "netc.TensorBoardReporter('logs')",
}


def broken(folder: Path, module: str, text: str) -> None:
    """Puts a package into a folder that cannot be imported."""
    (folder / module).mkdir(parents=True)
    (folder / module / "__init__.py").write_text(f"{text}\n")


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, which finds the broken package first."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "packages")}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s.net").write_text(SPEC)
    (tmp_path / "t.net").write_text(TUNED)
    beginnings = {"m.keras": b"PK", "m.onnx": b"", "a.xlsx": b"PK\3\4", "a.parquet": b"PAR1"}
    for name, content in beginnings.items():
        (tmp_path / name).write_bytes(content)
    for kind in ("cat", "dog"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        (tmp_path / "photos" / kind / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def rows(table: dict[str, object]) -> list[tuple[str, str]]:
    """Each row with another kind of damage."""
    kinds = list(KINDS)
    return [(name, kinds[index % len(kinds)]) for index, name in enumerate(table)]


@pytest.mark.parametrize(("name", "kind"), rows({**COMMANDS}))
def test_a_command_names_the_package_what_it_said_and_the_way_out(
    name: str, kind: str, folder: Path
) -> None:
    text, said = KINDS[kind]
    broken(folder / "packages", PACKAGES[name].modules[0], text)
    done = call(folder, "-m", "netc", *COMMANDS[name])
    printed = " ".join(done.stderr.split())
    assert done.returncode == 1, printed
    assert "bug" not in printed
    assert "Traceback" not in printed
    title = PACKAGES[name].title
    assert re.search(rf"{title}(, which)? cannot be imported \({re.escape(said)}", printed), printed
    assert "pip install " in printed


@pytest.mark.parametrize(("name", "kind"), rows({**PROGRAMS}))
def test_a_program_gets_an_import_error_that_says_the_same(
    name: str, kind: str, folder: Path
) -> None:
    text, said = KINDS[kind]
    broken(folder / "packages", PACKAGES[name].modules[0], text)
    done = call(folder, "-c", f"SPEC = {SPEC!r}\nimport netc\n{PROGRAMS[name]}")
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("netc.runtime.packages.UnusablePackageError: ")
    assert f"{PACKAGES[name].title}" in last
    assert said in last
    assert "pip install " in last


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_damage_is_told_from_a_package_that_is_not_there(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, said = KINDS[kind]
    monkeypatch.setitem(PACKAGES, "own", OptionalPackage("Own", "mine", ("netc_own_package",)))
    missing = package_trouble("own")
    assert missing is not None
    assert missing.text("pages need") == "pages need Own: pip install 'netc[mine]'"
    assert missing.text() == "Own is not installed: pip install 'netc[mine]'"
    broken(tmp_path, "netc_own_package", text)
    monkeypatch.syspath_prepend(tmp_path)
    found = package_trouble("own")
    assert found is not None
    assert f"Own cannot be imported ({said}" in found.text()
    # pip adds what a package lacks, too; what is damaged is installed again
    lacks = kind == "a dependency"
    package = "'netc[mine]'" if lacks else "--force-reinstall own"
    assert found.command == f"pip install {package}"


def test_every_package_has_a_row_and_is_in_its_extra() -> None:
    assert {*COMMANDS, *PROGRAMS} == set(PACKAGES)
    with open(ROOT / "pyproject.toml", "rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    for name, package in PACKAGES.items():
        if package.extra:
            listed = [re.split(r"[\[>]", text)[0] for text in extras[package.extra]]
            assert name in listed


def imported(file: Path) -> set[str]:
    """The packages outside the standard library that a file imports, but for those of types."""
    tree = ast.parse(file.read_text("utf-8"))
    typed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typed:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found - set(sys.stdlib_module_names)


def test_no_other_package_is_imported() -> None:
    """One that netc can do without and that is not in the table would be a bug where it is
    broken."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]
    known = {re.split(r"[\[><]", text)[0].replace("-", "_") for text in needed}
    known |= {package.modules[0] for package in PACKAGES.values()}
    # what these bring: pooch, Optuna, ONNX, Pydantic
    known |= {"requests", "sqlalchemy", "google", "pydantic_core", "netc"}
    parts = ("cli", "compiler", "estimators", "grammar", "integrations", "runtime")
    files = [file for part in parts for file in (ROOT / part).rglob("*.py")]
    assert set().union(*map(imported, files)) - known == set()
