"""Blocks of products: they cover everything once and fit the registers."""

from __future__ import annotations

import pytest
from netc.compiler.native.products.blocks import cover, divide, runs, split_evenly


@pytest.mark.parametrize("total", [1, 2, 7, 14, 15, 64, 1000])
@pytest.mark.parametrize("most", [1, 3, 14])
def test_equal_parts_differ_by_one_at_most(total: int, most: int) -> None:
    parts = split_evenly(total, most)
    assert sum(part.size * part.times for part in parts) == total
    assert most >= parts[0].size >= parts[-1].size >= parts[0].size - 1


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 6, 8, 10, 17, 31, 84, 300])
@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
@pytest.mark.parametrize("registers", [16, 32])
@pytest.mark.parametrize("padded", [False, True])
def test_panels_cover_all_columns_and_fit_the_registers(
    columns: int, lanes: int, registers: int, padded: bool
) -> None:
    covering = cover(columns, lanes, padded)
    assert padded or covering.width <= columns
    for rows in (1, 5, 28, 500):
        blocks = divide(rows, covering, registers)
        assert sum(part.size * part.times for part in blocks.rows) == rows
        assert sum(panel.vectors for panel in blocks.panels) == covering.vectors
        tallest = blocks.rows[0].size
        assert tallest * blocks.widest + blocks.widest + 1 <= registers
        end = blocks.panels[-1]
        assert end.first * covering.width + end.last + covering.stored == columns
        # added sums would count twice where two panels overlap
        assert not covering.ragged or all(panel.vectors > 1 for panel in blocks.panels)


@pytest.mark.parametrize("columns", [16, 48, 80, 2048])
@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
@pytest.mark.parametrize("registers", [16, 32])
def test_blocks_of_packed_weights_begin_where_a_unit_or_an_equal_part_of_it_does(
    columns: int, lanes: int, registers: int
) -> None:
    covering, unit = cover(columns, lanes), 16 // lanes
    for rows in (1, 5, 28, 500):
        blocks = divide(rows, covering, registers, unit=unit)
        assert sum(panel.vectors for panel in blocks.panels) == covering.vectors
        for panel in blocks.panels:
            inside = panel.first % unit
            assert inside + panel.vectors <= unit or not (inside or panel.vectors % unit)


@pytest.mark.parametrize("length", [1, 3, 16, 37, 64])
def test_runs_never_overlap(length: int) -> None:
    place = 0
    for run in runs(length, 16):
        assert run.first == place
        place += run.width * run.vectors
    assert place == length
