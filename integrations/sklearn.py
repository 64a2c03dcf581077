"""`netc.sklearn`: specs as scikit-learn estimators."""

from netc.estimators import NetClassifier, NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
