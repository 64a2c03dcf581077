"""C texts become a library: what it computes, when it is built again, how compilers fail."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from compilers import (
    PROCESSOR,
    acting,
    any_toolchain,
    build,
    ends,
    let_time_pass_once,
    script,
    toolchain_of,
)
from netc.runtime.native.failure import NativeError
from netc.runtime.native.flags import choose_flags
from netc.runtime.native.folder import BUILD_PREFIX
from netc.runtime.native.objects import build_objects, library_key, load_library
from netc.runtime.native.processor import narrow
from netc.runtime.native.toolchain import Toolchain

TWICE = "double twice(double x) { return x + x; }\n"
HYPOTENUSE = """\
#include <math.h>
double twice(double x);
double hypotenuse(double a, double b) { return twice(sqrt(a * a + b * b)); }
"""
LOOSE = """\
int is_nan(double x) { return x != x; }
double back(double a, double b) { return (a + b) - a; }
float contracted(float a, float b, float c) { return a * b + c; }
float sum(const float *x, int n) { float s = 0; for (int i = 0; i < n; i++) s += x[i]; return s; }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Übersetzt von cc"


@pytest.fixture
def cc(tmp_path: Path) -> Toolchain:
    return any_toolchain(tmp_path / "versions")


def function(library: ctypes.CDLL, name: str, arguments: int = 1) -> Callable[..., float]:
    """A function of numbers in double precision."""
    found = getattr(library, name)
    found.restype, found.argtypes = ctypes.c_double, [ctypes.c_double] * arguments
    return found  # type: ignore[no-any-return]


def libraries(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix in (".so", ".dylib", ".dll")]


def gone(toolchain: Toolchain) -> Toolchain:
    """The compiler after it was removed: what needs it fails."""
    return replace(toolchain, command=("/nowhere/cc", *toolchain.command[1:]))


@pytest.mark.parametrize("family", ["gcc", "clang", "zig"])
def test_several_texts_are_one_library(family: str, tmp_path: Path, folder: Path) -> None:
    toolchain = toolchain_of(family, tmp_path / "versions")
    built = build(toolchain, folder, TWICE, HYPOTENUSE, LOOSE)
    assert (built.cached, built.lost, built.path.parent) == (False, None, folder)
    library = load_library(built)
    assert function(library, "hypotenuse", 2)(3.0, 4.0) == 10.0
    # arithmetic is that of the text
    assert library.is_nan
    library.is_nan.argtypes = [ctypes.c_double]
    assert library.is_nan(float("nan")) == 1
    assert function(library, "back", 2)(1e16, 1.0) == 0.0
    if PROCESSOR.width >= 32 or PROCESSOR.machine == "arm64":  # which have fused multiply-add
        library.contracted.restype = ctypes.c_float
        library.contracted.argtypes = [ctypes.c_float] * 3
        assert library.contracted(1 + 2**-12, 1 + 2**-12, -(1 + 2**-11)) == 2**-24
    again = build(toolchain, folder, TWICE, HYPOTENUSE, LOOSE)
    assert (again.cached, again.path) == (True, built.path)
    assert libraries(folder) == [built.path]
    assert not list(folder.glob(f"{BUILD_PREFIX}*"))


