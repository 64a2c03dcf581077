"""Finds a C compiler: that of `NETC_CC`, then those on the path, then the package `ziglang`."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ...compiler.problems.native import CompilerMissing, CompilerUnusable
from ..storage.files import write_atomically
from .commands import run_commands
from .failure import NOWHERE, NativeError
from .folder import native_folder, open_folder, why_unsafe_folder

COMPILER_VARIABLE = "NETC_CC"
NAMES = ("cc", "clang", "gcc")
VERSION_SECONDS = 60.0
"""How long a compiler may take to say its version. zig unpacks itself when it is first called."""
KNOWN_VERSIONS = "compilers.json"
"""In the folder of compiled libraries: starting clang takes longer than loading a library."""

ZIG_CACHE = "ZIG_GLOBAL_CACHE_DIR"
"""Where zig keeps its C library. Without a home folder that can be written it does not even say its
version."""

CompilerFamily = Literal["gcc", "clang", "zig"]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A C compiler."""

    command: tuple[str, ...]
    """The path of its program, and arguments that precede all others."""
    family: CompilerFamily
    version: str
    """What it says of itself: `(Debian 12.2.0-14) 12.2.0`."""

    @property
    def name(self) -> str:
        """`gcc 12.2.0`; zig says the version of the clang in it: `zig (clang 20.1.2)`."""
        numbers = [word for word in self.version.split() if word[0].isdigit()]
        if self.family == "zig" and numbers:
            return f"zig (clang {numbers[-1]})"
        return " ".join((self.family, *numbers[-1:]))

    @property
    def identity(self) -> str:
        """What its results depend on, besides flags."""
        return " ".join((self.family, self.version, *self.command[1:]))


def find_toolchain(environment: Mapping[str, str], folder: Path | None = None) -> Toolchain:
    """The compiler that `NETC_CC` names (a program and its arguments, quoted as in a shell);
    without it, the first of cc, clang, gcc and the package `ziglang` that works. `folder` keeps the
    versions of compilers; by default, it is that of compiled libraries. Raises NativeError."""
    folder = native_folder() if folder is None else folder
    asked = environment.get(COMPILER_VARIABLE, "").strip()
    if asked:
        found = _examine(_split(asked, environment), environment, folder)
        if isinstance(found, Toolchain):
            return found
        raise NativeError(CompilerUnusable(at=NOWHERE, command=asked, reason=found))
    unusable: list[tuple[str, str]] = []
    for command in _candidates(environment):
        found = _examine(command, environment, folder)
        if isinstance(found, Toolchain):
            return found
        unusable.append((" ".join(command), found))
    raise NativeError(CompilerMissing(at=NOWHERE, unusable=tuple(unusable)))


def _split(asked: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The words of `NETC_CC`. A path with spaces needs no quotes if that is all there is."""
    if shutil.which(asked, path=environment.get("PATH")):
        return (asked,)
    try:
        words = shlex.split(asked, posix=os.name == "posix")
    except ValueError as error:
        reason = f"its quotes do not match ({str(error).lower()})"
        raise NativeError(CompilerUnusable(at=NOWHERE, command=asked, reason=reason)) from error
    return tuple(word.strip('"') if os.name != "posix" else word for word in words)


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for name in NAMES:
        if shutil.which(name, path=environment.get("PATH")):
            yield (name,)
    # the program of the package, which `python -m ziglang` would start after another Python
    package = find_spec("ziglang")
    for place in (package.submodule_search_locations or ()) if package else ():
        program = shutil.which("zig", path=place)
        if program:
            yield (program, "cc")


def _examine(
    command: tuple[str, ...], environment: Mapping[str, str], folder: Path
) -> Toolchain | str:
    """The compiler that a command calls, or why it calls none."""
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        if os.path.isfile(command[0]):
            return "it is not executable"
        return "there is no such program"
    # compilers are called from other folders
    command = (os.path.abspath(program), *command[1:])
    if any("++" in os.path.basename(word) for word in command[:2]):  # also behind ccache
        return "it compiles C++, not C"
    key = _describe_files(command, environment)
    known = _read_versions(folder)
    said = known.get(key) or _ask_version(command, environment)
    if isinstance(said, NoVersion):
        return said.reason
    if key not in known:
        _write_versions(folder, {**known, key: said})
    family = _recognize(command, said)
    if family is None:
        return "it is neither gcc nor clang nor zig"
    return Toolchain(command, family, _version_of(said, family))


def _recognize(command: tuple[str, ...], said: str) -> CompilerFamily | None:
    if "cc" in command[1:] and any(Path(word).stem in ("zig", "ziglang") for word in command):
        return "zig"  # which says that it is clang
    if "clang version" in said:
        return "clang"
    if "Free Software Foundation" in said and "License" not in said:
        return "gcc"  # other programs of GNU name their licence
    return None


def _version_of(said: str, family: CompilerFamily) -> str:
    """`cc (Debian 12.2.0-14) 12.2.0` -> `(Debian 12.2.0-14) 12.2.0`, because gcc has several names;
    `Debian clang version 14.0.6` -> `Debian 14.0.6`."""
    line = said.splitlines()[0].strip()
    if family == "gcc":
        return line.partition(" ")[2]
    return (
        line.replace("clang version", "clang" if family == "zig" else "").strip().replace("  ", " ")
    )


# The versions of compilers that were called before


def _describe_files(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """The command with the time and size of each program that it names."""
    parts = []
    for word in command:
        parts.append(word)
        path = shutil.which(word, path=environment.get("PATH"))
        if path is not None:
            with suppress(OSError):
                found = os.stat(path)
                parts.append(f"{os.path.realpath(path)} {found.st_mtime_ns} {found.st_size}")
    return "\n".join(parts)


def _read_versions(folder: Path) -> dict[str, str]:
    """Nothing where the file is missing, damaged or another user's."""
    try:
        if why_unsafe_folder(folder):
            return {}
        found = json.loads((folder / KNOWN_VERSIONS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str) and value}


def _write_versions(folder: Path, versions: dict[str, str]) -> None:
    with suppress(OSError):  # then the compiler is asked again
        if open_folder(folder) is None:
            text = json.dumps(versions, indent=1, sort_keys=True)
            write_atomically(folder / KNOWN_VERSIONS, text.encode(), mode=0o600)


@dataclass(frozen=True, slots=True)
class NoVersion:
    """A program that does not say what it is."""

    reason: str


def _ask_version(command: tuple[str, ...], environment: Mapping[str, str]) -> str | NoVersion:
    asking = (*command, "--version")
    try:
        with tempfile.TemporaryDirectory(prefix="netc-") as there:
            (done,) = run_commands(
                [asking],
                folder=Path(there),
                environment={ZIG_CACHE: there, **environment, "LC_ALL": "C"},
                seconds=VERSION_SECONDS,
            )
    except OSError as error:
        return NoVersion(f"it cannot be started: {(error.strerror or str(error)).lower()}")
    if done.status is None:
        return NoVersion(f"`--version` took more than {VERSION_SECONDS:g} seconds")
    if done.status != 0 or not done.output.strip():
        return NoVersion(f"`--version` ended with status {done.status}")
    return re.sub(r"\r\n?", "\n", done.output.strip())
