"""Which searched name matters.

PED-ANOVA (Watanabe, Bansal, Hutter 2023) compares where the values of a name are among the best
trials with where they are among all. Optuna's fANOVA needs scikit-learn, this one does not.
"""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator

from .results import TuningReport
from .space import ListedValues, SearchedValues
from .storage import quiet

FEWEST = 10
"""Trials with a value below which nothing is said."""
BEST, MOST = 5, 0.1
"""So many trials count as the best ones, or this part of all if that is more."""


def importances(report: TuningReport) -> dict[str, float]:
    """The part of each name in what makes trials good; they add up to 1, the largest first. Empty
    where there is one name only, or too few trials, or all are equally good."""
    trials = [trial for trial in report.trials if trial.outcome.value is not None]
    values = {trial.outcome.value for trial in trials}
    if len(report.space) < 2 or len(trials) < FEWEST or len(values) < 2:
        return {}
    distributions = {axis.name: _distribution(axis) for axis in report.space}
    sign = -1.0 if report.goal.larger_is_better else 1.0
    with quiet():
        study = optuna.create_study()
        for trial in trials:
            params = {axis.name: _number(axis, trial.setting[axis.name]) for axis in report.space}
            study.add_trial(
                optuna.trial.create_trial(
                    params=params,
                    distributions=distributions,
                    value=sign * (trial.outcome.value or 0.0),
                )
            )
        evaluator = PedAnovaImportanceEvaluator(target_quantile=max(MOST, BEST / len(trials)))
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}


def _distribution(axis: SearchedValues) -> Any:
    if isinstance(axis, ListedValues):
        return CategoricalDistribution(axis.texts)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _number(axis: SearchedValues, text: str) -> str | int | float:
    if isinstance(axis, ListedValues):
        return text
    return int(text) if axis.whole else float(text)
