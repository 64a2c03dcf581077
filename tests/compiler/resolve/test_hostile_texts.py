"""Texts made to fill the memory, to recurse without end, or to take forever."""

from __future__ import annotations

import sys

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.grammar.parser import LARGEST
from work import counted, time_ratio

HEAD = "input 4 -> "


def doubling(levels: int, body: str) -> str:
    blocks = [f"block b{n + 1} = {body.format(n=n)}" for n in range(levels)]
    return "\n".join(["block b0 = id", *blocks, f"{HEAD} b{levels} -> dense 3"])


HOSTILE = {
    "a huge repeat": (HEAD + "repeat 1000000000 [dense 4]", ["E0408"]),
    "a huge repeat of nothing": (HEAD + "repeat 1000000000 [id]", ["E0408"]),
    "repeats inside repeats": (HEAD + "repeat 99999 [repeat 99999 [id]]", ["E0408"]),
    "three repeats inside each other": (
        HEAD + "repeat 1000 [repeat 1000 [repeat 1000 [dense 3]]]",
        ["E0408"],
    ),
    "repeats of constants inside each other": (
        f"let n=1000\n{HEAD} repeat $n [repeat $n [dense 3]]",
        ["E0408"],
    ),
    "a constant that a loop hides": (
        f"let n=100000\n{HEAD} each n=(1, 1, 1, 1, 1, 1, 1, 1, 1, 1) [repeat $n [dense 3]]",
        ["W0301"],
    ),
    "repeats of what a block is given": (
        f"block b(n) = repeat $n [repeat $n [dense 3]]\n{HEAD} b 1000",
        ["E0408"],
    ),
    "repeats inside a block": (
        f"block b = repeat 99999 [id]\n{HEAD} repeat 99999 [b]",
        ["E0408"],
    ),
    "blocks that double": (doubling(60, "b{n} -> b{n}"), ["E0408"]),
    "merges that double": (doubling(25, "add [b{n} | b{n}]"), ["E0408"]),
    "blocks far inside each other": (doubling(3000, "b{n}"), ["E0412"]),
    "a block inside itself": (f"block b = b -> b\n{HEAD} b", ["E0409"]),
    "a block that calls what it is given": (
        f"block a(f) = dense 3 $f\nblock b = a f=b\n{HEAD} b",
        ["E0412"],
    ),
    "many labels in a circle": (
        "\n".join(f"@a{n + 1} -> @a{n}" for n in range(2000)) + "\n@a0 -> @a2000",
        ["E0411"],
    ),
    "blocks that double, and nothing calls": (
        doubling(60, "b{n} -> b{n}").replace("b60 -> dense", "relu -> dense"),
        ["W0302"],
    ),
    "loops in loops that nothing calls": (
        "block b = each c=({0}) [each d=({0}) [dense $c]]\n".format(", ".join(["4"] * 1000))
        + f"{HEAD} dense 3",
        ["W0302"],
    ),
    "brackets far inside each other": (HEAD + "add [id | " * 3000 + "id" + "]" * 3000, ["E0123"]),
    "a long chain of constants": (
        "\n".join(f"let a{n}=$a{n + 1}" for n in range(3000)) + f"\nlet a3000=4\n{HEAD} dense $a0",
        [],
    ),
    "a long list": (
        HEAD + "each c=(" + ",".join(["4"] * 10_001) + ") [dense $c]",
        ["E0418"],
    ),
    "lists that double": (
        "let a0=(1, 2)\n"
        + "".join(f"let a{n + 1}=($a{n}, $a{n})\n" for n in range(30))
        + f"{HEAD} dense 3",
        ["E0418"],
    ),
    "functions that double": (
        "let a0=1\n"
        + "".join(f"let a{n + 1}=log($a{n}, $a{n})\n" for n in range(30))
        + f"{HEAD} dense 3",
        ["E0418"],
    ),
    "arguments that double": (
        "block b0(x) = dense 3\n"
        + "".join(f"block b{n + 1}(x) = b{n} ($x, $x)\n" for n in range(40))
        + f"{HEAD} b40 1",
        ["E0418"],
    ),
    "a long text in long lists": (
        f'let s="{"s" * 100_000}"\nlet a=({", ".join(["$s"] * 10_000)})\n{HEAD} dense 3',
        ["E0418"],
    ),
    "many constants of one long list": (
        f"let a0=({', '.join(['1'] * 9_000)})\n"
        + "".join(f"let a{n + 1}=$a{n}\n" for n in range(10_000))
        + f"{HEAD} dense 3",
        ["E0418"],
    ),
    "lists far inside each other": (
        "let a0=(1,)\n"
        + "".join(f"let a{n + 1}=($a{n},)\n" for n in range(3_000))
        + f"{HEAD} dense 3",
        ["E0412"],
    ),
    "a wide merge": (HEAD + "add [" + " | ".join(["relu"] * 8_000) + "]", []),
    "a huge window": ("input 8x8x1 -> conv 20 99999999x3 -> gap -> dense 3", ["E0311"]),
    "a huge pool": ("input 8x8x1 -> maxpool 99999999999x3 -> gap -> dense 3", ["E0311"]),
    "a huge dilation": (
        "input 8x8x1 -> conv 20 3x3 dilation=99999999999 -> gap -> dense 3",
        ["E0311"],
    ),
    "a huge window that leaves data unread": (
        "input 100000000x1 -> conv 1 50000001 stride=2 -> gap -> dense 3",
        ["E0312"],
    ),
    "a number beyond all bounds": (
        "input 4 -1e999every -> dense 3\nstop when -1e999x",
        ["E0109", "E0112"],
    ),
    "many words": (HEAD + "dense 4 " + "relu " * 5_000, []),
    "a mistake in every call": (HEAD + "dense 0 -> " * 8_000 + "relu", ["E0235"] * 1_000),
    "calls without arrows": (HEAD + "dense 4 " * 12_000, ["E0219"] * 1_000),
    "a long pipe": (HEAD + " -> ".join(["dense 4 relu"] * 2_000), []),
}


