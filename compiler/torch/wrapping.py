"""Lines of at most 88 characters, broken where Python's formatters break them."""

from __future__ import annotations

WIDTH = 88
OPENING, CLOSING = "([{", ")]}"


def wrapped(text: str, indent: int) -> list[str]:
    """A statement as lines: whole where it fits; else what is in its last brackets on a line of its
    own; else each part of that on one."""
    pad = " " * indent
    if len(pad) + len(text) <= WIDTH:
        return [pad + text]
    start, end = _last_brackets(text)
    if start < 0 or end - start < 2:
        return [pad + text]
    head, body, tail = text[: start + 1], text[start + 1 : end], text[end:]
    if len(pad) + 4 + len(body) <= WIDTH:
        return [pad + head, f"{pad}    {body}", pad + tail]
    parts = divided(body)
    if len(parts) == 1:
        return [pad + head, *wrapped(body, indent + 4), pad + tail]
    lines = [line for part in parts for line in wrapped(f"{part},", indent + 4)]
    return [pad + head, *lines, pad + tail]


def divided(text: str) -> list[str]:
    """The parts between the commas that are in no brackets."""
    parts: list[str] = []
    depth = start = 0
    quoted = False
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in OPENING:
            depth += 1
        elif character in CLOSING:
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _last_brackets(text: str) -> tuple[int, int]:
    """Where the last brackets that are in no others begin and end."""
    found, depth, start, quoted = (-1, -1), 0, 0, False
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in OPENING:
            start = at if not depth else start
            depth += 1
        elif character in CLOSING:
            depth -= 1
            found = found if depth else (start, at)
    return found
