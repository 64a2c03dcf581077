"""What an autoencoder gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....compiler.lower.network import loss_sites
from ...array_types import Array
from .maps import picture_shape
from .opening import Inspection

MOST_RECONSTRUCTED = 10


@dataclass(frozen=True, slots=True, eq=False)
class Reconstructions:
    """Samples and outputs, both (n, rows, columns, channels)."""

    samples: Array
    outputs: Array
    indices: tuple[int, ...]
    """Of the samples."""


def reconstructions(inspection: Inspection) -> Reconstructions | None:
    """The first samples, and what the network makes of them; None where no loss compares an output
    with an input (`target=@x`), or where that is no picture."""
    site = next(
        (
            site
            for site in loss_sites(inspection.spec.model, inspection.graph)
            if site.target in inspection.encoded.inputs
        ),
        None,
    )
    shape = None if site is None else picture_shape(inspection, site.target or "")
    if site is None or shape is None:
        return None
    found = []
    for index in range(min(MOST_RECONSTRUCTED, len(inspection.encoded))):
        _, outputs = next(inspection.outputs_of(np.array([index])))
        pair = outputs[site.target or ""][0], outputs[site.output][0]
        found.append([np.array(one, np.float64).reshape(shape) for one in pair])
    samples, given = (np.stack(column) for column in zip(*found, strict=True))
    return Reconstructions(samples, given, tuple(range(len(found))))
