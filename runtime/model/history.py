"""What was measured in each epoch of a training, for tables and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from math import nan
from typing import TYPE_CHECKING, Any

from ..analysis.run_pictures import run_pictures
from ..events import EpochDone, RunReport
from ..packages import require_package
from ..plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class History:
    """The epochs of `report`, a training: `model.history`. Its columns are `epoch`, what was
    measured (`train_loss`, `val_acc`, ...), `lr`, `seconds`, and `best`: whether it was the best
    epoch so far."""

    report: RunReport

    @property
    def epochs(self) -> tuple[EpochDone, ...]:
        """What is known of each."""
        return self.report.epochs

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[EpochDone]:
        return iter(self.epochs)

    def to_dict(self) -> dict[str, list[Any]]:
        """A list for each column, with a value per epoch. `lr` is None for `opt exact`."""
        epochs = self.epochs
        names = dict.fromkeys(name for done in epochs for name in done.measured)
        return {
            "epoch": [done.epoch for done in epochs],
            **{name: [done.measured.get(name, nan) for done in epochs] for name in names},
            "lr": [done.rate for done in epochs],
            "seconds": [done.seconds for done in epochs],
            "best": [done.best for done in epochs],
        }

    def to_pandas(self) -> Any:
        """The same as a `pandas.DataFrame`, whose index is `epoch`. Raises `ImportError` where
        pandas is not installed."""
        require_package("pandas", "a table of pandas needs")
        pandas: Any = import_module("pandas")
        return pandas.DataFrame(self.to_dict()).set_index("epoch")

    def plot(self, title: str = "") -> Figure:
        """The curves of the loss and of each metric, and the best epoch, as a figure of matplotlib:
        `figure.savefig(file)` writes it, and a notebook shows it. Raises `ImportError` where
        matplotlib is not installed, and `ValueError` where no epoch has ended."""
        require_package("matplotlib", "pictures need")
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        if not self.epochs:
            raise ValueError("there is nothing to draw: no epoch has ended")
        with rc_context(STYLE):
            figure = Figure(layout="constrained", facecolor="white")
            run_pictures(self.report, title)[0].fill(figure)
        return figure

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        return self.report._repr_html_()
