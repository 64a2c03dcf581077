"""From C texts to a shared library in the cache, and from there into this process.

The name of a library is the hash of everything it depends on, then the hash of its own bytes. So
one rename puts it in place, several processes can build the same one, and a damaged file shows.
No compiler is started where the library is there.
"""

from __future__ import annotations

import _ctypes
import atexit
import ctypes
import hashlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from ...compiler.problems.native import CompilationFailed, CompilationTimedOut, LibraryUnusable
from .commands import run_commands
from .failure import NOWHERE, NativeError
from .flags import Flags, library_suffix
from .folder import BUILD_PREFIX, open_folder, remove_oldest, why_unsafe_file
from .processor import Processor
from .toolchain import ZIG_CACHE, Toolchain

FORMAT = "netc native 1"
"""Changes when libraries of earlier versions of netc must not be used any more."""
LIMIT = 300.0
"""Seconds that a compiler may take for one text."""
LINES_SAID = 4
"""Of what a failing compiler writes."""
PROBE_BYTES = 32 << 20
"""What must fit into a folder that is not full: texts, assembly and objects of a large network."""


@dataclass(frozen=True, slots=True)
class BuiltLibrary:
    """A shared library, ready to be loaded."""

    path: Path
    seconds: float
    """How long it took to build it, or to find it."""
    cached: bool
    """Whether it was there already."""
    lost: str | None = None
    """Why it is not kept for later processes; None when it is."""


@dataclass(frozen=True, slots=True)
class Building:
    """How the texts are compiled."""

    toolchain: Toolchain
    flags: Flags
    at_once: int
    limit: float
    cancelled: Event | None


def build_objects(
    sources: Sequence[str],
    toolchain: Toolchain,
    flags: Flags,
    folder: Path,
    *,
    processor: Processor,
    at_once: int | None = None,
    limit: float = LIMIT,
    cancelled: Event | None = None,
) -> BuiltLibrary:
    """The library of some C texts, each a translation unit of its own. It is compiled, `at_once`
    texts at a time, unless the folder holds it. Where the folder cannot be used, the library is
    built in a temporary one, which goes with the process. Raises NativeError, and CancelledError
    once another thread has set `cancelled`."""
    start = time.perf_counter()
    folder = folder.absolute()  # the compiler is called in another one
    key = library_key(sources, toolchain, flags, processor)
    lost = open_folder(folder)
    if lost is None:
        found = find_library(folder, key)
        if found is not None:
            return BuiltLibrary(found, time.perf_counter() - start, cached=True)
    building = Building(toolchain, flags, at_once or _count_cores(), limit, cancelled)
    if lost is None:
        try:
            path = _build(sources, key, folder, building)
            remove_oldest(folder, library_suffix(), kept=path)
            return BuiltLibrary(path, time.perf_counter() - start, cached=False)
        except OSError as error:
            lost = f"`{folder}`: {_reason(error)}"
        except NativeError:
            lost = _why_full(folder)
            if lost is None:
                raise
    try:
        private = Path(tempfile.mkdtemp(prefix="netc-native-"))
        # on Windows a loaded library cannot be removed, and stays in the folder for temporary files
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        path = _build(sources, key, private, building)
    except OSError as error:
        raise NativeError(LibraryUnusable(at=NOWHERE, reason=_reason(error))) from error
    except NativeError as error:
        # a compiler that has no room often says nothing: its words have no room either
        reason = _why_full(private)
        if reason is None:
            raise
        raise NativeError(LibraryUnusable(at=NOWHERE, reason=reason)) from error
    return BuiltLibrary(path, time.perf_counter() - start, cached=False, lost=lost)


def load_library(built: BuiltLibrary, *, stays: bool = False) -> ctypes.CDLL:
    """Loads a library into this process. It is unloaded with the object that this gives, unless it
    `stays`: whoever keeps an address in it keeps the object. Raises NativeError."""
    try:
        library = ctypes.CDLL(str(built.path))
    except OSError as error:
        raise NativeError(LibraryUnusable(at=NOWHERE, reason=str(error))) from error
    if built.lost is not None:
        # nobody else loads it: where the system allows that, it has no name from now on
        shutil.rmtree(built.path.parent, ignore_errors=True)
    unload = getattr(_ctypes, "dlclose", None) or getattr(_ctypes, "FreeLibrary", None)
    if unload is not None and not stays:
        weakref.finalize(library, unload, library._handle).atexit = False
    return library


