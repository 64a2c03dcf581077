"""The commit of a repository, and that nothing in the repository is executed to read it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from netc.runtime.runs.repository import commit_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")


def git(folder: Path, *arguments: str) -> str:
    words = ("git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments)
    done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "repository with ä"
    (folder / "specs").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "specs" / "a.net").write_text("input 4 -> dense 3")
    (folder / "README").write_text("a network")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


def test_a_folder_without_changes_has_the_commit(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    (repository / "specs" / "new.net").write_text("input 4 -> dense 3")
    os.utime(repository / "specs" / "a.net", (0, 0))
    assert commit_of(repository) == commit_of(repository / "specs") == head


def test_changes_of_files_in_the_folder_are_told(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    (repository / "README").write_text("a larger network")
    assert commit_of(repository) == f"{head}+"
    assert commit_of(repository / "specs") == head
    git(repository, "add", "README")
    assert commit_of(repository) == f"{head}+"


def test_a_second_working_tree_has_its_own_commit(repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", str(tree))
    (tree / "README").write_text("another network")
    git(tree, "commit", "-qam", "second")
    assert commit_of(tree) == git(tree, "rev-parse", "HEAD") != commit_of(repository)


def test_a_folder_without_a_commit_has_none(tmp_path: Path) -> None:
    assert commit_of(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="the program is one of the shell")
def test_nothing_that_a_repository_names_is_executed(repository: Path, tmp_path: Path) -> None:
    ran, program = tmp_path / "ran", repository / ".git" / "hooks" / "post-index-change"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n")
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=bad\n")
    git(repository, "config", "core.fsmonitor", str(program))
    git(repository, "config", "filter.bad.clean", f"'{program}'")
    os.utime(repository / "README", (0, 0))
    head = git(repository, "rev-parse", "HEAD")
    ran.unlink(missing_ok=True)
    assert commit_of(repository) == head
    assert not ran.exists()
    git(repository, "status")
    assert ran.exists(), "the programs are such that git executes"
