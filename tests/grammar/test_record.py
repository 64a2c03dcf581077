"""Records: made like data classes, equal by their fields, never changed."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any, ClassVar

import pytest
from netc.grammar.record import Record, change, fields_of


class Base(Record):
    kind: ClassVar[str] = "base"

    name: str
    size: int = 1


class Point(Base):
    kind = "point"

    size: int = 2
    marks: dict[str, int] = {}
    at: tuple[int, ...] = ()


class Twin(Base):
    size: int = 2
    marks: dict[str, int] = {}
    at: tuple[int, ...] = ()


def test_fields_are_those_of_the_bases_and_then_its_own() -> None:
    fields = fields_of(Point)
    assert fields.defaults == {"name": None, "size": 2, "marks": {}, "at": ()}
    assert list(fields.defaults) == ["name", "size", "marks", "at"]
    assert fields.required == {"name"}


def test_fields_are_given_by_place_and_by_name() -> None:
    whole = Point("a", 3, {"x": 1}, (4,))  # type: ignore[misc]
    assert whole == Point(at=(4,), marks={"x": 1}, size=3, name="a")
    assert list(vars(Point(at=(4,), name="a"))) == ["name", "size", "marks", "at"]
    assert repr(Base("a")) == "Base(name='a', size=1)"


@pytest.mark.parametrize(
    ("values", "named", "message"),
    [
        ((), {}, "Base needs name"),
        (("a",), {"colour": 1}, "Base has no colour"),
        (("a",), {"name": "b"}, "Base was given twice name"),
        (("a", 1, 2), {}, "Base takes 2 values, not 3"),
        ((), {"size": 1, "colour": 2}, "Base has no colour and needs name"),
    ],
)
def test_wrong_arguments_are_named(
    values: tuple[Any, ...], named: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        Base(*values, **named)
    assert str(caught.value) == message


def test_records_of_two_classes_differ() -> None:
    assert Point(name="a") != Twin(name="a")
    assert Point(name="a") != Point(name="b")
    assert hash(Base("a")) == hash(Base("a", 1)) != hash(Base("b"))


def test_a_record_cannot_be_changed_but_copied_with_changes() -> None:
    point = Point(name="a")
    with pytest.raises(AttributeError, match="frozen"):
        point.size = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.size
    assert change(point, size=3) == Point(name="a", size=3)
    assert point.size == 2
    with pytest.raises(TypeError, match="no colour"):
        change(point, colour=3)


def test_every_record_has_dictionaries_of_its_own() -> None:
    one, two = Point(name="a"), Point(name="a")
    one.marks["x"] = 1
    assert two.marks == {}


def test_copies_are_equal() -> None:
    point = Point(name="a", marks={"x": 1})
    assert deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point
