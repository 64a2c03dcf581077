"""Rules about the files themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 400


def sources() -> list[Path]:
    hidden = ("build", "dist", "runs")
    return sorted(
        file
        for file in ROOT.rglob("*.py")
        if not any(part.startswith(".") or part in hidden for part in file.relative_to(ROOT).parts)
    )


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_is_short_or_says_why_not(file: Path) -> None:
    lines = file.read_text().splitlines()
    reason = lines[0] if lines else ""
    assert len(lines) <= LONGEST or "long because" in reason.lower(), (
        f"{file.relative_to(ROOT)} has {len(lines)} lines, and its first line does not say "
        "'long because ...'"
    )


def test_test_files_have_names_of_their_own() -> None:
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
    assert not list((ROOT / "tests").rglob("__init__.py"))
