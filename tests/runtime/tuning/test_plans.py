"""Which settings a search tries."""

from __future__ import annotations

import itertools
from itertools import islice
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.training.tuners import MOST_TRIALS, CoarseToFine, Grid, Random, Tpe
from netc.runtime.tuning.plans import draw, fine_counts, fine_grid, fine_size, plan, trials_of
from netc.runtime.tuning.space import ListedValues, Range, Space, setting_of, space_of

RATE = Range("lr", 1e-4, 1e-1, log=True)
SHARE = Range("p", 0.0, 0.5, log=False)
WIDTH = Range("width", 8, 64, log=False, whole=True)
ACT = ListedValues("act", ("relu", "tanh"))


def test_a_grid_is_every_combination_and_the_last_name_changes_fastest() -> None:
    space: Space = (ListedValues("a", ("1", "2")), ACT, ListedValues("c", ("x", "y", "z")))
    found = tuple(plan(Grid(), space, 0))
    wanted = itertools.product("12", ACT.texts, "xyz")
    assert [tuple(params.values()) for params in found if params] == list(wanted)
    assert tuple(plan(Grid(trials=5), space, 0)) == found[:5]
    assert trials_of(Grid(trials=50), space) == 12


def test_a_random_search_is_uniform_on_each_scale_within_its_range() -> None:
    space: Space = (RATE, SHARE, WIDTH, ACT)
    found = [draw(space, 3, index) for index in range(4000)]
    columns: dict[str, Any] = {axis.name: [item[axis.name] for item in found] for axis in space}
    # the quarters of a uniform variable: a count of 1000 with deviation 27, times five
    for name, low, high in (("lr", -4, -1), ("p", 0, 0.5)):
        values = np.log10(columns[name]) if name == "lr" else np.array(columns[name])
        assert low <= values.min() < values.max() <= high
        counts, _ = np.histogram(values, bins=4, range=(low, high))
        assert np.abs(counts - 1000).max() < 140
    assert set(columns["width"]) == set(range(8, 65))
    counts = np.bincount(columns["width"])[8:]
    # 4000 / 57 = 70 of each, deviation 8.3, times five
    assert np.abs(counts - 70).max() < 42
    assert abs(columns["act"].count("relu") - 2000) < 160


def test_a_random_trial_depends_on_its_number_and_the_seed_alone() -> None:
    space: Space = (RATE, ACT)
    short, long = (tuple(plan(Random(trials=trials), space, 7)) for trials in (5, 50))
    assert long[:5] == short
    assert tuple(plan(Random(trials=5), space, 8)) != short


def test_a_plan_of_very_many_trials_costs_what_is_asked_of_it() -> None:
    texts = tuple(map(str, range(100)))
    space: Space = tuple(ListedValues(name, texts) for name in "abcdefghij")
    assert trials_of(Grid(), space) == MOST_TRIALS
    assert [item and item["j"] for item in islice(plan(Grid(), space, 0), 3)] == ["0", "1", "2"]
    many = plan(Random(trials=MOST_TRIALS), space, 0)
    assert next(many) == draw(space, 0, 0)


def test_tpe_knows_no_values_before_its_trials_begin() -> None:
    assert tuple(plan(Tpe(trials=3), (RATE,), 0)) == (None, None, None)


@pytest.mark.parametrize(
    ("space", "trials", "counts"),
    [
        ((RATE,), 30, (15,)),
        ((RATE, SHARE), 30, (5, 3)),
        ((RATE, ACT, SHARE), 30, (5, 1, 3)),
        ((RATE, SHARE, WIDTH), 30, (3, 2, 2)),
        ((ACT,), 30, (1,)),
        ((RATE, SHARE), 3, (1, 1)),
        ((RATE,), 1, (1,)),
    ],
)
def test_the_fine_grid_has_at_most_half_of_the_trials(
    space: Space, trials: int, counts: tuple[int, ...]
) -> None:
    assert fine_counts(space, trials) == counts
    fine = fine_size(space, trials)
    assert fine == (0 if set(counts) == {1} else int(np.prod(counts)))
    assert len(tuple(plan(CoarseToFine(trials=trials), space, 0))) == trials - fine


@pytest.mark.parametrize("best", [1e-4, 2e-3, 1e-1])
def test_the_fine_grid_is_a_quarter_of_the_range_around_the_best(best: float) -> None:
    found = fine_grid((RATE, ACT), {"lr": best, "act": "tanh"}, 16)
    assert {item["act"] for item in found} == {"tanh"}
    rates = np.log10([float(item["lr"]) for item in found])
    assert len(rates) == 8
    # eight values, a cell of the quarter of three decades apart
    assert np.allclose(np.diff(rates), 0.75 / 8, rtol=0, atol=1e-12)
    centre = min(max(np.log10(best), -4 + 0.375), -1 - 0.375)
    assert rates.mean() == pytest.approx(centre, abs=1e-12)


def test_values_become_netc_text_with_four_digits_within_the_range() -> None:
    space: Space = (RATE, SHARE, WIDTH, ACT, Range("m", 0.0, 0.99996, log=False))
    params = {"lr": 0.00123456, "p": 0.25, "width": 17, "act": "tanh", "m": 0.99996}
    assert setting_of(space, params) == {
        "lr": "0.001235", "p": "0.25", "width": "17", "act": "tanh", "m": "0.99996",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "whole"),
    [
        ("let a=8; input 4 -> dense $a; tune random a=linear(4, 64)", True),
        ("let a=8; input 4 -> dense (2*$a); tune random a=linear(4, 64)", True),
        ("let a=0; input 4 -> dropout $a; tune random a=linear(0, 1)", False),
        ("let a=1; input 4 -> dense 2; loss mse; opt sgd lr=$a; tune tpe a=log(1, 8)", False),
        ("let a=8; input 4 -> dense $a; tune random a=linear(4.5, 64)", False),
    ],
)
def test_a_range_has_whole_numbers_where_the_spec_takes_no_others(spec: str, whole: bool) -> None:
    from netc.compiler.language.builtin import BUILTIN
    from netc.compiler.pipeline import check
    from netc.compiler.reading import read_source, source_of

    def checked(setting: Any) -> Any:
        return check(source_of(spec), BUILTIN, read_source, overrides=setting)

    tune = checked({}).model.tune
    (axis,) = space_of(tune, checked)
    assert isinstance(axis, Range)
    assert axis.whole == whole


def test_listed_values_are_texts_each_once() -> None:
    model = netc.compile(
        "let a=1 b=relu; input 4 -> dense $a $b; tune grid a=(1, 1.0, 2, 30) b=(relu, tanh, relu)"
    )
    tune = model.as_spec().model.tune
    assert tune is not None
    space = space_of(tune, lambda setting: pytest.fail("lists need no check"))
    assert space == (ListedValues("a", ("1", "2", "30")), ListedValues("b", ("relu", "tanh")))
