"""Code that is no part of the network is checked as far as it can be: blocks that nothing calls,
`repeat 0`, and what stands behind an error or inside a call that failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.source import Source

Check = Callable[..., None]

DOCUMENTS = {
    "an unused block without mistakes is only unused": """
block a(c, k=3x3) = conv $c $k pad=1 bn relu -> add [conv $c 1x1 | id]  # warning: W0302
block up(n, skip) = dense $n -> concat $skip                            # warning: W0302
block act(f) = dense 4 $f -> dense (2*$n) $f                            # warning: W0302
block again(n, c) = repeat $n [dense $c] -> each w=($c, $n) [dense $w]  # warning: W0302
block walk(w) = each c=$w [dense $c relu]                               # warning: W0302
block start = input 784 -> dense 10                                     # warning: W0302
block outside = dense 4 -> add @top                                     # warning: W0302
let n=3
input 4 -> @top -> dense 3
""",
    "what only an unused block uses is used": """
let width=4 deep=(2*$width) gone=1                                      # warning: W0301
block inner(n) = dense $n -> dense $deep
block outer = inner 3 -> other 4                                        # warning: W0302
block other(n, wide=$width) = dense $n
input 4 -> @top -> dense 3
""",
    "words, names, options and values": """
block a(c) = conv $c 3x3 strid=2 -> dens 4 -> dense $nope               # error: E0230 E0201 E0206
block b(c) = dense 0 -> conv $c -> conv 8 3x3 relu stride=1             # error: E0235 E0232 E0219
block c(c) = dense $c pad=3 -> dense $c 4 5 -> conv $c 0x0              # error: E0230 E0233 E0235
block d(c) = @nowhere -> add $c -> loss ce -> adam                      # error: E0205 E0220 E0202
block e(c) = dense ($c/0) -> dense (relu*2) -> dropout $c lr=2          # error: E0402 E0401 E0230
input 4 -> dense 3
""",
    "loops, merges and labels": """
block a(c) = add [conv $c 3x3 | dens 3] -> repeat $c [dense 0]          # error: E0201 E0235
block b(c) = add [dense 3] -> repeat -1 [relu] -> repeat [relu]         # error: E0224 E0407 E0407
block c(c) = each n=$c m=(1, 2) [dense $m -> dense $n -> dense $k]      # error: E0206
block d(c) = each n=(1, 2) m=(1, 2, 3) [dense $n strid=3]               # error: E0405 E0230
block e(c) = dense $c -> @y -> dense 3 -> @y                            # error: E0207
block f = @x -> dense 3 -> @x                                           # error: E0411
block g = dense 3 [relu | dens 3] -> repeat 3 [relu | dens 3]  # error: E0223 E0201 E0223 E0201
input 4 -> dense 3
""",
    "calls of other blocks, and defaults": """
block inner(n, m=1) = dense $n -> dense $m
block a = inner 4 5 6                                                   # error: E0218
block b(c) = inner                                                      # error: E0215
block c(c) = inner units=$c                                             # error: E0216 E0215
block d(k=$nothing) = dense 3 -> dense $k                               # error: E0206
block e(k=(1/0)) = dense $k                                             # error: E0402
input 4 -> e 3
""",
    "a mistake in a block shows once, however it is called": """
block inner(n) = dense $n strid=2                                       # error: E0230
block outer(n) = inner $n -> inner 3 -> repeat $n [inner 4]
block again = outer 3
input 4 -> dense 3
""",
    "no round at all": """
input 4 -> repeat 0 [dense 0 -> dens 4 -> @x -> add @x @y] -> dense 3   # error: E0235 E0201 E0205
input 4 -> each c=() [dense $c -> dense 0] -> dense 3                   # error: E0235
""",
    "in the brackets of a loop that is wrong": """
input 4 -> repeat -1 [dense 0 -> relu]                                  # error: E0407 E0235
input 4 -> each c=3 [dense $c -> dense $d]                              # error: E0406 E0206
input 4 -> repeat $n [dense 0]                                          # error: E0206 E0235
""",
    "in a call that means nothing": """
input 4 -> ad [dense 0 | dense $q]                                      # error: E0201 E0235 E0206
input 4 -> dense [dense 0]                                              # error: E0223 E0235
input 4 -> dense $nothing strid=4 -> conv $no 0x0              # error: E0206 E0230 E0206 E0235
optt sgd lr=$rate                                                       # error: E0201 E0206
""",
    "an unknown value may be a word, which takes no place": """
block a(act) = dense $act 3                                             # warning: W0302
block b(act) = conv 8 $act kernel=3x3                                   # warning: W0302
block c(act) = maxpool 2x2 $act                                         # warning: W0302
input 4 -> dense 3
""",
    "values that are named without their dollar": """
let width=64 rate=0.1
input 784 -> dense width relu -> dense $width                           # error: E0212
opt sgd lr=rate                                                         # error: E0234
loss ce on=width                                                        # error: E0234
block a(n, k) = dense n relu -> conv n 3x3 stride=k                     # error: E0212 E0212 E0234
input 28x28x1 -> each c=(1, 2) [conv c 3x3]                             # error: E0212
""",
    "a loop without brackets is one error": """
input 32x32x3 -> repeat 3 conv 64 3x3 relu -> gap -> dense 10           # error: E0223
""",
    "lines without an arrow, and options that stand alone": """
input 784
dense 128 relu                                                          # error: E0221
dense 10 softmax                                                        # error: E0221
batch 64                                                                # error: E0202
lr 0.1                                                                  # error: E0202
input 28x28x1 -> Conv2D 32 3x3 -> n                                     # error: E0107 E0201
input 784 -> dense 10 -> opt sgd lr=0.1                                 # error: E0220
""",
    "more rounds than any spec has": """
block a(c) = repeat 1000000000 [dense $c]                               # error: E0408
input 4 -> dense 3
""",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_the_errors_that_it_states(name: str, check_document: Check) -> None:
    check_document(DOCUMENTS[name])


def test_a_dry_run_leaves_the_network_alone() -> None:
    """Names of layers and labels are those that they are without it."""
    text = (
        "input 4 -> repeat 0 [dense 3 -> @a -> dense 3 name=x] -> dense 3 -> @a -> dense 4 name=x"
    )
    found = check(source_of(text), BUILTIN, read_source)
    assert [node.name for node in found.model.nodes] == ["input1", "dense1", "x"]
    assert found.model.labels == {"a": "dense1"}
    assert found.problems == ()


def test_blocks_of_other_files_are_checked_where_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "library.net").write_text("block bad = dens 3\nblock good = dense 3\n")
    main = tmp_path / "main.net"
    main.write_text('use "library.net"\ninput 4 -> good')
    source = read_source(str(main))
    assert isinstance(source, Source)
    found = check(source, BUILTIN, read_source)
    assert found.problems == ()
