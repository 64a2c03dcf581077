"""`netc run --plots`: what is drawn of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .pictures import write_pictures

if TYPE_CHECKING:
    from ..runtime.analysis.inspection.layer_history import LayerRecorder
    from ..runtime.events import CrossValidationReport, Reporter, RunReport
    from ..runtime.plots.picture import Picture
    from ..runtime.training.run import Session


@dataclass(slots=True)
class RunPlots:
    """The folder of the pictures, and what they need to know of the run."""

    folder: Path | None
    layers: bool
    """Whether the layers are recorded, epoch by epoch."""
    recorder: LayerRecorder | None = None

    def watch(self, session: Session, reporter: Reporter) -> Reporter:
        """What is to be told the events of the run."""
        if not self.layers:
            return reporter
        from ..runtime.analysis.inspection.layer_history import open_recorder

        self.recorder = open_recorder(session)
        return self.recorder.beside(reporter)

    def write(self, title: str, report: RunReport | CrossValidationReport) -> bool:
        """Draws what was measured over the epochs, if `--plots` asks for it; False after it was
        said why that failed."""
        if self.folder is None:
            return True
        from ..runtime.analysis.run_pictures import folds_picture, run_pictures
        from ..runtime.events import RunReport

        pictures: Iterable[Picture]
        if not isinstance(report, RunReport):
            return write_pictures((folds_picture(report, title),), self.folder)
        pictures = run_pictures(report, title)
        if self.recorder is not None:
            from ..runtime.analysis.inspection.history_pictures import history_pictures

            pictures = (*pictures, *history_pictures(self.recorder.history, title))
        return write_pictures(pictures, self.folder)