def checked(text: str) -> Checked:
    return check(source_of(text), BUILTIN, read_source)


def calls(text: str) -> int:
    """The work of a check."""
    return counted(lambda: checked(text))[1]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_ends_soon_in_a_problem(name: str) -> None:
    text, codes = HOSTILE[name]
    found, work = counted(lambda: checked(text))
    assert [problem.code for problem in found.problems] == codes
    # 100,000 layers are expanded, which takes 14 million calls; hostile texts want billions.
    assert work < 25_000_000
    if len(text) > 10_000:
        assert work < 100 * len(text), "a long text takes about 30 calls for each character"


def test_many_equal_mistakes_are_shown_once_for_each_place() -> None:
    found, work = counted(lambda: checked(HEAD + "repeat 5000 [dense 4 strid=2 relu]"))
    assert [problem.code for problem in found.problems] == ["E0230"]
    assert work < 200 * 5_000, "about a hundred calls for each layer"


def test_many_equal_mistakes_do_not_hide_another() -> None:
    found = checked(HEAD + "repeat 2000 [dense relu] -> dense 0")
    assert [problem.code for problem in found.problems] == ["E0232", "E0235"]


def test_many_misspelt_words_do_not_take_forever() -> None:
    """After some hundred of them, no more suggestions are looked for."""
    blocks = "\n".join(f"block quite_a_long_name_{n} = relu" for n in range(200))

    def misspelt(words: int) -> int:
        pipe = " -> ".join(f"quite_a_long_nam_{n}" for n in range(words))
        found, work = counted(lambda: checked(f"{blocks}\n{HEAD}{pipe}"))
        assert len(found.problems) == words
        return work

    assert misspelt(1000) < 2 * misspelt(250)


def test_work_grows_with_the_number_of_layers() -> None:
    small = calls(HEAD + " -> ".join(["dense 4 relu"] * 250))
    large = calls(HEAD + " -> ".join(["dense 4 relu"] * 2_500))
    assert large < 11 * small


