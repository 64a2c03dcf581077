"""The data that `netc data` looks at is that of the run, and what is odd in it is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.data_run import DataView, inspect_data
from netc.runtime.events import Event, Started
from netc.runtime.training.run import train_session
from netc.runtime.training.session import prepare_run
from netc.runtime.training.spec import RunOptions, Spec

NET = {
    "iris": "input 4 -> dense 3 softmax; loss ce; opt sgd",
    "digits": "input 64 -> dense 10 softmax; loss ce; opt sgd",
    "padded": "prep pad 1; input 10x10x1 -> flatten -> dense 10 softmax; loss ce; opt sgd",
    "numbers": "input 1 -> dense 1; loss mse; opt sgd",
}
SPECS = {
    "classes": f"data iris; prep standardize; {NET['iris']}; train seed=4",
    "images": f"data digits val=20%; prep center; {NET['padded']}",
    "limited": f"data digits limit=300; {NET['digits']}; train seed=2",
    "split": f"data digits split=(60%, 20%, 20%); {NET['digits']}",
    "in order": f"data iris; prep whiten zca; {NET['iris']}; train shuffle=false",
    "numbers": f"data sine; prep scale; {NET['numbers']}; train precision=f64",
    "no validation": f"data sine val=0%; {NET['numbers']}",
}


def spec_of(text: str) -> Spec:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [item.message() for item in checked.problems]
    return Spec.of(checked)


def view_of(text: str, root: Path, problems: Problems | None = None) -> DataView:
    view = inspect_data(
        check(source_of(text), BUILTIN, read_source),
        root=root,
        problems=Problems() if problems is None else problems,
        reporter=lambda event: None,
    )
    assert view is not None
    return view


@pytest.mark.parametrize("name", SPECS)
def test_a_run_has_the_same_parts_and_the_same_prepared_numbers(name: str, tmp_path: Path) -> None:
    spec, view = spec_of(SPECS[name]), view_of(SPECS[name], tmp_path)
    events: list[Event] = []
    problems = Problems()
    session = prepare_run(
        spec, RunOptions(fast=True), root=tmp_path, problems=problems, reporter=events.append
    )
    assert session is not None
    train_session(session, problems, events.append)
    (started,) = (event for event in events if isinstance(event, Started))
    sizes = {part.name: part.samples for part in view.report.parts}
    assert (started.train, started.validation, started.test) == tuple(
        sizes.get(name, 0) for name in ("training", "validation", "test")
    )
    for here, there in zip(view.dataset.parts(), session.dataset.parts(), strict=True):
        assert here.x.dtype == there.x.dtype
        assert (here.x == there.x).all()
        assert (here.y == there.y).all()
        assert (here.numbers() == there.numbers()).all()


@pytest.mark.parametrize("name", SPECS)
def test_figures_are_of_the_training_part_before_and_after(name: str, tmp_path: Path) -> None:
    view = view_of(SPECS[name], tmp_path)
    item, train = view.report.inputs[0], view.dataset.train
    raw = view.dataset.unprepared[0].x
    for columns, x in ((item.columns, raw), (item.prepared_columns, train.x)):
        if not columns:  # there is no `prep`
            continue
        rows = x.reshape(-1, x.shape[-1]).astype(np.float64)
        assert [column.low for column in columns] == rows.min(axis=0).tolist()
        assert [column.high for column in columns] == rows.max(axis=0).tolist()
        # sums in another order differ in the last digits
        assert [column.mean for column in columns] == pytest.approx(rows.mean(axis=0), abs=1e-12)
        assert [column.deviation for column in columns] == pytest.approx(rows.std(axis=0))


def test_class_counts_are_those_of_the_parts(tmp_path: Path) -> None:
    view = view_of(SPECS["split"], tmp_path)
    (target,) = view.report.targets
    for counts, part in zip(target.counts, view.dataset.parts(), strict=True):
        assert counts == tuple(np.bincount(part.y, minlength=10).tolist())


# What is odd

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 3))
CLASSES = RANDOM.integers(0, 2, 200)


def clean() -> dict[str, np.ndarray]:
    return {"x": X.copy(), "y": CLASSES.copy()}


def constant(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"][:, 1] = 3.3


def leak(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"][:, 2] = arrays["y"] * 4 - 1


def large(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"][:, 0] *= 1000


def numbered(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"][:, 0] = np.arange(200)


def image_bytes(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"] = RANDOM.integers(0, 256, (200, 4, 4, 1)).astype(np.uint8)


def copies(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"][100:], arrays["y"][100:] = arrays["x"][:100], arrays["y"][:100]


def contradictions(arrays: dict[str, np.ndarray]) -> None:
    arrays["x"][100:120], arrays["y"][100:120] = arrays["x"][:20], 1 - arrays["y"][:20]


def rare(arrays: dict[str, np.ndarray]) -> None:
    arrays["y"][:] = 0
    arrays["y"][7] = 1


ODDITIES: dict[str, tuple[Callable[[dict[str, np.ndarray]], None], str, str]] = {
    "a constant column": (constant, "W0501", "`feature 2` is 3.3 in all 160 training samples"),
    "a leak": (leak, "W0502", "`feature 3` determines the target `y`"),
    "bytes": (image_bytes, "W0503", "the network reads whole numbers from 0 to 255"),
    "copies": (copies, "W0504", "test samples are also in the training part"),
    "a rare class": (rare, "W0505", "no sample of class `1` is in the"),
    "row numbers": (numbered, "W0506", "`feature 1` is a different whole number in every sample"),
    "sizes": (large, "W0507", "`feature 1` reaches"),
    "contradictions": (contradictions, "W0508", "but a different class, such as sample"),
}
TEXT = 'data npz "a.npz"; input 3 -> dense 2 softmax; loss ce; opt adam'
IMAGES = 'data npz "a.npz"; input 4x4x1 -> flatten -> dense 2 softmax; loss ce; opt adam'


def warnings_of(text: str, arrays: dict[str, np.ndarray], root: Path) -> list[str]:
    np.savez(root / "a.npz", **arrays)  # type: ignore[arg-type]  # the names are those of arrays
    return [f"{item.code} {item.message}" for item in view_of(text, root).report.warnings]


def test_nothing_is_odd_in_clean_data(tmp_path: Path) -> None:
    assert warnings_of(TEXT, clean(), tmp_path) == []


@pytest.mark.parametrize("name", ODDITIES)
def test_an_oddity_is_found(name: str, tmp_path: Path) -> None:
    spoil, code, message = ODDITIES[name]
    arrays = clean()
    spoil(arrays)
    found = warnings_of(IMAGES if name == "bytes" else TEXT, arrays, tmp_path)
    assert any(item.startswith(code) and message in item for item in found), found


def test_equal_rows_of_few_categories_are_no_copies(tmp_path: Path) -> None:
    few = RANDOM.integers(0, 3, (200, 3)).astype(float)
    arrays = {"x": few, "y": RANDOM.integers(0, 2, 200)}
    found = warnings_of(TEXT, arrays, tmp_path)
    assert [item for item in found if item.startswith("W0504")] == []
    many = RANDOM.normal(size=(4, 3))[RANDOM.integers(0, 4, 200)]
    found = warnings_of(TEXT, arrays | {"x": np.hstack([few[:, :2], many[:, :1]])}, tmp_path)
    assert [item for item in found if item.startswith("W0504")] == []
    found = warnings_of(
        TEXT, arrays | {"x": np.tile(RANDOM.normal(size=(20, 3)), (10, 1))}, tmp_path
    )
    assert [item for item in found if item.startswith("W0504")] != []


def test_categories_that_differ_only_in_case_are_told(tmp_path: Path) -> None:
    rows = "".join(
        f"{city},{n % 7}.5,{n % 2}\n" for n, city in enumerate(["Oslo", "oslo ", "Rom"] * 20)
    )
    (tmp_path / "a.csv").write_text(f"city,size,y\n{rows}")
    text = 'data csv "a.csv"; prep onehot; input ? -> dense 2 softmax; loss ce; opt adam'
    found = [f"{item.code} {item.message}" for item in view_of(text, tmp_path).report.warnings]
    assert "W0510 categories `Oslo`, `oslo` of `city` differ only in case or spaces" in found


@pytest.mark.parametrize(
    ("name", "prep"), [("sizes", "standardize"), ("sizes", "scale"), ("bytes", "scale")]
)
def test_its_advice_is_right(name: str, prep: str, tmp_path: Path) -> None:
    spoil, code, _ = ODDITIES[name]
    arrays = clean()
    spoil(arrays)
    text = (IMAGES if name == "bytes" else TEXT).replace("; input", f"; prep {prep}; input")
    assert not [item for item in warnings_of(text, arrays, tmp_path) if item.startswith(code)]


def test_tokens_are_no_numbers(tmp_path: Path) -> None:
    text = (
        'data npz "a.npz"; input 12 -> embed 400 4 -> flatten -> dense 2 softmax; loss ce; opt adam'
    )
    tokens = RANDOM.integers(0, 400, (200, 12))
    tokens[:, 0] = 1
    assert warnings_of(text, {"x": tokens, "y": CLASSES}, tmp_path) == []


def test_several_inputs_and_targets_are_told_apart(tmp_path: Path) -> None:
    text = (
        'data npz "a.npz"; input 3 name=left -> dense 4 -> @a; input 2 name=right -> dense 4 -> @b;'
        "concat [@a | @b] -> @both; @both -> dense 2 softmax -> @kind; @both -> dense 1 -> @size;"
        "loss ce on=@kind; loss mse on=@size; opt adam"
    )
    arrays = {
        "left": X,
        "right": X[:, :2].round() * 1e6,
        "kind": CLASSES,
        "size": X.sum(axis=1),
    }
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]  # the names are those of arrays
    report = view_of(text, tmp_path).report
    assert [item.name for item in report.inputs] == ["left", "right"]
    assert [column.name for column in report.inputs[1].columns] == [
        "right feature 1",
        "right feature 2",
    ]
    assert [(item.name, len(item.classes), len(item.columns)) for item in report.targets] == [
        ("kind", 2, 0),
        ("size", 0, 1),
    ]


def test_categories_are_columns_by_their_names(tmp_path: Path) -> None:
    rows = [f"{n % 9},{'Köln' if n % 3 else 'Bonn'},{n % 2}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["age,city,y", *rows]) + "\n")
    text = 'data csv "t.csv"; prep onehot; prep standardize; input ? -> dense 2 softmax; loss ce'
    (item,) = view_of(text, tmp_path).report.inputs
    assert [column.name for column in item.prepared_columns] == ["age", "city=Bonn", "city=Köln"]
    assert [(column.kind, column.high) for column in item.columns] == [("whole", 8), ("text", None)]


def test_texts_are_constant_and_different_as_texts(tmp_path: Path) -> None:
    rows = [f"{n % 9},Bonn,person {n:03},{n % 2}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["age,city,name,y", *rows]) + "\n")
    text = 'data csv "t.csv"; prep onehot unknown=zeros; input ? -> dense 2 softmax; loss ce'
    found = [item.message for item in view_of(text, tmp_path).report.warnings]
    assert found == [
        "`city` is `Bonn` in all 32 training samples",
        "`name` has 32 different texts in 32 samples",
    ]
