"""What makes one model another one."""

from __future__ import annotations

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.structure import StructureChanges, structure_changes

NET = "input 8 -> dense 16 relu -> dense 4 relu -> dense 2"


def changes(first: str, second: str) -> StructureChanges:
    pair = [check(source_of(text), BUILTIN, read_source) for text in (first, second)]
    assert not any(checked.has_errors for checked in pair)
    return structure_changes(pair[0].model, pair[0].graph, pair[1].model, pair[1].graph)


def layers(found: StructureChanges) -> list[tuple[str, str | None, str | None]]:
    return [
        (one.change, one.first and one.first.name, one.second and one.second.name)
        for one in found.layers
    ]


def test_two_spellings_are_no_difference() -> None:
    assert changes(NET, "input 8\n-> dense units=16 -> relu\n-> dense 4 relu -> dense 2").is_empty


def test_a_layer_that_is_added_is_the_only_difference_though_others_get_new_names() -> None:
    found = changes(NET, NET.replace("-> dense 4", "-> dense 16 relu -> dense 4"))
    assert [change for change, _, _ in layers(found)] == ["added", "added"]  # with its relu
    found = changes(NET, NET.replace("-> dense 4", "-> dropout 0.5 -> dense 4"))
    assert layers(found) == [("added", None, "dropout1")]
    assert found.parameters[0] == found.parameters[1] == 8 * 16 + 16 + 16 * 4 + 4 + 4 * 2 + 2
    found = changes(NET.replace("-> dense 4", "-> dropout 0.5 -> dense 4"), NET)
    assert layers(found) == [("removed", "dropout1", None)]


def test_a_layer_that_has_changed() -> None:
    found = changes(NET, NET.replace("dense 16", "dense 32"))
    assert layers(found) == [("changed", "dense1", "dense1")]
    assert found.multiply_adds == (8 * 16 + 16 * 4 + 4 * 2, 8 * 32 + 32 * 4 + 4 * 2)


def test_a_layer_that_reads_others() -> None:
    one = "input 4 -> dense 4 -> @a -> dense 4 -> @b -> dense 4 -> add @a"
    found = changes(one, one.replace("add @a", "add @b"))
    assert [change for change, _, _ in layers(found)] == ["rewired"]


@pytest.mark.parametrize(
    ("first", "second", "setting"),
    [
        ("opt sgd lr=0.1", "opt sgd lr=0.2", {"opt lr": ("0.1", "0.2")}),
        ("train epochs=2", "train epochs=3", {"train epochs": ("2", "3")}),
        ("metric acc", "metric acc f1", None),
        ("let a=1", "let a=2", {"let a": ("1", "2")}),
        ("stop patience=3ep", "", {"stop": ("patience patience=3ep", None)}),
        ("expect acc>=0.9", "expect acc>=0.8", {"expect acc": (">=0.9", ">=0.8")}),
        ("seed", "seed", {}),
    ],
)
def test_settings(first: str, second: str, setting: dict[str, object] | None) -> None:
    net = "data iris; input 4 -> dense 3 softmax; loss ce; "
    common = "opt sgd; " if not first.startswith("opt") else ""
    if first == "seed":
        first = second = ""
    found = changes(net + common + first, net + common + second)
    assert not found.layers
    if setting is None:
        assert found.settings
    else:
        assert found.settings == setting
