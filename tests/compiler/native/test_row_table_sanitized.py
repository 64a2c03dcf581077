"""No row in C reads or writes beyond an array, and none does what C leaves undefined."""

from __future__ import annotations

import pytest
from native_rows import run_sanitized

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("vector_bytes", [64, 16])
@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_sanitizers_find_nothing(precision: str, vector_bytes: int) -> None:
    assert run_sanitized("native_row_cases", precision, vector_bytes) == ""
