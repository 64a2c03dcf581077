"""Specs as scikit-learn estimators; programs import them from `netc.sklearn`.

estimator.py   what both share: parameters, reading samples, training
classifier.py  classes
regressor.py   numbers
"""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("sklearn") is None:
    raise ImportError("netc.sklearn needs scikit-learn: pip install 'netc[sklearn]'")

from .classifier import NetClassifier
from .regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
