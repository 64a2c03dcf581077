"""The definitions of C headers that a text needs, directly or by way of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COMMENT = re.compile(r"/\*.*?\*/", re.S)
WORD = re.compile(r"[A-Za-z_]\w*")
DEFINED = re.compile(
    r"^#define (\w+)"
    r"|^(?:INLINE|static)\b[^;{=(]*?\b(\w+)\("
    r"|^DEFINE_\w+\((\w+)"
    r"|^struct (\w+) \{"
    r"|^typedef [^;]*?\b(\w+);",
    re.M,
)
ENUM = re.compile(r"^enum (?:\w+ )?\{(.*?)\}", re.M | re.S)


@dataclass(frozen=True, slots=True)
class _Definition:
    """What is taken or left as a whole."""

    text: str
    names: frozenset[str]
    words: frozenset[str]
    """All names in it."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines without an empty one between them at the outermost level: a definition, or several
    macros among the lines of an `#if`."""

    parts: tuple[_Definition, ...]

    def text(self, wanted: frozenset[str]) -> str:
        """The definitions that are wanted, with the lines around them."""
        if not any(part.names & wanted for part in self.parts):
            return ""
        chosen = (part.text for part in self.parts if part.names & wanted or not part.names)
        return "\n".join(chosen)


def needed_text(headers: Sequence[str], text: str) -> str:
    """The definitions of some headers that a text uses, in their order."""
    blocks = [block for header in headers for block in _blocks(header)]
    definitions = [part for block in blocks for part in block.parts]
    wanted = _words(text)
    while True:
        more = wanted.union(*(part.words for part in definitions if part.names & wanted))
        if more == wanted:
            return "\n\n".join(filter(None, (block.text(wanted) for block in blocks)))
        wanted = more


def _blocks(header: str) -> Iterator[_Block]:
    lines: list[str] = []
    depth = 0
    for line in [*header.splitlines(), ""]:
        plain = COMMENT.sub("", line)
        depth += plain.count("{") - plain.count("}")
        depth += plain.startswith("#if") - plain.startswith("#endif")
        if line or depth:
            lines.append(line)
        elif lines:
            yield _block(lines)
            lines = []


def _block(lines: list[str]) -> _Block:
    if lines[0].startswith("#if") and all(line.startswith("#") for line in lines):
        return _Block(tuple(map(_definition, lines)))
    return _Block((_definition("\n".join(lines)),))


def _definition(text: str) -> _Definition:
    plain = COMMENT.sub("", text)
    names = {name for found in DEFINED.findall(plain) for name in found if name}
    for members in ENUM.findall(plain):
        names |= set(re.findall(r"(\w+)\s*(?:=|,|$)", members))
    return _Definition(text, frozenset(names), _words(plain))


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(COMMENT.sub("", text)))
