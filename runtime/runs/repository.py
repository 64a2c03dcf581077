"""The commit of the repository that holds a spec; nothing that the repository names is executed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory


def commit_of(folder: Path) -> str | None:
    """The commit of the repository that holds a folder, with `+` where its files have changed;
    None where there is none, or git cannot tell."""
    asked = ("HEAD", "--show-toplevel", "--git-path", "index", "--git-path", "objects")
    try:
        head, *places = _git(folder, "rev-parse", *asked).splitlines()
        top, index, objects = (str(folder / place) for place in places)
        changed = _changed(folder, head, top, index, objects)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return f"{head}{'+' if changed else ''}"


def _changed(folder: Path, head: str, top: str, index: str, objects: str) -> str:
    """What `git status` lists. It executes hooks and what the settings of a repository name
    (`core.fsmonitor`, filters), and a folder with a repository may come from anybody. So it works
    from an empty repository, which has neither."""
    with TemporaryDirectory(prefix="netc-git-") as empty:
        (Path(empty) / "refs").mkdir()
        (Path(empty) / "HEAD").write_text(f"{head}\n")
        return _git(
            folder, "-c", "core.fileMode=false", "-c", "core.fsmonitor=false",
            "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all", ".",
            GIT_DIR=empty, GIT_WORK_TREE=top, GIT_INDEX_FILE=index,
            GIT_OBJECT_DIRECTORY=objects, GIT_OPTIONAL_LOCKS="0",
        )  # fmt: skip


def _git(folder: Path, *arguments: str, **variables: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **variables},
        capture_output=True, check=True, timeout=5, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return os.fsdecode(done.stdout).strip()
