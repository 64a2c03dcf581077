"""Where each pass has to leave a network or program as it is: a condition is not met, or what it
would gain is too little."""

from __future__ import annotations

import pytest
from netc.compiler.lower.passes.pipeline import NAMES
from pass_states import Case, around


def network(text: str, batch: int = 2) -> Case:
    return Case(text, "network", batch=batch)


def train(text: str, batch: int = 2) -> Case:
    return Case(text, "train", batch=batch)


def evaluate(text: str, batch: int = 2) -> Case:
    return Case(text, "evaluate", batch=batch)


def native(case: Case) -> Case:
    return Case(case.text, case.works_on, batch=case.batch, native=True)


BOTH = "; loss mse on=@y; loss mse on=@z"

LEFT: dict[str, list[Case]] = {
    "fuse_losses": [
        network("input 4 -> dense 3 sigmoid; loss mse"),
        network("input 4 -> dense 3 tanh; loss mse"),
        network("input 4 -> dense 1; loss logistic"),
    ],
    "pool_first": [
        # something else reads what the convolution, or its activation, gives
        network(
            "input 6x6x1 -> conv 2 3x3 relu -> @a -> maxpool 2 -> flatten -> dense 2 -> @y; "
            f"@a -> gap -> dense 2 -> @z{BOTH}"
        ),
        network(
            "input 6x6x1 -> conv 2 3x3 -> @a -> maxpool 2 -> flatten -> dense 2 -> @y; "
            f"@a -> gap -> dense 2 -> @z{BOTH}"
        ),
        network("input 6x6x1 -> conv 2 3x3 relu -> avgpool 2 -> flatten -> dense 2; loss mse"),
        network("input 6x6x1 -> conv 2 3x3 bias=false -> maxpool 2 -> flatten -> dense 2"),
        network("input 6x6x1 -> conv 2 3x3 -> gelu -> maxpool 2 -> flatten -> dense 2"),
    ],
    "choose_layouts": [
        network("input 6x6x1 -> conv 2 3x3 tanh -> avgpool 2 -> flatten -> dense 2", batch=2),
        network("input 6x6x17 -> conv 33 3x3 tanh -> avgpool 2 -> flatten -> dense 2", batch=16),
        network("input 6x6x4 -> conv 4 3x3 groups=2 tanh -> flatten -> dense 2", batch=16),
        network("input 6x6x1 -> conv 2 1x1 tanh -> flatten -> dense 2", batch=16),
        network("input 9x1 -> conv 2 3 tanh -> flatten -> dense 2", batch=16),
        # more channels or filters than gain before a pooling
        network("input 6x6x2 -> conv 32 3x3 tanh -> maxpool 2 -> flatten -> dense 2", batch=16),
        network("input 6x6x1 -> conv 33 3x3 tanh -> maxpool 2 -> flatten -> dense 2", batch=16),
        network("input 6x6x1 -> conv 32 3x3 tanh -> flatten -> dense 2", batch=16),
        # more of them than gain in a large window, a smaller window, a larger image
        network("input 32x32x21 -> conv 64 5x5 stride=2 pad=same -> flatten -> dense 2", batch=16),
        network("input 32x32x20 -> conv 65 5x5 stride=2 pad=same -> flatten -> dense 2", batch=16),
        network("input 32x32x20 -> conv 64 4x6 stride=2 pad=same -> flatten -> dense 2", batch=16),
        network("input 34x34x20 -> conv 64 5x5 stride=2 pad=same -> flatten -> dense 2", batch=16),
        # Winograd's algorithm gains more
        network("input 8x8x12 -> conv 12 3x3 pad=same tanh -> flatten -> dense 2", batch=16),
        network("input 8x8x16 -> conv 16 5x5 pad=same tanh -> flatten -> dense 2", batch=16),
        network("input 4x4x12 -> conv 12 3x3 pad=same tanh -> flatten -> dense 2", batch=16),
        # a loss or the caller reads it
        network("input 6x6x1 -> conv 2 3x3; loss mse", batch=16),
        network("input 6x6x1 -> conv 2 3x3", batch=16),
    ],
    "fold_batchnorm": [
        evaluate(
            "input 6x6x1 -> conv 2 3x3 -> @a -> bn -> flatten -> dense 2 -> @y; "
            "@a -> flatten -> dense 2 -> @z"
        ),
        evaluate("input 6x2 -> conv 2 1 -> flatten -> bn -> dense 2"),
        evaluate("input 6x6x1 -> conv 2 3x3 relu -> bn -> flatten -> dense 2"),
        evaluate("input 6x6x1 -> bn -> conv 2 3x3"),
    ],
    "prepare_weights": [evaluate("input 4 -> dense 3 relu")],
    "merge_common": [
        evaluate("input 4 -> add [relu -> dense 3 | tanh -> dense 3]"),
        evaluate("input 4 -> add [leaky 0.1 | leaky 0.2] -> dense 3"),
        evaluate("input 4x4x1 -> concat [upsample 2 -> pad 1 | pad 3] -> flatten -> dense 3"),
        train("input 4 -> add [dropout 0.5 | dropout 0.5] -> dense 2; loss mse"),
    ],
    "share_softmax": [
        evaluate("input 4 -> dense 3 softmax"),
        train("input 4 -> dense 3 softmax -> @p -> dense 2 -> @z; loss ce on=@p; loss mse on=@z"),
    ],
    "fuse_bias": [
        evaluate("input 4 -> dense 3 -> @a -> relu -> dense 2 -> @y; @a -> tanh -> @z"),
        evaluate("input 4 -> dense 3 bias=false relu"),
        evaluate("input 4 -> dense 6 -> reshape 3x2 -> relu -> flatten -> dense 2"),
        evaluate("input 4 -> dense 3 tanh"),
    ],
    "fuse_norm": [
        train(
            "input 4 -> dense 3 -> bn -> @a -> relu -> dense 2 -> @y; "
            f"@a -> tanh -> dense 2 -> @z{BOTH}"
        ),
        train("input 4 -> dense 3 bn tanh -> dense 2; loss mse"),
        train("input 4 -> dense 3 relu bn -> dense 2; loss mse"),
        train("input 4 -> dense 3 ln relu -> dense 2; loss mse"),
    ],
    "remove_dead_code": [evaluate("input 4 -> dense 3 tanh")],
    "spread_again": [
        native(train("input 8x8x8 -> conv 8 1x1 -> flatten -> dense 2; loss mse", batch=8)),
    ],
    "fuse_moments": [native(train("input 4 -> dense 3 ln -> dense 2; loss mse"))],
    "fuse_products": [
        native(evaluate("input 4 -> dense 3 bias=false relu")),
        native(evaluate("input 4 -> dense 3 bias=false -> @a -> tanh -> @y; @a -> relu -> @z")),
    ],
    "fuse_addition": [
        native(
            train(
                "input 3 -> add [dense 3 bn | id] -> @a -> relu -> dense 2 -> @y; "
                f"@a -> tanh -> dense 2 -> @z{BOTH}"
            )
        ),
        native(train("input 3 -> add [dense 3 bn | id] -> tanh -> dense 2; loss mse")),
        native(train("input 3 -> mul [dense 3 bn | id] -> relu -> dense 2; loss mse")),
    ],
    "mask_again": [
        native(train("input 4 -> dense 3 bn tanh -> dense 2; loss mse")),
        native(train("input 4 -> dense 3 relu bn -> dense 2; loss mse")),
    ],
    # fewer or more rows than gain by it, columns that fill no whole panel, groups
    "pack_weights": [
        native(evaluate("input 4 -> dense 16", batch=3)),
        native(evaluate("input 4 -> dense 16", batch=257)),
        native(evaluate("input 4 -> dense 15", batch=4)),
        native(evaluate("input 6x6x1 -> conv 16 3x3", batch=17)),
        native(evaluate("input 6x6x2 -> conv 16 3x3 groups=2", batch=4)),
    ],
    "recompute": [train("input 4 -> repeat 6 [dense 16 tanh] -> dense 1; loss mse", batch=64)],
}

