"""C compilers for tests: those of this machine, and scripts that act as one."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from time import sleep

import pytest
from netc.runtime.native import commands
from netc.runtime.native.flags import choose_flags
from netc.runtime.native.objects import BuiltLibrary, build_objects
from netc.runtime.native.processor import find_processor
from netc.runtime.native.toolchain import Toolchain, find_toolchain

PROCESSOR = find_processor({})


def toolchain_of(family: str, folder: Path) -> Toolchain:
    """A compiler of a family; the test is skipped where there is none. `folder` keeps versions."""
    if family == "zig":
        if find_spec("ziglang") is None:
            pytest.skip("the package `ziglang` is not installed")
        command = f'"{sys.executable}" -m ziglang cc'
    elif shutil.which(family) is None:
        pytest.skip(f"{family} is not installed")
    else:
        command = family
    return find_toolchain({**os.environ, "NETC_CC": command}, folder)


def any_toolchain(folder: Path) -> Toolchain:
    """The compiler that netc finds here; the test is skipped where there is none."""
    if not any(shutil.which(name) for name in ("cc", "clang", "gcc")):
        pytest.skip("no C compiler is installed")
    environment = {name: value for name, value in os.environ.items() if name != "NETC_CC"}
    return find_toolchain(environment, folder)


def script(path: Path, text: str) -> Path:
    """A shell script that acts as a compiler. `$CC` is a real one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nCC={shutil.which('cc') or 'cc'}\n{text}\n", "utf-8")
    path.chmod(0o755)
    return path


def acting(path: Path, text: str) -> Toolchain:
    """A script as a compiler that was found."""
    return Toolchain((str(script(path, text)),), "gcc", "of a test")


def build(toolchain: Toolchain, folder: Path, *sources: str) -> BuiltLibrary:
    """The library of some texts, with the flags for this machine."""
    flags = choose_flags(toolchain, PROCESSOR)
    return build_objects(sources, toolchain, flags, folder, processor=PROCESSOR)


def let_time_pass_once(mark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To commands that are waited for, an hour passes when a script has written a file."""
    monkeypatch.setattr(
        commands, "monotonic", lambda: 3600.0 * (mark.exists() and mark.stat().st_size > 0)
    )


def ends(process: int) -> bool:
    """Whether a process that was killed goes; the system may need a moment for it. One that has
    ended and is not yet reaped is gone."""
    for _ in range(1000):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        sleep(0.01)
    return False
