"""One spec with more than a dozen independent mistakes of every kind, each said once, at its
smallest place."""

from __future__ import annotations

from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

TEXT = """\
let width=64 rate=(0.1/0)
block cb(c, k=3x3) = conv $c $k strid=2 bn relu
block unused(n) = dens $n -> dense $m
data mnist
prep flip=h
input 28x28x1 -> conv 8 3x3 => cb 16
input 28x28x1
  -> conv 8 4x4 stride=5 relu -> maxpool 2x2 -> @low
  -> flatten -> dense width -> dense 10 softmax -> @out
@lo -> gap -> dense 10
add @out [id | dense 5] -> relu
loss cee on=@out
opt sgd lr=$rate momentum=2
train epochs=30ep
stop patience=5 on=val_loss
"""

FOUND = [
    (1, 24, "E0402", "0"),
    (2, 33, "E0230", "strid"),
    (3, 19, "E0201", "dens"),
    (3, 36, "E0206", "$m"),
    (5, 6, "E0606", "flip=h"),
    (6, 29, "E0103", "=>"),
    (8, 6, "E0312", "conv 8 4x4 stride=5"),
    (9, 23, "E0212", "width"),
    (10, 1, "E0205", "@lo"),
    (11, 11, "E0221", "id"),
    (12, 6, "E0203", "cee"),
    (13, 27, "E0235", "2"),
    (14, 14, "E0237", "30ep"),
    (15, 15, "E0236", "5"),
]


def test_every_mistake_shows_once_at_its_place() -> None:
    problems = check(source_of(TEXT), BUILTIN, read_source).problems
    assert [(item.at.line, item.at.column, item.code, item.at.text) for item in problems] == FOUND
