"""What classes and outputs count in a loss, applied to targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...array_types import Array, Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Reweighting:
    """What classes and outputs count in one loss, in numbers."""

    classes: Doubles | None = None
    """(K,)."""
    positives: Doubles | None = None
    """(outputs,)."""
    outputs: Doubles | None = None
    """What each output counts, (outputs,)."""
    smoothing: float = 0.0

    def of_rows(self, t: Array) -> tuple[Doubles, Doubles]:
        """Targets that are probabilities, or numbers from 0 to 1 per output, as the loss compares
        them, and the count of each row."""
        t = t.astype(np.float64)
        if self.positives is not None or self.outputs is not None:
            weighted = t.copy() if self.positives is None else self.positives * t
            whole = weighted + 1 - t
            counts = whole if self.outputs is None else self.outputs * whole
        elif self.classes is not None:
            t = (1 - self.smoothing) * t + self.smoothing / t.shape[-1]
            weighted = self.classes * t
            counts = weighted.sum(axis=-1)
            whole = counts[..., None]
        else:
            return t, np.ones(t.shape[:-1])
        return np.divide(weighted, whole, out=t, where=whole > 0), counts
