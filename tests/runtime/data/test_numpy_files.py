"""NumPy's files and files in MNIST's format: what is read, and all that can be wrong."""

from __future__ import annotations

import gzip
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Idx, Npy, Npz
from netc.runtime.data.dataset import DataRequest

X = np.arange(40, dtype=np.float64).reshape(20, 2)
Y = np.arange(20) % 3


def save(folder: Path, **arrays: Any) -> Npz:
    np.savez(folder / "f.npz", **arrays)
    return Npz(path="f.npz")


def test_an_archive_has_samples_targets_and_a_test_part(loaded: Any, tmp_path: Path) -> None:
    word = save(tmp_path, x=X, y=Y, x_test=X[:5] + 1, y_test=Y[:5])
    dataset, wrong = loaded(word, seed=3)
    assert wrong == []
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (18, 2, 5)
    np.testing.assert_array_equal(dataset.test.x, X[:5] + 1)
    assert dataset.train.x.dtype == np.float32
    order = np.argsort(dataset.train.x[:, 0])
    kept = (dataset.train.x[order, 0] / 2).astype(int)
    np.testing.assert_array_equal(dataset.train.y[order], Y[kept])
    assert dataset.classes is None
    assert set(dataset.hashes) == {"f.npz"}


def test_bytes_are_numbers_from_0_to_255(loaded: Any, tmp_path: Path) -> None:
    word = save(tmp_path, x=np.full((20, 4), 200, np.uint8), y=Y)
    assert loaded(word)[0].train.x.max() == 200


def test_named_classes_and_classes_of_text(loaded: Any, tmp_path: Path) -> None:
    word = save(tmp_path, x=X, y=Y, classes=np.array(["a", "b", "c", "never"]))
    assert loaded(word)[0].class_names == ("a", "b", "c", "never")
    word = save(tmp_path, x=X, y=np.array(["oak", "ash"] * 10), x_test=X, y_test=["oak"] * 20)
    dataset = loaded(word)[0]
    assert dataset.class_names == ("ash", "oak")
    assert set(dataset.test.y) == {1}


