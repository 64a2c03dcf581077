"""JSON values, changed in one place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 5, 10**6, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308,
    float("inf"), float("-inf"), float("nan"), "", "a", "@a", "\x00", "é", "x" * 10000, [], {},
    [[]], [1], [4], [3, 3], [None], [0, -1], {"word": "relu"}, {"word": "nothing"}, "relu", "mse",
    "balanced", "same", [10**12, 10**12], "\ud800",
)  # fmt: skip
Path = tuple[Any, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The ways to every value inside a value."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def mutated_json(value: Any, random: Random) -> Any:
    """A copy with one change: another value, one from elsewhere, one less, one twice."""
    value = json.loads(json.dumps(value))
    found = list(places(value))
    path = random.choice(found)
    if not path:
        return random.choice(ODD) if random.random() < 0.2 else value
    holder, key = at(value, path[:-1]), path[-1]
    change = random.choice(
        ("odd", "odd", "near", "move", "move", "delete", "twice", "rename", "deep")
    )
    if change == "odd":
        holder[key] = random.choice(ODD)
    elif change == "near":
        holder[key] = _near(holder[key], random)
    elif change == "move":
        holder[key] = json.loads(json.dumps(at(value, random.choice(found))))
    elif change == "delete":
        del holder[key]
    elif change == "twice" and isinstance(holder, list):
        holder.insert(random.randrange(len(holder) + 1), holder[key])
    elif change == "rename" and isinstance(holder, dict):
        holder[random.choice((*holder, "x", "word", ""))] = holder.pop(key)
    elif change == "deep":
        for _ in range(random.choice((1, 3, 60))):
            holder[key] = [holder[key]]
    return value


def _near(value: Any, random: Random) -> Any:
    """A value of the same type that is not far."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + random.choice((-1, 1, 2, 0.5))
    if isinstance(value, str) and value:
        place = random.randrange(len(value))
        return value[:place] + random.choice(("", "x", "_", "1", ".")) + value[place + 1 :]
    if isinstance(value, list):
        return random.sample(value, len(value))
    return value


def mutated_text(data: bytes, pool: Sequence[bytes], random: Random) -> bytes:
    """A JSON text with a changed value; sometimes changed bytes, or a deep one."""
    if random.random() < 0.9:
        try:
            changed = mutated_json(json.loads(data), random)
            return json.dumps(changed).encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            pass
    if random.random() < 0.05:
        sign = random.choice((b"[", b'{"a":', b'{"nodes":['))
        return sign * random.choice((100, 1000, 100_000))
    place = random.randrange(len(data) + 1)
    new = random.choice((b"", b"1", b",", b'"', b"}", b"NaN", b"1e999", random.randbytes(1)))
    return data[:place] + new + data[place + random.choice((0, 1, 5)) :]
