"""`netc predict --masks`: files that are read as the masks that were predicted."""

from __future__ import annotations

from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of

Image = pytest.importorskip("PIL.Image", reason="masks need Pillow: pip install 'netc[images]'")

RANDOM = np.random.default_rng(3)
PIXELS = RANDOM.integers(0, 256, (8, 4, 6, 1), dtype=np.uint8)
LABELS = (PIXELS[..., 0] // 90).astype(int) * 7
NET = "input 4x6x1 -> conv 8 1x1 relu -> conv {} 1x1 {}; loss {}; opt adam; train epochs=1"


def trained(folder: Path, labels: np.ndarray, *net: object) -> netc.Model:
    model = netc.compile(NET.format(*net)).fit(PIXELS / 255, labels, validation=0)
    model.save(folder / "w.st")
    return model


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("new/a.png", "new/b.png", "new/deep/a.png", "new/b.bmp")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[number, :, :, 0]).save(tmp_path / name)


def test_a_picture_has_a_mask_of_its_name_with_the_labels_as_levels(tmp_path: Path) -> None:
    model = trained(tmp_path, LABELS, 3, "softmax", "ce")
    assert status_of(["predict", "w.st", "new", "--masks", "out/masks"]) == 0
    written = sorted(path.relative_to("out/masks") for path in Path("out/masks").rglob("*.png"))
    assert [str(path) for path in written] == ["a.png", "b.bmp.png", "b.png.png", "deep/a.png"]
    for name, number in (("a.png", 0), ("b.png.png", 1), ("deep/a.png", 2), ("b.bmp.png", 3)):
        with Image.open(f"out/masks/{name}") as image:
            expected = model.predict(PIXELS[number : number + 1] / 255)[0]
            np.testing.assert_array_equal(np.array(image), expected)


@pytest.mark.parametrize("asked", ["new", "new/c.HEIC"])
def test_a_photograph_in_another_format_is_named_and_not_passed_over(
    asked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path, LABELS, 3, "softmax", "ce")
    (tmp_path / "new/c.HEIC").write_bytes(b"ftypheic")
    assert status_of(["predict", "w.st", asked, "--masks", "out"]) == 1
    told = capsys.readouterr().err
    assert "c.HEIC" in told
    assert "its format is not supported: convert it to JPEG or PNG" in told
    assert not Path("out").exists()


@pytest.mark.parametrize("kind", [bool, int, float])
def test_samples_of_an_array_have_their_rows_in_the_names(kind: type, tmp_path: Path) -> None:
    model = trained(tmp_path, (LABELS[..., None] > 0).astype(kind), 1, "sigmoid", "bce")
    np.save(tmp_path / "new.npy", PIXELS[:2] / 255)
    assert status_of(["predict", "w.st", "new.npy", "--masks", "out"]) == 0
    expected = model.predict(PIXELS[:2] / 255)
    for row in (1, 2):
        with Image.open(f"out/new_{row}.png") as image:
            np.testing.assert_array_equal(np.array(image), expected[row - 1])


@pytest.mark.parametrize(("labels", "reason"), [
    (LABELS - 7, "the classes of a PNG are whole numbers from 0 to 255"),
    (LABELS * 50, "the classes of a PNG are whole numbers from 0 to 255"),
    (LABELS[:, 0, 0], "the network does not predict a class per pixel"),
])  # fmt: skip
def test_what_is_no_mask_is_refused(
    labels: np.ndarray, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if labels.ndim == 1:
        text = "input 4x6x1 -> flatten -> dense 3 softmax; loss ce; opt adam; train epochs=1"
        netc.compile(text).fit(PIXELS / 255, labels, validation=0).save("w.st")
    else:
        trained(tmp_path, labels, 3, "softmax", "ce")
    np.save(tmp_path / "new.npy", PIXELS / 255)
    assert status_of(["predict", "w.st", "new.npy", "--masks", "out"]) == 1
    assert f"error[E0740]: `out` cannot be written: {reason}" in capsys.readouterr().err
    assert not Path("out").exists()


def test_no_mask_takes_the_place_of_its_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path, LABELS, 3, "softmax", "ce")
    before = {path: path.read_bytes() for path in Path("new").rglob("*.*")}
    for masks in ("new", "./new", "out/../new"):
        assert status_of(["predict", "w.st", "new", "--masks", masks]) == 1
        told = " ".join(capsys.readouterr().err.split())
        assert "a.png` cannot be written: the command reads it" in told
    assert {path: path.read_bytes() for path in Path("new").rglob("*.*")} == before


def test_a_table_has_the_share_of_each_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = trained(tmp_path, LABELS, 3, "softmax", "ce")
    assert status_of(["predict", "w.st", "new/a.png"]) == 0
    predicted = model.predict(PIXELS[:1] / 255)
    label = int(np.bincount(predicted.ravel()).argmax())
    share = 100 * (predicted == label).mean()
    assert f"1    {label} {share:.1f} %" in capsys.readouterr().out
