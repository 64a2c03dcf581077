"""Lints about the steps of a run, which depend on how many samples are trained on.

A check knows that number for published and generated data only; a run knows it for all.
"""

from __future__ import annotations

from ....grammar.problem import Problems
from ...language.quantities import Quantity, steps_of
from ...training.directives import Train
from ..contracts.network import CheckedNetwork
from .layers import normalized_over_samples
from .training import training_samples


def find_step_problems(network: CheckedNetwork, problems: Problems) -> None:
    lint_steps(network, training_samples(network), problems)


def lint_steps(network: CheckedNetwork, samples: int | None, problems: Problems) -> None:
    """What is suspicious about training on that many samples; None: nobody knows how many."""
    if "train" in network.failed:
        return
    _find_late_changes(network, samples, problems)
    if samples is not None:
        _find_last_batch_of_one(network, samples, problems)


def _find_late_changes(network: CheckedNetwork, samples: int | None, problems: Problems) -> None:
    """A schedule changes the rate while there is training left."""
    model = network.model
    if model.schedule is None:
        return
    changes = model.schedule.changes()
    late = [
        time
        for option, time in changes
        if _is_late(network, time, samples, wait=option == "patience")
    ]
    if not late:
        return
    from ...problems.lints import RateNeverChanges

    option = next(option for option, time in changes if time == late[0])
    path = f"schedule.{option}"
    problems.add(
        RateNeverChanges(
            at=network.place(path if network.written(path) else "schedule"),
            option=option,
            times=tuple(dict.fromkeys(str(time) for time in late)),
            epochs=model.train.epochs,
            steps=None if samples is None else _epoch_steps(network, samples),
        )
    )


def _is_late(network: CheckedNetwork, time: Quantity, samples: int | None, *, wait: bool) -> bool:
    """Whether training is over by then. What waits for an improvement begins with epoch 1."""
    epochs: int = network.model.train.epochs
    if time.unit == "it" and samples is None:
        return False
    steps = 1 if samples is None else _epoch_steps(network, samples)
    run = epochs * steps
    return steps_of(time, epoch=steps, run=run) + (steps if wait else 0) >= run


def _epoch_steps(network: CheckedNetwork, samples: int) -> int:
    train: Train = network.model.train
    if train.batch == "all" or train.batch >= samples:
        return 1
    return samples // train.batch if train.last == "drop" else -(-samples // train.batch)


def _find_last_batch_of_one(network: CheckedNetwork, samples: int, problems: Problems) -> None:
    """Every batch is large enough for a mean over its samples."""
    train = network.model.train
    if train.batch == "all" or train.batch == 1 or train.last == "drop":
        return
    if samples < train.batch or samples % train.batch != 1:
        return
    name = normalized_over_samples(network)
    if name is None:
        return
    from ...problems.layer_lints import LastBatchOfOne

    written = network.written("train.batch")
    problems.add(
        LastBatchOfOne(
            at=network.place("train.batch") if written else network.node_place(name),
            samples=samples,
            batch=train.batch,
            bn=network.node_place(name) if written else None,
        )
    )
