"""Several settings of one spec: each is an ordinary run, on data that is read once."""

from __future__ import annotations

from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.events import CrossValidationReport, RunReport
from netc.runtime.training.cross_validation import cross_validate
from netc.runtime.training.loading.shared_data import SharedData
from netc.runtime.training.run import run
from netc.runtime.training.spec import RunOptions, Spec
from netc.runtime.training.variants import Variant, VariantDone, run_variants

DIGITS = """\
let lr=0.1 act=relu
data digits limit=300
input 64 -> dense 16 $act -> dense 10 softmax
loss ce
opt sgd lr=$lr
train epochs=3 batch=32 seed=1
"""
FAST = RunOptions(workers=1)


def spec_of(text: str, **lets: str) -> Spec:
    checked = check(source_of(text), BUILTIN, read_source, overrides=lets)
    assert not checked.has_errors, checked.problems
    return Spec.of(checked)


def variants_of(text: str, *settings: dict[str, str]) -> tuple[VariantDone, ...]:
    variants = [Variant(str(lets), spec_of(text, **lets)) for lets in settings]
    data = SharedData(Path())
    return run_variants(variants, FAST, data, lambda event: None)


def test_a_variant_has_the_figures_of_an_ordinary_run_to_the_bit() -> None:
    settings = ({"lr": "0.05"}, {"act": "tanh"}, {"lr": "1", "act": "tanh"})
    for lets, found in zip(settings, variants_of(DIGITS, *settings), strict=True):
        spec = spec_of(DIGITS, **lets)
        alone = run(spec, FAST, root=Path(), problems=Problems(), reporter=lambda event: None)
        assert alone is not None
        assert isinstance(found.report, RunReport)
        for one, other in zip(alone.epochs, found.report.epochs, strict=True):
            assert dict(one.measured) == dict(other.measured)
        assert alone.test is not None
        assert found.measured() == {**alone.epochs[-1].measured, **alone.test.measured}


def test_folds_of_a_variant_are_those_of_an_ordinary_cross_validation() -> None:
    text = DIGITS + "kfold 3\n"
    (found,) = variants_of(text, {"lr": "0.05"})
    alone = cross_validate(
        spec_of(text, lr="0.05"),
        FAST,
        root=Path(),
        problems=Problems(),
        reporter=lambda event: None,
    )
    assert alone is not None
    assert isinstance(found.report, CrossValidationReport)
    assert found.measured() == alone.mean
    assert found.best() is None


def test_a_variant_that_diverges_is_told_and_the_others_go_on() -> None:
    first, second = variants_of(
        DIGITS.replace("softmax", "").replace("ce", "mse"), {"lr": "1e9"}, {}
    )
    assert first.diverged
    assert first.problem is not None
    assert first.problem.code == "E0651"
    assert first.measured() == {}
    assert second.problem is None
    assert second.measured()


@pytest.mark.parametrize(
    ("text", "lets", "reads_again"),
    [
        (DIGITS, {"lr": "1"}, False),
        (DIGITS, {"act": "tanh"}, False),
        (DIGITS.replace("limit=300", "limit=$n").replace("let", "let n=300"), {"n": "200"}, True),
        (DIGITS.replace("seed=1", "seed=$s").replace("let", "let s=1"), {"s": "2"}, True),
    ],
)
def test_data_is_read_again_only_where_a_setting_changes_it(
    text: str, lets: dict[str, str], reads_again: bool
) -> None:
    data, problems = SharedData(Path()), Problems()
    first = data.load(spec_of(text), problems, lambda event: None)
    second = data.load(spec_of(text, **lets), problems, lambda event: None)
    assert first is not None
    assert (second is not first) == reads_again
