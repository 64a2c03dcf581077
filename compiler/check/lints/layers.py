"""Lints about adjacent layers."""

from __future__ import annotations

from collections.abc import Iterator

from ....grammar.problem import Problems
from ...layers.layer import Layer, Learning, Trainable
from ..contracts.network import CheckedNetwork

DEEPEST = 4
"""How many saturating activations in a row are harmless."""


def _is_passive(layer: Layer) -> bool:
    """Whether it may be between weights and their activation."""
    return layer.is_view or layer.resamples or (layer.keeps_shape and not layer.activation)


def _keeps_variance(layer: Layer) -> bool:
    """Brings the variance of its input to a `bn` after it."""
    return layer.is_view or layer.resamples or layer.elementwise


def _passes_through(layer: Layer) -> bool:
    return layer.passes_through


def find_batch_of_one(network: CheckedNetwork, problems: Problems) -> None:
    if network.model.train.batch != 1:
        return
    name = normalized_over_samples(network)
    if name is None:
        return
    from ...problems.layer_lints import BatchOfOne

    batch = network.place("train.batch")
    problems.add(BatchOfOne(at=network.node_place(name), batch=batch))


def normalized_over_samples(network: CheckedNetwork) -> str | None:
    """The first layer whose statistics are over the samples of a batch and nothing else."""
    for name in network.nodes:
        shape = network.shapes.get(name)
        if shape is None or any(size != 1 for size in shape[:-1]):
            continue  # a mean is over the positions, too
        if network.layer(name).uses_batch_statistics():
            return name
    return None


def find_bias_before_bn(network: CheckedNetwork, problems: Problems) -> None:
    shared = {node.shares for node in network.graph.nodes}
    for name in network.nodes:
        layer = network.layer(name)
        if not isinstance(layer, Learning) or not layer.has_bias():
            continue
        if name in shared or layer.share is not None:
            # Another layer has the same bias, where it may have an effect.
            continue
        readers = list(network.readers_after(name, _passes_through))
        if not readers or not all(
            network.layer(reader).uses_batch_statistics() for reader in readers
        ):
            continue
        from ...problems.layer_lints import BiasBeforeBn

        place = network.node_place(name)
        made = network.graph.by_name().get(name)
        biases = 0
        if made is not None:
            biases = next((p.shape[0] or 0 for p in made.parameters if p.name == "b"), 0)
        written = network.written(f"nodes.{network.positions[name]}.bias")
        problems.add(
            BiasBeforeBn(
                at=place,
                layer=layer.heading(),
                biases=biases,
                bn=network.node_place(readers[0]),
                end=None if written else place.after,
            )
        )


def find_dropout_before_bn(network: CheckedNetwork, problems: Problems) -> None:
    for name in network.nodes:
        layer = network.layer(name)
        if not layer.multiplicative_noise:
            continue
        readers = network.readers_after(name, _keeps_variance)
        bn = next((it for it in readers if network.layer(it).uses_batch_statistics()), None)
        if bn is None:
            continue
        from ...problems.layer_lints import DropoutBeforeBn

        problems.add(
            DropoutBeforeBn(
                at=network.node_place(name), dropout=layer.heading(), bn=network.node_place(bn)
            )
        )


def find_deep_saturation(network: CheckedNetwork, problems: Problems) -> None:
    """Reports the fifth in a row, once for each stack."""
    outputs = {network.origin(name) for name in network.outputs}
    depths: dict[str, tuple[int, str | None]] = {}
    for name, node in network.nodes.items():
        before = [depths[source] for source in node.inputs if source in depths]
        layer = network.layer(name)
        if not before or layer.normalizes or network.is_missing(name):
            depths[name] = (0, None)
            continue
        nearest = min if layer.carries_skip else max
        depth, first = nearest(before, key=lambda item: item[0])
        if layer.saturates and name not in outputs:
            depth, first = depth + 1, first or name
            if depth == DEEPEST + 1:
                from ...problems.layer_lints import DeepSaturation

                problems.add(
                    DeepSaturation(
                        at=network.node_place(name),
                        word=layer.word,
                        depth=depth,
                        first=network.node_place(first),
                    )
                )
        depths[name] = (depth, first)


def find_rectifier_with_xavier(network: CheckedNetwork, problems: Problems) -> None:
    for name in network.nodes:
        layer = network.layer(name)
        init = layer.init if isinstance(layer, Trainable) else None
        if init is None or init.rule not in ("xavier", "glorot"):
            continue
        for reader in network.readers_after(name, _is_passive):
            if not network.layer(reader).rectifier:
                continue
            from ...problems.layer_lints import RectifierWithXavier

            problems.add(
                RectifierWithXavier(
                    at=network.place(f"nodes.{network.positions[name]}.init"),
                    rule=init.rule,
                    activation=network.layer(reader).word,
                )
            )
            break


def find_rectifier_before_softmax(network: CheckedNetwork, problems: Problems) -> None:
    for name, before in _softmaxes(network):
        if network.layer(before).rectifier:
            from ...problems.layer_lints import RectifierBeforeSoftmax

            word, softmax = network.layer(before).word, network.node_place(name)
            at = network.node_place(before)
            problems.add(RectifierBeforeSoftmax(at=at, word=word, softmax=softmax))


def find_softmax_twice(network: CheckedNetwork, problems: Problems) -> None:
    for name, before in _softmaxes(network):
        if network.layer(before).sums_to_one:
            from ...problems.layer_lints import SoftmaxTwice

            first = network.node_place(before)
            problems.add(SoftmaxTwice(at=network.node_place(name), first=first))


def _softmaxes(network: CheckedNetwork) -> Iterator[tuple[str, str]]:
    """Every softmax, and the layer whose output it reads."""
    for name, node in network.nodes.items():
        if network.layer(name).sums_to_one and node.inputs:
            yield name, network.origin(node.inputs[0])
