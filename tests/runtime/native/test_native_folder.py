"""What is in the folder of libraries is executed: hostile, damaged, full and read-only ones."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import tempfile
from functools import partial
from pathlib import Path

import pytest
from compilers import acting, any_toolchain, build
from netc.runtime.native import objects
from netc.runtime.native.failure import NativeError
from netc.runtime.native.folder import remove_oldest
from netc.runtime.native.objects import BuiltLibrary, load_library
from netc.runtime.native.toolchain import Toolchain

SOURCE = "int answer(void) { return 42; }\n"
EVIL = "int answer(void) { return 666; }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "native"


@pytest.fixture
def cc(tmp_path: Path) -> Toolchain:
    return any_toolchain(tmp_path / "versions")


def answer(built: BuiltLibrary) -> int:
    found: int = load_library(built).answer()
    return found


def test_the_folder_is_private(cc: Toolchain, folder: Path) -> None:
    folder.parent.mkdir(mode=0o700)
    before = os.umask(0)
    try:
        built = build(cc, folder, SOURCE)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(built.path.stat().st_mode) == 0o700
    assert build(cc, folder, SOURCE).cached


def test_the_folder_may_be_relative(
    cc: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = f'echo "$TMPDIR" > "{tmp_path}/said"; exec "$CC" "$@"'
    monkeypatch.chdir(tmp_path)
    built = build(acting(tmp_path / "cc", says), Path("cache/native"), SOURCE)
    assert (built.lost, built.path.parent) == (None, tmp_path / "cache" / "native")
    assert answer(built) == 42
    assert (tmp_path / "said").read_text().startswith(f"{tmp_path}/cache/native/.build-")


def spoil(folder: Path, how: str, tmp_path: Path) -> None:
    """Makes the folder one that others may have written to."""
    if how == "link":
        elsewhere = tmp_path / "elsewhere"
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
    elif how == "file":
        folder.rename(tmp_path / "elsewhere")
        folder.write_text("")
    elif how == "owner":
        if os.geteuid() != 0:
            pytest.skip("only root can give a folder away")
        os.chown(folder, 12345, -1)
    elif how == "above":
        folder.parent.chmod(0o777)
    else:
        folder.chmod(int(how, 8))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("777", "other users may write to `{folder}` (mode 777)"),
        ("720", "other users may write to `{folder}` (mode 720)"),
        ("702", "other users may write to `{folder}` (mode 702)"),
        ("owner", "`{folder}` belongs to another user"),
        ("link", "`{folder}` is no folder"),
        ("file", "`{folder}` is no folder"),
        ("above", "everybody may write to `{parent}`"),
    ],
)
def test_a_folder_that_others_can_write_to_is_not_used(
    cc: Toolchain, folder: Path, tmp_path: Path, how: str, reason: str
) -> None:
    trap = build(cc, folder, SOURCE)
    evil = build(cc, tmp_path / "evil", EVIL)
    trap.path.write_bytes(evil.path.read_bytes())
    spoil(folder, how, tmp_path)
    built = build(cc, folder, SOURCE)
    assert built.lost == reason.format(folder=folder, parent=folder.parent)
    assert not built.cached
    assert folder not in built.path.parents
    assert stat.S_IMODE(built.path.parent.stat().st_mode) == 0o700
    assert answer(built) == 42
    assert os.name == "nt" or not built.path.parent.exists(), "it is loaded, and needs no name"


def test_a_folder_above_that_keeps_its_files_apart_is_fine(cc: Toolchain, folder: Path) -> None:
    folder.parent.mkdir()
    folder.parent.chmod(0o1777)  # as /tmp is
    assert build(cc, folder, SOURCE).lost is None


@pytest.mark.parametrize(
    "how", ["truncated", "empty", "changed", "open", "link", "folder", "owner"]
)
def test_a_library_that_was_changed_is_built_anew(
    cc: Toolchain, folder: Path, tmp_path: Path, how: str
) -> None:
    built = build(cc, folder, SOURCE)
    path, content = built.path, built.path.read_bytes()
    evil = build(cc, tmp_path / "evil", EVIL).path.read_bytes()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "changed":
        path.write_bytes(evil)
    elif how == "open":
        path.chmod(0o722)
    elif how == "owner":
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(path, 12345, -1)
    else:
        path.unlink()
        other = tmp_path / "other.so"
        other.write_bytes(content)
        if how == "link":
            path.symlink_to(other)
        else:
            path.mkdir()
    again = build(cc, folder, SOURCE)
    assert not again.cached
    assert answer(again) == 42
    if how == "folder":
        assert again.lost is not None
    else:
        assert build(cc, folder, SOURCE).cached
        assert path.read_bytes() == content
        assert stat.S_IMODE(path.lstat().st_mode) == 0o700


def test_a_good_library_beside_a_damaged_one_is_found(cc: Toolchain, folder: Path) -> None:
    built = build(cc, folder, SOURCE)
    key, _, rest = built.path.name.partition("-")
    damaged = folder / f"{key}-{rest[::-1][3:]}{built.path.suffix}"
    damaged.write_bytes(b"damaged")
    assert build(cc, folder, SOURCE).path == built.path


def test_a_cache_that_cannot_be_made(cc: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    built = build(cc, tmp_path / "file" / "native", SOURCE)
    assert built.lost is not None
    assert "not a directory" in built.lost or "exists" in built.lost
    assert answer(built) == 42


def test_a_cache_that_is_read_only(cc: Toolchain, folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    built = build(cc, folder, SOURCE)
    assert built.lost == f"`{folder}`: permission denied"
    assert answer(built) == 42


def test_a_cache_that_is_full(
    cc: Toolchain, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = f'case "$PWD" in "{folder}"*) echo "cannot write: disk is full"; exit 1;; esac'
    full = acting(tmp_path / "cc", f'{fails}; exec "$CC" "$@"')
    monkeypatch.setattr(objects, "_why_full", lambda folder: "no space left on device")
    built = build(full, folder, SOURCE)
    assert built.lost == "no space left on device"
    assert answer(built) == 42
    assert list(folder.iterdir()) == []


def test_a_cache_with_some_room_left_is_full(
    cc: Toolchain, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a compiler could not write is gone when one looks how much room there is."""
    fails = f'case "$PWD" in "{folder}"*) exit 1;; esac'
    full = acting(tmp_path / "cc", f'{fails}; exec "$CC" "$@"')
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(RoomFor, 2 << 20))
    built = build(full, folder, SOURCE)
    assert built.lost == f"`{folder}`: no space left on device"
    assert answer(built) == 42


