"""`check` refuses a spec exactly where a run would refuse it whatever its files hold.

Every loss, last activation, shape of the output, preparation of targets, metric and source of data,
with files of every kind of target that the source can hold. A spec that `check` accepts trains for
an epoch on some of them and evaluates its metrics; one that it refuses trains on none.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.problems.running import MetricCannotBeMeasured
from netc.compiler.reading import read_source
from netc.compiler.training.metrics import METRICS
from netc.grammar.problem import Problem, Problems
from netc.grammar.source import Source
from netc.runtime.training.run import run
from netc.runtime.training.session import prepare_run
from netc.runtime.training.spec import Spec

N = 24
RANDOM = np.random.Generator(np.random.PCG64(11))
X = RANDOM.normal(size=(N, 4)).round(3)
ROWS = np.arange(N)
PLACES = np.stack([ROWS, ROWS + 1], axis=1)
"""Two positions per sample."""
LETTERS = np.array(list("abcdefg"))


def shares(*sizes: int) -> Any:
    parts = RANDOM.random(sizes) + 0.1
    return parts / parts.sum(axis=-1, keepdims=True)


ARRAYS = {
    **{f"{k} classes": ROWS % k for k in (2, 3, 7)},
    **{f"{k} named classes": LETTERS[ROWS % k] for k in (2, 3, 7)},
    **{f"one-hot rows of {k}": np.eye(k)[ROWS % k] for k in (2, 3, 7)},
    **{f"{k} labels": RANDOM.integers(0, 2, (N, k)) for k in (1, 2, 3, 7)},
    **{f"{k} probabilities": shares(N, k) for k in (2, 3, 7)},
    **{f"{k} numbers": RANDOM.normal(size=(N, k)) for k in (1, 2, 3, 7)},
    **{f"{k} numbers from 0 to 1": RANDOM.random((N, k)) for k in (1, 2, 3, 7)},
    "signs": 2 * (ROWS % 2) - 1,
    **{f"{k} classes per position": PLACES % k for k in (2, 3)},
    **{f"{k} named classes per position": LETTERS[PLACES % k] for k in (2, 3)},
    **{f"{k} labels per position": RANDOM.integers(0, 2, (N, 2, k)) for k in (1, 3)},
    **{f"{k} numbers per position": RANDOM.normal(size=(N, 2, k)) for k in (1, 3)},
    **{f"{k} numbers from 0 to 1 per position": RANDOM.random((N, 2, k)) for k in (1, 3)},
}
COLUMN = {name: y for name, y in ARRAYS.items() if y.ndim == 1 or name.startswith("1 num")}
TWO = {
    "2 labels": np.stack([ROWS % 2, ROWS // 2 % 2], axis=1),
    "2 numbers": X[:, :2],
    "2 numbers from 0 to 1": RANDOM.random((N, 2)).round(3),
    "a class in one of two": np.eye(2, dtype=int)[ROWS % 2],
    "2 columns of 3 classes": PLACES % 3,
}
THREE = {name: y for name, y in ARRAYS.items() if y.shape == (N, 3) and y.dtype.kind in "if"}


class Origin(NamedTuple):
    """Where data comes from."""

    spec: str
    features: int
    targets: dict[str, Any] | None = None
    """What its files may hold; None: it has no files."""


SOURCES = {
    "npz": Origin('data npz "f.npz"', 4, ARRAYS),
    "csv": Origin('data csv "f.csv" target=t0', 4, COLUMN),
    "csv of two targets": Origin('data csv "f.csv" target=(t0, t1)', 4, TWO),
    "csv of three targets": Origin('data csv "f.csv" target=(t0, t1, t2)', 4, THREE),
    "iris": Origin("data iris", 4),
    "moons": Origin("data moons n=60", 2),
    "linear": Origin("data linear n=60", 1),
    "digits": Origin("data digits limit=60", 64),
}
LOSSES = BUILTIN.words("loss")
OUTPUTS = [
    *(f"dense {units} {last}" for units in (1, 2, 3, 7) for last in ("", "softmax", "sigmoid")),
    *(
        f"dense {2 * units} -> reshape 2x{units} {last}"
        for units in (1, 3)
        for last in ("", "-> softmax", "-> sigmoid")
    ),
]
PREPS = ("", "prep standardize on=target; ")
OF_THE_NETWORK = {"E0420", "E0421", "E0423", "E0427"}
"""What is wrong with a loss and its output, whatever the targets are."""
WORDS = tuple(metric.word for metric in METRICS)


def write(folder: Path, y: Any) -> None:
    np.savez(folder / "f.npz", x=X, y=y)
    columns = y.reshape(N, -1)
    names = [f"f{k}" for k in range(4)] + [f"t{k}" for k in range(columns.shape[1])]
    rows = [[*map(str, X[n]), *map(str, columns[n])] for n in range(N)]
    (folder / "f.csv").write_text("\n".join(",".join(row) for row in (names, *rows)) + "\n")


def checked(text: str) -> Checked:
    return check(Source("<text>", text), BUILTIN, read_source)


def errors(found: Any) -> list[Problem]:
    return [problem for problem in found if problem.is_error]


def refused_metrics(text: str, folder: Path) -> set[str] | None:
    """The metrics that a run refuses; None when it refuses the rest."""
    problems = Problems()
    spec = Spec.of(checked(f"{text}; metric {' '.join(WORDS)}"))
    session = prepare_run(spec, root=folder, problems=problems, reporter=lambda event: None)
    if session is not None:
        session.engine.close()
    found = errors(problems)
    if all(isinstance(problem, MetricCannotBeMeasured) for problem in found):
        return {problem.metric for problem in found if isinstance(problem, MetricCannotBeMeasured)}
    return None


def trains(text: str, folder: Path) -> None:
    problems = Problems()
    report = run(
        Spec.of(checked(text)), root=folder, problems=problems, reporter=lambda event: None
    )
    assert not errors(problems), (text, [problem.message() for problem in problems])
    assert report is not None
    assert report.test is not None
    assert np.isfinite(report.test.measured["loss"]), text


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    made: dict[str, dict[str, Path]] = {}
    for name, source in SOURCES.items():
        root = tmp_path_factory.mktemp(name.replace(" ", "_"))
        made[name] = {}
        for index, (kind, y) in enumerate((source.targets or {"own": ROWS}).items()):
            made[name][kind] = root / str(index)
            made[name][kind].mkdir()
            write(made[name][kind], y)
    return made


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", SOURCES)
def test_check_refuses_exactly_what_no_run_accepts(
    name: str, loss: str, folders: dict[str, dict[str, Path]]
) -> None:
    source = SOURCES[name]
    for output, prep in product(OUTPUTS, PREPS):
        agree(
            f"{source.spec}; {prep}input {source.features} -> {output}; loss {loss}",
            list(folders[name].values()),
        )


def agree(text: str, folders: list[Path]) -> None:
    """What no run accepts, whatever its files hold, `check` refuses, and nothing else."""
    text += "; opt adam; train epochs=1"
    found = errors(checked(text).problems)
    explained(found, text)
    if not OF_THE_NETWORK.isdisjoint(problem.code for problem in found):
        return
    runs = [(folder, refused_metrics(text, folder)) for folder in folders]
    possible = [set(WORDS) - refused for _, refused in runs if refused is not None]
    assert bool(found) == (not possible), (text, [problem.message() for problem in found])
    for word in WORDS if possible else ():
        found = errors(checked(f"{text}; metric {word}").problems)
        assert bool(found) == (word not in set().union(*possible)), (text, word, possible)
        explained(found, text)
    seen: list[set[str]] = []
    for folder, refused in runs:
        if refused is not None and refused not in seen:
            seen.append(refused)
            accepted = " ".join(word for word in WORDS if word not in refused)
            trains(f"{text}; metric {accepted}" if accepted else text, folder)


def explained(found: list[Problem], text: str) -> None:
    for problem in found:
        assert problem.message(), text
        assert 0 <= problem.at.start < problem.at.end <= len(text) + 20, text


TWO_OUTPUTS = "input 4 -> dense 5 relu -> @t; @t -> {} -> @t0; @t -> {} -> @t1"
OTHERS = [
    # two outputs: each with its own array, or its own column
    ("npz", TWO_OUTPUTS.format("dense 3 softmax", "dense 2"), "loss ce on=@t0; loss mse on=@t1"),
    ("npz", TWO_OUTPUTS.format("dense 3 sigmoid", "dense 1"), "loss bce on=@t0; loss mae on=@t1"),
    ("csv", TWO_OUTPUTS.format("dense 3 softmax", "dense 1"), "loss ce on=@t0; loss mse on=@t1"),
    ("csv", TWO_OUTPUTS.format("dense 3 softmax", "dense 2"), "loss ce on=@t0; loss mse on=@t1"),
    ("csv", TWO_OUTPUTS.format("dense 2", "dense 1"), "loss mse on=@t0; loss mse on=@t1"),
    ("csv", TWO_OUTPUTS.format("dense 2 sigmoid", "dense 1"), "loss bce on=@t0; loss mse on=@t1"),
    # a target in the network: an input, another view of it, or what is computed
    ("npz", "input 4 -> @x -> dense 2 tanh -> dense 4", "loss mse target=@x"),
    ("npz", "input 2x2 -> flatten -> @x -> dense 2 tanh -> dense 4", "loss huber target=@x"),
    ("npz", "input 4 -> softmax -> @x -> dense 4 softmax", "loss kl target=@x"),
    ("npz", "input 4 -> sigmoid -> @x -> dense 4 sigmoid", "loss bce target=@x"),
    ("npz", "input 4 -> dense 4 tanh -> @x -> dense 4", "loss mae target=@x"),
    ("npz", "input 4 -> @x -> dense 2 -> @z -> dense 4 -> @o; @z -> dense 3 softmax -> @c",
     "loss mse on=@o target=@x; loss ce on=@c"),
    # two losses of one output: the first says what is measured
    ("npz", "input 4 -> dense 3 sigmoid -> @o", "loss bce on=@o; loss mse on=@o weight=0.1"),
    ("npz", "input 4 -> dense 3 sigmoid -> @o", "loss mse on=@o; loss bce on=@o weight=0.1"),
    # files of pictures
    ("idx", "input 4x4x1 -> flatten -> dense 3 softmax", "loss ce"),
    ("idx", "input 4x4x1 -> flatten -> dense 1 sigmoid", "loss bce"),
    ("idx", "input 4x4x1 -> flatten -> dense 3 sigmoid", "loss bce"),
    ("idx", "input 4x4x1 -> flatten -> dense 3", "loss mse"),
    ("idx", "input 4x4x1 -> flatten -> dense 1", "loss mse"),
    ("idx", "input 4x4x1 -> conv 3 3x3 pad=1 softmax", "loss ce"),
    ("images", "input 4x4x1 -> flatten -> dense 3 softmax", "loss ce"),
    ("images", "input 4x4x1 -> flatten -> dense 2", "loss mse"),
    ("images", "input 4x4x1 -> flatten -> dense 3 sigmoid", "loss bce"),
    ("images", "input 4x4x1 -> conv 3 3x3 pad=1 softmax", "loss ce"),
    ("images", "input 4x4x1 -> conv 1 3x3 pad=1 sigmoid", "loss mse"),
    ("masks", "input 4x4x1 -> conv 3 3x3 pad=1 softmax", "loss ce"),
    ("masks", "input 4x4x1 -> conv 1 3x3 pad=1 sigmoid", "loss bce"),
    ("masks", "input 4x4x1 -> conv 1 3x3 pad=1", "loss mse"),
    ("masks", "input 4x4x1 -> flatten -> dense 3 softmax", "loss ce"),
]  # fmt: skip
FILES = {
    "npz": 'data npz "f.npz"',
    "csv": 'data csv "f.csv" target=(t0, t1)',
    "idx": 'data idx "idx"',
    "images": 'data images "images"',
    "masks": 'data images "pictures" masks="masks"',
}


ARRAYS_OF_OTHERS = [
    {"y": ROWS % 3, "t0": ROWS % 3, "t1": X[:, :2]},
    {"y": RANDOM.integers(0, 2, (N, 3)), "t0": RANDOM.integers(0, 2, (N, 3)), "t1": X[:, 0]},
    {"y": LETTERS[ROWS % 3], "t0": LETTERS[ROWS % 3], "t1": X[:, :1]},
    {"y": RANDOM.random((N, 3)), "t0": RANDOM.random((N, 3)), "t1": LETTERS[ROWS % 2]},
]
COLUMNS_OF_OTHERS = [
    {"t0": ROWS % 3, "t1": X[:, 0]},
    {"t0": LETTERS[ROWS % 3], "t1": LETTERS[ROWS % 2]},
    {"t0": LETTERS[ROWS % 2], "t1": X[:, 0]},
    {"t0": ROWS % 2, "t1": X[:, 0]},
]


@pytest.fixture(scope="module")
def all_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders with a file of each kind, and other targets in each."""
    folders = []
    for arrays, columns in zip(ARRAYS_OF_OTHERS, COLUMNS_OF_OTHERS, strict=True):
        folder = tmp_path_factory.mktemp("others")
        folders.append(folder)
        np.savez(folder / "f.npz", x=X, c=ROWS % 3, **arrays)
        table = {**{f"f{k}": X[:, k] for k in range(4)}, **columns}
        rows = [",".join(str(column[n]) for column in table.values()) for n in range(N)]
        (folder / "f.csv").write_text("\n".join([",".join(table), *rows]) + "\n")
        classes = 2 + len(folders) % 2
        _write_idx(folder / "idx", classes)
        _write_pictures(folder, classes)
    return folders


