"""The data and what is done to it, against what the network reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ....grammar.problem import Problems
from ...layers.layer import Arity
from ...losses.loss import Target
from ...shapes import Shape, elements, is_turned
from ...spans import Place
from .network import CheckedNetwork

if TYPE_CHECKING:
    from ...data.preparations import Prep
    from ...data.source import Data
    from ...training.directives import Augment, KFold


def check_samples(network: CheckedNetwork, problems: Problems) -> None:
    """Preps, augmentation and the input fit the samples."""
    data = network.model.data
    sample = None if data is None else data.facts().sample
    augment = network.model.augment
    if augment is not None and data is not None:
        _check_augment(network, augment, data, _with_borders(network, sample), problems)
    for index, prep in enumerate(network.model.preps):
        if sample is not None:
            sample = _after(network, prep, index, sample, problems)
    inputs = [node for node in network.model.nodes if node.layer.arity is Arity.NONE]
    if data is not None and sample is not None and len(inputs) == 1:
        _check_input(network, inputs[0].name, data, sample, problems)


def check_tokens(network: CheckedNetwork, problems: Problems) -> None:
    """What an `embed` reads are the tokens of an input, which no prep has changed."""
    preps = enumerate(network.model.preps)
    changing = next((index for index, prep in preps if not prep.keeps_values), None)
    augment = network.model.augment
    for name, node in network.nodes.items():
        if node.layer.token_count() is None or not node.inputs:
            continue
        source = node.inputs[0]
        while network.layer(source).is_view:
            source = network.nodes[source].inputs[0]
        if network.is_missing(source):
            continue
        if network.nodes[source].inputs:
            word, maker = network.layer(source).word, network.node_place(source)
        elif changing is not None:
            word = f"prep {network.model.preps[changing].word}"
            maker = network.place(f"preps.{changing}")
        elif augment is not None and augment.changes_numbers():
            word = f"augment {augment.changes_numbers()[0]}"
            maker = network.place("augment")
        else:
            continue
        from ...problems.contracts import EmbedReadsNumbers

        problems.add(EmbedReadsNumbers(at=network.node_place(name), word=word, maker=maker))


def _after(
    network: CheckedNetwork, prep: Prep, index: int, sample: Shape, problems: Problems
) -> Shape | None:
    """The shape of a sample after a prep; None after a report, which silences the rest."""
    result = prep.output(sample)
    if result is None:
        from ...problems.data import PrepDoesNotFit

        problems.add(
            PrepDoesNotFit(
                at=network.place(f"preps.{index}"),
                prep=prep.word,
                sample=tuple(size or 0 for size in sample),
                reason="a vector has no border",
            )
        )
    return result


def _check_input(
    network: CheckedNetwork, name: str, data: Data, sample: Shape, problems: Problems
) -> None:
    made = network.shapes.get(name)
    count = elements(sample)
    if made is None or count is None:
        return
    here = elements(made)
    same = here == count and not is_turned(made, sample)
    if same or (here is None and len(made) == len(sample)):
        return
    from ...problems.data import InputDiffersFromData

    problems.add(
        InputDiffersFromData(
            at=network.node_place(name),
            shape=made,
            sample=tuple(size or 0 for size in sample),
            data=data.word,
        )
    )


def _with_borders(network: CheckedNetwork, sample: Shape | None) -> Shape | None:
    """A sample as `augment` sees it: the borders that come first are part of it."""
    for prep in network.model.preps:
        if sample is None or not prep.keeps_values:
            break
        sample = prep.output(sample)
    return sample


def _check_augment(
    network: CheckedNetwork, augment: Augment, data: Data, sample: Shape | None, problems: Problems
) -> None:
    pictorial = augment.of_images()
    plain = len(sample) != 3 if sample is not None else data.tabular
    if plain and pictorial:
        from ...problems.training import AugmentDoesNotFit

        problems.add(
            AugmentDoesNotFit(
                at=network.place(f"augment.{pictorial[0]}"),
                options=pictorial,
                sample=sample,
                data=data.word,
            )
        )
        return
    if sample is not None and not plain:
        check_crop(network.place, augment, sample, problems)
    if augment.mixup:
        _check_mixup(network, problems)


def _check_mixup(network: CheckedNetwork, problems: Problems) -> None:
    """Every loss can be compared with a mixture of two targets."""
    mixed = {Target.SHARES, Target.BITS, Target.REALS}
    for loss in network.model.losses:
        if mixed.isdisjoint(loss.targets):
            from ...problems.training import MixupDoesNotFit

            problems.add(MixupDoesNotFit(at=network.place("augment.mixup"), loss=loss.word))
            return


def check_crop(
    place_of: Callable[[str], Place], augment: Augment, sample: Shape, problems: Problems
) -> None:
    """Training images keep the size of those for validation and test."""
    if augment.crop is None:
        return
    from ...problems.training import CropChangesSize, CropTooLarge

    place = place_of("augment.crop")
    *axes, channels = sample
    border = 2 * (augment.pad or 0)
    padded: Shape = (*(None if size is None else size + border for size in axes), channels)
    crop = augment.crop if len(augment.crop) > 1 else augment.crop * len(axes)
    result: Shape = (*crop, channels)
    if len(result) != len(sample) or any(
        size is not None and part > size for part, size in zip(crop, padded, strict=False)
    ):
        problems.add(CropTooLarge(at=place, crop=crop, padded=padded))
    elif result != sample:
        problems.add(CropChangesSize(at=place, sample=sample, result=result))


def check_parts(network: CheckedNetwork, problems: Problems) -> None:
    """The data is divided once, into parts that leave something to train on."""
    data = network.model.data
    if data is None:
        return
    kfold = network.model.kfold
    ways = [
        (f"data.{name}", f"{name}=") for name in ("split", "val") if network.written(f"data.{name}")
    ]
    if kfold is not None:
        _check_folds(network, data, kfold, problems)
        ways.append(("kfold", f"kfold {kfold.folds}"))
    if data.split is not None and network.written("data.test"):
        ways.append(("data.test", "test="))
    for path, way in ways[1:]:
        from ...problems.training import PartsSaidTwice

        problems.add(
            PartsSaidTwice(
                at=network.place(path), one=ways[0][1], other=way, first=network.place(ways[0][0])
            )
        )
    _check_table(network, data, problems)
    if data.split is not None:
        total = sum(data.split)
        if total > 1 + 1e-9:
            reason = f"the shares add up to {100 * total:.4g} %, more than 100 %"
        elif data.split[0] <= 0:
            reason = "no samples are left for training"
        else:
            return
        from ...problems.data import SplitLeavesNothing

        problems.add(SplitLeavesNothing(at=network.place("data.split"), reason=reason))


CONTRADICTIONS = (
    ("target", "features"),
    ("target", "ignore"),
    ("target", "weights"),
    ("target", "groups"),
    ("features", "ignore"),
)
"""Roles of which a column of a table can have one only."""


def _check_table(network: CheckedNetwork, data: Data, problems: Problems) -> None:
    """Every part that is a file has one of its own, and no column contradicts itself."""
    from ...data.files import FilesOfParts

    if not isinstance(data, FilesOfParts):
        return
    used = [data.path]
    for option, path in data.part_files().items():
        if path in used:
            from ...problems.data import SplitLeavesNothing

            reason = f"`{path}` cannot be two parts; to divide one file, omit `{option}=`"
            problems.add(SplitLeavesNothing(at=network.place(f"data.{option}"), reason=reason))
        used.append(path)
    if not data.tabular:
        return
    roles = {one: _columns(getattr(data, one)) for pair in CONTRADICTIONS for one in pair}
    twice = [
        (name, role, role)
        for role in ("target", "features")
        for name in dict.fromkeys(roles[role])
        if roles[role].count(name) > 1
    ]
    twice += [
        (name, one, other)
        for one, other in CONTRADICTIONS
        for name in roles[one]
        if name in roles[other]
    ]
    for name, one, other in twice:
        from ...problems.tables import ColumnUsedTwice

        place = network.place(f"data.{other}")
        problems.add(ColumnUsedTwice(at=place, column=name, one=one, other=other))


def _columns(names: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names or ()


def _check_folds(network: CheckedNetwork, data: Data, kfold: KFold, problems: Problems) -> None:
    """Every fold has a sample, where their number is known."""
    known = (data.facts().train, data.limit)
    samples = min((count for count in known if count is not None), default=None)
    if samples is not None and samples < kfold.folds:
        from ...problems.training import FoldsDoNotFit

        reason = f"{samples} samples cannot be divided into {kfold.folds} folds"
        problems.add(FoldsDoNotFit(at=network.place("kfold"), reason=reason))


def missing_parts(network: CheckedNetwork) -> tuple[str, ...]:
    """Which of `val` and `test` the spec leaves without samples."""
    data = network.model.data
    if data is None:
        return ()
    if network.model.kfold is not None:
        facts = data.facts()
        return ("test",) if facts.train is not None and facts.test is None else ()
    _, validation, test = data.shares()
    own = data.split is None  # a tenth, or what the data brings
    return (*(("val",) if validation <= 0 else ()), *(("test",) if test <= 0 and not own else ()))
