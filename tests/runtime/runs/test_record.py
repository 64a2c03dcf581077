"""What `run.json` says of `train` is what a command line could say."""

from __future__ import annotations

from typing import Any

import pytest
from netc.runtime.runs.record import SpecRecord
from pydantic import ValidationError

PLACE: dict[str, Any] = {"path": None, "root": ".", "kept_as": "spec.net", "sha256": ""}


@pytest.mark.parametrize(
    "options",
    [{}, {"epochs": 3, "seed": 0}, {"batch": "all"}, {"batch": 10**18 - 1}, {"precision": "f64"}],
)
def test_options_of_train_are_read(options: dict[str, Any]) -> None:
    assert SpecRecord(**PLACE, train=options).train == options


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"epochs": 10**18},
        {"epochs": "all"},
        {"batch": "some"},
        {"seed": -1},
        {"precision": "f16"},
        {"precision": 32},
        {"shuffle": 0},
        {"keep": "best"},
        {"colour": 1},
    ],
)
def test_others_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="no command line says so"):
        SpecRecord(**PLACE, train=options)
