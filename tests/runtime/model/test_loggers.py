"""TensorBoard and MLflow get the figures of a run."""

from __future__ import annotations

import sys
from pathlib import Path

import netc
import numpy as np
import pytest

SPEC = (
    "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; metric acc; train epochs=3 batch=40"
)


def test_tensorboard_reads_the_epochs_of_a_run(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="it writes the files")
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import RecordWriter  # noqa: F401  the format that is read below

    reporter = netc.TensorBoardReporter(tmp_path / "logs")
    model = netc.compile(SPEC).fit(reporter=reporter)
    reporter.close()
    (file,) = (tmp_path / "logs").iterdir()
    data, found, start = file.read_bytes(), {}, 0
    while start < len(data):
        # a record: its length, a checksum of that, the event, a checksum of that
        length = int.from_bytes(data[start : start + 8], "little")
        event = Event.FromString(data[start + 12 : start + 12 + length])
        for value in event.summary.value:
            found[value.tag, event.step] = value.simple_value
        start += 16 + length
    for done in model.report.epochs:
        for name, value in done.measured.items():
            assert found[name, done.epoch] == np.float32(value)
        assert found["lr", done.epoch] == np.float32(0.001)
    assert found["test_acc", 3] == np.float32(model.report.test.measured["acc"])


def test_mlflow_has_the_epochs_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow", reason="it keeps the figures")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    reporter = netc.MLflowReporter("flowers", "first")
    model = netc.compile(SPEC).fit(reporter=reporter)
    reporter.close()
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("flowers")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["epochs"] == "3"
    history = client.get_metric_history(run.info.run_id, "val_loss")
    values = [item.value for item in sorted(history, key=lambda item: item.step)]
    assert values == [done.measured["val_loss"] for done in model.report.epochs]
    assert run.data.metrics["test_loss"] == model.report.test.measured["loss"]


@pytest.mark.parametrize(
    ("module", "reporter", "extra"),
    [
        ("tensorboardX", lambda: netc.TensorBoardReporter("logs"), "tensorboard"),
        ("mlflow", netc.MLflowReporter, "mlflow"),
    ],
)
def test_what_is_missing_is_named(
    module: str, reporter: object, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'netc\[{extra}\]'"):
        reporter()  # type: ignore[operator]
