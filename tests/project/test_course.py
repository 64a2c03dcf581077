"""The pages of the course: their commands work, they show what these print and draw, and the index
lists them.

Training is shortened, so that only what needs none is compared word for word; `make course` runs
everything to its end.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner
from netc.cli.main import netc as command_line

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "docs" / "course"
INDEX = COURSE / "README.md"
PAGES = sorted(set(COURSE.glob("*.md")) - {INDEX})

QUICK = {"run": ["--fast", "--workers", "1"], "tune": ["--epochs", "1"]}
"""What is added to commands that take long."""
FEW_STEPS = {"--find-lr", "--overfit"}
"""What does not, and cannot be combined with these."""

LONG = {
    "activations", "adversarial", "augmentation", "hyper-parameters", "initialisation",
    "looking-inside", "regularisation", "xor",
}  # fmt: skip
"""Pages that train so many networks that they take more than four seconds even so."""

UNTRAINED = {"check", "data", "explain", "fmt", "gradcheck", "show"}
"""The commands that print the same with and without training."""


def load_make_course() -> ModuleType:
    """The script that writes the pages, loaded from its file."""
    spec = importlib.util.spec_from_file_location("make_course", ROOT / "docs" / "make_course.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look for their module here
    sys.modules["make_course"] = module
    spec.loader.exec_module(module)
    return module


make_course = load_make_course()


def name(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name(page), marks=[pytest.mark.heavy] * (name(page) in LONG))
        for page in [*PAGES, INDEX]
    ],
)
def test_the_commands_of_a_page_work_and_draw_its_pictures(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text()
    if make_course.pictures(text):
        pytest.importorskip("matplotlib", reason="draws the pictures of the page")
    if " tune " in text:
        pytest.importorskip("optuna", reason="searches the values of the page")
    if "data mnist" in text and "NETC_DATA_DIR" not in os.environ:
        pytest.skip("needs MNIST in NETC_DATA_DIR")
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    terminal = CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"})
    for command in make_course.commands(text):
        words = list(command.words)
        if FEW_STEPS.isdisjoint(words):
            words += QUICK.get(words[0], [])
        done = terminal.invoke(command_line, words, standalone_mode=False)
        printed = done.stdout + done.stderr
        status = done.return_value if done.exception is None else done.exception
        assert command.ends_well(status), (words, status, printed)
        if command.words[0] in UNTRAINED and command.kind != "try":
            shown = [make_course.shape(line) for line in command.shown.strip().splitlines()]
            new = make_course.abridged(printed).strip().splitlines()
            assert [make_course.shape(line) for line in new] == shown, words
    for picture in make_course.pictures(text):
        assert make_course.written(picture, tmp_path).exists(), f"no command writes {picture}"


@pytest.mark.parametrize("page", [*PAGES, INDEX], ids=name)
def test_the_specs_in_a_page_are_those_that_ship(page: Path) -> None:
    text = page.read_text()
    assert text == make_course.with_specs(text, COURSE), "`make course` copies them"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_ends_with_an_exercise(page: Path) -> None:
    assert re.findall(r"^## (.*)$", page.read_text(), re.M)[-1] == "Exercise"


def test_the_index_lists_every_page_with_a_command_of_it() -> None:
    text = INDEX.read_text()
    assert set(re.findall(r"\((\w[\w-]*\.md)\)", text)) == {page.name for page in PAGES}
    for line in text.splitlines():
        linked = re.search(r"\((\w[\w-]*\.md)\)", line)
        for command in re.findall(r"`(netc [^`]*)`", line) if linked else ():
            assert command in (COURSE / linked[1]).read_text(), f"{linked[1]} lacks `{command}`"


def test_every_picture_is_in_a_page_and_small() -> None:
    shown = {picture for page in PAGES for picture in make_course.pictures(page.read_text())}
    folder = COURSE / "pictures"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == shown
    large = [picture for picture in sorted(shown) if (folder / picture).stat().st_size > 200_000]
    assert large == []


def test_every_spec_of_the_course_is_used_by_a_page() -> None:
    used = " ".join(page.read_text() for page in PAGES)
    for spec in sorted((ROOT / "specs" / "course").glob("*.net")):
        assert f"specs/course/{spec.name}" in used
