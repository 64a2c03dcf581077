"""NumPy's own files: an archive of arrays (`data npz`), or one array a file (`data npy`).

Which array is what, in an archive:

- a network with one input reads `x`; an array with the name of the input (`input 784
  name=image`) takes its place. Of several inputs each reads the array with its name.
- a loss on a label (`loss ce on=@digit`) is compared with the array of that name, or with `y`
  where there is none; a loss on the only output with `y`.
- `sample_weight`, where it is, says what each sample counts in the losses.
- `x_test`, `y_test` (`image_test`, `digit_test`) are the test part, where they are.
- `classes` are the names of the classes of `y`, in index order; without it there are as many as
  the largest label says.

Features are taken as they are, in the type that the network works in: bytes stay 0 to 255 (`prep
scale` brings them to 0 to 1). Targets of text are classes in sorted order; whole numbers are
class indices where the loss learns classes, and numbers where it learns numbers. Files with
pickled objects are refused: to read one can run any program that its author wrote into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.lib.npyio import NpzFile

from ...compiler.problems.arrays import ArrayMissing, PartsDiffer
from ...compiler.problems.data import DataFileDamaged
from ...compiler.shapes import shape_text
from ..array_types import Array, Doubles
from .array_reader import ArrayReader
from .data_file import DataFile
from .dataset import DataRequest, RawDataset, Split, renumbered

TEST = "_test"
WEIGHTS = "sample_weight"


def load_npz(
    file: DataFile,
    wanted: DataRequest,
    parts: Mapping[str, DataFile] = MappingProxyType({}),
    groups: str | None = None,
) -> RawDataset | None:
    """The arrays of an archive, and those of `parts`, which are "val" and "test"; None after a
    problem. `groups` is the array that says which samples belong together."""
    classes: dict[str, tuple[str, ...] | None] = {}
    whole = _load_archive(file, wanted, groups, classes)
    if whole is None:
        return None
    if whole.test is not None and "test" in parts:
        parts["test"].report_damage(
            f"`{file.shown}` has a test part of its own, arrays that end in `{TEST}`: omit `test=`"
        )
        return None
    found = {}
    hashes = dict(whole.hashes)
    for option, part in parts.items():
        own = _load_archive(part, wanted, None, classes, is_part=True)
        if own is None or not _is_alike(part, whole, own):
            return None
        found[option] = own.samples
        hashes[part.shown] = next(iter(own.hashes.values()))
    shown = tuple(parts[option].shown if option in parts else "" for option in ("val", "test"))
    named = {key: replace(split, files=(shown[0], shown[1])) for key, split in found.items()}
    notes = [whole.note, *(f"{option} from `{parts[option].shown}`" for option in parts)]
    named_classes = zip(whole.target_names, (whole.classes, *whole.more_classes), strict=True)
    first, *more = (classes.get(name) or known for name, known in named_classes)
    return replace(
        whole,
        samples=replace(whole.samples, files=(shown[0], shown[1])),
        validation=named.get("val"),
        test=named.get("test", whole.test),
        classes=first,
        more_classes=tuple(more),
        note=", ".join(filter(None, notes)),
        hashes=hashes,
    )


def _is_alike(part: DataFile, whole: RawDataset, own: RawDataset) -> bool:
    """Whether samples and targets of a part are those of the set in shape."""
    ones, others = whole.samples, own.samples
    names = (*whole.input_names, *whole.target_names)
    pairs = zip(ones.inputs + ones.targets, others.inputs + others.targets, strict=True)
    for name, (one, other) in zip(names, pairs, strict=True):
        if one.shape[1:] != other.shape[1:]:
            here, there = (shape_text(array.shape[1:]) or "a number" for array in (other, one))
            part.report_damage(f"a sample of `{name}` is {here}, and in the first file {there}")
            return False
    return True


def _load_archive(
    file: DataFile,
    wanted: DataRequest,
    groups: str | None,
    classes: dict[str, tuple[str, ...] | None],
    *,
    is_part: bool = False,
) -> RawDataset | None:
    """The arrays of one archive; None after a problem. `classes` of texts are those of the set that
    it is a part of, by array, and get those of its own."""
    reading = ArrayReader(
        file.shown, file.place, file.problems, dtype=file.dtype, imputes=wanted.imputes
    )
    with reading.files:
        archive = reading.open(file.path, file.shown)
        if archive is None:
            return None
        if isinstance(archive, np.ndarray):
            file.report_damage(f'it is a single array: write `data npy "{file.shown}"`')
            return None
        with archive:
            return read_archive(archive, wanted, reading, groups, classes, is_part=is_part)


def read_archive(
    archive: NpzFile,
    wanted: DataRequest,
    reading: ArrayReader,
    groups: str | None,
    classes: dict[str, tuple[str, ...] | None],
    *,
    is_part: bool,
) -> RawDataset | None:
    """The arrays of an open archive; None after a problem. `groups` and `classes` are as in
    `_load_archive`."""
    held = tuple(archive.files)
    plain = "x" if len(wanted.inputs) == 1 else None
    inputs = [_choose(name, plain, held, reading) for name in wanted.inputs]
    named = {name: _choose(name, "y", held, reading) for name in wanted.targets}
    targets: dict[str | None, int | None] = dict.fromkeys(named.values())
    targets |= {named[name]: label for name, label in wanted.ignored.items()}
    if groups is not None:
        _choose(groups, None, held, reading)
    if not reading.good:
        return None
    keys = [key for key in (*inputs, *targets) if key is not None]
    keys += [WEIGHTS] if WEIGHTS in held else []
    tested = not is_part and any(key + TEST in held for key in keys)
    if tested:
        for key in keys:
            _choose(key + TEST, None, held, reading)
    parts = []
    for suffix in ("", TEST) if tested and reading.good else ("",):
        part = _read_part(
            archive, inputs, targets, suffix, classes, reading, None if suffix else groups
        )
        if part is not None:
            parts.append(part)
    if len(parts) == 2:
        _compare_parts((*inputs, *targets), parts[0], parts[1], reading)
    if not reading.good:
        return None
    found = [classes[str(key)] for key in targets]
    if "classes" in held and found and found[0] is None and not is_part:
        names = reading.member(archive, "classes")
        if names is None:
            return None
        found[0] = tuple(str(item) for item in names.ravel())
    notes = [f"weighted by `{WEIGHTS}`"] if WEIGHTS in held and not is_part else []
    notes += [f"grouped by `{groups}`"] if groups is not None else []
    return RawDataset(
        parts[0],
        parts[1] if len(parts) > 1 else None,
        found[0] if found else None,
        hashes=reading.hashes,
        note=", ".join(notes),
        input_names=tuple(wanted.inputs),
        target_names=tuple(str(key) for key in targets) or ("y",),
        more_classes=tuple(found[1:]),
    )


def _compare_parts(
    keys: tuple[str | None, ...], train: Split, test: Split, reading: ArrayReader
) -> None:
    """A sample of each array has the same shape in both parts."""
    pairs = zip(train.inputs + train.targets, test.inputs + test.targets, strict=False)
    for key, (first, second) in zip(keys, pairs, strict=False):
        if first.shape[1:] != second.shape[1:]:
            reading.report(
                PartsDiffer,
                data=reading.shown,
                first=key,
                first_shape=first.shape[1:],
                other=f"{key}{TEST}",
                other_shape=second.shape[1:],
            )


def _choose(
    name: str, plain: str | None, held: tuple[str, ...], reading: ArrayReader
) -> str | None:
    """The array for a name: that of the name, or the plain one."""
    for key in (name, plain):
        if key is not None and key in held:
            return key
    wanted = plain or name
    reading.report(ArrayMissing, path=reading.shown, name=wanted, held=held)
    return None


def _read_part(
    archive: NpzFile,
    inputs: list[str | None],
    targets: dict[str | None, int | None],
    suffix: str,
    classes: dict[str, tuple[str, ...] | None],
    reading: ArrayReader,
    grouped: str | None,
) -> Split | None:
    xs: list[Array] = []
    ys: list[Array] = []
    lengths: dict[str, Array] = {}
    for key in inputs:
        array = reading.member(archive, f"{key}{suffix}")
        found = None if array is None else reading.features(array, f"{key}{suffix}")
        if found is not None:
            xs.append(found)
            lengths[f"{key}{suffix}"] = found
    for key, ignored in targets.items():
        array = reading.member(archive, f"{key}{suffix}")
        read = None if array is None else reading.target(array, f"{key}{suffix}", ignored)
        if read is not None:
            y, names = read
            known = classes.get(str(key))
            if str(key) in classes and (known is None) != (names is None):
                here, there = ("numbers", "text") if names is None else ("text", "numbers")
                reason = f"`{key}{suffix}` holds {here}, and the samples to train on have {there}"
                reading.report(DataFileDamaged, path=reading.shown, reason=reason)
                continue
            if names is not None:
                y, names = _renumber(y, names, known)
            classes[str(key)] = names
            ys.append(y)
            lengths[f"{key}{suffix}"] = y
    weights: Doubles | None = None
    if WEIGHTS in archive.files:
        array = reading.member(archive, f"{WEIGHTS}{suffix}")
        weights = None if array is None else reading.weights(array, f"{WEIGHTS}{suffix}")
        if weights is not None:
            lengths[f"{WEIGHTS}{suffix}"] = weights
    groups = None if grouped is None else reading.groups(archive, grouped)
    if groups is not None:
        lengths[str(grouped)] = groups
    if reading.good:
        reading.same_length(lengths)
    if not reading.good:
        return None
    y = ys[0] if ys else np.zeros((len(xs[0]), 0), reading.dtype)
    return Split(xs[0], y, tuple(xs[1:]), tuple(ys[1:]), groups=groups, weights=weights)


def _renumber(
    y: Array, names: tuple[str, ...], known: tuple[str, ...] | None
) -> tuple[Array, tuple[str, ...]]:
    """The labels of a test part in the numbers of the training part; classes that only the test
    part has come last."""
    together = (*(known or ()), *(name for name in names if name not in (known or ())))
    number = np.array([together.index(name) for name in names], np.int64)
    return renumbered(y, number), together


def load_npy(
    file: DataFile, wanted: DataRequest, target: Path | None, target_shown: str
) -> RawDataset | None:
    """One array of samples, and one of targets where a loss needs targets."""
    reading = ArrayReader(
        file.shown, file.place, file.problems, dtype=file.dtype, imputes=wanted.imputes
    )
    with reading.files:
        return _read_arrays(file.path, target, target_shown, wanted, reading)


def _read_arrays(
    path: Path, target: Path | None, target_shown: str, wanted: DataRequest, reading: ArrayReader
) -> RawDataset | None:
    shown = reading.shown
    samples = _open_array(path, shown, reading)
    x = None if samples is None else reading.features(samples, shown)
    names: tuple[str, ...] | None = None
    y: Array | None = None
    if target is not None:
        array = _open_array(target, target_shown, reading)
        ignored = wanted.ignored_label()
        read = None if array is None else reading.target(array, target_shown, ignored)
        if read is not None:
            y, names = read
    elif wanted.targets:
        reading.report(ArrayMissing, path=shown, name="y", held=(shown,))
    if not reading.good or x is None:
        return None
    if y is None:
        y = np.zeros((len(x), 0), reading.dtype)
    else:
        reading.same_length({shown: x, target_shown: y})
    if not reading.good:
        return None
    return RawDataset(Split(x, y), classes=names, hashes=reading.hashes)


def _open_array(path: Path, shown: str, reading: ArrayReader) -> Array | None:
    content = reading.open(path, shown)
    if isinstance(content, NpzFile):
        content.close()
        reason = f'it is an archive of arrays: write `data npz "{shown}"`'
        reading.report(DataFileDamaged, path=shown, reason=reason)
        return None
    return content
