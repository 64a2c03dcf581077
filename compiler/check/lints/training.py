"""Lints about training and data."""

from __future__ import annotations

from ....grammar.problem import Problems
from ..contracts.network import Network


def find_unusual_rate(network: Network, problems: Problems) -> None:
    optimizer = network.model.optimizer
    if optimizer is None or optimizer.usual is None:
        return
    least, most = optimizer.usual
    if least <= optimizer.lr <= most:
        return
    from ...problems.lints import UnusualRate

    place = network.place("optimizer.lr")
    problems.add(
        UnusualRate(
            at=place.span,
            calls=place.calls,
            optimizer=optimizer.word,
            rate=optimizer.lr,
            least=least,
            most=most,
            default=type(optimizer).model_fields["lr"].default,
        )
    )


def find_large_batch(network: Network, problems: Problems) -> None:
    data, train = network.model.data, network.model.train
    if data is None or not network.written("train") or train.batch == "all":
        return
    samples = data.facts().train
    if samples is None:
        return
    if data.limit is not None:
        samples = min(samples, data.limit)
    training = round(samples * data.shares()[0])
    if "kfold" in network.failed:
        return
    if network.model.kfold is not None:
        training = samples - samples // network.model.kfold.folds
    if train.batch <= training:
        return
    from ...problems.lints import BatchLargerThanData

    place = network.place("train.batch")
    problems.add(
        BatchLargerThanData(
            at=place.span,
            calls=place.calls,
            batch=train.batch,
            samples=training,
            data=data.word,
        )
    )


def find_output_without_loss(network: Network, problems: Problems) -> None:
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

        place = network.node_place(output)
        problems.add(
            OutputWithoutLoss(at=place.span, calls=place.calls, label_name=names.get(output))
        )


def find_whitened_pictures(network: Network, problems: Problems) -> None:
    for index, prep in enumerate(network.model.preps):
        if prep.keeps_positions():
            continue
        for name in network.nodes:
            if not network.layer(name).windowed:
                continue
            from ...problems.layer_lints import WhitenedPictures

            place = network.place(f"preps.{index}")
            problems.add(
                WhitenedPictures(
                    at=place.span,
                    calls=place.calls,
                    word=network.layer(name).word,
                    layer=network.node_span(name),
                )
            )
            break
