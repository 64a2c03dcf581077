"""How boxes are found to lie behind and beside each other."""

from __future__ import annotations

import pytest
from netc.compiler.draw.structure import Fork, Leaf, Net, Stage, Subnet, series_of


def net_of(links: str) -> tuple[Net, int]:
    """`0-1 1-2`: what reads what."""
    pairs = [tuple(map(int, pair.split("-"))) for pair in links.split()]
    count = max(max(pair) for pair in pairs) + 1
    sources = {at: [a for a, b in pairs if b == at] for at in range(count)}
    readers = {at: [b for a, b in pairs if a == at] for at in range(count)}
    return Net(sources, readers), count


def written(items: tuple[Stage, ...]) -> str:
    """`0 (1 | 2 3 | id) 4`, and `{1 2 3}` for a tangle."""
    words = []
    for item in items:
        if isinstance(item, Leaf):
            words.append(str(item.vertex))
        elif isinstance(item, Fork):
            branches = [written(branch.items) for branch in item.branches]
            branches += ["id"] * item.skip
            words.append(f"({' | '.join(branches)})")
            words += [] if item.merge is None else [str(item.merge)]
        else:
            words.append("{" + " ".join(map(str, item.vertices)) + "}")
    return " ".join(words)


@pytest.mark.parametrize(
    ("links", "wanted"),
    [
        ("0-1 1-2", "0 1 2"),
        ("0-1 1-2 0-2", "0 (1 | id) 2"),
        ("0-1 0-2 1-3 2-3 3-4", "0 (1 | 2) 3 4"),
        ("0-1 1-2 2-3 1-3 3-4 0-4", "0 (1 (2 | id) 3 | id) 4"),
        # two inputs, and a late one, which begins right before its merge
        ("0-2 1-2", "(0 | 1) 2"),
        ("0-1 1-2 2-3 3-4 4-6 5-6 6-7", "0 1 2 3 (4 | 5) 6 7"),
        # outputs
        ("0-1 0-2", "0 (1 | 2)"),
        ("0-1 0-2 2-3 3-4 4-5 5-6", "0 (1 | 2) 3 4 5 6"),
        # links that cross
        ("0-1 1-2 2-3 0-2 1-3 3-4", "0 {1 2} 3 4"),
        ("0-1 1-2 2-3 3-4 4-5 1-3 2-4", "0 1 {2 3} 4 5"),
        # many links to one box
        ("0-1 1-2 2-3 3-4 4-5 1-5 2-5 3-5 0-5", "0 ({1 2 3 4} | id) 5"),
    ],
)
def test_series_and_forks(links: str, wanted: str) -> None:
    net, count = net_of(links)
    part = Subnet(range(count), frozenset(), frozenset())
    assert written(series_of(net, part)) == wanted


def test_forks_that_lie_deep_in_each_other_end_in_a_tangle() -> None:
    count = 400
    links = " ".join(f"{at}-{at + 1}" for at in range(count))
    links += " " + " ".join(f"{at}-{count - at}" for at in range(count // 2 - 1))
    net, size = net_of(links)
    items = series_of(net, Subnet(range(size), frozenset(), frozenset()))
    assert "{" in written(items)
