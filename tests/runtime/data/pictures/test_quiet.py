"""Pillow is quiet while pictures are read, and nobody else is."""

from __future__ import annotations

import warnings

import pytest
from netc.runtime.data.quiet import QUIET_PILLOW
from netc.runtime.data.streamed import reading_threads
from netc.runtime.held_state import Holding


def warn_as(module: str) -> None:
    warnings.warn_explicit("of something", UserWarning, "file.py", 1, module)


def test_only_pillow_is_quiet() -> None:
    with reading_threads():
        warn_as("PIL.TiffImagePlugin")
        with pytest.warns(UserWarning, match="of something"):
            warn_as("program")
    with pytest.warns(UserWarning, match="of something"):
        warn_as("PIL.TiffImagePlugin")


def test_two_readers_that_end_in_another_order_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    first, second = Holding(QUIET_PILLOW), Holding(QUIET_PILLOW)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    warn_as("PIL.Image")
    second.__exit__(None, None, None)
    assert list(warnings.filters) == before


def test_a_filter_of_the_program_stays() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        before = list(warnings.filters)
        with reading_threads():
            pass
        assert list(warnings.filters) == before
