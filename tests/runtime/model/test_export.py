"""A network in C computes what it computes with NumPy, compiles without a warning, and accesses no
memory but its own."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path
from shutil import which

import netc
import numpy as np
import pytest
from exported import (
    COMPILERS,
    STRICT,
    any_compiler,
    compile_c,
    compiled_export,
    compiler_of,
    difference,
    export,
    some_inputs,
    untrained,
)
from layer_rows import TABLE, Row
from netc.grammar.problem import Problems
from netc.runtime.model.export import export_model
from netc.runtime.model.model import Model

ROOT = Path(__file__).parents[3]
SPECS = sorted([*ROOT.glob("specs/*.net"), *ROOT.glob("specs/course/*.net")])
COURSE = [path for path in SPECS if path.parent.name == "course"]
QUICK = ("lenet5", "digits", "two_heads", "backpropagation", "bias_variance")

CLOSE = 1e-5
"""Relative to the largest output: sums of up to 25,088 products in another order, in single
precision."""


def name_of(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("name", QUICK)
def test_a_spec_gives_the_same_numbers(name: str, tmp_path: Path) -> None:
    model = untrained(next(path for path in SPECS if path.stem == name))
    compiled = compiled_export(model, tmp_path, any_compiler())
    assert difference(model, compiled, some_inputs(compiled.files)) < CLOSE


SENTENCES = """\
block window(k) = conv 20 $k relu -> maxpool (12-$k+1) flatten
input 12 -> embed 500 16 -> concat [window 3 | window 4] -> dropout 0.5 -> dense 2 softmax
loss ce
opt adadelta
"""
"""Like specs/text_cnn.net, whose five million embeddings take a compiler half a minute."""


@pytest.fixture
def sentences(tmp_path: Path) -> Model:
    (tmp_path / "sentences.net").write_text(SENTENCES)
    return untrained(tmp_path / "sentences.net")


def test_a_network_of_tokens_gives_the_same_numbers(sentences: Model, tmp_path: Path) -> None:
    compiled = compiled_export(sentences, tmp_path, any_compiler())
    assert difference(sentences, compiled, some_inputs(compiled.files)) < CLOSE


@pytest.mark.heavy
@pytest.mark.parametrize("path", [path for path in SPECS if path not in COURSE], ids=name_of)
def test_every_spec_gives_the_same_numbers(path: Path, tmp_path: Path) -> None:
    model = untrained(path)
    compiled = compiled_export(model, tmp_path, any_compiler(), apart=True)
    assert difference(model, compiled, some_inputs(compiled.files)) < CLOSE


@pytest.mark.heavy
@pytest.mark.parametrize("family", COMPILERS)
@pytest.mark.parametrize("path", COURSE, ids=name_of)
def test_every_spec_of_the_course_gives_the_same_numbers_with_every_compiler(
    path: Path, family: str, tmp_path: Path
) -> None:
    model = untrained(path)
    compiled = compiled_export(model, tmp_path, compiler_of(family), apart=True)
    assert difference(model, compiled, some_inputs(compiled.files)) < CLOSE


def model_of(row: Row, precision: str) -> Model:
    """A layer on an input of its own: a network cannot be trained on the samples of a row."""
    start = f"input {row.shape} -> " if not row.tokens else f"input {row.shape} name=tokens -> "
    path = f"{start}{row.pipe}; loss mse; opt sgd lr=0.01; train precision={precision}"
    return netc.compile(path)


@pytest.mark.heavy
@pytest.mark.parametrize("row", TABLE[::2], ids=str)
def test_every_second_row_of_layers_gives_the_same_numbers(row: Row, tmp_path: Path) -> None:
    (tmp_path / "row.net").write_text(model_of(row, "f32").spec)
    model = untrained(tmp_path / "row.net")
    compiled = compiled_export(model, tmp_path, any_compiler(), level="-O0")
    assert difference(model, compiled, some_inputs(compiled.files)) < CLOSE


SANITIZED = ("lenet5", "two_heads", "pooling", "bias_variance")


@pytest.mark.parametrize("name", SANITIZED)
def test_no_other_memory_is_accessed(name: str, tmp_path: Path) -> None:
    accesses_nothing_else(untrained(next(path for path in SPECS if path.stem == name)), tmp_path)


def test_tokens_access_no_other_memory(sentences: Model, tmp_path: Path) -> None:
    accesses_nothing_else(sentences, tmp_path)


def accesses_nothing_else(model: Model, tmp_path: Path) -> None:
    files = export(model, tmp_path)
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")
    options = (*STRICT, *sanitizers, "-DNETC_MAIN", "model.c", "-o", "main", "-lm")
    compile_c(any_compiler(), tmp_path, *options)
    row = ",".join(f"{value:.9g}" for x in some_inputs(files) for value in x.reshape(-1))
    done = subprocess.run([tmp_path / "main"], input=f"{row}\n", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.split(",")) == sum(output.size for output in files.network.outputs)


BORDERS = """\
input 7x8x4
  -> conv 6 3x3 groups=2 dilation=2 pad=1 -> maxpool 3x3 stride=2 pad=2 round=ceil
  -> deconv 8 3x3 groups=2 stride=2 pad=1 output_pad=1 -> conv 5 4x4 stride=3 pad=same relu
  -> deconv 3 1x1 stride=2 -> avgpool 3x3 stride=2 round=ceil pad=1 -> flatten -> dense 3 prelu
