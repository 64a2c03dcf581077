"""Gathers the metrics of a pass over one part, output by output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...array_types import Array
from ..metrics.accumulated import accumulate_again, accumulated_arrays
from ..metrics.class_metrics import ClassificationMetrics
from ..objectives.measured_outputs import MeasuredOutput
from ..objectives.objectives import Objective

KEPT_ROWS = 4096
"""Samples of which the outputs are kept before they are counted together, at most."""
KEPT_NUMBERS = 2**20
"""Numbers that are kept for one output, at most: pictures of classes are large."""


class MetricAccumulator:
    """The metrics of all outputs.

    Outputs are copied and counted many at a time: a copy costs a small part of what finding the
    largest output of every batch would.
    """

    def __init__(self, objective: Objective) -> None:
        self._buffers = [_OutputBuffer(reading) for reading in objective.measured_outputs]

    def keep(self, outputs: Mapping[str, Array], truths: Sequence[Array]) -> None:
        """Notes the outputs of a batch, and what each is compared with, (B, ...); both may be
        overwritten after."""
        for buffer, truth in zip(self._buffers, truths, strict=True):
            buffer.keep(outputs[buffer.reading.output], truth)

    def arrays(self) -> dict[str, Array]:
        """What was gathered so far, by names of its own. Nothing is counted for it: sums of other
        batches round differently."""
        return {
            f"{index}:{name}": array
            for index, buffer in enumerate(self._buffers)
            for name, array in buffer.arrays().items()
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Goes on with what was gathered before; nothing may have been kept yet."""
        for index, buffer in enumerate(self._buffers):
            prefix = f"{index}:"
            own = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
            buffer.restore(own)

    def values(self) -> dict[str, float]:
        """Every metric that is one number, by the name that it is reported by."""
        found: dict[str, float] = {}
        for buffer in self._buffers:
            buffer.count()
            values = buffer.new_metrics.values()
            found |= {
                name: values[metric] for metric, name in buffer.reading.metrics if metric in values
            }
            # those of each class, in a report
            found |= {name: value for name, value in values.items() if name.endswith("]")}
        return found

    def reasons(self) -> dict[str, str]:
        """Why metrics have no meaning on this part, by the name that each is reported by."""
        found: dict[str, str] = {}
        for buffer in self._buffers:
            buffer.count()
            reasons = buffer.new_metrics.reasons()
            found |= {
                name: reasons[metric]
                for metric, name in buffer.reading.metrics
                if metric in reasons
            }
        return found

    def confusion(self) -> tuple[tuple[int, ...], ...] | None:
        """The confusion matrix, when it is wanted."""
        for buffer in self._buffers:
            buffer.count()
            new_metrics = buffer.new_metrics
            if isinstance(new_metrics, ClassificationMetrics) and "confusion" in new_metrics.wanted:
                return tuple(tuple(int(count) for count in row) for row in new_metrics.confusion)
        return None


class _OutputBuffer:
    """The outputs of one node, and what they are compared with."""

    def __init__(self, reading: MeasuredOutput) -> None:
        self.reading = reading
        self.new_metrics = reading.new_metrics()
        self._outputs = self._truths = np.empty(0)
        self._filled = 0

    def keep(self, output: Array, truth: Array) -> None:
        count = len(truth)
        if not len(self._outputs):
            size = max(1, output[0].size)
            capacity = max(1, min(KEPT_ROWS, KEPT_NUMBERS // size))
            self._outputs = np.empty((capacity, *output.shape[1:]), output.dtype)
            self._truths = np.empty((capacity, *truth.shape[1:]), truth.dtype)
        if self._filled + count > len(self._outputs):
            self.count()
        if count > len(self._outputs):
            self._add(output[:count], truth)
            return
        end = self._filled + count
        self._outputs[self._filled : end] = output[:count]
        self._truths[self._filled : end] = truth
        self._filled = end

    def arrays(self) -> dict[str, Array]:
        own = accumulated_arrays(self.new_metrics)
        if self._filled:
            own |= {
                "outputs": self._outputs[: self._filled].copy(),
                "truths": self._truths[: self._filled].copy(),
            }
        return own

    def restore(self, arrays: dict[str, Array]) -> None:
        waiting = [arrays.pop(name, None) for name in ("outputs", "truths")]
        accumulate_again(self.new_metrics, arrays)
        if waiting[0] is not None and waiting[1] is not None:
            self.keep(waiting[0], waiting[1])

    def count(self) -> None:
        if self._filled:
            self._add(self._outputs[: self._filled], self._truths[: self._filled])
        self._filled = 0

    def _add(self, output: Array, truth: Array) -> None:
        self.new_metrics.add(*self.reading.arranged(output, truth))
