"""`netc check` with the table at hand: how many features it has, against what the network reads.

A file that is not there or cannot be read is a matter of the run, which says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...compiler.pipeline import Checked
from ...compiler.problems.data import ColumnUnknown, InputDiffersFromData
from ...compiler.reading import file_in
from ...compiler.shapes import elements
from ...grammar.problem import Problem
from ...grammar.text import counted

if TYPE_CHECKING:
    from ...compiler.data.tables import Table
    from ...runtime.data.tables.width import Counting, TableWidth


def compare_width(checked: Checked, root: Path) -> tuple[tuple[Problem, ...], str]:
    """What is wrong between the table of a spec and the rest of it, and how wide an `input ?` is;
    nothing where the table is not at hand. Its path is relative to `root`."""
    from ...compiler.data.preparations import OneHot
    from ...compiler.data.tables import Csv, Table
    from ...runtime.data.tables.width import read_width, text_beginning

    model = checked.model
    data = model.data
    assert isinstance(data, Table)
    encoded: Counting | None = None
    if any(isinstance(prep, OneHot) for prep in model.preps):
        if model.kfold is not None:  # each fold has a training part of its own
            return (), ""
        from ...runtime.data.tables.categories import count_encoded as encoded
    read = text_beginning
    if not isinstance(data, Csv):
        from ...runtime.data.tables.formats import binary_beginning as read
    width = read_width(
        file_in(root, data.path),
        data,
        has_target=not model.losses or any(loss.target is None for loss in model.losses),
        encoded=encoded,
        read=read,
    )
    if width is None:
        return (), ""
    if width.missing:
        return (_unknown_column(checked, data, width),), ""
    inputs = [node for node in model.nodes if not node.inputs]
    known = {node.name: node.shape for node in checked.graph.nodes}
    if len(inputs) != 1 or inputs[0].name not in known:
        return (), ""
    shape = known[inputs[0].name]
    size = elements(shape)
    if size is None:
        return (), _free_size(width, data.path)
    if width.least <= size and (width.most is None or size <= width.most):
        return (), ""
    place = checked.spans.get(f"nodes.{model.nodes.index(inputs[0])}")
    assert place is not None
    certain = width.least == width.most
    return (
        InputDiffersFromData(
            at=place,
            calls=place.calls,
            shape=shape,
            sample=(width.least,),
            data=data.path,
            columns=width.features,
            arithmetic=_arithmetic(width),
            count="" if certain else _spread(width),
        ),
    ), ""


def _unknown_column(checked: Checked, data: Table, width: TableWidth) -> Problem:
    """A column that is named and not there."""
    is_target = width.missing[0] in (data.target_columns() or ())
    place = checked.spans.get("data.target" if is_target else "data.path")
    assert place is not None
    return ColumnUnknown(
        at=place,
        calls=place.calls,
        column=width.missing[0],
        path=data.path,
        columns=width.columns,
        others=len(width.missing) - 1,
    )


def _free_size(width: TableWidth, path: str) -> str:
    """How wide an `input ?` is."""
    if width.least == width.most:
        return f"`{path}` has {counted(width.least, 'feature')}: `input {width.least}`"
    return (
        f"`{path}` has {_spread(width)} features after `prep onehot`: `netc data` counts the "
        "categories of the training part"
    )


def _spread(width: TableWidth) -> str:
    """`6 to 8`, `at least 6`."""
    return f"at least {width.least}" if width.most is None else f"{width.least} to {width.most}"


def _arithmetic(width: TableWidth) -> str:
    """`14 columns - 1 target = 13`."""
    features, targets = len(width.features), len(width.targets)
    left_out = len(width.columns) - features - targets
    terms = [counted(len(width.columns), "column")]
    terms += [counted(targets, "target")] if targets else []
    terms += [f"{left_out} left out"] if left_out else []
    text = f"{' - '.join(terms)} = {features}"
    if (width.least, width.most) == (features, features):
        return text
    certain = width.least == width.most
    return f"{text}, of which `prep onehot` makes {width.least if certain else _spread(width)}"