def test_ten_thousand_written_layers_are_accepted() -> None:
    text = "input 8x8x3" + "\n-> conv 64 3x3 pad=1 bias=false bn relu" * 10_000
    assert checked(text).problems == ()


def test_the_recursion_limit_is_not_needed() -> None:
    """The deepest text that is accepted leaves most of Python's stack to its caller."""
    depth = 62
    text = HEAD + "add [id | " * depth + "dense 4" + "]" * depth
    limit = sys.getrecursionlimit()
    frames = 0
    frame = sys._getframe()
    while frame is not None:
        frames += 1
        frame = frame.f_back  # type: ignore[assignment]
    sys.setrecursionlimit(frames + 500)
    try:
        assert checked(text).problems == ()
    finally:
        sys.setrecursionlimit(limit)


MANY = {
    "names that nothing defines": (
        "let " + " ".join(f"a{n}=4" for n in range(20_000)) + f"\n{HEAD}id",
        " -> dense $b",
    ),
    "searches that no constant has": (
        "\n".join(f"let a{n}=4" for n in range(5_000)) + f"\n{HEAD}id\ntune random",
        " c=(1, 2)",
    ),
    "values behind a word": (f"{HEAD}dense 4 leaky", " 1"),
    "options behind a word": (f"{HEAD}dense 4 leaky", " slope=1"),
    "values behind an option": (f"{HEAD}dense{' 1' * 5_000} l2=1", " 1"),
    "duplicate constants": ("let", " a=1"),
    "quantities that nobody knows": (f"{HEAD}dense 4\nexpect", " parms=1"),
    "metrics that nobody knows": (f"{HEAD}dense 4\nmetric", " acccc"),
    "options that nobody knows": (f"{HEAD}dense 4", " unit=1"),
    "statements that are no statements": ("", "dense 4 'a\n"),
    "dots": (f"{HEAD}dense ", "."),
    "labels that nothing defines": (f"{HEAD}id", " -> add [id | @a]"),
    "relu": (f"{HEAD}id", " -> relu"),
}


@pytest.mark.parametrize("name", MANY)
def test_the_work_grows_with_the_number_of_mistakes(name: str) -> None:
    """Four times the mistakes are four times the work, and little of it for each."""
    head, part = MANY[name]
    few, many = (calls(head + part * count) for count in (1_000, 4_000))
    assert many < 5 * few
    assert few < 12_500_000


@pytest.mark.parametrize(("count", "shown"), [(20, 20), (10_000, 1_000)])
def test_unused_constants_are_named_up_to_a_thousand(count: int, shown: int) -> None:
    text = "let " + " ".join(f"a{n}=4" for n in range(count)) + f"\n{HEAD}dense 4"
    assert [problem.code for problem in checked(text).problems] == ["W0301"] * shown


FULL = [
    "[", "]", "(1,", "[a|", "[)", '"', "'", "@@@", "=", "->", "→", "{", "}", "{}", ".", "%", "a;",
    "a, b\n", "(1 2)\n", "netc 1\n", "let a=1=2\n", "dense(3)\n", "a [\n", "[\n)\n", "relu\n",
    "A\n", '"a\n', "3 x 3 ", "\u202e",
    "§¶", "→§", "–", "A-", "(]", "😀1", "§\n", "1 ep ", "1e999 ",
]  # fmt: skip


@pytest.mark.parametrize("part", FULL)
def test_the_work_of_a_large_text_grows_with_its_length(part: str) -> None:
    """Eight times the text: calls and time are eightfold, and would be 64-fold with the square.

    Calls are the same each time, so that a short text does; it takes a long one to see the time of
    a single call."""
    size = LARGEST // 16
    texts = [
        (part * (length // len(part) + 1))[:length] for length in (size, size // 8, size // 64)
    ]
    large, small, tiny = texts
    checked(small)  # loads what only wrong texts need
    assert calls(small) < 12 * calls(tiny)
    enough = 20.0
    assert time_ratio(lambda: checked(small), lambda: checked(large), enough) <= enough
