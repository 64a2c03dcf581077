"""Specs as scikit-learn estimators; programs import them from `netc.sklearn`.

estimator.py   what both share: parameters, reading samples, training
classifier.py  classes
regressor.py   numbers
"""

from __future__ import annotations

from ..runtime.packages import UnusablePackageError, package_trouble

if (trouble := package_trouble("scikit-learn")) is not None:
    raise UnusablePackageError(trouble.text("netc.sklearn needs"))

from .classifier import NetClassifier
from .regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
