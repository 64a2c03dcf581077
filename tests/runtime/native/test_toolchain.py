"""Which compiler is found: `NETC_CC`, the path, the package; and why others are refused."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from compilers import any_toolchain, ends, let_time_pass_once, script, toolchain_of
from netc.runtime.native import toolchain as module
from netc.runtime.native.failure import NativeError
from netc.runtime.native.folder import native_folder
from netc.runtime.native.toolchain import KNOWN_VERSIONS, CompilerFamily, Toolchain, find_toolchain

GCC = 'echo "cc (Test 1.2) 1.2.3"; echo "Copyright (C) Free Software Foundation, Inc."'
CLANG = 'echo "Test clang version 9.8.7 (of a test)"'

Find = Callable[..., Toolchain]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def find(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Finds a compiler where only `PATH` has some and the package is missing."""
    monkeypatch.setattr(module, "find_spec", lambda name: None)

    def find_in(path: Path | str = "", asked: str = "") -> Toolchain:
        return find_toolchain({"PATH": str(path), "NETC_CC": asked}, kept)

    return find_in


def why(call: Callable[[], Toolchain]) -> tuple[str, str]:
    """The code and the message of a failure."""
    with pytest.raises(NativeError) as caught:
        call()
    return caught.value.problem.code, str(caught.value)


@pytest.mark.parametrize("family", ["gcc", "clang", "zig"])
def test_the_family_is_recognized(family: str, kept: Path) -> None:
    found = toolchain_of(family, kept)
    assert found.family == family
    assert any(part.isdecimal() for part in found.version.replace(".", " ").split())
    assert "version" not in found.version
    assert found.identity.startswith(f"{family} {found.version}")


@pytest.mark.parametrize(
    ("family", "version", "name"),
    [
        ("gcc", "(Debian 12.2.0-14) 12.2.0", "gcc 12.2.0"),
        ("clang", "Debian 14.0.6", "clang 14.0.6"),
        ("zig", "clang 20.1.2", "zig (clang 20.1.2)"),
        ("gcc", "of a test", "gcc"),
    ],
)
def test_the_name_tells_which_version_it_is(
    family: CompilerFamily, version: str, name: str
) -> None:
    assert Toolchain(("cc",), family, version).name == name


def test_cc_precedes_clang_and_gcc(find: Find, tmp_path: Path) -> None:
    script(tmp_path / "gcc", GCC)
    assert find(tmp_path).command == (str(tmp_path / "gcc"),)
    script(tmp_path / "clang", CLANG)
    assert find(tmp_path) == Toolchain(
        (str(tmp_path / "clang"),), "clang", "Test 9.8.7 (of a test)"
    )
    script(tmp_path / "cc", GCC)
    assert find(tmp_path) == Toolchain((str(tmp_path / "cc"),), "gcc", "(Test 1.2) 1.2.3")


def test_one_that_does_not_work_is_passed_over(find: Find, tmp_path: Path) -> None:
    script(tmp_path / "cc", "exit 1")
    script(tmp_path / "clang", 'echo "tcc version 0.9.27"')
    script(tmp_path / "gcc", GCC)
    assert find(tmp_path).command == (str(tmp_path / "gcc"),)


def test_the_package_is_the_last_choice(kept: Path, tmp_path: Path) -> None:
    zig = toolchain_of("zig", kept)
    empty = tmp_path / "empty"
    found = find_toolchain({**os.environ, "PATH": str(empty), "NETC_CC": ""}, kept)
    assert (found.family, found.version, found.command[1:]) == ("zig", zig.version, ("cc",))


def test_without_any_the_ways_out_are_told(find: Find, tmp_path: Path) -> None:
    with pytest.raises(NativeError) as caught:
        find(tmp_path)
    problem = caught.value.problem
    assert problem.code == "E0768"
    assert "pip install 'netc[native]'" in problem.help()[0]


def test_the_variable_holds_a_program_and_arguments(find: Find, tmp_path: Path) -> None:
    there = tmp_path / "mein Übersetzer"
    program = script(there / "c c", GCC)
    script(tmp_path / "cc", CLANG)
    for asked in (f'"{program}" -m64 "-DA=b c"', f"'{program}' -m64 '-DA=b c'"):
        found = find(tmp_path, asked)
        assert found.command == (str(program), "-m64", "-DA=b c")
        assert found.identity == "gcc (Test 1.2) 1.2.3 -m64 -DA=b c"
    assert find(there, "'c c'").command == (str(program),)
    assert find(tmp_path, str(program)).command == (str(program),)


