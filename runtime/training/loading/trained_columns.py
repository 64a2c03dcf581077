"""What a trained network knows of the columns that it was trained on."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.data.tables import Table
from ....compiler.ir import Model
from ...data.tables.samples import TrainedColumns
from ...data.tables.text import TableOptions, table_options
from ..objectives.objectives import data_request
from ..trained_state import TrainedState


def trained_columns(model: Model, state: TrainedState) -> TrainedColumns:
    """What a network knows of the table that it was trained on."""
    data = model.data if isinstance(model.data, Table) else None
    options = TableOptions() if data is None else table_options(data)
    return TrainedColumns(
        replace(
            data_request(model),
            columns=state.columns,
            target_columns=state.target_columns,
            categories=state.categories,
        ),
        state.steps[0] if state.steps else (),
        (data.target_columns() or ()) if data is not None else (),
        replace(options, sep=None, header=None, encoding=None, form=None),
    )
