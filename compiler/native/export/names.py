"""Names of a spec in C: they come from whoever wrote the spec or the data, so they appear only in
string literals and comments, escaped, and as identifiers that are made anew."""

from __future__ import annotations

import re
from collections.abc import Iterable


def identifiers(names: Iterable[str]) -> tuple[str, ...]:
    """The ends of identifiers, in lower case and all different. They follow a prefix such as `x_`,
    so none is a keyword or begins with a digit."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"
        unique, number = plain, 2
        while unique in found:
            unique, number = f"{plain}_{number}", number + 1
        found.append(unique)
    return tuple(found)


def string_literal(text: str) -> str:
    """A text as UTF-8 in a string literal."""
    return f'"{"".join(map(_escaped, text.encode("utf-8", "replace")))}"'


def _escaped(byte: int) -> str:
    """One byte. A question mark could begin a trigraph; an octal escape of three digits ends by
    itself."""
    character = chr(byte)
    if character in '"\\?':
        return f"\\{character}"
    return character if 32 <= byte < 127 else f"\\{byte:03o}"


def comment_text(text: str) -> str:
    """A text for a comment, in one line: what could end the comment, begin another one, or be a
    trigraph is taken apart."""
    plain = "".join(c if " " <= c <= "~" and c != "\\" else "_" for c in text)
    return re.sub(r"\*(?=/)|/(?=\*)|\?(?=\?)", lambda found: f"{found[0]} ", plain)


def file_stem(name: str) -> str:
    """The name of a file without its ending, in characters that an `#include` may have."""
    stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
    return re.sub(r"[^A-Za-z0-9_.-]", "_", stem)
