"""Folders of runs: their names, their order, and how a person calls them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from netc.runtime.runs.folder import (
    RunFolder,
    all_runs,
    find_run,
    folder_name,
    new_folder,
    place_run,
)

NOON = datetime(2026, 11, 20, 12, 0, 0)


def made(base: Path, name: str, now: datetime = NOON) -> RunFolder:
    path = new_folder(base / name)
    (path / "run.json").write_text("{}")
    return place_run(path, base / name, now)


def test_runs_of_one_second_are_numbered_and_stay_in_order(tmp_path: Path) -> None:
    names = [made(tmp_path, "net").path.name for _ in range(12)]
    assert names[0] == "2026-11-20_12-00-00"
    assert names[11] == "2026-11-20_12-00-00_12"
    assert [run.path.name for run in all_runs(tmp_path)] == names
    assert (tmp_path / "net" / "latest").resolve().name == names[11]


def test_a_folder_that_is_being_set_up_is_no_run(tmp_path: Path) -> None:
    path = new_folder(tmp_path / "net")
    (path / "run.json").write_text("{}")
    assert all_runs(tmp_path) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("digits.net", "digits"),
        ("my net.net", "my-net"),
        ("..", "run"),
        ("a/b\\c", "a-b-c"),
        ("größe.net", "größe"),
        ("x" * 300, "x" * 80),
        ("<text>", "text"),
    ],
)
def test_a_title_becomes_a_name_of_a_folder(title: str, name: str) -> None:
    assert folder_name(title) == name


def test_a_run_is_called_by_its_folder_its_spec_and_its_time(tmp_path: Path) -> None:
    first = made(tmp_path, "a", datetime(2026, 11, 20, 9, 0, 0))
    second = made(tmp_path, "a", datetime(2026, 11, 21, 9, 0, 0))
    other = made(tmp_path, "b", datetime(2026, 11, 20, 10, 0, 0))
    called = {
        "latest": second,
        "a": second,
        "a.net": second,
        "a/latest": second,
        "a/2026-11-20": first,
        "b": other,
        "b/2026": other,
        "2026-11-21": second,
        str(first.path): first,
        str(first.path / "checkpoints"): first,
    }
    for text, run in called.items():
        found = find_run(text, tmp_path)
        assert found is not None, text
        assert found.path.resolve() == run.path.resolve(), text
    for text in ("2026-11-20", "c", "a/2027", ""):
        assert find_run(text, tmp_path) is None, text
