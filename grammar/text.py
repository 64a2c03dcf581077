"""How texts write several values: sizes as a shape, and names in a row."""

from __future__ import annotations

from collections.abc import Iterable


def shape_text(sizes: Iterable[int | None]) -> str:
    """As the language writes it: `28x28x1`."""
    return "x".join("?" if size is None else str(size) for size in sizes)


MOST_LISTED = 40
"""Names that a message lists: a spec may have thousands, and no one reads them."""


def listed(names: Iterable[str], last: str = "", most: int = MOST_LISTED) -> str:
    """Names in a row: "`a`, `b`, `c`", or with a last word, "`a`, `b` and `c`"; of many the first,
    and how many more there are: "`a`, `b` and 7 more"."""
    marked = [f"`{name}`" for name in names]
    if len(marked) > most:
        return f"{', '.join(marked[:most])} and {len(marked) - most:,} more"
    if not last or len(marked) < 2:
        return ", ".join(marked)
    return f"{', '.join(marked[:-1])} {last} {marked[-1]}"


def shortened(text: str, most: int) -> str:
    """A text in a sentence: beginning and end of one that is longer."""
    end = most // 3
    return text if len(text) <= most else f"{text[: most - end - 1]}…{text[-end:]}"


WRITABLE = r"[^\x00-\x08\n-\x1f\x7f\u202a-\u202e\u2066-\u2069]*"
"""What a string of the language may hold: no line break, and nothing that nobody sees."""


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
