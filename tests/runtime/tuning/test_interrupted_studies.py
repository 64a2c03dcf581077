"""A study whose processes are killed: no trial is lost, and none counts twice."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import netc
import pytest
from netc.grammar.problem import Problems
from netc.runtime.training.run import run
from work import HANGS

optuna = pytest.importorskip("optuna", reason="a search needs Optuna: pip install 'netc[tune]'")

from netc.runtime.tuning.storage import StudyPlace, open_store  # noqa: E402  needs Optuna

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers need Linux")

TRIALS = 20
SPEC = f"""\
let lr=0.01 width=32
data digits
input 64 -> dense $width relu -> dense $width relu -> dense 10 softmax
loss ce
opt adam lr=$lr
train epochs=40 batch=16 seed=1
tune random trials={TRIALS} lr=log(1e-4, 1e-1) width=linear(16, 64)
"""
IMPATIENT = """\
import sys
from netc.runtime.tuning import storage
storage.HEARTBEAT, storage.GRACE = 1, 5
from netc.cli.main import main
main()
"""
"""The command, with signs of life in a database after each second instead of five."""


def heed_signals() -> None:
    """A child inherits ignored signals, as when the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def begin(folder: Path, *options: str, stderr: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IMPATIENT, "tune", "s.net", "-o", "best.net", *options]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )


def until(condition: Callable[[], bool]) -> None:
    """Waits for something that comes, and fails where it never does."""
    end = time.monotonic() + HANGS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def study_in(storage: Any) -> Any:
    return optuna.load_study(study_name="s", storage=storage)


def journal(folder: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "s.journal"))
    return optuna.storages.JournalStorage(backend)


def is_in_the_middle(study: Any) -> bool:
    """Whether trials have ended, and two are under way with a good part before them."""
    trials = study.get_trials(deepcopy=False)
    ended = [trial for trial in trials if trial.state.name == "COMPLETE"]
    early = [t for t in trials if t.state.name == "RUNNING" and 0 < len(t.intermediate_values) < 8]
    return len(ended) >= 2 and len(early) == 2


def check_complete(study: Any, printed: str, folder: Path) -> None:
    """Every trial counts once, and the best one is the run of the spec that was written."""
    counting = [t for t in study.trials if t.state.name in ("COMPLETE", "PRUNED")]
    places = Counter(trial.user_attrs["netc:place"] for trial in counting)
    assert places == dict.fromkeys(range(TRIALS), 1)
    numbers = [int(n) for n in re.findall(r"^ +(\d+) ", printed, re.M)]
    assert sorted(numbers) == list(range(1, TRIALS + 1))
    # the lost ones were begun with the values with which they were run again
    values = {t.user_attrs["netc:place"]: t.params for t in counting}
    lost = [t for t in study.trials if t.state.name == "FAIL" and len(t.params) == 2]
    assert lost
    assert all(t.params == values[t.user_attrs["netc:place"]] for t in lost)

    spec = netc.compile(folder / "best.net").as_spec()
    report = run(spec, root=folder, problems=Problems(), reporter=lambda event: None)
    assert report is not None
    best = max(t.value for t in study.trials if t.state.name == "COMPLETE")
    assert report.epochs[-1].measured["val_acc"] == best
    (first, *_) = [t for t in counting if t.value == best and t.state.name == "COMPLETE"]
    assert dict(report.epochs[-1].measured) == first.user_attrs["netc:result"]["measured"]


