"""How texts write several values: sizes as a shape, and names in a row."""

from __future__ import annotations

from collections.abc import Iterable


def shape_text(sizes: Iterable[int | None]) -> str:
    """As the language writes it: `28x28x1`."""
    return "x".join("?" if size is None else str(size) for size in sizes)


def listed(names: Iterable[str], last: str = "") -> str:
    """Names in a row: "`a`, `b`, `c`", or with a last word, "`a`, `b` and `c`"."""
    marked = [f"`{name}`" for name in names]
    if not last or len(marked) < 2:
        return ", ".join(marked)
    return f"{', '.join(marked[:-1])} {last} {marked[-1]}"


def quoted(text: str) -> str:
    """A text as a string of the language, in which `"` is written twice."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def unquoted(string: str) -> str:
    """The text of a string of the language."""
    return string[1:-1].replace('""', '"')


def counted(number: int, noun: str) -> str:
    """A number of things: `1 output`, `2 outputs`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def with_article(noun: str) -> str:
    """`a loss`, `an optimizer`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
