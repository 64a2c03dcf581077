"""Files are written whole or not at all, and stay what they were."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from command import run_netc
from netc.runtime.storage.files import unwritable, write_atomically, write_parts_atomically

needs_modes = pytest.mark.skipif(os.name != "posix", reason="permissions are of POSIX")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@needs_modes
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755, 0o4711])
def test_a_file_keeps_its_permissions(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", mode)
    write_atomically(path, b"other", mode=0o600)
    assert mode_of(path) == 0o600


@needs_modes
def test_a_new_file_has_the_permissions_that_the_mask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"new")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o640


@needs_modes
def test_what_is_written_is_never_readable_for_more_people_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("secret")
    path.chmod(0o600)
    write_parts_atomically(path, (b"%o" % mode_of(*tmp_path.glob(".netc-*")) for _ in "1"))
    assert path.read_bytes() == b"600"


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link(exists: bool, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "file", tmp_path / "link"
    if exists:
        target.write_text("old")
    try:
        link.symlink_to(Path("there") / "file")
    except OSError:
        pytest.skip("no links on this system")
    assert unwritable(link) is None
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "link", "there"]


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    try:
        path.write_text("old")
    except OSError:
        pytest.skip("no names of 255 bytes on this system")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_part_that_cannot_be_made_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_parts_atomically(path, (b"%d" % (1 // number) for number in (1, 0)))
    assert [item.read_text() for item in tmp_path.iterdir()] == ["old"]


@needs_modes
def test_saved_weights_keep_the_permissions_and_the_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "w.safetensors"
    target.write_bytes(b"")
    target.chmod(0o640)
    link.symlink_to(target)
    spec = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1"
    done = run_netc(tmp_path, "run", "-e", spec, "--save", "w.safetensors")
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert mode_of(target) == 0o640
    assert run_netc(tmp_path, "eval", "w.safetensors").returncode == 0
