"""`netc run --plots`: what is drawn of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..pictures import write_pictures

if TYPE_CHECKING:
    from ...runtime.analysis.confusion import ConfusionCounts
    from ...runtime.analysis.inspection.layer_history import LayerRecorder
    from ...runtime.analysis.surface import SurfaceRecorder
    from ...runtime.array_types import Doubles
    from ...runtime.events import CrossValidationReport, Reporter, RunReport
    from ...runtime.plots.picture import Picture
    from ...runtime.training.session import Session


@dataclass(slots=True)
class RunPlots:
    """The folder of the pictures, and what they need to know of the run."""

    folder: Path | None
    layers: bool
    """Whether the layers are recorded, epoch by epoch."""
    recorder: LayerRecorder | None = None
    surface: SurfaceRecorder | None = None
    """Asks networks of one or two features, epoch by epoch."""
    last: Doubles | None = None
    """What such a network answers in the end."""
    confusion: ConfusionCounts | None = None

    def watch(self, session: Session, reporter: Reporter) -> Reporter:
        """What is to be told the events of the run."""
        if self.layers:
            from ...runtime.analysis.inspection.layer_history import open_recorder

            self.recorder = open_recorder(session)
            reporter = self.recorder.beside(reporter)
        if self.folder is not None:
            from ...runtime.analysis.surface import SurfaceRecorder, plane_of

            plane = plane_of(session)
            if plane is not None:
                self.surface = SurfaceRecorder(session, plane, reporter)
                reporter = self.surface
        return reporter

    def look(self, session: Session, report: RunReport | None) -> None:
        """Asks the trained network, while it is there."""
        if self.folder is None or report is None or report.diverged is not None:
            return
        from ...runtime.analysis.confusion import confusion_of
        from ...runtime.analysis.surface import answers

        self.confusion = confusion_of(session)
        if self.surface is not None:
            self.last = answers(session, self.surface.plane)

    def write(self, title: str, report: RunReport | CrossValidationReport) -> bool:
        """Draws everything, if `--plots` asks for it; False after it was said why that failed."""
        if self.folder is None:
            return True
        from ...runtime.analysis.run_pictures import folds_picture
        from ...runtime.events import RunReport

        if isinstance(report, RunReport):
            return write_pictures(self._pictures(title, report), self.folder)
        return write_pictures((folds_picture(report, title),), self.folder)

    def _pictures(self, title: str, report: RunReport) -> Iterator[Picture]:
        from ...runtime.analysis.confusion import confusion_picture
        from ...runtime.analysis.inspection.history_pictures import history_pictures
        from ...runtime.analysis.run_pictures import run_pictures
        from ...runtime.analysis.surface_pictures import surface_pictures

        yield from run_pictures(report, title)
        if self.confusion is not None:
            counts, names = self.confusion.counts, self.confusion.names
            yield confusion_picture(counts, names, f"{title}, {self.confusion.part} part")
        if self.surface is not None and self.last is not None:
            yield from surface_pictures(self.surface.plane, self.last, self.surface.found, title)
        if self.recorder is not None:
            yield from history_pictures(self.recorder.history, title)