def workers_of(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_killed_search_goes_on_and_counts_every_trial_once(tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    killed = begin(tmp_path, "--workers", "2")
    until(lambda: (tmp_path / "s.journal").exists() and len(workers_of(killed.pid)) == 2)
    study = study_in(journal(tmp_path))
    until(lambda: is_in_the_middle(study))
    killed.kill()
    # the output ends when the workers do, with the process that began them
    killed.communicate(timeout=HANGS)
    again = begin(tmp_path, "--workers", "2")
    printed, _ = again.communicate(timeout=HANGS)
    assert again.returncode == 0
    assert "done before" in printed
    check_complete(study_in(journal(tmp_path)), printed, tmp_path)


def test_the_trial_of_a_killed_worker_is_run_by_another(tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    search = begin(tmp_path, "--workers", "2")
    until(lambda: (tmp_path / "s.journal").exists() and len(workers_of(search.pid)) == 2)
    study = study_in(journal(tmp_path))
    until(lambda: is_in_the_middle(study))
    os.kill(workers_of(search.pid)[0], signal.SIGKILL)
    printed, _ = search.communicate(timeout=HANGS)
    assert search.returncode == 0
    check_complete(study_in(journal(tmp_path)), printed, tmp_path)


def answers(psycopg: Any, folder: str) -> bool:
    try:
        psycopg.connect(host=folder, user="tuner", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def test_ctrl_c_ends_all_workers_and_says_how_far_the_search_came(tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    search = begin(tmp_path, "--workers", "2")
    until(lambda: (tmp_path / "s.journal").exists() and len(workers_of(search.pid)) == 2)
    study = study_in(journal(tmp_path))
    until(lambda: is_in_the_middle(study))
    os.killpg(search.pid, signal.SIGINT)
    # the output ends when the workers do
    printed, _ = search.communicate(timeout=HANGS)
    assert search.returncode == 130
    (done,) = re.findall(r"stopped after (\d+) of 20 trials; the same command continues$", printed)
    assert int(done) == len(re.findall(r"^ +\d+ ", printed, re.M))
    assert not (tmp_path / "best.net").exists()


class Server(NamedTuple):
    """A PostgreSQL server of its own, which ends with the test."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ends it at once, whoever is connected."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(HANGS)


@pytest.fixture
def server() -> Iterator[Server]:
    psycopg = pytest.importorskip("psycopg", reason="needs psycopg: pip install 'netc[postgresql]'")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    programs = Path(initdb).resolve().parent
    with tempfile.TemporaryDirectory(prefix="netc-pg-", ignore_cleanup_errors=True) as folder:
        # it refuses to run as root
        as_other: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
        data = f"{folder}/data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "tuner", "-A", "trust", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **as_other,
        )  # fmt: skip
        settings = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off")
        options = [word for setting in settings for word in ("-c", setting)]
        running = subprocess.Popen(
            [programs / "postgres", "-D", data, *options],
            stderr=subprocess.DEVNULL, cwd=folder, **as_other,
        )  # fmt: skip
        try:
            until(lambda: answers(psycopg, folder))
            yield Server(f"postgresql://tuner@/postgres?host={folder}", running)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(HANGS)


@contextmanager
def study_on(server: Server) -> Iterator[Any]:
    """The study of a server, once there is one."""
    store = open_store(StudyPlace(server.url, "s"))
    try:
        until(lambda: [study.study_name for study in store.storage.get_all_studies()] == ["s"])
        yield study_in(store.storage)
    finally:
        store.close()


def test_two_processes_share_a_study_on_a_server_and_one_is_killed(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    killed = begin(tmp_path, "--storage", server.url)
    kept = begin(tmp_path, "--storage", server.url)
    with study_on(server) as found:
        until(lambda: is_in_the_middle(found))
        killed.kill()
        killed.communicate()
        printed, _ = kept.communicate(timeout=HANGS)
        assert kept.returncode == 0
        check_complete(found, printed, tmp_path)


def test_a_server_that_stops_ends_the_search(server: Server, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    search = begin(tmp_path, "--storage", server.url, stderr=subprocess.PIPE)
    with study_on(server) as found:
        until(lambda: any(t.state.name == "COMPLETE" for t in found.get_trials(deepcopy=False)))
    server.stop()
    _, said = search.communicate(timeout=HANGS)
    assert search.returncode == 1
    # why, says the driver; it depends on what the search is at
    assert said.startswith("error[E0674]: cannot use `postgresql://tuner@/postgres?host="), said
    assert said.endswith("\n1 error in 1 file\n"), said
