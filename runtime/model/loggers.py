"""Reporters that hand the figures of a run to TensorBoard and MLflow.

Each epoch's figures are written by the names of `metrics.csv` (`train_loss`, `val_acc`, `lr`) at
its number, and the final ones as `test_loss`, `test_acc`, .... Of a cross-validation, the names
begin with the fold: `fold1/train_loss`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from ..events import EpochDone, Event, FoldStarted, Started, StepLogged, TestDone
from ..packages import require_package


class _Figures:
    """The figures in the events of a run, as (name, value, epoch or step)."""

    def __init__(self) -> None:
        self._fold = ""
        self._epochs = 0

    def of(self, event: Event) -> Iterator[tuple[str, float, int]]:
        match event:
            case FoldStarted(fold=fold):
                self._fold = f"fold{fold}/"
            case StepLogged(step=step, loss=loss):
                yield from self._named({"step_loss": loss}, step)
            case EpochDone(epoch=epoch, measured=measured, rate=rate):
                self._epochs = epoch
                yield from self._named(measured, epoch)
                if rate is not None:
                    yield from self._named({"lr": rate}, epoch)
            case TestDone(measured=measured):
                found = {f"test_{name}": value for name, value in measured.items()}
                yield from self._named(found, self._epochs)

    def _named(self, values: Mapping[str, float], at: int) -> Iterator[tuple[str, float, int]]:
        for name, value in values.items():
            if isfinite(value):
                yield self._fold + name, value, at


class TensorBoardReporter:
    """Writes event files for TensorBoard: `model.fit(reporter=netc.TensorBoardReporter("logs"))`,
    then `tensorboard --logdir logs`. `folder` is made; a run that goes on adds a file to it.

    Raises ImportError without tensorboardX, OSError where the folder cannot be written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        require_package("tensorboardX", "TensorBoard files need")
        from tensorboardX import SummaryWriter

        self._writer: Any = SummaryWriter(os.fspath(folder))
        self._figures = _Figures()

    def __call__(self, event: Event) -> None:
        for name, value, at in self._figures.of(event):
            self._writer.add_scalar(name, value, at)
        if isinstance(event, EpochDone | TestDone):
            self._writer.flush()

    def close(self) -> None:
        """Writes what is left and closes the file."""
        self._writer.close()


class MLflowReporter:
    """Logs a run to MLflow, where its tracking URI says (`MLFLOW_TRACKING_URI`, or `mlruns` of
    MLflow): `model.fit(reporter=netc.MLflowReporter("digits"))`. `experiment` is made if there is
    none of that name. The run is marked as finished by `close`.

    Raises ImportError without mlflow.
    """

    def __init__(self, experiment: str = "netc", name: str | None = None) -> None:
        require_package("mlflow-skinny", "MLflow needs")
        from mlflow import MlflowClient

        self._client: Any = MlflowClient()
        found = self._client.get_experiment_by_name(experiment)
        known = None if found is None else found.experiment_id
        number = known or self._client.create_experiment(experiment)
        self._run: str = self._client.create_run(number, run_name=name).info.run_id
        self._figures = _Figures()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            settings = {"data": event.data, "epochs": event.epochs, "batch": event.batch}
            settings |= {"seed": event.seed, "parameters": event.parameters}
            for name, value in settings.items():
                self._client.log_param(self._run, name, value)
        for name, figure, at in self._figures.of(event):
            self._client.log_metric(self._run, name, figure, step=at)

    def close(self, *, failed: bool = False) -> None:
        """Marks the run as finished, or as failed."""
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")
