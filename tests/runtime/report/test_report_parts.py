"""Thinned curves, pictures as files, and the colours of a spec."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.grammar.source import Source
from netc.runtime.report.collecting.network import picture_of
from netc.runtime.report.collecting.png import LARGEST, png_of
from netc.runtime.report.embedding import embedded
from netc.runtime.report.highlight import LONGEST, highlighted
from netc.runtime.report.thinning import MOST_POINTS, thinned


def test_a_thinned_curve_keeps_its_ends_and_extremes() -> None:
    values = np.sin(np.arange(10_000) / 7).tolist()
    values[4321], values[8765], values[5000] = 99.0, -99.0, float("nan")
    kept = thinned(values)
    assert len(kept) <= MOST_POINTS + MOST_POINTS // 4
    assert kept == sorted(set(kept))
    assert {0, 4321, 5000, 8765, 9999} <= set(kept)


def test_a_short_curve_is_whole() -> None:
    assert thinned([1.0, float("inf"), 2.0]) == [0, 1, 2]


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_a_picture_is_a_png_file(shape: tuple[int, ...]) -> None:
    images = pytest.importorskip("PIL.Image", reason="reads the file")
    pixels = np.random.default_rng(0).random(shape)
    with images.open(io.BytesIO(png_of(pixels))) as picture:
        read = np.asarray(picture)
    np.testing.assert_array_equal(read, np.round(255 * pixels).astype(np.uint8))


@pytest.mark.parametrize("shape", [(300, 200, 3), (4, 5000), (97, 97)])
def test_a_large_picture_becomes_small(shape: tuple[int, ...]) -> None:
    images = pytest.importorskip("PIL.Image", reason="reads the file")
    with images.open(io.BytesIO(png_of(np.full(shape, 0.5)))) as picture:
        assert max(picture.size) <= LARGEST
        assert set(np.asarray(picture).ravel().tolist()) == {128}


def test_beyond_the_edge_a_picture_is_black() -> None:
    images = pytest.importorskip("PIL.Image", reason="reads the file")
    with images.open(io.BytesIO(png_of(np.array([[np.nan, 2.0, -1.0]])))) as picture:
        assert np.asarray(picture).tolist() == [[0, 255, 0]]


GOOD = '<svg xmlns="http://www.w3.org/2000/svg">%s</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<a href="https://example.org"><text>x</text></a>',
        '<image href="https://example.org/x.png"/>',
        '<rect onclick="alert(1)"/>',
        '<rect style="fill: url(https://example.org/x)"/>',
        "<style>@import 'https://example.org/x.css';</style>",
        "<foreignObject><p>x</p></foreignObject>",
        '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="https://example.org/#a"/>',
        "<rect>",
        "<!-- -->",
        '<meta xmlns="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0"/>',
    ],
)
def test_a_picture_that_refers_to_anything_is_left_out(inside: str) -> None:
    assert embedded(GOOD % inside) is None
    assert embedded(f"<p>{inside}</p>") is None


def test_the_pictures_of_networks_are_taken() -> None:
    text = "input 4 -> dense 3 relu -> @a"
    checked = check(Source("", text), BUILTIN, lambda path: None)
    drawn = picture_of(checked.graph, "<b>title</b>")
    assert embedded(drawn) == drawn
    assert embedded("") is None


def classes(text: str) -> list[tuple[str, str]]:
    return re.findall(r'<span class="t-(\w+)">(.*?)</span>', highlighted(text))


def test_the_words_of_a_spec_are_told_apart() -> None:
    found = classes('let w=3\ndata csv "a.csv" val=10%\ninput 4 -> dense $w relu -> @x # <b>\n')
    assert found == [
        ("word", "let"),
        ("option", "w"),
        ("number", "3"),
        ("word", "data"),
        ("string", '"a.csv"'),
        ("option", "val"),
        ("number", "10%"),
        ("word", "input"),
        ("number", "4"),
        ("sign", "-&gt;"),
        ("layer", "dense"),
        ("name", "$w"),
        ("sign", "-&gt;"),
        ("name", "@x"),
        ("comment", "# &lt;b&gt;"),
    ]


@pytest.mark.parametrize("text", ["", "<", "\ufeffinput 4", "data §§ '", "a" * (LONGEST + 1), "#"])
def test_any_text_stays_what_it_is(text: str) -> None:
    from html import unescape

    bare = re.sub(r"</?span[^>]*>", "", highlighted(text))
    assert unescape(bare) == text
