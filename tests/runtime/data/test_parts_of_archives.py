"""`data npz` with parts in files of their own, and with groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

NET = "input 2 -> dense {} softmax; loss ce; opt sgd; train epochs=1"
N = 60
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(N, 2))
Y = np.arange(N) % 3
NAMES = np.array(["ant", "bee", "cow"])


def save(folder: Path, name: str, rows: Any, y: Any = Y, **more: Any) -> None:
    np.savez(folder / f"{name}.npz", x=X[rows], y=y[rows], **more)


def spec(folder: Path, options: str, classes: int = 3) -> str:
    return f'data npz "{folder / "a.npz"}" {options}; {NET.format(classes)}'


@pytest.mark.parametrize("y", [Y, NAMES[Y]], ids=["numbers", "text"])
@pytest.mark.parametrize("parts", [("test",), ("val",), ("val", "test")])
def test_files_of_parts_are_these_parts(tmp_path: Path, y: Any, parts: tuple[str, ...]) -> None:
    save(tmp_path, "a", slice(0, 40), y)
    save(tmp_path, "val", slice(40, 47), y)
    save(tmp_path, "test", slice(47, 60), y)
    options = " ".join(f'{part}="{tmp_path / part}.npz"' for part in parts)
    report = netc.inspect_data(spec(tmp_path, options))
    sizes = {part.name: part.samples for part in report.parts}
    assert sizes["training"] == (36 if parts == ("test",) else 40)
    assert sizes.get("validation") == (7 if "val" in parts else 4)
    assert sizes.get("test") == (13 if "test" in parts else None)
    model = netc.compile(spec(tmp_path, options)).fit()
    if "test" in parts:
        wanted = model.evaluate(X[47:], y[47:])
        assert model.evaluate() == pytest.approx(wanted, rel=1e-6)


@pytest.mark.filterwarnings("ignore:no sample of class:UserWarning")
def test_classes_of_a_part_are_found_by_their_names(tmp_path: Path) -> None:
    """A part with some of the classes would number them otherwise."""
    y = NAMES[Y]
    save(tmp_path, "a", slice(0, 40), y)
    save(tmp_path, "test", np.flatnonzero(Y != 0)[-10:], y)
    text = spec(tmp_path, f'test="{tmp_path}/test.npz"')
    model = netc.compile(text).fit()
    rows = np.flatnonzero(Y != 0)[-10:]
    assert model.evaluate() == pytest.approx(model.evaluate(X[rows], y[rows]), rel=1e-6)


def test_samples_of_a_group_are_in_one_part(tmp_path: Path) -> None:
    group = np.array([f"p{n // 6}" for n in range(N)])
    save(tmp_path, "a", slice(None), patient=group)
    text = spec(tmp_path, "groups=patient")
    report = netc.inspect_data(text)
    assert all(part.samples % 6 == 0 for part in report.parts)
    assert sum(part.samples for part in report.parts) == N
    assert "grouped by `patient`" in report.note


@pytest.mark.parametrize(
    ("options", "first", "other", "said"),
    [
        ("groups=patent", {"patient": Y}, {}, "has no array `patent`"),
        ("groups=g", {"g": Y[:5]}, {}, "`g` has 5"),
        ("groups=g", {"g": X}, {}, "`g`: groups are whole numbers or texts, one per sample"),
        ('test="{}/b.npz"', {"x_test": X, "y_test": Y}, {"y": Y}, "has a test part of its own"),
        ('test="{}/b.npz"', {}, {"y": NAMES[Y]}, "`y` holds text, and the samples to train on"),
        ('val="{}/b.npz"', {}, {"x": X[:, :1], "y": Y}, "is 1, and in the first file 2"),
        ('val="{}/c.npz"', {}, {}, "c.npz"),
    ],
)
def test_what_does_not_fit_is_told(
    tmp_path: Path, options: str, first: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y, **first)
    np.savez(tmp_path / "b.npz", **{"x": X, **other})
    with pytest.raises(netc.DataError) as caught:
        netc.compile(spec(tmp_path, options.format(tmp_path))).fit()
    assert said in caught.value.diagnostics[0].message


def test_one_file_is_not_two_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    found = netc.check(spec(tmp_path, f'test="{path}"'))
    assert [item.code for item in found] == ["E0507"]
