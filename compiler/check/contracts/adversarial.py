"""`train adversarial`: the samples can be changed, and each number has a range."""

from __future__ import annotations

from ....grammar.problem import Problems
from .network import CheckedNetwork


def check_adversarial(network: CheckedNetwork, problems: Problems) -> None:
    """Reports what keeps samples from being changed in the range of the data."""
    if not network.model.train.adversarial:
        return
    found = _obstacle(network)
    if found is not None:
        from ...problems.training import AdversarialDoesNotFit

        reason, advice = found
        place = network.place("train.adversarial")
        problems.add(AdversarialDoesNotFit(at=place, reason=reason, advice=advice))


def _obstacle(network: CheckedNetwork) -> tuple[str, str] | None:
    model = network.model
    mixing = next((prep for prep in model.preps if prep.mixes_features), None)
    if mixing is not None:
        reason = f"`prep {mixing.word}` mixes the features, so none has a range of its own"
        return reason, "use `prep standardize`"
    inner = next((loss for loss in model.losses if loss.target is not None), None)
    if inner is not None:
        reason = (
            f"`loss {inner.word} target=@{inner.target}` compares with a tensor that changes too"
        )
        return reason, "remove `adversarial`; `gaussian_noise` after the input is another way"
    return None
