"""ir(fmt(x)) = ir(x): formatting a spec leaves the model that it describes as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.compiler.format_words import format_words
from netc.compiler.ir import Model
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.format.document import format_file, has_one_line
from netc.grammar.parser import parse
from netc.grammar.problem import Problems

ROOT = Path(__file__).parents[3]
FENCE = re.compile(r"```netc[^\n]*\n(.*?)```", re.DOTALL)


def model_of(text: str) -> Model | None:
    checked = check(source_of(text), BUILTIN, read_source)
    return None if any(problem.is_error for problem in checked.problems) else checked.model


def formatted(text: str, *, one_line: bool = False) -> str:
    file = parse(source_of(text), Problems())
    return format_file(file, format_words(BUILTIN), one_line=one_line)


def keeps_its_model(text: str) -> bool:
    """Whether a text is right; then its formatted forms describe the same model."""
    model = model_of(text)
    if model is None:
        return False
    assert model_of(formatted(text)) == model
    if has_one_line(parse(source_of(text), Problems())):
        assert model_of(formatted(text, one_line=True)) == model
    return True


SPECS = sorted((ROOT / "specs").rglob("*.net"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_keeps_its_model(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert keeps_its_model(text) or "use " in text


PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_keep_their_models(page: Path) -> None:
    for text in FENCE.findall(page.read_text(encoding="utf-8")):
        keeps_its_model(text)


GAPS = st.sampled_from([" ", "  ", "\t"])
ARROWS = st.sampled_from([" -> ", "->", "\n  -> ", " ->\n  ", "  # why\n  -> ", "\n\n-> "])
WORDS = st.sampled_from(["", " relu", " bn relu", " tanh", " leaky", " dropout"])
IMAGE = st.sampled_from([
    "conv 4 3x3 pad=1", "conv pad=same 4 3", "conv 4 3x3 bias=false pad=1", "maxpool 1x1", "id",
    "conv filters=4 kernel=1x1 stride=1", "lrn 3 k=2.0 alpha=1e-4", "dropout 0.50",
    "add [conv 3 1x1 | conv 3 1x1 relu] -> conv 4 1x1", "concat [id|maxpool 1|conv 2 1x1]",
    "repeat 2 [conv 4 3x3 pad=1 relu -> @t -> add @t]", "each c=(4, 8) n=(1, 2) [conv $c 1]",
    "cb 5", "cb (2*$w) k=3x3", "cb k=1x1 c=3 relu", "expect ?x8x?", "leaky 0.010", "elu alpha=1.0",
])  # fmt: skip
ENDS = st.sampled_from([
    "loss ce", "loss smoothing=0.10 ce", "opt sgd momentum=0.90 lr=1e-2", "opt adam",
    "metric acc top5",
    "schedule step factor=0.1 every=30ep", "train batch=all epochs=0005", "reg l2 0.0005",
    "stop patience=5ep on=val_loss", "data mnist val=10%", "prep pad=2 standardize", "kfold 5",
    "expect params>=1", "tune random trials=3 w=(2, 4)", "stop when val_acc>=99.0%",
])  # fmt: skip
HEAD = "block cb(c, k=1x1) = conv $c $k pad=same bn\nlet w=0004\n"


@st.composite
def networks(draw: st.DrawFn) -> str:
    """Specs most of which are right, written in many ways."""
    text = draw(st.sampled_from(["", "# a net\n", "netc 1\n"])) + HEAD + "input 8x8x3"
    for stage in draw(st.lists(IMAGE, max_size=4)):
        text += draw(ARROWS) + stage.replace(" ", draw(GAPS))
        text += "" if "]" in stage or "expect" in stage else draw(WORDS).replace(" dropout", "")
    text += draw(ARROWS) + "gap" + draw(ARROWS) + "dense $w" + draw(ARROWS) + "dense 10 softmax"
    ends = draw(st.lists(ENDS, max_size=5, unique_by=lambda end: end.split()[0]))
    if any("val_" in end for end in ends) and not any(end.startswith("loss") for end in ends):
        ends.append("loss ce")
    return (
        text + "".join(draw(st.sampled_from(["\n", "; ", "\n\n\n"])) + end for end in ends) + "\n"
    )


RIGHT: list[bool] = []


@given(text=networks())
def test_formatting_keeps_the_model(text: str) -> None:
    RIGHT.append(keeps_its_model(text))


def test_many_of_the_generated_specs_are_right() -> None:
    """Else the law above says little."""
    assert not RIGHT or sum(RIGHT) > len(RIGHT) / 5
