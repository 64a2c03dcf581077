"""`netc inspect`: what a person sees of networks of every kind, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc as library
import numpy as np
import pytest

Netc = Callable[..., subprocess.CompletedProcess[str]]
Arrays = dict[str, np.ndarray[Any, Any]]

DIGITS = (
    "data digits; input 8x8x1 -> conv 4 3x3 relu -> maxpool 2x2 -> flatten -> dense 10 softmax; "
    "loss ce; opt adam; train epochs=1 batch=64"
)
IRIS = "data iris; input 4 -> dense 5 relu -> dense 3 softmax; loss ce; opt adam; train epochs=1"


def write_arrays(folder: Path) -> None:
    """Samples of several kinds, with all that the networks below read."""
    random = np.random.default_rng(4)
    y = np.arange(120) % 3
    arrays: dict[str, Arrays] = {
        "sequences": {"x": random.normal(size=(120, 9, 2)) + y[:, None, None], "y": y},
        "tokens": {"x": random.integers(0, 20, (120, 6)), "y": y},
        "numbers": {"x": random.normal(size=(120, 3)), "y": random.normal(size=120)},
        "several": {
            "image": random.random((120, 6, 6, 3)),
            "meta": random.normal(size=(120, 2)),
            "kind": y,
            "size": random.normal(size=120),
        },
        "masks": {"x": random.random((120, 6, 6, 1)), "y": random.integers(0, 2, (120, 6, 6))},
    }
    for name, held in arrays.items():
        np.savez(folder / f"{name}.npz", **held)


KINDS = {
    "pictures": (DIGITS, ()),
    "flat pictures": (
        "data digits; input 64 -> dense 12 tanh -> dense 10 softmax; loss ce; opt adam; "
        "train epochs=1",
        ("maps",),
    ),
    "a table": (IRIS, ("maps", "optimum", "occlusion")),
    "numbers": (
        'data npz "numbers.npz"; input 3 -> dense 4 sigmoid -> dense 1; loss mse; opt adam; '
        "train epochs=1",
        ("maps", "optimum", "occlusion", "confusion"),
    ),
    "sequences": (
        'data npz "sequences.npz"; input 9x2 -> conv 4 3 relu -> gap -> dense 3 softmax; '
        "loss ce; opt adam; train epochs=1",
        ("maps", "optimum", "occlusion"),
    ),
    "tokens": (
        'data npz "tokens.npz"; input 6 -> embed 20 4 -> gap -> dense 3 softmax; loss ce; '
        "opt adam; train epochs=1",
        ("filters", "maps", "optimum", "saliency", "occlusion"),
    ),
    "several inputs and outputs": (
        'data npz "several.npz"; input 6x6x3 name=image -> conv 4 3x3 relu -> flatten -> @a; '
        "input 2 name=meta -> dense 3 relu -> @b; concat @a @b -> dense 5 relu -> @trunk; "
        "@trunk -> dense 3 softmax -> @kind; @trunk -> dense 1 -> @size; "
        "loss ce on=@kind; loss mse on=@size; opt adam; train epochs=1",
        ("optimum of meta", "occlusion of meta"),
    ),
    "masks": (
        'data npz "masks.npz"; input 6x6x1 -> conv 4 3x3 pad=1 relu -> conv 2 1x1 softmax; '
        "loss ce; opt adam; train epochs=1",
        ("saliency", "occlusion"),
    ),
    "an autoencoder": (
        "data digits; input 64 -> @x -> dense 8 relu -> dense 64 sigmoid -> @y; "
        "loss mse on=@y target=@x; opt adam; train epochs=1",
        ("maps", "confusion"),
    ),
    "two classes and one output": (
        "data iris; input 4 -> dense 4 relu -> dense 1 sigmoid; loss bce; opt adam; train epochs=1",
        ("maps", "optimum", "occlusion"),
    ),
    "a single layer": (
        "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1",
        ("maps", "units", "optimum", "occlusion"),
    ),
}


def saved(netc: Netc, text: str, folder: Path) -> str:
    """A file of weights of a trained network."""
    done = netc("run", "-e", text, "--save", "net.safetensors")
    assert done.returncode == 0, done.stderr
    return "net.safetensors"


@pytest.mark.parametrize("kind", KINDS)
def test_what_applies_comes_and_the_rest_is_said_in_one_line(
    kind: str, netc: Netc, tmp_path: Path, without_matplotlib: None
) -> None:
    write_arrays(tmp_path)
    if kind == "two classes and one output":
        rows = [f"{a},{b},{c},{d},{d > 0}" for a, b, c, d in np.eye(4)[np.arange(80) % 4] - 0.5]
        (tmp_path / "two.csv").write_text("\n".join(("a,b,c,d,kind", *rows)) + "\n")
    text, missing = KINDS[kind]
    text = text.replace("data iris", 'data csv "two.csv"') if kind.startswith("two") else text
    weights = saved(netc, text, tmp_path)
    done = netc("inspect", weights, "--plots", "plots")
    assert (done.returncode, done.stderr) == (0, NO_PICTURES)
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("without ")] or [""]
    assert tuple(part.split(" (")[0] for part in line[8:].split("), ") if part) == missing


NO_PICTURES = (
    "pictures need matplotlib: pip install 'netc[plots]'; the CSV files have the numbers\n"
)


def test_the_text_has_a_row_per_layer_and_the_mistakes(netc: Netc, tmp_path: Path) -> None:
    done = netc("inspect", saved(netc, DIGITS, tmp_path))
    words = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.startswith("data    digits  180 samples of the test part\n")
    assert [row[0] for row in words if row and row[0].startswith("conv1")] == [
        "conv1.w",
        "conv1.b",
        "conv1",
    ]
    assert ["true", "\\", "predicted", *map(str, range(10))] in words
    start = words.index(["sample", "loss", "true", "predicted"])
    losses = [float(row[1]) for row in words[start + 1 : start + 11]]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(
    ("end", "title"),
    [
        ("dense 3 softmax; loss ce", "gradient of the score, before the softmax"),
        ("dense 3; loss hinge", "gradient of the score"),
    ],
)
def test_the_gradient_is_said_to_be_before_a_layer_that_there_is(
    end: str, title: str, netc: Netc, tmp_path: Path
) -> None:
    text = f"data iris; input 4 -> {end}; opt adam; train epochs=1"
    done = netc("inspect", saved(netc, text, tmp_path), "--only", "saliency")
    assert title in done.stdout.splitlines()


def test_a_dead_unit_responds_to_no_sample(netc: Netc, tmp_path: Path) -> None:
    # the gradient of a relu at 0 is 0
    net = "input 4 -> dense 2 init=zeros relu -> dense 3 softmax"
    text = f"data iris; {net}; loss ce; opt sgd; train epochs=1"
    weights = saved(netc, text, tmp_path)
    done = netc("inspect", weights, "--only", "units")
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines()[-2:]]
    assert rows == [["1", "0", "none: all equal"], ["2", "0", "none: all equal"]]
    found = json.loads(netc("inspect", weights, "--only", "units", "--format", "json").stdout)
    assert [unit["samples"] for unit in found["units"]["strongest"]] == [[], []]


def test_pictures_come_with_their_numbers(netc: Netc, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures are drawn with matplotlib")
    weights = saved(netc, DIGITS, tmp_path)
    done = netc("inspect", weights, "--plots", "plots")
    names = [
        "weights", "activations", "gradients", "maps", "units", "filters", "optimum", "saliency",
        "confusion", "mistakes",
    ]  # fmt: skip
    assert done.stdout.splitlines()[-1] == f"plots   plots: {', '.join(names)}"
    files = {path.name for path in (tmp_path / "plots").iterdir()}
    assert files == {f"{name}.{end}" for name in names for end in ("csv", "png", "svg")}
    with (tmp_path / "plots" / "filters.csv").open() as file:
        rows = list(csv.reader(file))
    weight = library.load(tmp_path / weights).weights["conv1.w"]
    assert rows[0] == ["unit 1", "unit 2", "unit 3", "unit 4"]
    assert [float(cell) for cell in rows[3]] == weight.reshape(9, 4)[2].tolist()
    first = {path.name: path.read_bytes() for path in (tmp_path / "plots").glob("*.svg")}
    netc("inspect", weights, "--plots", "again")
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "again").glob("*.svg")}


def test_only_what_is_asked_for_is_shown(netc: Netc, tmp_path: Path) -> None:
    weights = saved(netc, DIGITS, tmp_path)
    done = netc("inspect", weights, "--only", "units", "--layer", "dense1", "--unit", "3")
    lines = done.stdout.splitlines()
    assert lines[4] == "units of dense1 (dense 10 softmax), before softmax"
    assert [line.split()[0] for line in lines[5:]] == ["unit", "3"]
    done = netc("inspect", weights, "--only=occlusion", "--sample=7", "--sample=2", "--class=4")
    rows = [line.split()[:2] for line in done.stdout.splitlines()[6:]]
    assert rows == [["7", "4"], ["2", "4"]]
    done = netc("inspect", weights, "--only", "confusion", "--part", "val", "--samples", "50")
    assert "50 of the 180 samples of the validation part, evenly spaced" in done.stdout


REFUSED = {
    ("--only", "filter"): "`filter` is not one of layers, filters",
    ("--layer", "conv2"): "no layer `conv2`; did you mean `conv1`?",
    ("--layer", "conv1", "--unit", "9"): "--unit 9: `conv1` has 4 units",
    ("--class", "ten"): "no class `ten`; there are 0, 1, 2",
    ("--sample", "181"): "--sample 181: the test part has 180 samples",
}


def test_what_the_network_does_not_have_is_refused(netc: Netc, tmp_path: Path) -> None:
    weights = saved(netc, DIGITS, tmp_path)
    for arguments, message in REFUSED.items():
        done = netc("inspect", weights, *arguments)
        assert done.returncode == 2, done.stdout
        assert message in done.stderr


def test_a_file_that_is_no_network_is_refused(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    done = netc("inspect", "x.safetensors")
    assert done.returncode == 1
    assert "x.safetensors" in done.stderr


def test_without_matplotlib_the_numbers_still_come(
    netc: Netc, tmp_path: Path, without_matplotlib: None
) -> None:
    weights = saved(netc, IRIS, tmp_path)
    done = netc("inspect", weights, "--plots", "plots")
    assert (done.returncode, done.stderr) == (0, NO_PICTURES)
    ends = {path.suffix for path in (tmp_path / "plots").iterdir()}
    assert ends == {".csv"}


def test_a_run_records_its_layers(netc: Netc, tmp_path: Path, without_matplotlib: None) -> None:
    done = netc("run", "-e", IRIS, "--plots", "plots", "--record-layers")
    names = "curves, learning_rate, confusion, layer_weights, layer_outputs, layer_gradients"
    assert done.stdout.splitlines()[-1] == f"plots   plots: {names}"
    with (tmp_path / "plots" / "layer_gradients.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["epoch"] for row in rows} == {"0", "1"}
    shares = [float(row["dense1.w share"]) for row in rows if row["epoch"] == "1"]
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-e", IRIS), "--record-layers needs --plots"),
        (("-e", IRIS, "--plots=p", "--compare=seed=1,2"), "it cannot be combined with"),
        (("-e", f"{IRIS}; kfold 5", "--plots=p"), "`kfold` trains several"),
    ],
)
def test_layers_are_recorded_of_one_run_with_a_folder(
    arguments: tuple[str, ...], message: str, netc: Netc
) -> None:
    done = netc("run", *arguments, "--record-layers")
    assert done.returncode == 2, done.stdout
    assert message in done.stderr


def test_each_input_is_explained_or_one_by_its_name(netc: Netc, tmp_path: Path) -> None:
    write_arrays(tmp_path)
    weights = saved(netc, KINDS["several inputs and outputs"][0], tmp_path)
    options = ("inspect", weights, "--only", "filters,saliency", "--sample", "3")
    printed = netc(*options).stdout
    assert "gradient of the score by `image`, before the softmax" in printed
    assert "gradient of the score by `meta`, before the softmax" in printed
    every, alone = (
        json.loads(netc(*options, "--format", "json", *more).stdout)["inputs"]
        for more in ((), ("--input", "meta"))
    )
    assert [item["name"] for item in every] == ["image", "meta"]
    assert alone == every[1:]
    model = library.load(tmp_path / weights)
    assert np.shape(every[0]["saliency"][0]["gradient"]) == (6, 6, 3)
    assert np.shape(every[1]["saliency"][0]["gradient"]) == (2,)
    assert np.shape(every[0]["filters"]["units"]) == (4, 3, 3, 3)
    assert every[1]["filters"]["units"] == model.weights["dense1.w"].T.tolist()
    wrong = netc(*options, "--input", "kind")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--input: no input `kind`; there are image, meta" in wrong.stderr


def test_json_has_the_numbers_of_the_text_and_nothing_else(netc: Netc, tmp_path: Path) -> None:
    weights = saved(netc, DIGITS, tmp_path)
    done = netc("inspect", weights, "--format", "json")
    assert done.stderr == ""
    found = json.loads(done.stdout)
    model = library.load(tmp_path / weights)
    text = netc("inspect", weights).stdout
    assert f"acc {found['acc']:.4f}  loss {found['loss']:.4f}" in text
    (conv,) = [item for item in found["layers"]["parameters"] if item["name"] == "conv1.w"]
    assert conv["mean"] == pytest.approx(float(model.weights["conv1.w"].mean()))
    (item,) = found["inputs"]
    for one in item["occlusion"]:
        lowest = np.array(one["covered"]).min()
        assert re.search(rf" {one['sample']} +\S+ +{one['whole']:.4f}  {lowest:.4f} ", text)
    assert [unit["unit"] for unit in item["optimum"]["units"]] == list("0123456789")
    assert np.sum(found["confusion"]["counts"]) == 180
    assert [row["sample"] for row in found["mistakes"]][:10] == [
        int(line.split()[0]) for line in text.split("the highest losses\n")[1].splitlines()[1:11]
    ]