def _write_idx(folder: Path, classes: int) -> None:
    folder.mkdir()
    pictures = RANDOM.integers(0, 256, (N, 4, 4), dtype=np.uint8)
    head = b"\x00\x00\x08\x03" + b"".join(size.to_bytes(4, "big") for size in (N, 4, 4))
    (folder / "train-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
    labels = (ROWS % classes).astype(np.uint8)
    head = b"\x00\x00\x08\x01" + N.to_bytes(4, "big")
    (folder / "train-labels-idx1-ubyte").write_bytes(head + labels.tobytes())


def _write_pictures(folder: Path, classes: int) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    for n in range(N):
        picture = image.fromarray(RANDOM.integers(0, 256, (4, 4), dtype=np.uint8))
        mask = image.fromarray((np.arange(16).reshape(4, 4) % classes).astype(np.uint8))
        for path, content in (
            (folder / "images" / LETTERS[n % classes] / f"{n}.png", picture),
            (folder / "pictures" / f"{n}.png", picture),
            (folder / "masks" / f"{n}.png", mask),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            content.save(path)


@pytest.mark.parametrize(("files", "network", "losses"), OTHERS)
def test_several_outputs_targets_in_the_network_and_pictures(
    files: str, network: str, losses: str, all_files: list[Path]
) -> None:
    agree(f"{FILES[files]}; {network}; {losses}", all_files)


@pytest.mark.parametrize(
    "statement",
    [
        "metric {}", "expect {}>=0", "expect val_{}>=0", "expect train_{}>=0",
        "stop when val_{}>=1", "stop patience=1ep on=train_{}", "schedule plateau on=val_{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("quantity", ["acc", "subset_acc", "top5", "auc", "mae", "r2"])
def test_a_quantity_is_refused_wherever_it_is_named(statement: str, quantity: str) -> None:
    """The words of `metric` and what looks at a quantity are one rule."""
    for network in (
        "data iris; input 4 -> dense 3 softmax; loss ce",
        "data linear; input 1 -> dense 1; loss mse",
        'data csv "f.csv" target=(a, b); input 4 -> dense 2 sigmoid; loss bce',
    ):
        text = f"{network}; {{}}; opt adam"
        of_metric = errors(checked(text.format(f"metric {quantity}")).problems)
        named = errors(checked(text.format(statement.format(quantity))).problems)
        assert [type(problem) for problem in named] == [type(problem) for problem in of_metric]


def test_an_empty_part_is_refused_by_check_where_the_spec_states_it() -> None:
    text = "{}input 2 -> dense 2 softmax; loss ce; opt adam; stop patience=1ep on=val_loss"
    found = errors(checked(text.format("data moons val=0%; ")).problems)
    assert [problem.code for problem in found] == ["E0601"]
    with pytest.raises(netc.DataError, match="`val_loss` is not measured") as caught:
        netc.compile(text.format("")).fit(X[:, :2], ROWS % 2, validation=0)
    assert [problem.code for problem in caught.value.diagnostics] == ["E0657"]
