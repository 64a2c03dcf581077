"""Every word of the language that is no layer: its class, its options, its documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.catalog import WORDS
from netc.compiler.language.options import Options, accepts, options_of
from netc.compiler.language.values import WrittenValue
from netc.compiler.language.vocabulary import Entry

IDS = [f"{entry.category}-{entry.word}" for entry in WORDS]
every_word = pytest.mark.parametrize("entry", WORDS, ids=IDS)


def load(entry: Entry) -> type[Options]:
    return BUILTIN.get(entry.category, entry.word)


def test_the_words_are_those_of_the_language() -> None:
    """The list as a person would say it: a word that is added or lost shows here."""
    words: dict[str, list[str]] = {}
    for entry in WORDS:
        words.setdefault(entry.category, []).append(entry.word)
    assert {category: " ".join(found) for category, found in words.items()} == {
        "loss": "ce bce mse mae huber hinge perceptron logistic kl nll",
        "optimizer": "sgd adam adamw rmsprop adagrad adadelta nadam lion exact",
        "schedule": "constant exp step multistep plateau cosine poly onecycle",
        "stop": "patience when after",
        "regularizer": "l1 l2",
        "metric": "acc subset_acc top5 error precision recall f1 iou auc confusion report mae "
        "rmse r2",
        "data": "mnist fashion_mnist cifar10 digits iris csv parquet excel npz npy idx images "
        "xor spirals moons circles blobs linear sine",
        "prep": "scale standardize log center whiten pad impute onehot",
        "tuner": "grid random tpe coarse_to_fine",
        "directive": "train augment kfold",
    }


@every_word
def test_the_class_says_what_the_catalog_says(entry: Entry) -> None:
    cls = load(entry)
    assert cls.word == entry.word
    assert cls.category == entry.category
    assert cls.summary
    assert not cls.summary.endswith(".")
    assert len(cls.summary) <= 60
    assert vars(cls).get("__doc__"), "a word has its own docstring"


@pytest.mark.parametrize("entry", BUILTIN.entries, ids=lambda e: f"{e.category}-{e.word}")
def test_every_option_says_what_it_does(entry: Entry) -> None:
    cls = load(entry)
    properties = cls.model_json_schema()["properties"]
    for option in options_of(cls):
        sentence = option.description
        assert len(sentence) > 10, f"`{option.name}` of `{entry.word}` has no description"
        assert not sentence.endswith(".")
        assert not sentence[0].isupper()
        assert properties[option.name]["description"] == sentence


@every_word
def test_positional_options_are_options(entry: Entry) -> None:
    cls = load(entry)
    names = {option.name for option in options_of(cls)}
    assert names.issuperset(cls.positional)


@every_word
def test_defaults_are_values_that_could_be_written(
    entry: Entry, value_of: Callable[[str], WrittenValue]
) -> None:
    for option in options_of(load(entry)):
        if option.required or option.default is None:
            continue
        written = option.kind.write(option.default)
        assert option.kind.read(value_of(written)) == option.default, option.name
        assert accepts(load(entry), option.name, option.default), option.name


@every_word
def test_examples_are_values_that_fit(
    entry: Entry, value_of: Callable[[str], WrittenValue]
) -> None:
    for option in options_of(load(entry)):
        example = option.kind.example()
        value = option.kind.read(value_of(example))
        assert accepts(load(entry), option.name, value), f"{option.name}: {example}"


@every_word
def test_kinds_are_described_in_plain_words(entry: Entry) -> None:
    for option in options_of(load(entry)):
        text = option.kind.describe()
        assert text
        assert not text.endswith(".")
        assert "None" not in text


@every_word
def test_a_json_schema_can_be_made(entry: Entry) -> None:
    schema = load(entry).model_json_schema()
    required = [option.name for option in options_of(load(entry)) if option.required]
    assert schema["type"] == "object"
    assert set(schema["required"]) == {"word", *required}
    assert schema["properties"]["word"] == {"const": entry.word}


@pytest.mark.parametrize("category", ["layer", "loss", "optimizer"])
def test_every_word_runs(category: Any) -> None:
    """Nothing in the vocabulary only checks. An input is fed, and `opt exact` solves."""
    classes: dict[str, Any] = {
        word: BUILTIN.get(category, word) for word in BUILTIN.words(category)
    }
    cannot = {word for word, cls in classes.items() if not cls.can_run()}
    assert cannot == {"layer": {"input"}, "loss": set(), "optimizer": {"exact"}}[category]
