"""`netc show`: the table, the sums, everything in effect, the model as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from netc.cli.network.table import LayerRow, network_table, table_lines
from netc.cli.specs.checking import Request, examine
from netc.cli.specs.inputs import read_all
from netc.cli.terminal.figures import short, size_text
from netc.cli.terminal.screen import UNICODE, Screen
from netc.compiler.ir import from_json
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.problem import Problems

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

SPECS = Path(__file__).parents[2] / "specs"

SMALL = """\
let units=10
block cb(c) = conv $c 3x3 pad=1 bias=false -> bn
block basic(c) = add [cb $c -> relu -> cb $c | id] -> relu
input 8x8x3 -> cb 16 -> relu
  -> repeat 3 [basic 16]
  -> maxpool 2x2 -> flatten -> @features
  -> dense $units softmax
loss ce smoothing=0.1
opt sgd lr=0.05 momentum=0.9
"""


@pytest.mark.parametrize("view", ["table", "arithmetic", "resolved", "json"])
def test_views_look_like_this(view: str, netc: Netc, snapshot: Snapshot) -> None:
    done = netc("show", "-e", SMALL, *([] if view == "table" else [f"--{view}"]))
    assert (done.returncode, done.stderr) == (0, "")
    snapshot(f"show/{view}.txt", done.stdout)


def test_a_vector_network_has_no_receptive_fields(netc: Netc, snapshot: Snapshot) -> None:
    done = netc("show", "-e", "input 4 -> dense 8 relu -> dense 3 softmax; loss ce")
    snapshot("show/vectors.txt", done.stdout)


def test_several_inputs_and_outputs(netc: Netc, snapshot: Snapshot) -> None:
    done = netc("show", "-", stdin=(SPECS / "two_heads.net").read_bytes())
    snapshot("show/two_heads.txt", done.stdout)


def test_a_free_size_is_a_question_mark(netc: Netc, snapshot: Snapshot) -> None:
    done = netc("show", "-e", "input ?x8 -> conv 16 5 pad=2 relu -> gap -> dense 2 softmax")
    snapshot("show/free.txt", done.stdout)


def test_the_good_part_stands_above_the_errors(netc: Netc, snapshot: Snapshot) -> None:
    done = netc("show", "-e", SMALL.replace("maxpool 2x2", "maxpool 3x3"))
    assert done.returncode == 1
    snapshot("show/good_part.txt", done.stdout)
    assert "error[E0312]" in done.stderr
    as_json = netc("show", "--json", "-e", SMALL.replace("maxpool 2x2", "maxpool 3x3"))
    assert (as_json.returncode, as_json.stdout) == (1, "")


def test_the_json_is_the_model_and_follows_its_schema(netc: Netc) -> None:
    schema = json.loads(netc("explain", "--schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in ("lenet5.net", "two_heads.net", "autoencoder.net"):
        done = netc("show", "--json", str(SPECS / path))
        jsonschema.Draft202012Validator(schema).validate(json.loads(done.stdout))
        problems = Problems()
        (document,) = read_all([str(SPECS / path)], [], problems)
        assert from_json(done.stdout, BUILTIN) == examine(document, Request()).model


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.net")), ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_the_terminal(path: Path, width: int) -> None:
    (document,) = read_all([str(path)], [], Problems())
    checked = examine(document, Request())
    text = network_table(checked.graph, Screen(UNICODE, "utf-8", False, width))
    rows = text.splitlines()
    # A deeply nested name may need more than 80 columns, never much more.
    assert max(map(len, rows)) <= width + (10 if width == 80 else 0)
    assert all(row == row.rstrip() for row in rows)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.net")), ids=lambda path: path.stem)
def test_every_layer_has_a_row_unless_an_equal_block_stands_for_it(path: Path) -> None:
    (document,) = read_all([str(path)], [], Problems())
    graph = examine(document, Request()).graph
    lines = list(table_lines(graph))
    shown = [line.node.name for line in lines if isinstance(line, LayerRow)]
    assert shown == [node.name for node in graph.nodes if node.name in set(shown)]
    repeated = any(not isinstance(line, LayerRow) and line.times > 1 for line in lines)
    assert repeated or len(shown) == len(graph.nodes)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (99_999, "99,999"),
        (416_520, "0.42 M"),
        (118_013_952, "118 M"),
        (1_814_073_344, "1.81 G"),
        (15_470_314_496, "15.47 G"),
        (2 * 10**12, "2.00 T"),
        (None, "?"),
    ],
)
def test_large_numbers_are_short(number: int | None, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (246_824, "241.0 KiB"),
        (1024**2, "1.0 MiB"),
        (553_430_176, "527.8 MiB"),
        (3 * 1024**3, "3.0 GiB"),
    ],
)
def test_sizes_are_binary(size: int, text: str) -> None:
    assert size_text(size) == text


def test_one_multiply_add_is_singular(netc: Netc) -> None:
    assert "1 multiply-add per sample" in netc("show", "-e", "input 1 -> dense 1").stdout