def test_the_variable_never_meets_a_shell(find: Find, tmp_path: Path) -> None:
    script(tmp_path / "gcc", f'{GCC}; echo "$@" > "{tmp_path}/arguments"')
    mark = tmp_path / "mark"
    assert why(lambda: find(tmp_path, f"gcc;touch {mark}")) == (
        "E0769",
        f"NETC_CC names `gcc;touch {mark}`, which cannot be used as a C compiler: "
        "there is no such program",
    )
    find(tmp_path, f"gcc $(touch {mark}) `touch {mark}` && touch {mark}")
    assert (tmp_path / "arguments").read_text().startswith(f"$(touch {mark}) `touch")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("exit 3", 0o755, "`--version` ended with status 3"),
        ("exit 0", 0o755, "`--version` ended with status 0"),
        ("echo tcc version 0.9.27", 0o755, "it is neither gcc nor clang nor zig"),
        (f"{GCC}; echo License GPLv3+", 0o755, "it is neither gcc nor clang nor zig"),
        (GCC, 0o644, "it is not executable"),
    ],
)
def test_why_the_one_of_the_variable_is_refused(
    find: Find, tmp_path: Path, text: str, mode: int, reason: str
) -> None:
    program = script(tmp_path / "mycc", text)
    program.chmod(mode)
    script(tmp_path / "gcc", GCC)  # which is not what was asked for
    code, message = why(lambda: find(tmp_path, str(program)))
    assert (code, message.partition(": ")[2]) == ("E0769", reason)


@pytest.mark.parametrize("asked", ["g++", "clang++-18", "ccache g++"])
def test_a_compiler_of_another_language_is_refused(find: Find, tmp_path: Path, asked: str) -> None:
    """Even where the C compiler beside it, of the same version, has compiled the library before."""
    for name in asked.split():
        script(tmp_path / name, GCC)
    code, message = why(lambda: find(tmp_path, asked))
    assert (code, message.partition(": ")[2]) == ("E0769", "it compiles C++, not C")


def test_a_program_that_the_system_cannot_start(find: Find, tmp_path: Path) -> None:
    program = tmp_path / "mycc"
    program.write_bytes(b"\x7fELF of another machine")
    program.chmod(0o755)
    assert why(lambda: find(tmp_path, str(program)))[1].endswith(
        "it cannot be started: exec format error"
    )


def test_quotes_that_do_not_match(find: Find, tmp_path: Path) -> None:
    code, message = why(lambda: find(tmp_path, 'gcc "-m64'))
    assert (code, "its quotes do not match" in message) == ("E0769", True)


def test_one_that_never_answers_is_ended_with_its_children(
    find: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_time_pass_once(tmp_path / "child", monkeypatch)
    program = script(tmp_path / "mycc", f'sleep 600 & echo $! > "{tmp_path}/child"; wait')
    assert why(lambda: find(os.environ["PATH"], str(program)))[1].endswith("more than 60 seconds")
    assert ends(int((tmp_path / "child").read_text()))


# Versions that are remembered


@pytest.fixture
def counted(tmp_path: Path) -> tuple[Path, Path]:
    """A compiler, and the file to which each of its starts adds a line."""
    starts = tmp_path / "starts"
    return script(tmp_path / "bin" / "cc", f'{GCC}; echo >> "{starts}"'), starts


def test_a_known_compiler_is_not_started(find: Find, counted: tuple[Path, Path]) -> None:
    program, starts = counted
    assert find(program.parent) == find(program.parent)
    assert len(starts.read_text().splitlines()) == 1


@pytest.mark.parametrize("change", ["time", "size", "arguments"])
def test_one_that_was_replaced_is(find: Find, counted: tuple[Path, Path], change: str) -> None:
    program, starts = counted
    find(program.parent)
    if change == "size":
        before = program.stat()
        program.write_text(program.read_text().replace("1.2.3", "1.2.34"))
        os.utime(program, ns=(before.st_mtime_ns, before.st_mtime_ns))
        assert find(program.parent).version == "(Test 1.2) 1.2.34"
    elif change == "time":
        os.utime(program, (1, 1))
        find(program.parent)
    else:
        find(program.parent, f"{program} -m32")
    assert len(starts.read_text().splitlines()) == 2


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"a": 1}', b"\xff\xfe", "open"])
def test_what_was_remembered_is_not_trusted(
    find: Find, counted: tuple[Path, Path], kept: Path, damage: str | bytes
) -> None:
    program, starts = counted
    right = find(program.parent)
    path = kept / KNOWN_VERSIONS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    if damage == "open":
        kept.chmod(0o777)
    else:
        path.write_bytes(damage if isinstance(damage, bytes) else damage.encode())
    assert find(program.parent) == right
    assert len(starts.read_text().splitlines()) == 2


def test_other_compilers_stay_known(find: Find, counted: tuple[Path, Path], kept: Path) -> None:
    other = script(kept.parent / "other" / "cc", CLANG)
    find(counted[0].parent)
    find(other.parent)
    assert len(json.loads((kept / KNOWN_VERSIONS).read_text())) == 2


def test_versions_are_kept_with_the_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_toolchain(tmp_path / "elsewhere")
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    find_toolchain(os.environ)
    assert (native_folder() / KNOWN_VERSIONS).is_file()
    assert native_folder().parent == tmp_path / "cache"