@pytest.mark.heavy
def test_zig_needs_no_home_folder(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "ZIG_GLOBAL_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    toolchain = toolchain_of("zig", tmp_path / "versions")
    built = build(toolchain, folder, TWICE)
    assert function(load_library(built), "twice")(2.0) == 4.0
    assert libraries(folder) == [built.path]


def test_no_compiler_is_started_for_a_library_that_is_there(cc: Toolchain, folder: Path) -> None:
    built = build(cc, folder, TWICE)
    found = build(gone(cc), folder, TWICE)
    assert (found.cached, found.path) == (True, built.path)
    assert function(load_library(found), "twice")(2.0) == 4.0


def test_a_library_depends_on_all_that_it_is_made_of(cc: Toolchain) -> None:
    flags = choose_flags(cc, PROCESSOR)
    other = replace(cc, version="another")
    more = flags._replace(compile=(*flags.compile, "-DA"))
    last = flags._replace(link=(*flags.link, "-DA"))
    narrow_one = replace(PROCESSOR, identity="another")
    keys = [
        library_key(["ab", "c"], cc, flags, PROCESSOR),
        library_key(["a", "bc"], cc, flags, PROCESSOR),
        library_key(["abc"], cc, flags, PROCESSOR),
        library_key(["c", "ab"], cc, flags, PROCESSOR),
        library_key(["ab", "c"], other, flags, PROCESSOR),
        library_key(["ab", "c"], replace(cc, command=(*cc.command, "-m32")), flags, PROCESSOR),
        library_key(["ab", "c"], cc, more, PROCESSOR),
        library_key(["ab", "c"], cc, last, PROCESSOR),
        library_key(["ab", "c"], cc, flags, narrow_one),
    ]
    assert len(set(keys)) == len(keys)
    assert library_key(["ab", "c"], gone(cc), flags, PROCESSOR) == keys[0]


@pytest.mark.parametrize("family", ["gcc", "clang", pytest.param("zig", marks=pytest.mark.heavy)])
@pytest.mark.parametrize("width", ["32", "16"])
def test_narrowed_vectors_compile(family: str, width: str, tmp_path: Path, folder: Path) -> None:
    toolchain = toolchain_of(family, tmp_path / "versions")
    processor = narrow(PROCESSOR, {"NETC_NATIVE_VECTOR": width})
    flags = choose_flags(toolchain, processor)
    source = (
        "int wide(void) {\n#ifdef __AVX512F__\nreturn 64;\n#elif defined __AVX2__\nreturn 32;\n"
    )
    source += "#else\nreturn 16;\n#endif\n}\n"
    built = build_objects([source], toolchain, flags, folder, processor=processor)
    assert load_library(built).wide() == processor.width


def test_a_sanitizer_stops_what_is_undefined(cc: Toolchain, folder: Path) -> None:
    source = "int half(int *x, int n) { return x[0] / n; }\nint shift(int n) { return 1 << n; }\n"
    flags = choose_flags(cc, PROCESSOR, sanitize=("undefined",))
    try:
        built = build_objects([source], cc, flags, folder, processor=PROCESSOR)
    except NativeError as error:
        pytest.skip(f"no sanitizer: {error}")
    code = f"import ctypes; print(ctypes.CDLL({str(built.path)!r}).shift(40))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "shift exponent 40" in done.stderr


# Compilers that fail


def failure(call: Callable[[], object]) -> NativeError:
    with pytest.raises(NativeError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("family", ["gcc", "clang", "zig"])
def test_what_a_compiler_refuses_is_told(family: str, tmp_path: Path, folder: Path) -> None:
    toolchain = toolchain_of(family, tmp_path / "versions")
    error = failure(lambda: build(toolchain, folder, "int f(void) { return missing; }\n"))
    assert error.problem.code == "E0770"
    assert "ended with status 1" in str(error)
    assert "unit0.c:1" in error.problem.label()
    assert "missing" in error.problem.label()
    assert "name another compiler in NETC_CC" in error.problem.help()
    assert list(folder.iterdir()) == []


def test_warnings_before_the_error_are_left_out(tmp_path: Path, folder: Path) -> None:
    says = "echo warning: old >&2; echo >&2; echo 'fatal error: no disk' >&2; echo more; exit 4"
    error = failure(lambda: build(acting(tmp_path / "cc", says), folder, TWICE))
    assert str(error) == f"`{tmp_path / 'cc'}` ended with status 4"
    assert error.problem.label() == "fatal error: no disk"
    assert error.problem.help()[0] == "it says: more"


def test_a_linker_that_fails(cc: Toolchain, folder: Path) -> None:
    flags = choose_flags(cc, PROCESSOR)
    wrong = flags._replace(link=(*flags.link, "-lno-such-library-anywhere"))
    error = failure(lambda: build_objects([TWICE, TWICE], cc, wrong, folder, processor=PROCESSOR))
    assert error.problem.code == "E0770"


def test_one_that_hangs_is_ended_with_its_children(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_time_pass_once(tmp_path / "child", monkeypatch)
    hangs = acting(tmp_path / "cc", f'sleep 600 & echo $! > "{tmp_path}/child"; wait')
    error = failure(lambda: build(hangs, folder, TWICE))
    assert error.problem.code == "E0771"
    assert str(error) == f"`{tmp_path / 'cc'}` took more than 300 seconds"
    assert ends(int((tmp_path / "child").read_text()))
    assert list(folder.iterdir()) == []


def test_the_first_failure_ends_the_others(tmp_path: Path, folder: Path) -> None:
    text = f"""\
case "$*" in
  *unit0.c*) echo $$ > "{tmp_path}/child"; sleep 600;;
  *) until [ -s "{tmp_path}/child" ]; do sleep 0.01; done; echo "an error"; exit 1;;
esac"""
    flags = choose_flags(acting(tmp_path / "cc", text), PROCESSOR)
    error = failure(
        lambda: build_objects(
            [TWICE, TWICE],
            acting(tmp_path / "cc", text),
            flags,
            folder,
            processor=PROCESSOR,
            at_once=2,
        )
    )
    assert error.problem.label() == "an error"
    assert ends(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("text", [None, b"\x7fELF of another machine"])
def test_one_that_cannot_be_started(tmp_path: Path, folder: Path, text: bytes | None) -> None:
    program = tmp_path / "cc"
    if text is not None:
        program.write_bytes(text)
        program.chmod(0o755)
    error = failure(lambda: build(Toolchain((str(program),), "gcc", "1"), folder, TWICE))
    assert error.problem.code == "E0770"
    assert "cannot be started" in str(error)


def test_one_that_writes_no_library(tmp_path: Path, folder: Path) -> None:
    error = failure(lambda: build(acting(tmp_path / "cc", "exit 0"), folder, TWICE))
    assert error.problem.code == "E0770"
    assert "writes no library" in str(error)


def test_one_whose_library_cannot_be_loaded(tmp_path: Path, folder: Path) -> None:
    writes = 'while [ "$1" != -o ]; do shift; done; echo no library > "$2"'
    built = build(acting(tmp_path / "cc", writes), folder, TWICE)
    error = failure(lambda: load_library(built))
    assert error.problem.code == "E0772"


def test_a_problem_can_be_reported_at_a_place(tmp_path: Path, folder: Path) -> None:
    from netc.grammar.source import Source, Span

    error = failure(lambda: build(acting(tmp_path / "cc", "exit 1"), folder, TWICE))
    place = Span(Source("a.net", "input 4"), 0, 5)
    assert error.at(place).at == place
    assert error.at(place).message() == error.problem.message()


# Several processes

BUILDER = """\
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from compilers import build
from netc.runtime.native.objects import load_library
from netc.runtime.native.toolchain import Toolchain
built = build(Toolchain(({command!r},), "gcc", "of a test"), Path({folder!r}), {source!r})
print(built.cached, built.lost, load_library(built).twice)
"""


def builder(command: Path, folder: Path) -> subprocess.Popen[str]:
    """A process that builds and loads a library."""
    code = BUILDER.format(paths=sys.path, command=str(command), folder=str(folder), source=TWICE)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_two_processes_build_the_same_at_once(cc: Toolchain, tmp_path: Path, folder: Path) -> None:
    (tmp_path / "there").mkdir()
    waits = f"""\
echo > "{tmp_path}/there/$$"
until [ "$(ls "{tmp_path}/there" | wc -l)" -ge 2 ]; do sleep 0.01; done
exec "$CC" "$@\""""
    program = script(tmp_path / "cc", waits)
    both = [builder(program, folder) for _ in range(2)]
    for process in both:
        said, _ = process.communicate()
        assert process.returncode == 0
        assert said.startswith("False None <")
    assert len(libraries(folder)) == 1
    assert not list(folder.glob(f"{BUILD_PREFIX}*"))


def test_a_process_that_is_killed_leaves_nothing_that_is_loaded(
    cc: Toolchain, tmp_path: Path, folder: Path
) -> None:
    hangs = script(
        tmp_path / "cc",
        f'echo half > library.so; echo $$ > "{tmp_path}/m"; '
        f'mv "{tmp_path}/m" "{tmp_path}/mark"; exec sleep 600',
    )
    process = builder(hangs, folder)
    while not (tmp_path / "mark").exists():
        assert process.poll() is None
    process.kill()
    process.communicate()
    os.kill(int((tmp_path / "mark").read_text()), signal.SIGKILL)

    assert len(list(folder.glob(f"{BUILD_PREFIX}*"))) == 1
    works = acting(tmp_path / "cc", 'exec "$CC" "$@"')
    built = build(works, folder, TWICE)
    assert (built.cached, built.lost) == (False, None)
    assert function(load_library(built), "twice")(2.0) == 4.0
    (left,) = folder.glob(f"{BUILD_PREFIX}*")  # perhaps of a process that is still at work
    os.utime(left, (1, 1))
    build(works, folder, HYPOTENUSE + TWICE)
    assert not left.exists()
