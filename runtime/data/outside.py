"""Data sources of packages and programs: what they give is read as an archive of arrays."""

from __future__ import annotations

import io
from zipfile import ZipFile

import numpy as np

from ...compiler.data.outside import ArraySource
from ...compiler.language.outside import fault_of
from ...compiler.problems.outside import WordFailed
from .array_reader import ArrayReader
from .data_file import DataFile
from .dataset import DataRequest, RawDataset
from .numpy_files import read_archive


def load_source(data: ArraySource, file: DataFile, wanted: DataRequest) -> RawDataset | None:
    """The arrays of a source; None after a problem. The path of `file` is the folder that paths in
    its options are relative to."""
    try:
        arrays = {str(name): np.asarray(array) for name, array in data.arrays(file.path).items()}
    except (OSError, ValueError) as error:
        file.report_damage(str(error).strip() or type(error).__name__)
        return None
    except Exception as error:
        if not data.package:
            raise
        file.report(
            WordFailed,
            word=data.word,
            category=data.category,
            package=data.package,
            error=fault_of(error),
        )
        return None
    pickled = next((name for name, array in arrays.items() if array.dtype.hasobject), None)
    if pickled is not None:
        file.report_damage(f"`{pickled}` mixes values of several types, or has ragged rows")
        return None
    content = io.BytesIO()
    with ZipFile(content, "w") as written:
        for name, array in arrays.items():
            with written.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    content.seek(0)
    reading = ArrayReader(
        file.shown, file.place, file.problems, dtype=file.dtype, imputes=wanted.imputes
    )
    with np.load(content, allow_pickle=False) as archive:
        return read_archive(archive, wanted, reading, None, {}, is_part=False)
