"""zig unpacks its C library once for all tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _one_cache_of_zig(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "zig"))
