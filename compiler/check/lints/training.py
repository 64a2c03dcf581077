"""Lints about training and data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....grammar.problem import Problems
from ...training.directives import KFold
from ..contracts.network import CheckedNetwork

if TYPE_CHECKING:
    from ...data.source import Data


def find_unusual_rate(network: CheckedNetwork, problems: Problems) -> None:
    optimizer = network.model.optimizer
    if optimizer is None or optimizer.usual is None:
        return
    least, most = optimizer.usual
    if least <= optimizer.lr <= most:
        return
    from ...problems.lints import UnusualRate

    problems.add(
        UnusualRate(
            at=network.place("optimizer.lr"),
            optimizer=optimizer.word,
            rate=optimizer.lr,
            least=least,
            most=most,
            default=type(optimizer).model_fields["lr"].default,
        )
    )


def find_large_batch(network: CheckedNetwork, problems: Problems) -> None:
    data, train = network.model.data, network.model.train
    if data is None or not network.written("train") or train.batch == "all":
        return
    training = training_samples(network)
    if training is None or train.batch <= training:
        return
    from ...problems.lints import BatchLargerThanData

    problems.add(
        BatchLargerThanData(
            at=network.place("train.batch"), batch=train.batch, samples=training, data=data.word
        )
    )


def training_samples(network: CheckedNetwork) -> int | None:
    """How many samples are trained on, where that is known before they are loaded."""
    data: Data | None = network.model.data
    kfold: KFold | None = network.model.kfold
    samples = None if data is None else data.facts().train
    if data is None or samples is None or not network.failed.isdisjoint(("data", "kfold")):
        return None
    if data.limit is not None:
        samples = min(samples, data.limit)
    if kfold is not None:
        return samples - samples // kfold.folds
    from ...data.source import part_sizes

    return part_sizes(samples, data.shares())[0]


def find_output_without_loss(network: CheckedNetwork, problems: Problems) -> None:
    model = network.model
    if not model.losses or not network.complete or "loss" in network.failed:
        return
    if any(loss.on not in model.labels for loss in model.losses):
        return
    taught = {network.origin(model.labels[loss.on]) for loss in model.losses}
    names = {node: label for label, node in model.labels.items()}
    for output in network.outputs:
        if network.origin(output) in taught:
            continue
        from ...problems.lints import OutputWithoutLoss

        problems.add(OutputWithoutLoss(at=network.node_place(output), label_name=names.get(output)))


def find_whitened_pictures(network: CheckedNetwork, problems: Problems) -> None:
    for index, prep in enumerate(network.model.preps):
        if prep.keeps_positions():
            continue
        for name in network.nodes:
            if not network.layer(name).windowed:
                continue
            from ...problems.layer_lints import WhitenedPictures

            problems.add(
                WhitenedPictures(
                    at=network.place(f"preps.{index}"),
                    word=network.layer(name).word,
                    layer=network.node_place(name),
                )
            )
            break
