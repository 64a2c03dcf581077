"""netc, a compiler for human-readable neural network specs.

Importing the package imports nothing else: every public name is looked up when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import events
    from .api import (
        CompileError,
        DataError,
        Diagnostic,
        Edit,
        Fix,
        MLflowReporter,
        Model,
        NetcError,
        NotebookReporter,
        SampledPrediction,
        StopTraining,
        TensorBoardReporter,
        TrainingError,
        check,
        compile,
        format,
        from_json,
        inspect_data,
        load,
        save_pictures,
        schema,
        tune,
        vocabulary,
    )

__version__ = "0.1.0"

__path__ = [*__path__, f"{__path__[0]}/integrations"]
# where `netc.sklearn` is

__all__ = [
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


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
