"""What is installed is what the folders hold: no more, no less."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_PACKAGES = {"benchmarks", "build", "dist", "docs", "runs", "specs", "tests"}
"""Folders of the checkout that are not installed."""


def package_folders() -> set[Path]:
    """The folders below the root that hold Python files, relative to it."""
    tops = [
        folder
        for folder in ROOT.iterdir()
        if folder.is_dir() and folder.name not in NOT_PACKAGES and folder.name.isidentifier()
    ]
    files = [file for top in tops for file in top.rglob("*.py")]
    return {file.parent.relative_to(ROOT) for file in files}


def packages() -> list[str]:
    with open(ROOT / "pyproject.toml", "rb") as file:
        listed: list[str] = tomllib.load(file)["tool"]["setuptools"]["packages"]
    return listed


def test_the_list_of_packages_is_sorted_and_names_every_folder() -> None:
    listed = packages()
    assert listed == sorted(listed)
    folders = {".".join(("netc", *folder.parts)) for folder in package_folders()}
    assert set(listed) == folders | {"netc"}


def test_every_package_says_in_its_init_what_it_is_for() -> None:
    for folder in package_folders():
        text = (ROOT / folder / "__init__.py").read_text()
        assert text.startswith('"""'), f"{folder}/__init__.py has no docstring"


def test_nothing_at_the_root_can_shadow_the_package() -> None:
    assert not (ROOT / "netc").exists()
    scripts = {file.name for file in ROOT.glob("*.py")}
    assert scripts <= {"__init__.py", "__main__.py", "api.py", "events.py"}


def test_no_folder_of_tests_can_pass_for_a_package() -> None:
    tests = ROOT / "tests"
    folders = [Path(entry) for entry in sys.path if Path(entry).is_relative_to(tests)]
    held = {path.name.split(".")[0] for folder in folders for path in folder.iterdir()}
    assert not held & {"click", "keras", "lark", "numpy", "onnx", "sklearn", "torch"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in a wheel built from a copy of the tree."""
    pytest.importorskip("setuptools", minversion="77", reason="the wheel is built with it")
    there = tmp_path_factory.mktemp("wheel")
    tree = there / "tree"
    everywhere = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__")
    at_the_root = shutil.ignore_patterns("build", "dist", "runs")

    def ignored(folder: str, names: list[str]) -> set[str]:
        found = everywhere(folder, names)
        return found | at_the_root(folder, names) if Path(folder) == ROOT else found

    shutil.copytree(ROOT, tree, ignore=ignored)
    build = f"import setuptools.build_meta as b; b.build_wheel({str(there)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=tree, check=True, capture_output=True)
    (built,) = there.glob("netc-*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: list[str]) -> None:
    inside = {name for name in wheel if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in inside} == {"netc"}
    folders = {Path(), *package_folders()}
    sources = {
        f"netc/{(folder / file.name).as_posix()}"
        for folder in folders
        for file in (ROOT / folder).glob("*.py")
    }
    assert {name for name in inside if name.endswith(".py")} == sources


def test_the_wheel_holds_the_files_that_are_not_python(wheel: list[str]) -> None:
    data = {name for name in wheel if ".dist-info/" not in name and not name.endswith(".py")}
    expected = {"netc/py.typed", "netc/grammar/netc.lark", "netc/grammar/netc.tables"}
    bundled = {"*.csv.gz", "*.npz", "*.csv"}
    folder = ROOT / "runtime" / "data"
    expected |= {
        f"netc/runtime/data/{file.name}" for pattern in bundled for file in folder.glob(pattern)
    }
    for place in ("cli/commands", "runtime/report"):
        templates = (ROOT / place / "templates").iterdir()
        expected |= {f"netc/{place}/templates/{file.name}" for file in templates}
    sources = (ROOT / "compiler" / "native" / "c").rglob("*.[hc]")
    expected |= {f"netc/{file.relative_to(ROOT).as_posix()}" for file in sources}
    assert data == expected