AT_THE_LIMIT: list[tuple[str, Case]] = [
    ("pack_weights", native(evaluate("input 4 -> dense 16", batch=4))),
    ("pack_weights", native(evaluate("input 4 -> dense 16", batch=256))),
    ("pack_weights", native(evaluate("input 6x6x1 -> conv 16 3x3", batch=16))),
    (
        "choose_layouts",
        network("input 32x32x20 -> conv 64 5x5 stride=2 pad=same -> flatten -> dense 2", batch=16),
    ),
    (
        "choose_layouts",
        network("input 4x3x12 -> conv 12 3x3 pad=same tanh -> flatten -> dense 2", batch=16),
    ),
    (
        "choose_layouts",
        network("input 8x8x12 -> conv 11 3x3 pad=same tanh -> flatten -> dense 2", batch=16),
    ),
    (
        "choose_layouts",
        network("input 8x8x11 -> conv 12 3x3 pad=same tanh -> flatten -> dense 2", batch=16),
    ),
    (
        "choose_layouts",
        network("input 8x8x16 -> conv 15 5x5 pad=same tanh -> flatten -> dense 2", batch=16),
    ),
    (
        "choose_layouts",
        network(
            "input 9x9x12 -> conv 12 3x3 dilation=2 pad=2 tanh -> flatten -> dense 2", batch=16
        ),
    ),
    (
        "choose_layouts",
        network("input 6x6x16 -> conv 16 3x3 stride=3 tanh -> flatten -> dense 2", batch=16),
    ),
    (
        "choose_layouts",
        network("input 6x6x1 -> conv 32 3x3 tanh -> maxpool 2 -> flatten -> dense 2", batch=16),
    ),
]
"""As much, or as little, as still gains."""

ROWS = [(name, case) for name, cases in LEFT.items() for case in cases]


def shown(value: object) -> str:
    return f"{value.text}, {value.batch}" if isinstance(value, Case) else str(value)


@pytest.mark.parametrize(("name", "case"), ROWS, ids=shown)
def test_a_pass_leaves_it(name: str, case: Case) -> None:
    before, after = around(name, case)
    assert before == after


@pytest.mark.parametrize(("name", "case"), AT_THE_LIMIT, ids=shown)
def test_a_pass_still_rewrites_it(name: str, case: Case) -> None:
    before, after = around(name, case)
    assert before != after


def test_every_pass_has_a_limit() -> None:
    assert LEFT.keys() == NAMES