loss mse
opt adam
"""


def test_windows_beyond_the_image_access_no_other_memory(tmp_path: Path) -> None:
    (tmp_path / "borders.net").write_text(BORDERS)
    model = untrained(tmp_path / "borders.net")
    compiled = compiled_export(model, tmp_path, any_compiler())
    x = some_inputs(compiled.files)
    assert difference(model, compiled, x) < CLOSE
    row = ",".join(f"{value:.9g}" for value in x[0].reshape(-1))
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1")
    options = (*sanitizers, "-DNETC_MAIN", "model.c", "-o", "main", "-lm")
    compile_c(any_compiler(), tmp_path, *options)
    done = subprocess.run([tmp_path / "main"], input=f"{row}\n", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_pixels_are_said_to_be_from_black_to_white(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    spec = "input 4x4x1 -> flatten -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    for white, samples in ((1, rng.random((40, 4, 4, 1))), (255, rng.random((40, 4, 4, 1)) * 255)):
        samples[0, 0, 0, 0] = white
        export(netc.compile(spec).fit(samples, y, validation=0), tmp_path)
        header = (tmp_path / "model.h").read_text()
        assert f"`input1`, 4x4x1: pixels from 0, black, to {white}, white" in header


def test_double_precision_stays_double(tmp_path: Path) -> None:
    (tmp_path / "f64.net").write_text(
        "input 5 -> dense 4 tanh -> dense 3 softmax; loss ce; opt adam; train precision=f64"
    )
    model = untrained(tmp_path / "f64.net")
    compiled = compiled_export(model, tmp_path, any_compiler())
    x = some_inputs(compiled.files)[0]
    (found,) = compiled.predict(x)
    assert "netc_predict(const double *x, double *y)" in (tmp_path / "model.h").read_text()
    np.testing.assert_allclose(found, model.outputs(x[None])["softmax1"][0], rtol=1e-14)


# Preparations

PREPARED = {
    "standardize": "prep standardize",
    "scale": "prep scale",
    "center": "prep center",
    "zca": "prep whiten zca",
    "several": "prep center; prep scale; prep standardize",
}


def fitted(text: str, x: object, y: object) -> Model:
    return netc.compile(f"{text}; train epochs=1 seed=3").fit(x, y)


@pytest.mark.parametrize("prep", PREPARED)
def test_samples_are_prepared_as_in_training(prep: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 6)) * (1, 10, 5, 2, 1, 1) + 5
    y = rng.integers(0, 3, 60)
    head = "input 6 -> dense 5 relu -> dense 3 softmax; loss ce; opt adam"
    model = fitted(f"{head}; {PREPARED[prep]}", x, y)
    compiled = compiled_export(model, tmp_path, any_compiler())
    for sample in x[:5].astype(np.float32):
        (found,) = compiled.predict(sample)
        np.testing.assert_allclose(found, model.predict_proba(sample[None])[0], atol=CLOSE)


def test_images_are_prepared_per_channel_and_get_a_border(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((40, 4, 5, 3)), rng.integers(0, 2, 40)
    head = "input 6x7x3 -> conv 4 3x3 relu -> flatten -> dense 1 sigmoid; loss bce; opt adam"
    model = fitted(f"{head}; prep standardize; prep pad 1; prep whiten pca", x, y)
    compiled = compiled_export(model, tmp_path, any_compiler(), apart=True)
    assert compiled.files.network.inputs[0].shape == (4, 5, 3)
    (found,) = compiled.predict(x[7])
    want = model.predict_proba(x[7:8].astype(np.float32))[0, 1]
    np.testing.assert_allclose(found, [want], atol=CLOSE)
    assert compiled.library.netc_class(ctypes.c_void_p(found.ctypes.data)) == int(found[0] > 0.5)


def test_numeric_targets_are_in_their_own_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 4)), np.exp(rng.normal(size=(50, 2))) * (1e4, 1)
    head = "input 4 -> dense 5 tanh -> dense 2; loss mse; opt adam"
    model = fitted(f"{head}; prep log on=target; prep standardize on=target", x, y)
    compiled = compiled_export(model, tmp_path, any_compiler())
    sample = x[3].astype(np.float32)
    (found,) = compiled.predict(sample)
    np.testing.assert_allclose(found, model.predict(sample[None])[0], rtol=CLOSE)


# Names

HOSTILE = ['"; system("rm', "*/ #error", "a,b", "??/", "\\", "größe", "%s", 'quo"te\n']


def test_hostile_class_names_are_strings(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 3)), np.array(HOSTILE)[rng.integers(0, len(HOSTILE), 80)]
    model = fitted(f"input 3 -> dense {len(HOSTILE)} softmax; loss ce; opt adam", x, y)
    compiled = compiled_export(model, tmp_path, any_compiler())
    name_of_class = compiled.library.netc_class_name
    name_of_class.restype = ctypes.c_char_p
    assert model.classes_ is not None
    names = [name_of_class(number).decode() for number in range(len(HOSTILE))]
    assert names == model.classes_.tolist()
    assert [name_of_class(number) for number in (-1, len(HOSTILE))] == [None, None]
    (found,) = compiled.predict(x[0])
    number = compiled.library.netc_class(ctypes.c_void_p(found.ctypes.data))
    assert names[number] == model.predict(x[:1].astype(np.float32))[0]


def test_several_inputs_and_outputs_are_pointers_in_the_order_of_the_spec(tmp_path: Path) -> None:
    model = untrained(ROOT / "specs" / "two_heads.net")
    export(model, tmp_path)
    header = (tmp_path / "model.h").read_text()
    declared = re.search(r"int netc_predict\((.*)\);", header)
    assert declared is not None
    names = [part.split("*")[1] for part in declared[1].split(", ")]
    assert names == ["x_image", "x_meta", "y_digit", "y_box"]
    assert "#define NETC_META_INPUTS 12" in header
    assert "#define NETC_DIGIT_OUTPUTS 10" in header


@pytest.mark.skipif(which("c++") is None, reason="there is no compiler of C++")
def test_a_header_is_also_one_of_cxx(tmp_path: Path) -> None:
    export(untrained(ROOT / "specs" / "digits.net"), tmp_path, apart=True)
    (tmp_path / "main.cc").write_text(
        '#include "model.h"\nint main() { return netc_load("model.bin"); }\n'
    )
    compile_c(any_compiler(), tmp_path, "-Wall", "-Wextra", "-Werror", "-c", "main.cc")


# What is refused


def test_numbers_that_the_network_cannot_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.net").write_text(
        "input 4 -> embed 9 3 -> flatten -> dense 2 softmax; loss ce; opt adam"
    )
    compiled = compiled_export(untrained(tmp_path / "t.net"), tmp_path, any_compiler())
    assert compiled.predict(np.array([0, 8, 1, 2]))[0].sum() == pytest.approx(1)
    for wrong in (9, -1, 0.5, np.nan, np.inf):
        with pytest.raises(ValueError, match="1"):
            compiled.predict(np.array([0, wrong, 1, 2]))


def test_weights_that_are_not_those_of_the_network_are_refused(tmp_path: Path) -> None:
    compiled = compiled_export(
        untrained(ROOT / "specs" / "digits.net"), tmp_path, any_compiler(), apart=True
    )
    data = (tmp_path / "model.bin").read_bytes()
    load = compiled.library.netc_load
    assert load(b"nowhere.bin") == 3
    for wrong in (b"", data[:-1], data + b"0", data[:100] + b"!" + data[101:], b"x" + data[1:]):
        (tmp_path / "wrong.bin").write_bytes(wrong)
        assert load(str(tmp_path / "wrong.bin").encode()) == 4
        with pytest.raises(ValueError, match="2"):
            compiled.predict(np.zeros((8, 8, 1)))
    assert load(str(tmp_path / "model.bin").encode()) == 0
    compiled.predict(np.zeros((8, 8, 1)))


def test_a_network_with_a_free_size_is_refused(tmp_path: Path) -> None:
    text = "input ?x4 -> conv 3 3 -> gap -> dense 2 softmax; loss ce; opt adam"
    (tmp_path / "free.net").write_text(text)
    problems = Problems()
    model = untrained(tmp_path / "free.net")
    assert export_model(model, "", "model.c", problems, apart=False) is None
    assert [problem.code for problem in problems] == ["E0780"]
    assert "the size of `input1` is unknown" in next(iter(problems)).message()
