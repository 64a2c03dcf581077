"""The page of the experiments is what its script writes from the results that were kept."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "experiments.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """make_experiments.py, loaded from its file."""
    spec = importlib.util.spec_from_file_location("make_experiments", DOCS / "make_experiments.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_was_measured(script: ModuleType) -> None:
    assert script.document(script.kept()) == PAGE, "`python docs/make_experiments.py` writes it"


def test_a_figure_that_changes_changes_the_page(script: ModuleType) -> None:
    results = script.kept()
    results["better"]["mlp_128_64"][0]["test"] -= 0.01
    assert script.document(results) != PAGE


def test_the_page_shows_every_picture_and_every_spec(script: ModuleType) -> None:
    drawn = {f"experiments/{picture.name}.svg" for picture in script.pictures(script.kept())}
    assert set(re.findall(r"!\[[^]]*\]\(([^)]*)\)", PAGE)) == drawn
    assert drawn == {f"experiments/{file.name}" for file in (DOCS / "experiments").glob("*.svg")}
    specs = (ROOT / "specs" / "course" / "experiments").glob("*.net")
    assert [spec.name for spec in specs if f"/{spec.name})" not in PAGE] == []


def test_a_picture_draws_the_figures_that_were_kept(script: ModuleType) -> None:
    results = script.kept()
    better = {picture.name: picture for picture in script.pictures(results)}["better"]
    first = results["better"]["mlp_128_64"][0]
    assert list(better.table[f"mlp_128_64 {first['seed']}"]) == first["val"]