def library_key(
    sources: Sequence[str], toolchain: Toolchain, flags: Flags, processor: Processor
) -> str:
    """The hash of everything that a library depends on."""
    digest = hashlib.sha256()
    parts = (FORMAT, toolchain.identity, *flags.compile, "", *flags.link, "", processor.identity)
    for part in (*parts, *sources):
        data = part.encode()
        digest.update(b"%d:" % len(data))  # so that no two lists of texts are the same bytes
        digest.update(data)
    return digest.hexdigest()


def find_library(folder: Path, key: str) -> Path | None:
    """The library of a key, the newest first; none whose bytes are not those that its name says, or
    that another user may have written."""
    suffix = library_suffix()
    found: list[tuple[int, Path]] = []
    for path in folder.glob(f"{key}-*{suffix}"):
        with suppress(OSError):  # removed by another process in the meantime
            found.append((path.lstat().st_mtime_ns, path))
    for _, path in sorted(found, reverse=True):
        with suppress(OSError):
            if why_unsafe_file(path) is None and path.name == _name(key, path.read_bytes()):
                os.utime(path)  # used now: the last one to be removed
                return path
    return None


def _name(key: str, content: bytes) -> str:
    return f"{key}-{hashlib.sha256(content).hexdigest()}{library_suffix()}"


def _build(sources: Sequence[str], key: str, folder: Path, building: Building) -> Path:
    """Compiles in a folder inside the folder, then puts the library in its place. Raises OSError
    and NativeError."""
    with tempfile.TemporaryDirectory(
        prefix=BUILD_PREFIX, dir=folder, ignore_cleanup_errors=True
    ) as there:
        library = _compile(sources, Path(there), building)
        if not library.is_file():
            raise _failed(building, "ended well, but writes no library", "")
        library.chmod(0o700)  # whatever the mask of the process
        target = folder / _name(key, library.read_bytes())
        try:
            os.replace(library, target)
        except PermissionError:
            # Windows does not replace a library that a process has loaded; it has the same bytes
            if find_library(folder, key) != target:
                raise
    return target


def _compile(sources: Sequence[str], there: Path, building: Building) -> Path:
    """The library of the texts in a folder of theirs. Names are relative to it, so that a library
    does not depend on where it was built."""
    library = f"library{library_suffix()}"
    names = [f"unit{number}.c" for number in range(len(sources))]
    for name, text in zip(names, sources, strict=True):
        (there / name).write_text(text, "utf-8", newline="\n")
    # the linker gets all flags, too: for other ones, zig would compile its own library again
    program = (*building.toolchain.command, *building.flags.compile)
    if len(names) > 1:
        _run([(*program, "-c", name, "-o", f"{name[:-2]}.o") for name in names], there, building)
        names = [f"{name[:-2]}.o" for name in names]
    _run([(*program, *names, "-o", library, *building.flags.link)], there, building)
    return there / library


def _run(commands: list[tuple[str, ...]], there: Path, building: Building) -> None:
    # what compilers write elsewhere while they work goes with the folder, also if they are ended
    scratch = {name: str(there) for name in ("TMPDIR", "TMP", "TEMP", "ZIG_LOCAL_CACHE_DIR")}
    lasting = {ZIG_CACHE: str(there.parent / "zig")}
    program = building.toolchain.command[0]
    try:
        finished = run_commands(
            commands,
            folder=there,
            environment={**lasting, **os.environ, **scratch, "LC_ALL": "C"},
            seconds=building.limit,
            at_once=building.at_once,
            cancelled=building.cancelled,
        )
    except OSError as error:
        if error.filename != program:
            raise
        raise _failed(building, f"cannot be started: {_reason(error)}", "") from error
    last = finished[-1]
    if last.status is None:
        seconds = f"{building.limit:g}"
        raise NativeError(CompilationTimedOut(at=NOWHERE, compiler=program, seconds=seconds))
    if last.status != 0:
        raise _failed(building, f"ended with status {last.status}", last.output)


def _failed(building: Building, outcome: str, output: str) -> NativeError:
    compiler, said = building.toolchain.command[0], _first_lines(output)
    return NativeError(CompilationFailed(at=NOWHERE, compiler=compiler, outcome=outcome, said=said))


def _first_lines(output: str) -> tuple[str, ...]:
    """What a compiler says first of what is wrong, without the warnings before it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next((n for n, line in enumerate(lines) if "error" in line.lower()), 0)
    return tuple(lines[first : first + LINES_SAID])


def _why_full(folder: Path) -> str | None:
    """Why no more can be written to a folder, which compilers say in different ways; None where it
    can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(PROBE_BYTES >> 20):
                file.write(bytes(1 << 20))
    except OSError as error:
        return f"`{folder}`: {_reason(error)}"
    return None


def _count_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
