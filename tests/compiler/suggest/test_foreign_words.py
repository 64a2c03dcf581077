"""Words of other frameworks: none is accepted, and each is told by its name here."""

from __future__ import annotations

import pytest
from netc.cli.specs.fixing import apply_fixes
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.options import options_of
from netc.compiler.language.statements import DIRECTIVES, LOOPS
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.suggest.foreign import FOREIGN, Foreign, translate
from netc.compiler.training.monitors import expectable, measured


def option_names() -> set[str]:
    return {
        option.name
        for entry in BUILTIN.entries
        for option in options_of(BUILTIN.get(entry.category, entry.word))
    }


def option_words() -> set[str]:
    return {
        word
        for entry in BUILTIN.entries
        for option in options_of(BUILTIN.get(entry.category, entry.word))
        for word in option.kind.words()
    }


def words_of(place: str) -> set[str]:
    """Every word of netc that stands in a place."""
    if place == "layer":
        return {*BUILTIN.words("layer"), *LOOPS}
    if place == "statement":
        return {*DIRECTIVES, "let", "use", "block"}
    if place == "quantity":
        return set(expectable(measured()))
    if place == "option":
        return option_names()
    if place == "value":
        return option_words()
    return {entry.word for entry in BUILTIN.entries if entry.category == place}


@pytest.mark.parametrize("row", FOREIGN, ids=lambda row: f"{row.place} {row.words.split()[0]}")
def test_a_row_leads_to_a_word_of_netc(row: Foreign) -> None:
    assert row.here or row.advice
    assert row.words == row.words.lower().replace("_", "")
    if " of " in row.place:
        assert row.advice
        return
    words = words_of(row.place)
    assert words
    assert not row.here or row.here in words
    for word in row.words.split():
        if not row.advice and word != row.here:
            found = translate(row.place, word, {row.here})
            assert found is not None
            assert (found.here, found.note) == (row.here, f"`{word}` is called `{row.here}` here")
        if row.place not in ("option", "value"):  # An option of one word is foreign to another.
            assert word not in words


def test_each_word_stands_once_for_each_target() -> None:
    seen = [(row.place, word, row.here) for row in FOREIGN for word in row.words.split()]
    assert len(seen) == len(set(seen))


NET = "input 28x28x1 -> conv 8 3x3 relu -> flatten -> dense 10 softmax\nloss ce\nopt sgd lr=0.1\n"

SPECS = [
    ("input 28x28x1 -> conv2d 8 3x3 padding=1", "input 28x28x1 -> conv 8 3x3 pad=1"),
    ("input 28x28x1 -> Conv2D 8 3x3 strides=1", "input 28x28x1 -> conv 8 3x3 stride=1"),
    (
        "input 28x28x1 -> conv out_channels=8 kernel_size=3 use_bias=false -> batch_norm",
        "input 28x28x1 -> conv filters=8 kernel=3 bias=false -> bn",
    ),
    ("input 784 -> Linear 10", "input 784 -> dense 10"),
    ("input 784 -> fc 64 activation=relu", "input 784 -> dense 64 relu"),
    (
        "input 784 -> dense 64 activation=relu bias=false -> dense 10",
        "input 784 -> dense 64 bias=false relu -> dense 10",
    ),
    (
        'input 784 -> dense 64 bias=false activation="relu" dropout -> dense 10',
        "input 784 -> dense 64 bias=false relu dropout -> dense 10",
    ),
    ("input 784 -> dense 64 activation=linear", "input 784 -> dense 64"),
    ("input 784 -> dense 64 LeakyReLU", "input 784 -> dense 64 leaky"),
    ("input 784 -> dense 64 swish -> drop 0.5", "input 784 -> dense 64 silu -> dropout 0.5"),
    (
        "input 28x28x1 -> max_pooling_2d 2x2 -> batch_norm epsilon=0.1",
        "input 28x28x1 -> maxpool 2x2 -> bn eps=0.1",
    ),
    ("input 28x28x1 -> GlobalAveragePooling2D", "input 28x28x1 -> gap"),
    (NET.replace("loss ce", "loss CrossEntropyLoss"), NET),
    (NET.replace("loss ce", "loss categorical_crossentropy"), NET),
    (NET.replace("loss ce", "criterion ce"), NET),
    (NET.replace("lr=", "learning_rate="), NET),
    (NET.replace("opt", "optimizer"), NET),
    (NET.replace("sgd", "SGD"), NET),
    (
        NET + "train batch_size=32 n_epochs=5 dtype=float64",
        NET + "train batch=32 epochs=5 precision=f64",
    ),
    (NET + "metric accuracy", NET + "metric acc"),
    (NET + "expect accuracy>=98%", NET + "expect acc>=98%"),
    (NET + "expect val_accuracy>=98%", NET + "expect val_acc>=98%"),
    (NET + "schedule cosine_annealing", NET + "schedule cosine"),
    ("dataset mnist val_split=10%\n" + NET, "data mnist val=10%\n" + NET),
    ("const a=8\ninput 784 -> dense $a", "let a=8\ninput 784 -> dense $a"),
    ("macro b = dense 3\ninput 784 -> b", "block b = dense 3\ninput 784 -> b"),
    # no declaration has this form
    ('macro ""', 'macro ""'),
    ("macro b=3", "macro b=3"),
    ('var ""', 'var ""'),
]


