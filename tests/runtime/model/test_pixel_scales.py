"""A picture asked of a network is scaled exactly as its training data were."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner, Result
from netc.cli.main import netc as command
from netc.runtime.data.pixel_scale import PixelScale, scale_of

Image = pytest.importorskip("PIL.Image", reason="Pillow is in the group `images`")
pytestmark = pytest.mark.filterwarnings("ignore:the network reads whole numbers from 0 to 255")
RANDOM = np.random.Generator(np.random.PCG64(2))
PIXELS = RANDOM.integers(0, 256, (24, 4, 4), dtype=np.uint8)
PIXELS[0, 0, :2] = 0, 255
LABELS = np.arange(24) % 2
NETWORK = "input 4x4x1 -> flatten -> dense 2 softmax; loss ce; opt adam; train epochs=2"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def invoke(*words: str) -> Result:
    return CliRunner().invoke(command, words, standalone_mode=False)


def images() -> str:
    for index, pixels in enumerate(PIXELS):
        path = Path("photos", "ab"[index % 2], f"{index}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return 'data images "photos"'


def idx() -> str:
    Path("set").mkdir()
    head = struct.pack(">BBBBIII", 0, 0, 8, 3, *PIXELS.shape)
    Path("set/train-images-idx3-ubyte").write_bytes(head + PIXELS.tobytes())
    head = struct.pack(">BBBBI", 0, 0, 8, 1, len(LABELS))
    Path("set/train-labels-idx1-ubyte").write_bytes(head + LABELS.astype(np.uint8).tobytes())
    return 'data idx "set"'


def archive(x: np.ndarray) -> str:
    np.savez("set.npz", x=x, y=LABELS)
    return 'data npz "set.npz"'


def array(x: np.ndarray) -> str:
    np.save("x.npy", x)
    np.save("y.npy", LABELS)
    return 'data npy "x.npy" target="y.npy"'


SOURCES: dict[str, Any] = {
    "images": images,
    "idx": idx,
    "bytes in npz": lambda: archive(PIXELS),
    "floats 0 to 1 in npz": lambda: archive((PIXELS / 255).astype(np.float32)),
    "bytes in npy": lambda: array(PIXELS[..., None]),
    "floats 0 to 255 in npy": lambda: array(PIXELS.astype(np.float64)),
    "16 bits in npz": lambda: archive(PIXELS.astype(np.uint16) * 257),
}


def probabilities(*words: str) -> np.ndarray:
    done = invoke("predict", *words, "--format=json")
    assert done.exit_code == 0, done.stderr
    return np.array([list(item["probabilities"].values()) for item in json.loads(done.stdout)])


@pytest.mark.parametrize("source", SOURCES)
def test_a_picture_gives_what_the_training_sample_gives(source: str) -> None:
    data = SOURCES[source]()
    # every sample trains, in its order, and the network answers for the first of them
    Path("spec.net").write_text(f"{data} split=(100%, 0, 0)\n{NETWORK} shuffle=false")
    model = netc.compile("spec.net").fit()
    model.save("w.safetensors")
    Image.fromarray(PIXELS[0]).save("first.png")
    scale = {"images": 255, "idx": 255, "floats 0 to 1 in npz": 255}.get(source, 1)
    sample = PIXELS[0] / scale * (257 if "16" in source else 1)
    expected = model.predict_proba(sample[None].astype(np.float32))
    np.testing.assert_array_equal(
        probabilities("w.safetensors", "first.png").astype(np.float32), expected
    )


@pytest.mark.parametrize("source", ["images", "idx"])
def test_bytes_are_scaled_for_a_network_that_was_trained_on_images(source: str) -> None:
    Path("spec.net").write_text(f"{SOURCES[source]()}\n{NETWORK}")
    model = netc.compile("spec.net").fit()
    expected = model.predict_proba((PIXELS / 255).astype(np.float32))
    np.testing.assert_array_equal(model.predict_proba(PIXELS), expected)
    model.save("w.safetensors")
    np.savez("bytes.npz", x=PIXELS)
    np.testing.assert_array_equal(
        probabilities("w.safetensors", "bytes.npz").astype(np.float32), expected
    )
    with pytest.raises(netc.DataError, match="`x` goes up to 255, but the network was trained on"):
        model.predict(PIXELS.astype(np.float32))
    values = netc.load("w.safetensors").evaluate(PIXELS, np.array(["a", "b"] * 12)[: len(PIXELS)]
                                                 if source == "images" else LABELS)  # fmt: skip
    assert values["loss"] < 2


def test_bytes_for_a_network_that_was_trained_on_0_to_1_are_refused() -> None:
    model = netc.compile(NETWORK).fit(PIXELS / 255, LABELS)
    with pytest.raises(netc.DataError, match="`x` holds whole numbers up to 255, but the network"):
        model.predict(PIXELS)
    model.predict((PIXELS > 100).astype(np.uint8))
    netc.compile(NETWORK).fit(PIXELS, LABELS).predict(PIXELS)


def files_of(pixels: np.ndarray) -> list[str]:
    """One picture as files of every kind."""
    picture = Image.fromarray(pixels)
    palette = picture.convert("P")
    palette.putpalette([level for level in range(256) for _ in range(3)])
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "plain.png": (picture, {}),
        "deep.png": (Image.fromarray(pixels.astype(np.uint16) * 257), {}),
        "palette.png": (palette, {}),
        "alpha.png": (picture.convert("LA"), {}),
        "colour.png": (Image.fromarray(np.stack([pixels] * 3, axis=-1)), {}),
        "turned.png": (picture.transpose(Image.Transpose.ROTATE_90), {"exif": turned}),
        "plain.bmp": (picture, {}),
        "plain.tiff": (picture, {}),
        "lossless.webp": (picture, {"lossless": True}),
    }
    for name, (one, options) in kinds.items():
        one.save(name, **options)
    return list(kinds)


ASKED = {
    "bytes": PIXELS[:1],
    "whole numbers": PIXELS[:1].astype(np.int64),
    "floats 0 to 255": PIXELS[:1].astype(np.float32),
    "floats 0 to 1": (PIXELS[:1] / 255).astype(np.float32),
    "16 bits": PIXELS[:1].astype(np.uint16) * 257,
}


@pytest.mark.parametrize("prep", ["", "prep standardize; ", "prep scale; "])
@pytest.mark.parametrize("source", SOURCES)
def test_whatever_is_asked_is_the_sample_or_is_told(source: str, prep: str) -> None:
    Path("spec.net").write_text(
        f"{SOURCES[source]()} split=(100%, 0, 0)\n{prep}{NETWORK} shuffle=false"
    )
    model = netc.compile("spec.net").fit()
    model.save("w.safetensors")
    scale = {"images": 255, "idx": 255, "floats 0 to 1 in npz": 255}.get(source, 1)
    sample = PIXELS[:1] / scale * (257 if "16" in source else 1)
    expected = model.predict_proba(sample)
    # single precision, and a level of 16 bits is a multiple of 1 / 65535
    near = {"atol": 1e-5, "rtol": 0}
    for name, found in zip(
        files := files_of(PIXELS[0]), probabilities("w.safetensors", *files), strict=True
    ):
        np.testing.assert_allclose(found, expected[0], err_msg=name, **near)
    told = 0
    for name, asked in ASKED.items():
        try:
            found = model.predict_proba(asked)
        except netc.DataError as error:
            told += "E0542" in str(error)
        else:
            np.testing.assert_allclose(found, expected, err_msg=name, **near)
    assert told < len(ASKED)


def test_flat_images_of_another_scale_are_told_and_tables_are_not() -> None:
    def trained(x: np.ndarray) -> netc.Model:
        text = f"input {x.shape[1]} -> dense 2 softmax; loss ce; opt adam; train epochs=1"
        return netc.compile(text).fit(x, LABELS)

    flat = PIXELS.reshape(24, 16)
    with pytest.raises(netc.DataError, match="`x` goes up to 255, but the network was trained on"):
        trained(flat / 255).predict(flat.astype(np.float64))
    with pytest.raises(netc.DataError, match="`x` goes up to 1, but the network was trained on"):
        trained(flat).predict(flat / 255)
    # shares, of which a new one is far away; counts, of which the new ones are few
    trained(flat[:, :3] / 255).predict(np.array([[0.1, 0.2, 200]]))
    trained(flat / 255).predict(np.full((1, 16), 2.5))
    trained(flat).predict(np.eye(16)[:1])


WAYS = [
    # trained on images, IDX, or numbers up to; then given numbers up to; and what is advised
    (1, 255, "divide by 255"),
    (1, 65535, "divide by 65535"),
    (1, 2999, "divide by 65535"),
    (255, 1, "multiply by 255"),
    (255, 65535, "divide by 257"),
    (65535, 1, "multiply by 65535"),
    (65535, 255, "multiply by 257"),
]


@pytest.mark.parametrize(("trained", "given", "way"), WAYS)
def test_the_advice_brings_pixels_to_the_scale_of_the_training(
    trained: int, given: int, way: str
) -> None:
    pixels = PIXELS / PIXELS.max()
    model = netc.compile(NETWORK).fit(np.round(pixels * trained, 9 if trained == 1 else 0), LABELS)
    new = np.round(pixels * given, 9 if given == 1 else 0)
    with pytest.raises(netc.DataError) as caught:
        model.predict(new)
    assert caught.value.diagnostics[0].help == (f"{way}, as in training",)
    word, factor = way.split(" by ")
    model.predict(new / int(factor) if word == "divide" else new * int(factor))


def test_a_picture_is_refused_where_its_numbers_are_not_known() -> None:
    netc.compile(NETWORK).fit(RANDOM.normal(size=(24, 4, 4)), LABELS).save("w.safetensors")
    Image.fromarray(PIXELS[0]).save("first.png")
    assert (
        "was not trained on pixels from 0 to 1"
        in invoke("predict", "w.safetensors", "first.png").stderr
    )


def test_eval_scales_images_and_refuses_arrays_of_another_scale() -> None:
    images()
    Path("bytes.net").write_text(f"{archive(PIXELS)}\n{NETWORK}; metric acc")
    model = netc.compile("bytes.net").fit()
    model.save("bytes.safetensors")
    done = invoke("eval", "bytes.safetensors", "--data", "photos/", "--part", "all")
    assert "the network was trained on" not in done.stderr
    Path("images.net").write_text(f'data images "photos"\n{NETWORK}; metric acc')
    netc.compile("images.net").fit().save("images.safetensors")
    done = invoke("eval", "images.safetensors", "--data", "set.npz", "--part", "all")
    assert "`set.npz` goes up to 255, but the network was trained on 0 to 1" in done.stderr


def test_eval_resizes_other_images_like_those_of_the_training() -> None:
    images()
    Path("spec.net").write_text(
        f'data images "photos" resize=4x4 fit=stretch split=(100%, 0, 0)\n{NETWORK}; metric acc'
    )
    netc.compile("spec.net").fit().save("w.safetensors")
    for index, pixels in enumerate(PIXELS):
        path = Path("large", "ab"[index % 2], f"{index}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.repeat(3, axis=0).repeat(2, axis=1)).save(path)
    done = invoke("eval", "w.safetensors", "--data", "large/", "--part", "all")
    assert (done.stderr, done.return_value) == ("", 0)


@pytest.mark.parametrize(
    ("x", "scale"),
    [
        (np.zeros((2, 3, 3), np.uint8), PixelScale(1, divides=True)),
        (np.zeros((2, 3, 3), np.uint16), PixelScale(1, divides=True)),
        (np.array([[0.0, 0.7]]), PixelScale(1)),
        (np.array([[0.0, 200.0]]), PixelScale(255)),
        (np.array([[0.5, 200.0]]), PixelScale(None)),
        (np.array([[[0.5], [200.0]]]), PixelScale(255)),
        (np.array([[0.0, 17.0]]), PixelScale(None)),
        (np.array([[0.0, 40000.0]]), PixelScale(65535)),
        (np.array([[-0.5, 0.5]]), PixelScale(None)),
    ],
)
def test_the_training_data_say_what_white_is(x: np.ndarray, scale: PixelScale) -> None:
    assert scale_of(x) == scale


def test_folders_are_asked_for_all_of_their_pictures() -> None:
    Path("spec.net").write_text(f"{images()}\n{NETWORK}")
    model = netc.compile("spec.net").fit()
    model.save("w.safetensors")
    for name in ("new/2.png", "new/10.png", "new/deep/1.PNG"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[int(Path(name).stem)]).save(name)
    Path("new/notes.txt").write_text("hello")
    done = json.loads(invoke("predict", "w.safetensors", "new", "--format=json").stdout)
    assert [(item["file"], item["row"]) for item in done] == [
        ("new/2.png", 1), ("new/10.png", 1), ("new/deep/1.PNG", 1)
    ]  # fmt: skip
    expected = model.predict_proba(PIXELS[[2, 10, 1]])
    found = np.array([list(item["probabilities"].values()) for item in done])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    for name in ("new/3.png", "new/4.png"):
        Path(name).write_bytes(b"no picture")
    assert (
        "2 of 5 images in `new` cannot be read: `new/3.png` (it cannot be read as an image), "
        "`new/4.png`"
    ) in invoke("predict", "w.safetensors", "new").stderr
    Path("empty").mkdir()
    assert (
        "`empty` contains no samples: it contains no images"
        in invoke("predict", "w.safetensors", "empty").stderr
    )
