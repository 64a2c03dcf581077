"""The text of an exported network: names that come from elsewhere, numbers, and what it takes of
headers."""

from __future__ import annotations

import re
from struct import pack, unpack

import pytest
from netc.compiler.native.export.contents import StoredArray
from netc.compiler.native.export.layout import indented
from netc.compiler.native.export.names import (
    comment_text,
    file_stem,
    identifiers,
    string_literal,
)
from netc.compiler.native.export.needed import needed_text
from netc.compiler.native.export.numbers import array_text, exact_number, file_head

HOSTILE = (
    '"; system("rm',
    "*/ int x; /*",
    "a\\",
    "??/",
    "??)\n#error",
    "//*/*/",
    "*\\/",
    "größe",
    "%s%n",
    "\0",
    "\ud800",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_string_literal_is_the_text_and_nothing_else(text: str) -> None:
    literal = string_literal(text)
    inner = literal[1:-1]
    assert re.fullmatch(r'(?:[ -!#->@-\[\]-~]|\\["\\?]|\\[0-7]{3})*', inner)
    plain = re.sub(
        r"\\([0-7]{3}|.)",
        lambda found: chr(int(found[1], 8)) if found[1].isdigit() else found[1],
        inner,
    )
    assert plain.encode("latin-1") == text.encode("utf-8", "replace")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_does_not_end_its_comment(text: str) -> None:
    plain = comment_text(text)
    assert "*/" not in plain
    assert "/*" not in plain
    assert "??" not in plain
    assert plain.isascii()
    assert plain.isprintable()
    assert "\\" not in plain


def test_identifiers_are_different_and_plain() -> None:
    names = ("left", "Left", "a b", "a-b", "a_b_2", "", "*/", "9")
    found = identifiers(names)
    assert found == ("left", "left_2", "a_b", "a_b_2", "a_b_2_2", "unnamed", "unnamed_2", "9")


@pytest.mark.parametrize(
    ("name", "stem"),
    [("model.c", "model"), ('a"b\n.c', "a_b_"), ("größe.net.c", "gr__e.net"), (".c", ".c")],
)
def test_the_name_of_a_header_can_be_included(name: str, stem: str) -> None:
    assert file_stem(name) == stem


@pytest.mark.parametrize("value", [0.0, -0.0, 3.0, -1e5, 0.1, -1e-45, 3.4e38, 5e-324, 1e300])
def test_a_number_is_exact(value: float) -> None:
    text = exact_number(value)
    read = float.fromhex(text) if "0x" in text else float(text)
    assert pack("<d", read) == pack("<d", value)


def test_what_is_no_number_has_a_name() -> None:
    found = [exact_number(value) for value in (float("inf"), float("-inf"), float("nan"))]
    assert found == ["INFINITY", "-INFINITY", "NAN"]


def stored(values: list[float]) -> StoredArray:
    return StoredArray(
        "w", "a title */", "float", len(values), lambda a, b: pack(f"<{b - a}f", *values[a:b])
    )


def test_an_array_has_all_its_numbers_in_lines_of_bounded_length() -> None:
    values = [(-1) ** n * n / 7 for n in range(20_000)]
    text = "".join(array_text(stored(values)))
    assert max(map(len, text.splitlines())) <= 100
    body = text[text.index("{") + 1 : text.index("}")]
    read = [float.fromhex(number) for number in body.replace("\n", "").strip(",").split(",")]
    assert read == list(unpack("<20000f", pack("<20000f", *values)))


def test_files_of_other_weights_begin_otherwise() -> None:
    heads = {file_head((stored(values),)) for values in ([1.0, 2.0], [2.0, 1.0], [1.0], [1.0, 3.0])}
    assert len(heads) == 4
    assert {len(head) for head in heads} == {16}


HEADER = """\
/* What is in it. */

#if SINGLE
#define ROOT(x) sqrtf(x)
#define POWER(x) power(x)
#else
#define ROOT(x) sqrt(x)
#define POWER(x) pow(x)
#endif

/* A helper. */
INLINE int power(int x) { return x; }

struct pair {
  int a, b;
};

INLINE int sum(struct pair of) {
  return of.a + of.b;

}

DEFINE_SUM(sum_of_floats, float)
"""


def test_only_what_is_needed_is_taken_from_a_header() -> None:
    assert needed_text([HEADER], "int x = 3;") == ""
    assert needed_text([HEADER], "ROOT(4)") == (
        "#if SINGLE\n#define ROOT(x) sqrtf(x)\n#else\n#define ROOT(x) sqrt(x)\n#endif"
    )
    found = needed_text([HEADER], "sum(p); /* POWER */")
    assert found.startswith("struct pair {")
    assert "INLINE int sum" in found
    assert "power" not in found
    assert "INLINE int power" in needed_text([HEADER], "POWER(2)")
    assert needed_text([HEADER], "sum_of_floats(x)") == "DEFINE_SUM(sum_of_floats, float)"


def test_lines_are_as_deep_as_their_blocks() -> None:
    text = "void f(void) {\nfor (;;) {\nx();\n}\n#if A\nif (y)\n  z();\n#endif\n}"
    assert indented(text) == (
        "void f(void) {\n  for (;;) {\n    x();\n  }\n#if A\n  if (y)\n    z();\n#endif\n}"
    )