def test_inputs_and_targets_by_name(loaded: Any, tmp_path: Path) -> None:
    word = save(tmp_path, image=X, meta=X[:, 0], digit=Y, box=X * 2, other=Y[:3])
    wanted = DataRequest(("meta", "image"), ("digit", "box"))
    dataset, wrong = loaded(word, request=wanted)
    assert wrong == []
    assert dataset.input_names == ("meta", "image")
    assert dataset.target_names == ("digit", "box")
    meta, image = dataset.train.inputs
    digit, box = dataset.train.targets
    assert meta.shape == (len(dataset.train), 1)
    np.testing.assert_array_equal(meta[:, 0], image[:, 0])
    np.testing.assert_array_equal(box, 2 * image)
    np.testing.assert_array_equal(digit, (meta[:, 0] // 2) % 3)


def test_two_losses_may_share_the_plain_target(loaded: Any, tmp_path: Path) -> None:
    dataset, wrong = loaded(
        save(tmp_path, x=X, y=Y), request=DataRequest(("in",), ("main", "side"))
    )
    assert wrong == []
    assert dataset.target_names == ("y",)


def test_without_losses_on_data_no_target_is_needed(loaded: Any, tmp_path: Path) -> None:
    dataset, wrong = loaded(save(tmp_path, x=X), request=DataRequest(("x",), ()))
    assert wrong == []
    assert dataset.train.y.shape == (len(dataset.train), 0)


@pytest.mark.parametrize(
    ("arrays", "wrong"),
    [
        ({"a": X, "labels": Y},
         ["E0511 `f.npz` has no array `x`", "E0511 `f.npz` has no array `y`"]),
        ({"x": X}, ["E0511 `f.npz` has no array `y`"]),
        ({"x": X, "y": Y, "x_test": X}, ["E0511 `f.npz` has no array `y_test`"]),
        ({"x": X.astype(str), "y": Y},
         ["E0512 `x` of `f.npz` contains text, but a feature must be a number"]),
        ({"x": X * 1j, "y": Y},
         ["E0512 `x` of `f.npz` contains complex numbers, but a feature must be a number"]),
        ({"x": np.float32(3), "y": Y},
         ["E0512 `x` of `f.npz` contains a single value, but a feature must be a number"]),
        ({"x": np.where(X == 7, np.nan, X), "y": Y},
         ["E0513 `x` of `f.npz` contains 1 NaN value, the first in sample 4"]),
        ({"x": np.where(X > 36, np.inf, X), "y": np.where(Y == 1, np.nan, Y)},
         ["E0513 `x` of `f.npz` contains 3 infinite values, the first in sample 19",
          "E0513 `y` of `f.npz` contains 7 NaN values, the first in sample 2"]),
        ({"x": X * 1e300, "y": Y},
         ["E0524 `f.npz`, `x`, sample 1, column 2: 1e+300 is too large for single precision"]),
        ({"x": X, "y": Y[:7]}, ["E0514 `x` has 20 samples, `y` has 7"]),
        ({"x": X[:0], "y": Y[:0]}, ["E0502 cannot read `f.npz`: it holds no samples"]),
        ({"x": X.astype(object), "y": Y},
         ["E0515 `x` of `f.npz` contains pickled Python objects, which could run any code"]),
    ],
)  # fmt: skip
def test_wrong_archives(
    arrays: dict[str, Any], wrong: list[str], loaded: Any, tmp_path: Path
) -> None:
    assert loaded(save(tmp_path, **arrays)) == (None, wrong)


def test_a_missing_array_names_what_is_there(loaded: Any, tmp_path: Path) -> None:
    from netc.compiler.problems.arrays import ArrayMissing
    from netc.grammar.source import Source, Span

    problem = ArrayMissing(
        at=Span(Source("s", "data"), 0, 4), path="f.npz", name="images", held=("image", "labels")
    )
    assert problem.help() == ("did you mean `image`?", "it holds `image`, `labels`")


def test_files_that_are_cut_short_or_something_else(loaded: Any, tmp_path: Path) -> None:
    reason = "is truncated, corrupt, or not a NumPy file"
    word = save(tmp_path, x=X, y=Y)
    whole = (tmp_path / "f.npz").read_bytes()
    for content in (whole[:200], whole[: len(whole) // 2], b"", b"text"):
        (tmp_path / "f.npz").write_bytes(content)
        dataset, wrong = loaded(word)
        assert dataset is None
        assert wrong == [f"E0502 cannot read `f.npz`: it {reason}"]
    damaged = bytearray(whole)
    damaged[150:170] = b"?" * 20
    (tmp_path / "f.npz").write_bytes(bytes(damaged))
    assert loaded(word)[1] == [f"E0502 cannot read `f.npz`: `x` {reason}"]
    assert loaded(Npz(path="no.npz"))[1] == ["E0501 there is no file `no.npz`"]


def test_two_arrays_in_two_files(loaded: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    np.save(tmp_path / "o.npy", X.astype(object))
    np.savez(tmp_path / "f.npz", x=X)
    word = Npy(path="x.npy", target="y.npy")
    dataset, wrong = loaded(word)
    assert wrong == []
    assert dataset.name == "x.npy"
    assert len(dataset.train) == 16
    cases = {
        Npy(path="x.npy"): "E0511 `x.npy` has no targets",
        Npy(path="no.npy", target="y.npy"): "E0501 there is no file `no.npy`",
        Npy(path="o.npy", target="y.npy"): (
            "E0515 `o.npy` contains pickled Python objects, which could run any code"
        ),
        Npy(path="f.npz", target="y.npy"): (
            'E0502 cannot read `f.npz`: it is an archive of arrays: write `data npz "f.npz"`'
        ),
    }
    for case, message in cases.items():
        assert loaded(case) == (None, [message])
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-8])
    assert loaded(word)[1] == [
        "E0502 cannot read `x.npy`: its header promises 320 bytes of numbers, 312 are there"
    ]
    with open(tmp_path / "x.npy", "wb") as file:
        np.savez(file, a=X)
    assert "is an archive" in loaded(word)[1][0]


# MNIST's format


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    data = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_a_folder_of_images_of_any_size(loaded: Any, tmp_path: Path) -> None:
    images = np.arange(20 * 6).reshape(20, 2, 3) * 2
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", Y)
    dataset, wrong = loaded(Idx(path="."))
    assert wrong == []
    assert dataset.sample_shape == (2, 3, 1)
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.train.x.max() <= 1
    assert len(dataset.test) == 2
    write_idx(tmp_path / "t10k-images-idx3-ubyte", images[:4])
    assert loaded(Idx(path="."))[1] == ["E0501 there is no file `./t10k-labels-idx1-ubyte`"]
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", Y[:4])
    dataset, _ = loaded(Idx(path="."))
    assert len(dataset.test) == 4
    np.testing.assert_allclose(dataset.test.x[..., 0], images[:4] / 255, rtol=1e-6)


def test_a_single_file_of_images_finds_its_labels(loaded: Any, tmp_path: Path) -> None:
    write_idx(tmp_path / "my-images-idx3-ubyte.gz", np.zeros((20, 2, 3)))
    word = Idx(path="my-images-idx3-ubyte.gz")
    assert "my-labels-idx1-ubyte.gz`" in loaded(word)[1][0]
    write_idx(tmp_path / "my-labels-idx1-ubyte", Y)
    assert len(loaded(word)[0].train) == 16
    write_idx(tmp_path / "my-labels-idx1-ubyte", Y[:3])
    assert loaded(word)[1][0].endswith("it has 3 labels for 20 images")


# Limits


def test_a_limited_part_keeps_the_share_of_every_class(loaded: Any, tmp_path: Path) -> None:
    y = np.repeat([0, 1, 2], [600, 300, 100])
    word = save(tmp_path, x=np.arange(1000), y=y, x_test=np.arange(7), y_test=y[:7])
    limited = Npz(path=word.path, limit=100, val=0.0)
    dataset, _ = loaded(limited)
    assert np.bincount(dataset.train.y).tolist() == [60, 30, 10]
    assert len(dataset.test) == 7
    again, other = loaded(limited)[0], loaded(limited, seed=1)[0]
    np.testing.assert_array_equal(dataset.train.x, again.train.x)
    assert set(dataset.train.x[:, 0]) != set(other.train.x[:, 0])
    assert (np.diff(dataset.train.y) < 0).any(), "the classes are mixed"


def test_a_part_that_was_asked_for_is_not_left_empty(tmp_path: Path, place: Any) -> None:
    from netc.runtime.data.dataset import RawDataset, Split
    from netc.runtime.data.splits import Shares, choose, divide

    raw_data = RawDataset(Split(X[:4], Y[:4]))
    assert divide(choose(raw_data, seed=0), Shares(0.8, 0.1, 0.1), strict=True) == (
        "10 % of 4 samples is less than one: the validation part would be empty"
    )
    assert not isinstance(divide(choose(raw_data, seed=0), Shares(0.8, 0.1, 0.1)), str)


def test_parts_of_other_shapes_are_named(loaded: Any, tmp_path: Path) -> None:
    word = save(tmp_path, x=X, y=Y, x_test=X[:, :1], y_test=Y)
    said = ["E0523 in `f.npz`, samples of `x` are 2 numbers, but those of `x_test` are 1 number"]
    assert loaded(word) == (None, said)
    assert loaded(word, request=DataRequest(("input1",), ("y",))) == (None, said)
    word = save(tmp_path, x=X, y=X, x_test=X, y_test=X[:, 0])
    said = [
        "E0523 in `f.npz`, samples of `y` are 2 numbers, but those of `y_test` are a single number"
    ]
    assert loaded(word, wants_classes=False) == (None, said)


def test_a_header_that_promises_more_than_there_is_reserves_nothing(
    loaded: Any, tmp_path: Path
) -> None:
    np.save(tmp_path / "y.npy", Y)
    np.save(tmp_path / "x.npy", X)
    content = (tmp_path / "x.npy").read_bytes()
    huge = content.replace(b"(20, 2), }          ", b"(20, 3000000000), } ", 1)
    assert huge != content
    (tmp_path / "x.npy").write_bytes(huge)
    said = [
        "E0502 cannot read `x.npy`: its header promises 480,000,000,000 bytes of numbers, "
        "320 are there"
    ]
    assert loaded(Npy(path="x.npy", target="y.npy")) == (None, said)
    save(tmp_path, x=X, y=Y)
    with zipfile.ZipFile(tmp_path / "f.npz", "w") as archive:
        archive.writestr("x.npy", huge)
        archive.write(tmp_path / "y.npy", "y.npy")
    dataset, wrong = loaded(Npz(path="f.npz"))
    assert dataset is None
    assert "`x`: its header promises 480,000,000,000 bytes" in wrong[0]


def test_arrays_of_other_names_are_saved_again(tmp_path: Path) -> None:
    import netc

    network = "input 4 -> dense 3 softmax; loss ce; opt adam"
    text = f'data npz "{tmp_path}/f.npz"  # netc: allow(W0504)\n{network}'
    x, y = np.random.default_rng(0).random((30, 4)), np.arange(30) % 3
    for names, written in (
        (
            ("x_train", "y_train", "x_test", "y_test"),
            'np.savez("data.npz", x=a["x_train"], y=a["y_train"], x_test=a["x_test"], '
            'y_test=a["y_test"])',
        ),
        (("arr_0", "arr_1"), 'np.savez("data.npz", x=..., y=...)'),
    ):
        np.savez(tmp_path / "f.npz", **dict(zip(names, (x, y, x, y), strict=False)))
        with pytest.raises(netc.DataError) as caught:
            netc.compile(text).fit()
        assert caught.value.diagnostics[0].help[-1] == f"save them again: `{written}`"
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    with np.load(tmp_path / "a.npz") as a:
        np.savez(
            tmp_path / "f.npz",
            x=a["x_train"],
            y=a["y_train"],
            x_test=a["x_test"],
            y_test=a["y_test"],
        )
    assert len(netc.compile(text).fit().predict(x)) == 30
