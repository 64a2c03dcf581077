"""What the keeper of a run says of what it could not write."""

from __future__ import annotations

from pathlib import Path

from netc.compiler.problems.runs import CheckpointNotWritten
from netc.runtime.events import Event, Warned
from netc.runtime.runs.folder import RunFolder
from netc.runtime.runs.keeping import RunKeeper, now_text
from netc.runtime.runs.record import RunRecord, SpecRecord


def test_a_path_that_cannot_be_written_keeps_its_capital_letters(tmp_path: Path) -> None:
    spec = SpecRecord(path=None, root=str(tmp_path), kept_as="spec.net", sha256="")
    record = RunRecord(
        status="running", name="net", command=[], spec=spec, seed=0, versions={}, machine={},
        started=now_text(),
    )  # fmt: skip
    told: list[Event] = []
    keeper = RunKeeper(RunFolder(tmp_path), record, told.append)
    keeper.write_weights = lambda path, weights: "`A/B.st` cannot be written"
    keeper.keep_solution({})
    (event,) = told
    assert isinstance(event, Warned)
    assert isinstance(event.problem, CheckpointNotWritten)
    assert event.problem.reason == "`A/B.st` cannot be written"
    assert keeper.failed
