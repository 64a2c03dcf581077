"""What names mean at one place: `$` values, labels, and the names that layers get there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ..language.values import WrittenValue
from ..spans import Place
from ..suggest.spelling import closest

MOST_COMPARED = 50_000
"""Names that are compared with unknown ones in one spec."""


@dataclass(slots=True)
class LayerNames:
    """The names of the layers of one expansion of a block: `conv1`, `conv2`, `basic1.conv1`."""

    prefix: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    taken: dict[str, Span] = field(default_factory=dict)
    """Names in use here, without the prefix, and the call that has each."""

    def number(self, word: str, at: Span) -> str:
        """The next free name for a word: `conv3`."""
        count = self.counts.get(word, 0) + 1
        while f"{word}{count}" in self.taken:
            count += 1
        self.counts[word] = count
        name = f"{word}{count}"
        self.taken[name] = at
        return self.prefix + name

    def group(self, word: str) -> str:
        """The next name for a `repeat` or `each`, which only the labels in it carry."""
        count = self.counts.get(word, 0) + 1
        self.counts[word] = count
        return f"{self.prefix}{word}{count}"

    def choose(self, name: str, at: Span) -> tuple[str, Span | None]:
        """A name that the author chose with `name=`, and the other call that already has it.

        The same call, met again in the next round of a `repeat`, gets a number: `fc`, `fc2`.
        """
        other = self.taken.get(name)
        if other is None:
            self.taken[name] = at
            return self.prefix + name, None
        if other != at:
            return self.number(name, at), other
        count = max(2, self.counts.get(name, 0) + 1)
        while f"{name}{count}" in self.taken:
            count += 1
        self.counts[name] = count
        self.taken[f"{name}{count}"] = at
        return f"{self.prefix}{name}{count}", None


@dataclass(slots=True)
class Home:
    """What every scope of one spec shares: the constants, and what a broken statement defines."""

    lets: dict[str, WrittenValue | None] = field(default_factory=dict)
    """None: defined, but its value is wrong."""
    lost: frozenset[str] = frozenset()
    """Names that a statement defines that could not be read: `$width`, `@skip`, `cb`."""
    hidden: dict[str, Span] = field(default_factory=dict)
    """Labels written inside a block or a loop, for the message to one who reads them outside."""
    statements: dict[str, str] = field(default_factory=dict)
    """The statements beside the network, by their first word, as they were written."""
    used_lets: set[str] = field(default_factory=set)
    used_labels: set[str] = field(default_factory=set)
    compared: int = 0

    def may_compare(self, count: int) -> bool:
        """Whether to look for the nearest of so many names: not after the first hundreds of words,
        whose suggestions nobody reads and which cost."""
        self.compared += count
        return self.compared <= MOST_COMPARED

    def nearest(self, word: str, known: Collection[str]) -> str | None:
        return closest(word, known) if self.may_compare(len(known)) else None


@dataclass(slots=True)
class Scope:
    """One place: a file, an expansion of a block, a round of `repeat` or `each`."""

    home: Home
    names: LayerNames
    values: dict[str, WrittenValue | None] = field(default_factory=dict)
    """Parameters of a block or variables of an `each`; None is unknown, and silences."""
    labels: dict[str, str] = field(default_factory=dict)
    """Labels written here, and the name that each has in the model."""
    around: Scope | None = None
    """What encloses it in the text. A block is enclosed by its file, not by its caller."""
    calls: tuple[Span, ...] = ()

    def place(self, at: Span) -> Span:
        """A span as seen from here."""
        return Place(at, self.calls) if self.calls else at

    def outward(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.around

    def defines(self, name: str) -> bool:
        """Whether `$name` is something here."""
        return name in self.home.lets or any(name in scope.values for scope in self.outward())

    def labels_here(self, name: str) -> bool:
        """Whether `@name` is something here."""
        return any(name in scope.labels for scope in self.outward())

    def read(self, parameter: ast.Parameter, problems: Problems) -> WrittenValue | None:
        """What `$name` is here, or None when it is unknown."""
        name = parameter.name
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.around
        home = self.home
        if name in home.lets:
            home.used_lets.add(name)
            return home.lets[name]
        if f"${name}" not in home.lost:
            from ..problems.names import UnknownName

            known = [key for scope in self.outward() for key in scope.values]
            nearest = home.nearest(name, [*known, *home.lets])
            problems.add(
                UnknownName(
                    at=self.place(parameter.span),
                    name=name,
                    nearest=nearest,
                    is_label=self.labels_here(name),
                )
            )
        return None

    def read_label(self, reference: ast.Reference, problems: Problems) -> str | None:
        """The name in the model of the label that `@name` reads here, or None."""
        name = reference.name
        for scope in self.outward():
            if name in scope.labels:
                found = scope.labels[name]
                self.home.used_labels.add(found)
                return found
        if f"@{name}" not in self.home.lost:
            from ..problems.names import UnknownLabel

            known = [key for scope in self.outward() for key in scope.labels]
            problems.add(
                UnknownLabel(
                    at=self.place(reference.span),
                    name=name,
                    nearest=self.home.nearest(name, known),
                    inside=self.home.hidden.get(name),
                    is_value=self.defines(name),
                )
            )
        return None
