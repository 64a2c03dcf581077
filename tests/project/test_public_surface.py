"""What programs may rely on. A change of this list is a change for every user."""

from __future__ import annotations

import inspect

import netc

PUBLIC = [
    "CompileError",
    "DataError",
    "Diagnostic",
    "Edit",
    "Fix",
    "MLflowReporter",
    "Model",
    "NetcError",
    "NotebookReporter",
    "SampledPrediction",
    "StopTraining",
    "TensorBoardReporter",
    "TrainingError",
    "__version__",
    "check",
    "compile",
    "events",
    "format",
    "from_json",
    "import_model",
    "inspect_data",
    "load",
    "save_pictures",
    "schema",
    "tune",
    "vocabulary",
]


def test_the_public_names_are_these_and_sorted() -> None:
    assert sorted(PUBLIC) == PUBLIC
    assert netc.__all__ == PUBLIC
    assert dir(netc) == PUBLIC


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in PUBLIC:
        thing = getattr(netc, name)
        if name != "__version__":
            assert inspect.getdoc(thing), f"netc.{name} has no docstring"


def test_another_name_is_an_attribute_error() -> None:
    assert not hasattr(netc, "no_such_name")


def test_every_event_and_report_is_in_the_module_of_events() -> None:
    from typing import get_args

    from netc.runtime import events

    public = netc.events
    assert sorted(public.__all__) == public.__all__
    named = {kind.__name__ for kind in get_args(events.Event)}
    assert named | {"Event", "Reporter", "StopTraining", "RunReport"} <= set(public.__all__)
    assert all(getattr(public, name) is getattr(events, name) for name in public.__all__)
