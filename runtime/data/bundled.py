"""The sets that come with netc, as NumPy archives beside this file.

digits: 1,797 handwritten digits, 8x8 grey levels 0..16, ten classes: the test part of "Optical
Recognition of Handwritten Digits" (Alpaydin & Kaynak, 1998, UCI Machine Learning Repository,
doi 10.24432/C50P49, CC BY 4.0), in its published order. Delivered as level / 16, in [0, 1].

iris: 150 flowers, four lengths in centimetres, three species (Fisher 1936; UCI Machine Learning
Repository, doi 10.24432/C56C76, CC BY 4.0), with the two rows that differ from Fisher's article
as in the article.

Both were taken from scikit-learn's copies. Each archive holds `x`, `y`, `classes`, `source`.
"""

from __future__ import annotations

import hashlib
import io
from importlib import resources

import numpy as np

from .dataset import RawDataset, Split


def load_bundled(name: str) -> RawDataset:
    """The bundled data set with this name."""
    data = resources.files(__package__).joinpath(f"{name}.npz").read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        x = archive["x"].astype(np.float64)
        y = archive["y"].astype(np.int64)
        classes = tuple(str(item) for item in archive["classes"])
    if name == "digits":
        x = x.reshape(-1, 8, 8, 1) / 16
    else:
        x = np.round(x, 1)  # stored in single precision
    return RawDataset(
        Split(x, y),
        classes=classes,
        hashes={f"{name}.npz": hashlib.sha256(data).hexdigest()},
    )
