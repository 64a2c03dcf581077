"""What is told from a table that nobody has explained: roles of columns, the target, its kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from netc.compiler.data.tables import Csv
from netc.grammar.problem import Problems, in_order
from netc.runtime.analysis.table_survey.columns import ColumnFacts, column_facts
from netc.runtime.analysis.table_survey.survey import TableSurvey, survey_table
from netc.runtime.analysis.table_survey.target import Task, guess_target, task_of
from netc.runtime.data.data_file import DataFile
from netc.runtime.data.tables.values import CellStyle, ColumnReader
from netc.runtime.storage.files import place_of

ROWS = 60
NOISE = np.random.default_rng(0).permutation(ROWS)

CELLS: dict[str, Sequence[str]] = {
    "numbers": [f"{n * 0.37 % 1:.3f}" for n in range(ROWS)],
    "whole numbers that repeat": [str(n % 13) for n in range(ROWS)],
    "numbers with gaps": [str(n % 13) if n % 3 else "" for n in range(ROWS)],
    "yes and no": [("yes", "No")[n % 2] for n in range(ROWS)],
    "few texts": [("red", "blue", "green")[n % 3] for n in range(ROWS)],
    "many texts in more rows": [f"town{n % 12}" for n in range(ROWS)],
    "nothing": [""] * ROWS,
    "one number": ["7"] * ROWS,
    "one text": ["a"] * ROWS,
    "one text but for two rows": ["a"] * (ROWS - 2) + ["b", "b"],
    "numbered": [str(n) for n in range(ROWS)],
    "numbered and shuffled": [str(n) for n in NOISE],
    "seconds": [str(1_700_000_000 + 3600 * n) for n in range(ROWS)],
    "large numbers": [str(10**17 + n) for n in range(ROWS)],
    "customer_id": [str(n % 9) for n in range(ROWS)],
    "texts of their own": [f"name {n}x" for n in range(ROWS)],
    "sentences": ["a\nb" if n % 2 else "c" * 90 for n in range(ROWS)],
    "codes": [f"A/{n}" if n % 2 else str(n) for n in range(ROWS)],
    "dates": [f"2024-01-{n % 28 + 1:02}" for n in range(ROWS)],
    "amounts": [f"${n * 7 + 10}.50" for n in range(ROWS)],
    "a text among numbers": ["rotary", *(str(n % 7) for n in range(1, ROWS))],
    "digits in groups": [f"{n + 1},000" if n % 2 else "17" for n in range(ROWS)],
}
ROLES = {
    "numbers": "numbers",
    "whole numbers that repeat": "numbers",
    "numbers with gaps": "numbers",
    "yes and no": "flags",
    "few texts": "categories",
    "many texts in more rows": "categories",
    "nothing": "nothing",
    "one number": "constant",
    "one text": "constant",
    "one text but for two rows": "constant",
    "numbered": "counter",
    "numbered and shuffled": "counter",
    "seconds": "counter",
    "large numbers": "counter",
    "customer_id": "keys",
    "texts of their own": "names",
    "sentences": "names",
    "codes": "codes",
    "dates": "dates",
    "amounts": "amounts",
    "a text among numbers": "damaged",
    "digits in groups": "damaged",
}


def facts(name: str, cells: Sequence[str]) -> ColumnFacts:
    reader = ColumnReader(name, CellStyle())
    reader.add(cells)
    return column_facts(reader.column(), np.arange(2, 2 + len(cells)))


def of(kind: str, name: str = "") -> ColumnFacts:
    return facts(name or kind, CELLS[kind])


@pytest.mark.parametrize("kind", ROLES)
def test_what_a_column_is_good_for(kind: str) -> None:
    assert of(kind).role == ROLES[kind]


def test_every_kind_of_column_has_a_role() -> None:
    assert set(CELLS) == set(ROLES)


@pytest.mark.parametrize(
    ("names", "is_key"),
    [
        (("id", "ID", "PassengerId", "customerID", "patient_id", "store id", "uuid"), True),
        (("paid", "acid", "RAPID", "idle", "width", "Madrid"), False),
    ],
)
def test_ids_are_told_by_their_names(names: tuple[str, ...], is_key: bool) -> None:
    for name in names:
        assert (of("whole numbers that repeat", name).role == "keys") is is_key, name


FEATURE = of("numbers", "a")
THREE = (FEATURE,) * 3
FLAG = facts("flag", [str(n % 2) for n in range(ROWS)])


@pytest.mark.parametrize(
    ("columns", "target", "reason"),
    [
        ((FEATURE, of("few texts", "kind")), "kind", "the last column"),
        ((of("few texts", "kind"), *THREE), "kind", "the only text column"),
        ((of("few texts", "sex"), *THREE), "a", "the last column"),
        ((of("few texts", "kind"), FEATURE), "a", "the last column"),
        ((of("few texts", "kind"), *THREE, of("yes and no")), "yes and no", "the last column"),
        ((of("few texts", "kind"), *THREE, FLAG), "flag", "the last column"),
        ((FEATURE, of("few texts", "Species"), of("numbers", "b")), "Species", "by its name"),
        ((of("numbers", "Sale Price"), FEATURE), "Sale Price", "by its name"),
        ((of("numbers", "x"), of("numbers", "y"), of("numbers", "z")), "z", "the last column"),
        ((FEATURE, of("numbers", "y")), "y", "by its name"),
        ((FEATURE, of("few texts", "k"), of("dates")), "k", "the last column that can be one"),
        ((FEATURE, of("few texts", "k"), of("texts of their own")), "k", "the last column that"),
        ((FEATURE, of("numbers", "b"), of("numbers with gaps")), "b", "the last one without"),
        ((of("numbered", "x"), of("numbered and shuffled", "t")), "t", "the last column"),
    ],
)
def test_the_target_is_guessed(columns: tuple[ColumnFacts, ...], target: str, reason: str) -> None:
    found = guess_target(columns)
    assert found is not None
    assert found[0].name == target
    assert found[1].startswith(reason)


def test_where_nothing_can_be_the_target_none_is_guessed() -> None:
    assert guess_target((of("dates"), of("texts of their own"), of("one number"))) is None


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ((of("few texts"),), "classes"),
        ((of("yes and no"),), "classes"),
        ((of("numbers"),), "numbers"),
        ((of("whole numbers that repeat"),), "numbers"),
        ((facts("y", [str(n % 2) for n in range(ROWS)]),), "classes"),
        ((facts("y", [str(n % 7) for n in range(ROWS)]),), "classes"),
        ((facts("y", [str(n % 7) for n in range(14)]),), "numbers"),
        ((of("numbers"), of("whole numbers that repeat")), "numbers"),
        ((of("yes and no"), facts("y", [str(n % 2) for n in range(ROWS)])), "labels"),
    ],
)
def test_classes_are_told_from_numbers(columns: tuple[ColumnFacts, ...], task: str) -> None:
    assert task_of(columns) == task


def survey(
    folder: Path, columns: dict[str, Sequence[str]], task: Task | None = None, **options: object
) -> TableSurvey | str:
    """What is found in a table of these columns; or the first message."""
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    path = folder / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    problems = Problems()
    file = DataFile(path, "t.csv", place_of(path), problems)
    found = survey_table(file, Csv(path="t.csv", **options), task)
    return in_order(problems)[0].message() if found is None else found


def test_what_is_of_no_use_is_left_out(tmp_path: Path) -> None:
    columns = {
        "passenger_id": CELLS["numbered"],
        "town": CELLS["many texts in more rows"],
        "age": CELLS["numbers with gaps"],
        "when": CELLS["dates"],
        "again": [("I", "II")[n * n % 5 % 2] for n in range(ROWS)],
        "kind": [("one", "two")[n * n % 5 % 2] for n in range(ROWS)],
    }
    found = survey(tmp_path, columns)
    assert isinstance(found, TableSurvey)
    assert [column.name for column in found.features] == ["town", "age"]
    assert [column.name for column in found.with_categories()] == ["town"]
    assert [column.name for column in found.with_missing()] == ["age"]
    assert found.width() == 13
    left_out = {item.column.name: item.copies for item in found.left_out}
    assert left_out == {"passenger_id": False, "when": False, "again": True}
    assert (found.rows, found.columns) == (ROWS, 6)


def test_a_table_of_copies_keeps_them(tmp_path: Path) -> None:
    target = [str(n % 13 + 0.5) for n in range(ROWS)]
    double = [str(2 * (n % 13) + 1) for n in range(ROWS)]
    found = survey(tmp_path, {"x": double, "t": target})
    assert isinstance(found, TableSurvey)
    assert [column.name for column in found.features] == ["x"]


def test_the_author_may_say_more(tmp_path: Path) -> None:
    columns = dict.fromkeys(("a", "b", "c"), CELLS["numbers"]) | {"t": CELLS["few texts"]}
    columns["b"] = CELLS["whole numbers that repeat"]
    found = survey(tmp_path, columns, target="b", ignore=("c",), groups="t")
    assert isinstance(found, TableSurvey)
    assert [column.name for column in found.features] == ["a"]
    assert found.target.reason == ""
    assert found.columns == 4


@pytest.mark.parametrize(
    ("columns", "options", "says"),
    [
        ({"a": CELLS["numbers"]}, {}, "it has one column"),
        ({"a": ["1", "2"], "b": ["3", "5"]}, {}, "it has 2 rows, and a network needs 10"),
        ({"a": CELLS["dates"], "b": CELLS["one text"]}, {}, "none of its columns can be"),
        ({"a": CELLS["dates"], "b": CELLS["numbers"]}, {}, "beside the target `b`"),
        ({"a": CELLS["numbers"], "b": CELLS["one text"]}, {"target": "b"}, "has one value"),
        ({"a": CELLS["numbers"], "b": CELLS["nothing"]}, {"target": "b"}, "60 missing values"),
        ({"a": CELLS["numbers"], "b": CELLS["numbers"]}, {"target": "c"}, "no column `c`"),
        ({"a": CELLS["a text among numbers"], "b": CELLS["numbers"]}, {}, "`a` is `rotary`"),
        (
            {"a": CELLS["numbers"], "b": CELLS["texts of their own"]},
            {"target": "b"},
            "60 different values in 60 rows",
        ),
    ],
)
def test_what_cannot_be_learned_is_one_message(
    tmp_path: Path, columns: dict[str, Sequence[str]], options: dict[str, str], says: str
) -> None:
    found = survey(tmp_path, columns, **options)
    assert isinstance(found, str)
    assert says in found
