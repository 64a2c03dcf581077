"""The samples with the highest losses, as people can look at them: pictures, curves, or values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....compiler.lower.network import loss_sites
from ...analysis.inspection.opening import Inspection
from ...analysis.inspection.outcomes import Outcomes
from ...analysis.inspection.reconstructions import reconstructions
from ...analysis.inspection.samples import sample_pixels
from ...array_types import Array
from ...data.target_prep import undo_target
from ...plots.style import COLOURS, FAINT
from ...training.diagnosis.figures import value_names
from ...training.objectives.batches import SampleIndices, TargetEncoding
from ...training.objectives.measured_outputs import MeasuredOutput
from ...training.objectives.objectives import token_readers
from ..charts.markup import cut, spelled
from ..data import SamplePicture, WorstSample, WorstSamples
from ..thinning import thinned
from .png import LARGEST, png_of

MOST_WORST = 24
MOST_ROWS = 15
"""Of a table."""
MOST_COLUMNS = 12
MOST_POINTS = 120
MOST_CURVES = 4
LONGEST_VECTOR = 16
"""A sample with more numbers, which have no names, is a curve."""
MOST_TOKENS = 60
MOST_LABELS = 8
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """How the samples are shown."""

    inspection: Inspection
    pictures: tuple[str, ...]
    """The inputs that are pictures."""
    columns: tuple[str, ...]
    """Of a table."""
    tokens: bool


def worst_samples(inspection: Inspection, outcomes: Outcomes, part: str) -> WorstSamples | None:
    """Those with the highest losses among the samples that were looked at."""
    looks = _looks(inspection)
    count = MOST_WORST if looks.pictures else MOST_ROWS
    worst = outcomes.worst(count)
    given = {
        index: {name: output.copy() for name, output in outputs.items()}
        for index, outputs in answers_of(inspection, worst)
    }
    samples = tuple(
        _sample(looks, outcomes, index, given[index])
        for index in worst.tolist()
        if np.isfinite(outcomes.losses[index])
    )
    if not samples:
        return None
    shown = looks.columns[:MOST_COLUMNS]
    left_out = len(looks.columns) - len(shown)
    among = len(inspection.encoded)
    return WorstSamples(part, among, inspection.total, samples, shown, left_out)


def answers_of(
    inspection: Inspection, order: SampleIndices
) -> Iterator[tuple[int, dict[str, Array]]]:
    """Some samples with what the network answers, by output, valid until the next one."""
    names = set(inspection.graph.outputs)
    names |= {reading.output for reading in inspection.session.objective.measured_outputs}
    names |= {site.output for site in loss_sites(inspection.spec.model, inspection.graph)}
    for rows, outputs in inspection.outputs_of(order):
        for at, index in enumerate(rows.tolist()):
            yield index, {name: outputs[name][at] for name in names}


def _looks(inspection: Inspection) -> _Looks:
    names = tuple(inspection.encoded.inputs)
    pictures = tuple(
        name for name in names if sample_pixels(inspection.at_input(name), 0) is not None
    )
    read = inspection.read.x
    columns: tuple[str, ...] = ()
    reads_tokens = any(True for _ in token_readers(inspection.spec.model))
    if not pictures and not reads_tokens and read.ndim == 2:
        known = inspection.loaded.dataset.columns
        if len(known) == read.shape[1]:
            columns = tuple(cut(name, LONGEST_NAME) for name in known)
        elif read.shape[1] <= LONGEST_VECTOR:
            columns = tuple(f"feature {number + 1}" for number in range(read.shape[1]))
    return _Looks(inspection, pictures, columns, reads_tokens)


def _sample(
    looks: _Looks, outcomes: Outcomes, index: int, outputs: Mapping[str, Array]
) -> WorstSample:
    inspection = looks.inspection
    true, predicted = _answers(inspection, outcomes, index, outputs)
    pictures = [
        SamplePicture(png_of(pixels), name if len(looks.pictures) > 1 else "")
        for name in looks.pictures
        if (pixels := sample_pixels(inspection.at_input(name), index)) is not None
    ]
    pictures += _masks(inspection, index, outputs)
    values: tuple[str, ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()
    if not looks.pictures:
        x = np.asarray(inspection.read.x[index : index + 1])[0]
        if looks.columns:
            values = _values(inspection, x)
        elif looks.tokens:
            flat = x.ravel()
            values = (" ".join(spelled(float(one)) for one in flat[:MOST_TOKENS]),)
        else:
            curves = _curves(x)
    score = None if outcomes.scores is None else float(outcomes.scores[index])
    return WorstSample(
        _name(inspection, index),
        float(outcomes.losses[index]),
        true,
        predicted,
        None if score is None or not np.isfinite(score) else score,
        tuple(pictures),
        curves,
        values,
    )


def _name(inspection: Inspection, index: int) -> str:
    """`sample 17`, or ``line 7 of `test.csv` ``: the part is in the heading."""
    name = inspection.read.name_of(index)
    return name.removesuffix(" of the test part").removesuffix(" of the validation part")


def _values(inspection: Inspection, x: Array) -> tuple[str, ...]:
    """The first columns of a row, categories by their names."""
    categories = inspection.loaded.dataset.categories
    found = []
    for number, value in enumerate(x[:MOST_COLUMNS].tolist()):
        texts = categories[number] if number < len(categories) else None
        if value != value:
            found.append("missing")
        elif texts is not None and 0 <= int(value) < len(texts):
            found.append(cut(texts[int(value)], LONGEST_NAME))
        else:
            found.append(spelled(float(value)))
    return tuple(found)


def _curves(x: Array) -> tuple[tuple[float, ...], ...]:
    """A sequence (positions, channels), or a vector, as curves."""
    channels = x.reshape(len(x), -1).T if x.ndim > 1 else x.reshape(1, -1)
    return tuple(
        tuple(float(channel[at]) for at in thinned(channel.tolist(), MOST_POINTS))
        for channel in channels[:MOST_CURVES].astype(np.float64)
    )


# What is true, and what was predicted


def _answers(
    inspection: Inspection, outcomes: Outcomes, index: int, outputs: Mapping[str, Array]
) -> tuple[str, str]:
    if outcomes.true is not None and outcomes.predicted is not None:
        names = (*outcomes.names, "ignored")
        true, predicted = (names[labels[index]] for labels in (outcomes.true, outcomes.predicted))
        return cut(true, LONGEST_NAME), cut(predicted, LONGEST_NAME)
    readings = inspection.session.objective.measured_outputs
    for number, reading in enumerate(readings):
        if reading.several:
            truth = np.asarray(inspection.encoded.truths[number][index]).ravel() == 1
            given = outputs[reading.output].ravel() > reading.threshold
            return _labels(reading, truth), _labels(reading, given)
    encoding = number_encoding(inspection)
    if encoding is None:
        return "", ""
    true_numbers, given_numbers = numbers_of(inspection, encoding, index, outputs)
    return _listed(true_numbers), _listed(given_numbers)


def _labels(reading: MeasuredOutput, those: Array) -> str:
    names = [
        reading.names[number] if reading.names else str(number + 1)
        for number in np.flatnonzero(those)
    ]
    more = f" and {len(names) - MOST_LABELS} more" if len(names) > MOST_LABELS else ""
    return ", ".join(cut(name, LONGEST_NAME) for name in names[:MOST_LABELS]) + more or "none"


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(map(spelled, numbers[:4])) + (", …" if len(numbers) > 4 else "")


def number_encoding(inspection: Inspection) -> TargetEncoding | None:
    """The first target of the data that is numbers."""
    encodings = inspection.session.objective.encodings
    return next((one for one in encodings if one.codes is None and one.kind == "numbers"), None)


def numbers_of(
    inspection: Inspection, encoding: TargetEncoding, index: int, outputs: Mapping[str, Array]
) -> tuple[list[float], list[float]]:
    """What is true of a sample and what was predicted, in the unit of the data."""
    y = np.asarray(inspection.session.dataset.train.targets[encoding.target][index : index + 1])
    output = outputs[encoding.feed.removeprefix("target:")]
    given = undo_target(encoding.steps, output[None])
    return [float(one) for one in y.ravel()], [float(one) for one in given.ravel()]


def number_names(inspection: Inspection, encoding: TargetEncoding, width: int) -> tuple[str, ...]:
    """What the numbers of a target are called."""
    return value_names(inspection.loaded.dataset, encoding.target, width)


# Pictures of classes


def _masks(
    inspection: Inspection, index: int, outputs: Mapping[str, Array]
) -> tuple[SamplePicture, ...]:
    """Where each pixel has a class: the true ones and the predicted ones."""
    for number, reading in enumerate(inspection.session.objective.measured_outputs):
        output = outputs.get(reading.output)
        if reading.classes is None or reading.several or output is None or output.ndim != 3:
            continue
        truth = np.asarray(inspection.encoded.truths[number][index])
        if output.shape[-1] == 1:
            given = (output[..., 0] > reading.threshold).astype(np.int64)
        else:
            given = output.argmax(axis=-1)
        pair = (truth.reshape(given.shape), "true"), (given, "predicted")
        return tuple(SamplePicture(png_of(_painted(mask)), called) for mask, called in pair)
    return ()


def _painted(mask: Array) -> Array:
    """Classes as colours; what is ignored is grey."""
    step = -(-max(mask.shape) // LARGEST)
    palette = np.array([_rgb(colour) for colour in ("#101820", *COLOURS[:-1])])
    colours = palette[np.maximum(mask, 0) % len(palette)]
    return np.where((mask < 0)[..., None], _rgb(FAINT), colours)[::step, ::step]


def _rgb(colour: str) -> Array:
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])


def rebuilt_pairs(inspection: Inspection) -> tuple[tuple[SamplePicture, SamplePicture], ...]:
    """What an autoencoder gives back of the first samples."""
    found = reconstructions(inspection)
    if found is None:
        return ()
    low, high = float(found.samples.min()), float(found.samples.max())

    def picture(pixels: Array, caption: str) -> SamplePicture:
        scaled = (pixels - low) / ((high - low) or 1.0)
        return SamplePicture(
            png_of(scaled if scaled.shape[-1] == 3 else scaled.mean(axis=-1)), caption
        )

    names = [_name(inspection, index) for index in found.indices]
    triples = zip(found.samples, found.outputs, names, strict=True)
    return tuple((picture(x, name), picture(y, "output")) for x, y, name in triples)
