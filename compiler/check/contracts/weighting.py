"""What classes count in a loss, and which labels do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....grammar.problem import Problems
from ...spans import Place
from .network import CheckedNetwork, Head

if TYPE_CHECKING:
    from ...losses.loss import Loss


def check_weights(network: CheckedNetwork, head: Head, problems: Problems) -> None:
    """Class weights are as many as the classes, and the data say which class a sample has."""
    loss = head.loss
    options = list(loss.class_weights()) + ["ignore"] * (loss.ignored() is not None)
    if options and loss.target is not None:
        from ...problems.weighting import WeightsNeedData

        problems.add(WeightsNeedData(at=head.place, option=options[0], target=loss.target))
        return
    units = head.shape[-1] if head.shape is not None else None
    for option, value in loss.class_weights().items():
        if not isinstance(value, tuple) or units is None or head.shape is None:
            continue
        wanted = units if option == "pos_weight" else max(2, units)
        if len(value) != wanted or not any(value):
            from ...problems.weighting import ClassWeightsDiffer

            problems.add(
                ClassWeightsDiffer(
                    at=head.place,
                    option=option,
                    given=len(value),
                    wanted=wanted,
                    of_labels=loss.weighs_labels(units),
                    shape=head.shape,
                    output=network.node_place(head.node),
                )
            )


def one_class_needed(loss: Loss, target: str, units: int | None) -> tuple[str, str]:
    """Why an option of a loss does not apply to a target that is not one class per sample, and
    what to do."""
    if loss.ignored() is not None:
        return f"{target} has no single label to ignore", "remove `ignore=`"
    reason = f"{target} has no single class per sample for `weight=`"
    if units == 1:
        return reason, "use `pos_weight=`"
    balanced = loss.class_weights()["weight"] == "balanced"
    option = "pos_weight=balanced" if balanced else "pos_weight="
    return reason, f"use `{option}`, or a list in `weight=`, one number per label"


def check_ignored(heads: tuple[Head, ...], problems: Problems) -> None:
    """Losses on the same target ignore the same label."""
    first: dict[str | None, Head] = {}
    for head in heads:
        if head.loss.target is None:
            known = first.setdefault(head.loss.on, head)
            compare_ignored((known.loss, known.place), (head.loss, head.place), problems)


def compare_ignored(one: tuple[Loss, Place], other: tuple[Loss, Place], problems: Problems) -> None:
    """Says that one of two losses on a target counts a label that the other ignores."""
    if one[0].ignored() == other[0].ignored():
        return
    from ...problems.weighting import IgnoreDiffers

    (first, first_place), (second, place) = (one, other)
    if first.ignored() is None:
        (first, first_place), (second, place) = other, one
    ignored = first.ignored()
    assert ignored is not None
    problems.add(
        IgnoreDiffers(
            at=place,
            loss=second.word,
            ignored=ignored,
            own=second.ignored(),
            takes="ignore" in type(second).model_fields,
            first=first_place,
        )
    )
