"""What the classes of losses, optimizers and training words state is true."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.options import options_of
from netc.compiler.losses.loss import Loss, Target
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.runtime.data.mnist import PUBLISHED

EXACT = "input 4 -> dense 1; opt exact; loss "
STOPS = {"patience": "stop patience=5ep on=val_acc", "when": "stop when val_acc>=99%",
         "after": "stop after 10min"}  # fmt: skip


def codes(text: str) -> set[str]:
    return {problem.code for problem in check(source_of(text), BUILTIN, read_source).problems}


@pytest.mark.parametrize(
    "entry", BUILTIN.entries, ids=lambda entry: f"{entry.category} {entry.word}"
)
def test_every_word_states_its_category(entry: Any) -> None:
    assert BUILTIN.get(entry.category, entry.word).category == entry.category


@pytest.mark.parametrize("word", BUILTIN.words("loss"))
def test_traits_of_a_loss(word: str) -> None:
    cls = BUILTIN.get("loss", word)
    assert issubclass(cls, Loss)
    assert cls.swallows in (None, cls.needs)
    assert cls.of_distribution == (cls.needs == "softmax")
    assert cls.of_distribution == (Target.SHARES in cls.targets or cls.learns_only_classes())
    if cls.of_distribution:
        assert "E0420" in codes(f"input 4 -> dense 3; loss {word}")
    assert cls.closed_form == ("E0434" not in codes(EXACT + word))


@pytest.mark.parametrize("word", BUILTIN.words("optimizer"))
def test_an_optimizer_takes_steps_or_solves(word: str) -> None:
    cls: Any = BUILTIN.get("optimizer", word)
    assert cls.closed_form != cls.can_run()
    assert cls.closed_form == (cls.usual is None)


@pytest.mark.parametrize("word", BUILTIN.words("regularizer"))
def test_an_exact_solution_with_a_penalty(word: str) -> None:
    cls: Any = BUILTIN.get("regularizer", word)
    assert cls.closed_form == ("E0434" not in codes(f"{EXACT}mse; reg {word} 0.1"))


@pytest.mark.parametrize("word", BUILTIN.words("stop"))
def test_what_a_stop_watches_is_named_by_an_option(word: str) -> None:
    checked = check(source_of(f"input 2 -> dense 1; loss mse; {STOPS[word]}"), BUILTIN, read_source)
    (stop,) = checked.model.stops
    watch = stop.watch()
    names = {option.name for option in options_of(type(stop))}
    assert (watch is None) == ("on" not in names and "quantity" not in names)
    if watch is not None:
        assert vars(stop)[watch.option] == watch.quantity == "val_acc"
        assert watch.bound == vars(stop).get("bound")


@pytest.mark.parametrize("word", BUILTIN.words("schedule"))
def test_what_a_schedule_watches_is_named_by_an_option(word: str) -> None:
    cls: Any = BUILTIN.get("schedule", word)
    watches = any(option.name == "on" for option in options_of(cls))
    assert watches == ("watch" in vars(cls))


def test_only_a_search_that_lists_values_refuses_a_range() -> None:
    for word in BUILTIN.words("tuner"):
        cls: Any = BUILTIN.get("tuner", word)
        found = codes(
            f"let a=1; data iris; input 4 -> dense $a -> dense 3 softmax; loss ce; "
            f"tune {word} a=(1..4)"
        )
        assert cls.enumerates == (word == "grid"), found


@pytest.mark.parametrize("word", BUILTIN.words("data"))
def test_a_data_set_comes_with_netc_or_says_where_it_is_from(word: str) -> None:
    cls: Any = BUILTIN.get("data", word)
    archive = files("netc.runtime.data").joinpath(f"{word}.npz")
    assert cls.bundled == archive.is_file()
    downloaded = word in PUBLISHED or word == "cifar10"
    assert downloaded == (cls.test_samples is not None)
