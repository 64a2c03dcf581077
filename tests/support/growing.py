"""A spec that grows layer by layer, with what `check` says as its guide."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of

Shape = tuple[int | None, ...]

LARGEST = 3000
"""The most elements of a layer's output: larger ones only cost time."""


def examined(text: str) -> Checked:
    """What `check` says of a text."""
    return check(source_of(text), BUILTIN, read_source)


@dataclass(slots=True)
class Growing:
    """A text in the making."""

    random: Random
    done: list[str] = field(default_factory=list)
    pipe: str = ""
    shape: Shape = ()
    labels: dict[str, Shape] = field(default_factory=dict)
    weighted: list[str] = field(default_factory=list)
    """Labels of layers whose weights can be shared."""
    refused: list[str] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    poly: bool = False

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def maybe(self, share: int = 3) -> bool:
        """True once in so many times."""
        return self.number(1, share) == share

    def text(self) -> str:
        return "\n".join([*self.done, self.pipe])

    def begin(self, head: str) -> bool:
        if self.pipe:
            self.done.append(self.pipe)
        before, self.pipe = self.pipe, head
        shape = self._shape_now()
        if shape is None:
            self.refused.append(self.text())
            self.pipe = before
            if before:
                self.done.pop()
            return False
        self.shape = shape
        return True

    def add(self, layer: str) -> bool:
        """Puts a layer at the end of the pipe, if `check` lets it stand there."""
        before, self.pipe = self.pipe, f"{self.pipe} -> {layer}"
        shape = self._shape_now()
        size = 1
        for axis in shape or ():
            size *= axis or 1
        if shape is None or size > LARGEST:
            if shape is None:
                self.refused.append(self.text())
            self.pipe = before
            return False
        self.shape = shape
        return True

    def label(self, name: str) -> None:
        if self.add(f"@{name}"):
            self.labels[name] = self.shape

    def _shape_now(self) -> Shape | None:
        checked = examined(self.text())
        if checked.has_errors:
            return None
        return checked.graph.nodes[-1].shape