def test_a_disk_that_is_full_everywhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = acting(tmp_path / "cc", "exit 1")
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(RoomFor, 2 << 20))
    with pytest.raises(NativeError, match="no space left on device") as caught:
        build(silent, folder, SOURCE)
    assert caught.value.problem.code == "E0772"


class RoomFor:
    """A file on a disk with room for so many bytes."""

    def __init__(self, left: int, *, dir: Path) -> None:
        self.left = left

    def __enter__(self) -> RoomFor:
        return self

    def __exit__(self, *raised: object) -> None: ...

    def write(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_libraries_used_longest_ago_are_removed(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old", "oldest")):
        (tmp_path / f"{name}.so").write_bytes(b"x" * 100)
        os.utime(tmp_path / f"{name}.so", (10**9 - age, 10**9 - age))
    (tmp_path / "compilers.json").write_bytes(b"x" * 1000)
    remove_oldest(tmp_path, ".so", kept=tmp_path / "oldest.so", most=250)
    left = {path.stem for path in tmp_path.iterdir()}
    assert left == {"new", "middle", "oldest", "compilers"}


def test_using_a_library_keeps_it(cc: Toolchain, folder: Path) -> None:
    built = build(cc, folder, SOURCE)
    os.utime(built.path, (1, 1))
    build(cc, folder, SOURCE)
    assert built.path.stat().st_mtime > 1


def test_the_bytes_of_a_library_do_not_depend_on_the_folder(cc: Toolchain, tmp_path: Path) -> None:
    one, other = (
        build(cc, tmp_path / name, SOURCE, EVIL.replace("answer", "other")) for name in "ab"
    )
    assert one.path.name == other.path.name
    assert ctypes.sizeof(ctypes.c_void_p) == 8
