"""Pictures of batches and columns: the right samples with the right labels, twice the same file."""

from __future__ import annotations

import re
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.training.objectives.batches import epoch_order
from netc.runtime.training.session import prepare_run
from netc.runtime.training.spec import Spec

pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'netc[plots]'")

RANDOM = np.random.default_rng(0)
FLAT = "flatten -> dense 3 softmax; loss ce; opt adam"
NAMES = np.array(["ant", "bee", "cow"])
Y = np.arange(90) % 3
KINDS: dict[str, tuple[np.ndarray, np.ndarray, str]] = {
    "grey images": (RANDOM.random((90, 6, 5, 1)), Y, f"input 6x5x1 -> {FLAT}"),
    "colour images": (RANDOM.normal(size=(90, 6, 5, 3)), Y, f"input 6x5x3 -> {FLAT}"),
    "five channels": (RANDOM.normal(size=(90, 6, 5, 5)), Y, f"input 6x5x5 -> {FLAT}"),
    "images as vectors": (RANDOM.random((90, 36)), Y, f"input 6x6x1 -> {FLAT}"),
    "sequences": (RANDOM.normal(size=(90, 20, 2)), Y, f"input 20x2 -> {FLAT}"),
    "long vectors": (RANDOM.normal(size=(90, 40)), Y, f"input 40 -> {FLAT}"),
    "tokens": (RANDOM.integers(0, 9, (90, 8)), Y, f"input 8 -> embed 9 2 -> {FLAT}"),
}


def drawn(folder: Path, text: str, **arrays: np.ndarray) -> str:
    """The SVG of a batch, which keeps texts as texts."""
    if arrays:
        np.savez(folder / "a.npz", **arrays)  # type: ignore[arg-type]  # names of arrays
    spec = folder / "a.net"
    spec.write_text(text)
    picture = folder / "a.svg"
    netc.inspect_data(spec, picture=picture)
    first = picture.read_bytes()
    netc.inspect_data(spec, picture=picture)
    assert picture.read_bytes() == first
    return first.decode()


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_has_the_labels_of_its_samples_in_their_order(kind: str, tmp_path: Path) -> None:
    x, y, net = KINDS[kind]
    svg = drawn(tmp_path, f'data npz "a.npz"; {net}; train batch=10', x=x, y=y, classes=NAMES)
    shown = [text for text in texts(svg) if text in NAMES]
    train = training_labels(tmp_path)
    first = epoch_order(0, 1, len(train), shuffle=True)[:10]
    assert shown == NAMES[train[first]].tolist()
    assert any("the 10 samples of the first batch" in text for text in texts(svg))


def training_labels(folder: Path) -> np.ndarray:
    """The labels of the training part of a run on the spec."""
    checked = check(source_of((folder / "a.net").read_text()), BUILTIN, read_source)
    session = prepare_run(
        Spec.of(checked), root=folder, problems=Problems(), reporter=lambda event: None
    )
    assert session is not None
    return session.dataset.train.y


def test_masks_stand_beside_their_images_with_the_names_of_their_classes(tmp_path: Path) -> None:
    net = "input 6x5x3 -> conv 3 3x3 pad=1 softmax; loss ce; opt adam"
    masks = RANDOM.integers(0, 3, (90, 6, 5))
    svg = drawn(
        tmp_path,
        f'data npz "a.npz"; {net}; train batch=10',
        x=RANDOM.random((90, 6, 5, 3)),
        y=masks,
        classes=NAMES,
    )
    assert svg.count("<image ") == 20
    assert [text for text in texts(svg) if text in NAMES] == NAMES.tolist()


def test_a_table_has_a_histogram_for_each_column_and_target(tmp_path: Path) -> None:
    rows = "\n".join(f"{n % 7},3,{n / 10},{n * n}" for n in range(60))
    (tmp_path / "t.csv").write_text(f"a,b,c,price\n{rows}\n")
    svg = drawn(tmp_path, 'data csv "t.csv"; prep standardize; input 3 -> dense 1; loss mse')
    titles = texts(svg)
    for title in ("a", "b", "c", "target price"):
        assert title in titles
    assert any("on top, after prep standardize" in title for title in titles)


def test_classes_of_a_table_have_a_legend(tmp_path: Path) -> None:
    svg = drawn(tmp_path, "data iris; prep whiten pca")
    assert [text for text in texts(svg) if text in ("setosa", "versicolor", "virginica")] == [
        "setosa",
        "versicolor",
        "virginica",
    ]
    assert "petal width" in texts(svg)


def test_a_png_is_a_png(tmp_path: Path) -> None:
    netc.inspect_data("data digits", picture=tmp_path / "a.PNG")
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG\r\n")
    with pytest.raises(ValueError, match=r"ends with \.png or \.svg"):
        netc.inspect_data("data digits", picture=tmp_path / "a.jpg")
