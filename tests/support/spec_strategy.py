"""Generated specs: right syntax over the whole grammar, with odd blanks, breaks and comments.

A spec is made of pieces: texts and gaps. A gap says what may stand there; which of it does is
drawn when the pieces become a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

OPTIONAL, NEEDED, FREE, FREE_NEEDED = "optional", "needed", "free", "free needed"
"""Gaps: none or blanks; at least one blank; the same where a line may end too."""


class Gap:
    """A place between two texts."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


Pieces = list[Any]

LAYERS = ("dense", "conv", "relu", "bn", "add", "gap", "pool")
WORDS = ("adam", "ce", "same", "h2", "a_b", "x3")
KEYS = ("stride", "pad", "bias", "lr", "zz")

numbers = st.one_of(
    st.integers(0, 10**6).map(str),
    st.sampled_from(["0.5", "1e-5", "0.001", "1E3", "1e6", "00012", "0.10", "12.5e-3", "1.0"]),
    st.tuples(st.integers(0, 99), st.sampled_from(["ep", "it", "%", "min", "h", "s"])).map(
        lambda pair: f"{pair[0]}{pair[1]}"
    ),
)
shapes = st.sampled_from(["3x3", "28x28x1", "?x8", "?", "1x1"])
plain_values = st.one_of(
    numbers,
    shapes,
    st.sampled_from(['"a b.csv"', '""', "@skip", "$c", "$width", "same", "relu"]),
)


def joined(separator: str, items: list[Pieces], gap: str) -> Pieces:
    """Items with a separator between them."""
    made: Pieces = []
    for place, item in enumerate(items):
        made += [Gap(gap), separator, Gap(gap), *item] if place else item
    return made


def in_parentheses(values: st.SearchStrategy[Pieces]) -> st.SearchStrategy[Pieces]:
    """Lists, groups, functions, arithmetic."""
    lists = st.tuples(st.lists(values, max_size=3), st.booleans()).map(
        lambda made: [
            "(",
            Gap(OPTIONAL),
            *joined(",", made[0], OPTIONAL),
            *([Gap(OPTIONAL), ","] if made[0] and made[1] else []),
            Gap(OPTIONAL),
            ")",
        ]
    )
    binary = st.tuples(values, st.sampled_from(["+", "-", "*", "/", "//"]), values).map(
        lambda made: ["(", *made[0], Gap(OPTIONAL), made[1], Gap(OPTIONAL), *made[2], ")"]
    )
    minus = values.map(lambda value: ["(", "-", Gap(OPTIONAL), *value, ")"])
    functions = st.tuples(st.sampled_from(["log", "normal"]), lists).map(
        lambda made: [made[0], *made[1]]
    )
    return st.one_of(lists, binary, minus, functions)


values = st.recursive(plain_values.map(lambda text: [text]), in_parentheses, max_leaves=4)
outer_values = st.one_of(values, st.sampled_from([["-1"], ["-0.5"]]))


def calls(pipes: st.SearchStrategy[Pieces] | None) -> st.SearchStrategy[Pieces]:
    """Calls, with brackets when there is something to put into them."""
    keyword = st.tuples(st.sampled_from(KEYS), outer_values).map(
        lambda made: [made[0], Gap(OPTIONAL), "=", Gap(OPTIONAL), *made[1]]
    )
    comparison = st.tuples(st.sampled_from([">=", "<=", ">", "<"]), numbers).map(
        lambda made: ["acc", Gap(OPTIONAL), made[0], Gap(OPTIONAL), made[1]]
    )
    word = st.sampled_from(LAYERS + WORDS).map(lambda text: [text])
    argument = st.one_of(outer_values, keyword, keyword, comparison, word)
    if pipes is not None:
        branches = st.lists(pipes, min_size=1, max_size=3).map(
            lambda made: ["[", Gap(OPTIONAL), *joined("|", made, OPTIONAL), Gap(OPTIONAL), "]"]
        )
        argument = st.one_of(argument, branches)
    return st.tuples(st.sampled_from(LAYERS + WORDS), st.lists(argument, max_size=4)).map(
        lambda made: [made[0], *(piece for item in made[1] for piece in (Gap(NEEDED), *item))]
    )


def piped(stages: st.SearchStrategy[Pieces]) -> st.SearchStrategy[Pieces]:
    """Stages with arrows between them."""
    return st.lists(stages, min_size=1, max_size=4).map(lambda made: joined("->", made, FREE))


def stages(pipes: st.SearchStrategy[Pieces] | None) -> st.SearchStrategy[Pieces]:
    return st.one_of(calls(pipes), calls(pipes), st.just(["@x"]))


pipes = st.recursive(
    piped(stages(None)), lambda inner: piped(stages(inner)), max_leaves=5
)  # fmt: skip

lets = st.lists(st.tuples(st.sampled_from(KEYS), outer_values), min_size=1, max_size=3).map(
    lambda made: [
        "let",
        *(piece for key, value in made for piece in (Gap(NEEDED), key, "=", *value)),
    ]
)
parameters = st.lists(
    st.one_of(
        st.sampled_from(["c", "n"]).map(lambda name: [name]),
        values.map(lambda value: ["k", Gap(OPTIONAL), "=", *value]),
    ),
    max_size=3,
)
blocks = st.tuples(parameters, st.booleans(), pipes).map(
    lambda made: [
        "block",
        Gap(NEEDED),
        "part",
        *(["(", *joined(",", made[0], OPTIONAL), ")"] if made[0] or made[1] else []),
        Gap(OPTIONAL),
        "=",
        Gap(FREE),
        *made[2],
    ]
)
statements = st.one_of(pipes, pipes, lets, blocks, st.just(["use", Gap(NEEDED), '"a.net"']))


def render(draw: Callable[..., Any], pieces: Pieces) -> str:
    """The text of a statement, its gaps drawn."""
    text = ""
    depth = 0
    for piece in pieces:
        if isinstance(piece, Gap):
            inside = depth > 0
            text += _gap(draw, piece.kind, may_end=inside or piece.kind in (FREE, FREE_NEEDED))
        else:
            depth += (piece in ("(", "[")) - (piece in (")", "]"))
            text += piece
    return text


def _gap(draw: Callable[..., Any], kind: str, *, may_end: bool) -> str:
    blanks = [" ", "  ", "\t"] if kind in (NEEDED, FREE_NEEDED) else ["", " ", " ", "  "]
    if may_end:
        blanks += ["\n", "\n  ", " # note -> x\n", "\n\n# own line = 3\n ", "  # a\n  # b\n\n"]
    chosen: str = draw(st.sampled_from(blanks))
    return chosen


@st.composite
def specs(draw: Callable[..., Any], *, comments: bool = True) -> str:
    """A text of several statements, right in its syntax."""
    text = draw(st.sampled_from(["", "\n\n", "# top\n", "netc 1\n", "\ufeff"]))
    ends = ["\n", "; ", "\n\n\n", "  # behind\n", "\n# alone\n\n", "\n\n  # two\n# lines\n"]
    for pieces in draw(st.lists(statements, max_size=4)):
        text += render(draw, pieces) + draw(st.sampled_from(ends))
    if not comments:
        lines = [line.partition("#")[0].rstrip() for line in text.split("\n")]
        text = "\n".join(lines)
    return text
