"""How long a training takes, and in which portions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`most_batches` bounds every pass over a part; `keep_best` says whether the best epoch's
    weights are tested, rather than the last's; `rescue` whether they are left in the machine after
    a run that diverged or was broken off; `drop_last` whether an epoch of training leaves out a
    last batch of fewer samples; `log_steps` after how many steps one is reported by itself."""

    epochs: int
    batch: int
    seed: int
    shuffle: bool
    watched: str
    keep_best: bool
    most_batches: int | None = None
    rescue: bool = False
    drop_last: bool = False
    log_steps: int | None = None

    @property
    def evaluation_batch(self) -> int:
        """Larger than a small training batch, because nothing depends on its size."""
        return min(max(self.batch, 64), 1024)

    def batch_sizes(self, samples: int, *, evaluation: bool) -> tuple[int, ...]:
        """The sizes of the batches into which so many samples are divided, each once."""
        batch = self.evaluation_batch if evaluation else self.batch
        if self.most_batches is not None:
            samples = min(samples, self.most_batches * batch)
        whole = (batch,) if samples >= batch else ()
        rest = samples % batch if evaluation or not self.drop_last else 0
        return (*whole, rest) if rest else whole

    def epoch_steps(self, samples: int) -> int:
        steps = samples // self.batch if self.drop_last else -(-samples // self.batch)
        return steps if self.most_batches is None else min(steps, self.most_batches)
