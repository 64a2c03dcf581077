"""`augment` against NumPy, SciPy and Pillow; and how often each change happens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from netc.compiler.training.directives import Augment
from netc.runtime.data.pictures.changes import COLUMNS, Draws, draw_epoch, movement, recolor

N, HEIGHT, WIDTH = 200, 9, 7
PICTURES = np.random.default_rng(0).random((N, HEIGHT, WIDTH, 3)).astype(np.float32)
DRAWS = draw_epoch(N, 7, 1)


def moved(pictures: Any = PICTURES, draws: Draws = DRAWS, **options: Any) -> Any:
    how = movement(Augment(**options), draws, *pictures.shape[1:3])
    return pictures if how is None else how.move(pictures)


def shifted(picture: Any, down: int, right: int) -> Any:
    """The picture moved down and right, with black behind it."""
    border = max(abs(down), abs(right))
    padded = np.pad(picture, ((border, border), (border, border), (0, 0)))
    top, left = border - down, border - right
    return padded[top : top + picture.shape[0], left : left + picture.shape[1]]


def drawn(**changes: float) -> Draws:
    """Draws of one sample that change nothing but these."""
    draws = np.full((1, len(COLUMNS)), 0.5, np.float32)
    for name, value in changes.items():
        draws[0, COLUMNS.index(name)] = value
    return draws


@pytest.mark.parametrize("options", [{"shift": 2}, {"pad": 2}, {"pad": 2, "crop": (9, 7)}])
def test_shifts_and_crops_are_those_of_numpy_and_equally_frequent(options: Any) -> None:
    places = {
        (down, right): shifted(np.ones((HEIGHT, WIDTH, 1)), down, right)
        for down in range(-2, 3)
        for right in range(-2, 3)
    }
    found = dict.fromkeys(places, 0)
    for picture, result in zip(PICTURES, moved(**options), strict=True):
        fitting = [at for at in places if np.array_equal(shifted(picture, *at), result)]
        assert len(fitting) == 1
        found[fitting[0]] += 1
    # 200 draws among 25 places: chi-square with 24 degrees of freedom, 51.2 at p = 0.001
    assert sum((count - 8) ** 2 / 8 for count in found.values()) < 51.2


@pytest.mark.parametrize(
    ("flip", "mirrors"),
    [
        ("h", [np.s_[:, :], np.s_[:, ::-1]]),
        ("v", [np.s_[:, :], np.s_[::-1, :]]),
        ("hv", [np.s_[:, :], np.s_[:, ::-1], np.s_[::-1, :], np.s_[::-1, ::-1]]),
    ],
)
def test_flips_are_those_of_numpy_and_equally_frequent(flip: str, mirrors: Any) -> None:
    found = np.zeros(len(mirrors), int)
    for picture, result in zip(PICTURES, moved(flip=flip), strict=True):
        fitting = [np.array_equal(picture[mirror], result) for mirror in mirrors]
        assert sum(fitting) == 1
        found[fitting.index(True)] += 1
    # at most 3.3 standard deviations from the mean of N draws
    share = 1 / len(mirrors)
    assert np.abs(found - N * share).max() < 3.3 * np.sqrt(N * share * (1 - share))


@pytest.mark.parametrize("angle", [-30.0, -7.5, 0.0, 12.0, 30.0])
@pytest.mark.parametrize("factor", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("slant", [-10.0, 0.0, 10.0])
def test_an_affine_change_is_scipys(angle: float, factor: float, slant: float) -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is missing")
    shares = {"rotate": angle / 30, "scale": (factor - 1) / 0.2, "shear": slant / 10}
    draws = drawn(**{name: (share + 1) / 2 for name, share in shares.items()})
    result = moved(PICTURES[:1], draws, rotate=30.0, scale=0.2, shear=10.0)[0]
    turn = np.deg2rad(angle)
    # of (row, column): a positive angle turns counter-clockwise, and rows grow downwards
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shear = np.array([[1, 0], [np.tan(np.deg2rad(slant)), 1]])
    inverse = np.linalg.inv(rotation @ (factor * np.eye(2)) @ shear)
    middle = (np.array([HEIGHT, WIDTH]) - 1) / 2
    expected = np.stack(
        [
            ndimage.affine_transform(
                PICTURES[0, :, :, channel].astype(np.float64),
                inverse,
                middle - inverse @ middle,
                order=1,
                mode="grid-constant",
            )
            for channel in range(3)
        ],
        axis=-1,
    )
    # places and weights in single precision: a few units in the last place of numbers up to 10
    assert np.abs(result - expected).max() < 2e-5


def test_a_rotation_is_pillows() -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is missing")
    y, x = np.mgrid[:32, :32]
    smooth = np.exp(-((y - 12) ** 2 / 60 + (x - 20) ** 2 / 30)).astype(np.float32)
    result = moved(smooth[None, :, :, None], drawn(rotate=1.0), rotate=20.0)[0, :, :, 0]
    expected = np.asarray(image.fromarray(smooth).rotate(20, image.Resampling.BILINEAR))
    # at the border Pillow repeats the outermost pixels; places are in single precision here
    assert np.abs(result - expected)[4:-4, 4:-4].max() < 1e-5


def test_a_picture_is_turned_before_it_is_shifted_and_mirrored_last() -> None:
    turned = {"rotate": 25.0, "scale": 0.2, "shear": 10.0}
    first = moved(PICTURES, DRAWS, **turned)
    result = moved(PICTURES, DRAWS, shift=2, **turned)
    mirrored = moved(PICTURES, DRAWS, shift=2, flip="h", **turned)
    for before, after, last in zip(first, result, mirrored, strict=True):
        fitting = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            # away from the border, into which the shift brings more of the turned picture
            if np.allclose(shifted(before, down, right)[2:-2, 2:-2], after[2:-2, 2:-2], atol=1e-5)
        ]
        assert len(fitting) == 1
        assert np.array_equal(last, after) or np.allclose(last, after[:, ::-1], atol=1e-5)


def test_masks_move_as_their_pictures_do() -> None:
    labels = np.random.default_rng(1).integers(0, 3, (N, HEIGHT, WIDTH))
    how = movement(Augment(shift=2, flip="hv", pad=1), DRAWS, HEIGHT, WIDTH)
    assert how is not None
    one_hot = (labels[..., None] == np.arange(3)).astype(np.float32)
    masks = how.move_labels(labels, 0)
    pictures = how.move(one_hot)
    inside = pictures.sum(axis=-1) == 1
    assert np.array_equal(pictures.argmax(axis=-1)[inside], masks[inside])
    assert (masks[~inside] == 0).all()
    assert 0.5 < inside.mean() < 1


def test_a_turned_mask_has_the_label_of_the_nearest_pixel() -> None:
    labels = np.random.default_rng(1).integers(0, 3, (1, HEIGHT, WIDTH))
    how = movement(Augment(rotate=180.0), drawn(rotate=1.0), HEIGHT, WIDTH)
    assert how is not None
    assert np.array_equal(how.move_labels(labels, 0)[0], labels[0, ::-1, ::-1])


def test_cutout_blanks_a_square_around_any_pixel() -> None:
    white = np.ones((2000, HEIGHT, WIDTH, 1), np.float32)
    cut = recolor(Augment(cutout=3), draw_epoch(2000, 0, 1), white, 0.0, 1.0)[..., 0] == 0
    for square in cut:
        rows, columns = np.flatnonzero(square.any(axis=1)), np.flatnonzero(square.any(axis=0))
        assert square[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert 2 <= len(rows) <= 3
        assert 2 <= len(columns) <= 3
    # every pixel is blanked; one in the middle by 9 of the 63 centres
    share = cut[:, HEIGHT // 2, WIDTH // 2].mean()
    assert cut.any(axis=0).all()
    assert abs(share - 9 / 63) < 3.3 * np.sqrt(9 / 63 * 54 / 63 / 2000)


def test_brightness_and_contrast_follow_their_formulas() -> None:
    middle = PICTURES * 0.2 + 0.4  # far from black and white, where nothing is cut off
    bright = recolor(Augment(brightness=0.1), DRAWS, middle, 0.0, 1.0) - middle
    added = bright.mean(axis=(1, 2, 3))
    assert np.abs(bright - added[:, None, None, None]).max() < 1e-6
    assert -0.1 <= added.min() < -0.09
    assert 0.09 < added.max() <= 0.1
    strong = recolor(Augment(contrast=0.5), DRAWS, middle, 0.0, 1.0)
    mean = middle.mean(axis=(1, 2, 3), keepdims=True)
    before, after = middle - mean, strong - mean
    factors = (after * before).sum(axis=(1, 2, 3)) / (before**2).sum(axis=(1, 2, 3))
    assert np.abs(after - factors[:, None, None, None] * before).max() < 1e-6
    assert 0.5 <= factors.min() < 0.55
    assert 1.45 < factors.max() <= 1.501
    assert recolor(Augment(brightness=1.0), DRAWS, PICTURES, 0.0, 1.0).max() <= 1


def test_brightness_is_a_share_of_white() -> None:
    bytes_like = (PICTURES * 0.2 + 0.4) * 255
    added = recolor(Augment(brightness=0.1), DRAWS, bytes_like, 0.0, 255.0) - bytes_like
    assert 0.09 * 255 < added.max() <= 0.1 * 255 + 1e-3


def test_values_that_are_no_levels_are_cut_off_at_the_ends_of_the_data() -> None:
    standardized = (PICTURES - 0.5) * 4
    for options in ({"brightness": 0.5}, {"contrast": 0.5}):
        result = recolor(Augment(**options), DRAWS, standardized, -2.0, 2.0)
        plain = recolor(Augment(**options), DRAWS, PICTURES, 0.0, 1.0)
        assert np.abs(result - (plain - 0.5) * 4).max() < 1e-5  # single precision


def test_an_option_draws_the_same_whatever_else_is_given() -> None:
    alone = moved(shift=2)
    flipped = moved(shift=2, flip="h")
    same = [np.array_equal(a, b) for a, b in zip(alone, flipped, strict=True)]
    assert 0.3 < np.mean(same) < 0.7  # the other half is mirrored


def test_draws_differ_by_seed_and_epoch_and_nothing_else() -> None:
    assert np.array_equal(draw_epoch(10, 1, 2), draw_epoch(10, 1, 2))
    assert not np.array_equal(draw_epoch(10, 1, 2), draw_epoch(10, 1, 3))
    assert not np.array_equal(draw_epoch(10, 1, 2), draw_epoch(10, 2, 2))