@pytest.mark.parametrize(("text", "expected"), SPECS)
def test_safe_fixes_write_what_is_intended(text: str, expected: str) -> None:
    for _ in range(3):
        source = source_of(text)
        found = check(source, BUILTIN, read_source).problems
        texts, applied, *_ = apply_fixes(found, [source], unsafe=False)
        if not applied:
            break
        text = texts[source.name]
    assert text == expected


ADVICE = [
    ("input 784 -> dense 20 -> sample -> dense 784", "variational"),
    ("input 8x8x4 -> conv 4 1x1 -> channel_shuffle -> gap", "does not reorder channels"),
    ("input 64x32 -> Permute -> gap", "no transpose"),
    ("input 8x8x4 -> SeparableConv2D 8 3x3 -> gap", "`depthwise 3x3 -> conv 64 1x1`"),
    ("input 8x8x4 -> squeeze_excite 4 -> gap", "`mul [id | gap"),
    ("input 8x8x4 -> GlobalMaxPooling2D -> dense 4", "`maxpool 7x7 -> flatten`"),
    ("input 784 -> scale -> dense 10", "`prep scale`"),
    ("input 784 -> dense 10\nopt sgd l2=1e-4", "`weight_decay=5e-4`"),
    ("input 784 -> dense 10\nopt adamax", "does not have it"),
    ("input 784 -> dense 10\nopt momentum lr=0.1", "`opt sgd momentum=0.9`"),
    ("input 784 -> dense 10\ntrain lr=0.1", "`opt sgd lr=0.1"),
    ("input 784 -> dropout keep_prob=0.8", "1 - keep"),
    ("input 784 -> dense 10 log_softmax", "write `softmax`"),
    ("input 784 -> dense 10 relu6", "write `relu max=6`"),
    ("input 784 -> dense 10 mish", "`netc explain layers`"),
    ("input 784 -> dense 10 init=kaiming_normal", "write `he`"),
    ("input 28x28x1 -> conv 8 3x3 pad=valid", "write `0`"),
    ("input 100x8 -> lstm 64", "no recurrent layers"),
    ("input 784 -> dense 10\nexpect flops<=1e6", "`macs`"),
    ("input 784 -> dense 10\nearly_stopping patience=5", "`stop patience=5ep`"),
]


@pytest.mark.parametrize(("text", "advice"), ADVICE)
def test_what_has_no_word_here_gets_advice_and_no_safe_fix(text: str, advice: str) -> None:
    (problem,) = [
        item for item in check(source_of(text), BUILTIN, read_source).problems if item.is_error
    ]
    assert advice in " ".join(problem.help())
    assert not any(fix.safe for fix in problem.fixes())
