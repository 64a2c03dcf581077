"""`netc run --reporter`: reporters of installed packages, and what is said of broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from installed import install
from netc.cli.main import netc
from netc.compiler.problems.outside import ReporterFailed
from netc.events import NotCompiled
from netc.runtime.training.outside_reporters import GuardedReporter, open_reporter

CODE = '''
from pathlib import Path

from netc.events import EpochDone, StopTraining, TestDone


class Tally:
    """Counts the epochs."""

    def __init__(self, path="tally.txt"):
        self.path = Path(path)
        self.path.write_text("")

    def __call__(self, event):
        if isinstance(event, EpochDone):
            with self.path.open("a") as file:
                print(event.epoch, event.measured["train_loss"], file=file)


def failing(at="2"):
    """Fails in an epoch."""

    def told(event):
        if isinstance(event, EpochDone) and event.epoch == int(at):
            raise KeyError("nothing")

    return told


def stopping():
    def told(event):
        if isinstance(event, EpochDone) and event.epoch == 2:
            raise StopTraining("seen enough")

    return told


def hasty():
    def told(event):
        raise StopTraining("before it began")

    return told


def empty():
    return None


number = 3
'''
POINTS = {
    f"reporter.{name}": f"netc_told:{value}"
    for name, value in {
        "tally": "Tally",
        "failing": "failing",
        "stopping": "stopping",
        "hasty": "hasty",
        "empty": "empty",
        "number": "number",
        "gone": "Gone",
    }.items()
}
SPEC = (
    "data moons n=60; input 2 -> dense 3 tanh -> dense 1 sigmoid; loss bce; opt sgd; train epochs=4"
)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    install(tmp_path / "site", "netc-told", POINTS, CODE, monkeypatch)
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str, command: str = "run") -> Result:
        given = ["-e", SPEC, "--no-keep"] if command == "run" else []
        return CliRunner().invoke(netc, [command, *given, *arguments], standalone_mode=False)

    return called


def test_it_is_told_the_events(run: Run) -> None:
    plain = run()
    done = run("--reporter", "tally=own.txt", "--reporter", "tally")
    assert done.return_value == 0, done.output
    lines = Path("own.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4"]
    assert Path("tally.txt").read_text().splitlines() == lines
    assert _epochs(done) == _epochs(plain)


def test_it_may_stop_a_training_as_any_reporter(run: Run) -> None:
    done = run("--reporter", "stopping", "--reporter", "tally")
    assert "seen enough" in done.stdout
    assert len(Path("tally.txt").read_text().splitlines()) == 2


def test_one_that_fails_ends_alone(run: Run) -> None:
    done = run("--reporter", "failing", "--reporter", "tally")
    assert done.return_value == 0, done.output
    said = " ".join(done.stderr.split())
    assert "warning[W0793]: the reporter `failing` of the package `netc-told` failed" in said
    assert "KeyError: 'nothing' (netc_told.py:" in said
    assert said.count("W0793]") == 1
    assert len(Path("tally.txt").read_text().splitlines()) == 4
    assert _epochs(done) == _epochs(run())


@pytest.mark.usefixtures("run")
def test_before_a_training_there_is_nothing_to_stop() -> None:
    reporter = open_reporter("hasty")
    assert isinstance(reporter, GuardedReporter)
    problem = reporter(NotCompiled("no compiler"))
    assert isinstance(problem, ReporterFailed)
    assert "StopTraining" in problem.error
    assert reporter(NotCompiled("no compiler")) is None


def test_a_failure_is_in_the_document_of_a_run(run: Run) -> None:
    done = run("--reporter", "failing=3", "--format", "json")
    assert json.loads(done.stdout)["status"] == "finished"
    assert "W0793" in done.stderr


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("gone", "has no attribute 'Gone'"),
        ("number", "`netc_told:number` cannot be called"),
        ("empty", "what it gives cannot be called"),
        ("tally=none/there/x.txt", "starting it failed: FileNotFoundError"),
        ("stopping=text", "starting it failed: TypeError"),
    ],
)
def test_one_that_cannot_be_used_is_a_problem_before_the_training(
    run: Run, asked: str, reason: str
) -> None:
    done = run("--reporter", asked)
    assert done.return_value == 1
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "error[E0792]" in said
    assert "of the package `netc-told` cannot be used" in said
    assert reason in said
    assert "epoch" not in done.stdout


def test_an_unknown_one_is_a_usage_error_with_the_names(run: Run) -> None:
    done = run("--reporter", "tallly")
    assert "no installed package provides the reporter `tallly`" in str(done.exception)
    assert "`tally`" in str(done.exception)


def test_two_packages_with_the_same_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "other", "netc-other", {"reporter.tally": "netc_other:T"}, "", monkeypatch)
    said = " ".join(run("--reporter", "tally").stderr.split())
    assert "`netc-other` and `netc-told` provide it" in said


def test_explain_and_doctor_know_it(run: Run) -> None:
    page = run("tally", command="explain").stdout
    assert "tally, a reporter of the package `netc-told`" in page
    assert "Counts the epochs." in page
    assert "netc run SPEC --reporter tally" in page
    listed = run(command="explain").stdout
    assert "reporter tally, of `netc-told`" in listed
    assert "reporter gone, of `netc-told`, cannot be used" in listed
    found = run("--format", "json", command="doctor")
    document = json.loads(found.stdout)
    (words,) = (item for item in document["words"] if item["package"] == "netc-told")
    assert "reporter tally" in words["words"]
    assert any("`gone` of the package `netc-told`" in item["text"] for item in document["problems"])
    assert not document["ok"]


def _epochs(done: Result) -> list[str]:
    """The rows of the epochs, without their times."""
    return [line[:46] for line in done.stdout.splitlines() if line.strip()[:1].isdigit()]
