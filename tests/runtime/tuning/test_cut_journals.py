"""A journal whose last line was cut, by a full disk or the end of its process."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
from command import run_netc

pytest.importorskip("optuna", reason="a search needs Optuna: pip install 'netc[tune]'")

from netc.runtime.tuning.storage import FileLocks, WholeLinesBackend, drop_half_line

SPEC = """\
let units=4
data iris; input 4 -> dense $units relu -> dense 3 softmax; loss ce; opt adam; train epochs=1
tune random trials=3 units=linear(2, 9)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("a\n", "a\n"), ("a\nb", "a\n"), ("a", ""), ("a\nb\n", "a\nb\n")],
)
def test_what_follows_the_last_end_of_a_line_is_removed(
    before: str, after: str, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text(before)
    drop_half_line(tmp_path / "journal")
    assert (tmp_path / "journal").read_text() == after
    drop_half_line(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the size of files")
def test_a_line_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "journal"
    locks = FileLocks(path)
    backend = WholeLinesBackend(path, locks)
    backend.append_logs([{"a": 1}])
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            backend.append_logs([{"b": "x" * 50}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == '{"a":1}\n'
    backend.append_logs([{"c": 3}, {"d": 4}])
    assert list(backend.read_logs(0)) == [{"a": 1}, {"c": 3}, {"d": 4}]
    locks.close()


def test_a_search_goes_on_from_any_cut(tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    command = ("tune", "s.net", "-o", "best.net", "--no-prune")
    assert run_netc(tmp_path, *command).returncode == 0
    best, journal = (tmp_path / "best.net").read_text(), (tmp_path / "s.journal").read_bytes()
    for length in range(len(journal) // 3, len(journal), len(journal) // 5):
        (tmp_path / "s.journal").write_bytes(journal[:length])
        done = run_netc(tmp_path, *command, "--force")
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "best.net").read_text() == best


def test_a_search_says_which_file_cannot_be_written_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first, the second ... line on, until all of them find room."""
    (tmp_path / "s.net").write_text(SPEC)
    append, written = WholeLinesBackend.append_logs, 0

    def full(backend: WholeLinesBackend, logs: list[dict[str, object]]) -> None:
        nonlocal written
        written += 1
        if written > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(backend, logs)

    monkeypatch.setattr(WholeLinesBackend, "append_logs", full)
    for room in range(0, 1000, 3):
        written = 0
        (tmp_path / "s.journal").unlink(missing_ok=True)
        done = run_netc(tmp_path, "tune", "s.net")
        if written <= room:
            break
        assert done.returncode == 1, done.stderr
        assert "error[E0674]: cannot use `s.journal`: no space left on device" in done.stderr
    assert done.returncode == 0
    assert room > 20
    room, written = 10, 0
    (tmp_path / "s.journal").unlink()
    done = run_netc(tmp_path, "tune", "s.net", "--workers", "2")
    assert done.returncode == 1
    assert "error[E0674]: cannot use `s.journal`: no space left on device" in done.stderr
