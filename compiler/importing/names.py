"""Names of the language, made of those that other tools give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from re import fullmatch, split, sub

from ..language.kinds import NAME

LONGEST = 24
"""Letters of a name; a longer one keeps its end, which tells more."""


@dataclass(slots=True)
class NewNames:
    """Names that are given once each."""

    taken: set[str] = field(default_factory=set)

    def new(self, wanted: str) -> str:
        """A name as near to the wanted one as possible: `/layer1/conv1/Conv_output_0` gives
        `layer1_conv1`."""
        name = self.free(cleaned(wanted))
        self.taken.add(name)
        return name

    def free(self, base: str) -> str:
        """The name, with a number where it is taken."""
        name, count = base, 1
        while name in self.taken:
            count += 1
            name = f"{base}{'_' if base[-1].isdigit() else ''}{count}"
        return name


def cleaned(name: str) -> str:
    """The last parts of a name that say something, in lower case."""
    spelled = sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", sub(r"_output_\d+$", "", name))
    parts = [sub(r"[^a-z0-9]+", "_", part).strip("_") for part in split("[/:]", spelled.lower())]
    parts = [part for part in parts if part and not part.isdigit()]
    kept = ""
    for part in reversed(parts):
        longer = f"{part}_{kept}" if kept else part
        if kept and len(longer) > LONGEST:
            break
        kept = longer
    kept = kept[-LONGEST:].strip("_") or "tensor"
    return kept if fullmatch(NAME, kept) else f"t_{kept}"


def scope_of(steps: Iterable[str]) -> str:
    """The parts that the names of several steps begin with: `stage1.neck2`."""
    paths = [split(r"[/.]", step) for step in steps]
    common = [parts[0] for parts in zip(*paths, strict=False) if len(set(parts)) == 1]
    if paths and len(common) == max(map(len, paths)):
        common.pop()
    return "/".join(common)


def last_word(scope: str) -> str:
    """What the last part of a scope says without its number: `neck`."""
    parts = [sub(r"[^a-z_]", "", part.lower()).strip("_") for part in scope.split("/")]
    said = [part for part in parts if part]
    return said[-1] if said and fullmatch(NAME, said[-1]) else ""
