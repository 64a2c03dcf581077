"""A mistake in a text, as a value.

One class for each code. The class holds the facts (typed fields); its templates and methods put
them into words; its docstring is the page that `netc explain CODE` prints, whose fenced example
gives exactly that code. Checking never raises for a user's mistake: it adds a problem to a list
and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, dataclass_transform

from .source import Source, Span
from .text import listed, shape_text


class Label(NamedTuple):
    """A second place that a problem talks about, with a few words on it."""

    span: Span
    text: str


class Edit(NamedTuple):
    """Replace the characters of a span by a text. An empty span inserts."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A way out that a program can apply."""

    title: str
    """What it does, in the imperative: "write `relu`"."""
    edits: tuple[Edit, ...]
    safe: bool
    """True when it says what the author clearly meant; False when it changes the model."""


def respell(at: Span, text: str) -> tuple[Fix, ...]:
    """The safe fix that writes a place in another way."""
    return (Fix(f"write `{text}`", (Edit(at, text),), safe=True),)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _Facts:
    """Makes every subclass a frozen dataclass whose fields are given by name."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class Problem(_Facts):
    """The base of every diagnostic. Its texts are templates with the fields in braces; one that
    needs a decision overrides the method. A tuple is written as a shape, `{shape}`, or as names in
    a row, `{names:,}` or `{names:and}`. A label, a help line and a fix are omitted if a field that
    they name is None or empty."""

    code: ClassVar[str]
    """`E....` for an error, `W....` for a lint. Never used again for something else."""
    title: ClassVar[str]
    """The wrong state in a few words, for lists of codes: "window leaves data unread"."""
    message_text: ClassVar[str]
    label_text: ClassVar[str] = ""
    place_texts: ClassVar[dict[str, str]] = {}
    """The words beside other places, by the field that holds the place or the places."""
    help_texts: ClassVar[tuple[str, ...]] = ()
    fix_text: ClassVar[str] = ""
    """What the author clearly meant to write in this place."""
    is_note: ClassVar[bool] = False
    """Whether it is a `Note`."""

    at: Span
    """The smallest place that is wrong."""
    calls: tuple[Span, ...] = ()
    """Where the block that holds the place was called, innermost call first; by default, what the
    place knows."""

    def __post_init__(self) -> None:
        if not self.calls:
            object.__setattr__(self, "calls", self.at.calls)

    def message(self) -> str:
        """One sentence: lower case, no full stop, names in backticks, both sides named."""
        return _filled(self.message_text, self)

    def label(self) -> str:
        """The words beside the carets: the arithmetic with its numbers, or nothing."""
        return _filled_if_known(self.label_text, self)

    def labels(self) -> tuple[Label, ...]:
        """Other places that matter, except where the problem itself is."""
        return tuple(
            Label(place, _filled(text, self))
            for name, text in self.place_texts.items()
            for place in _places(getattr(self, name))
            if place not in (None, self.at)
        )

    def help(self) -> tuple[str, ...]:
        """Ways out, each one concrete, with its resulting size where sizes matter."""
        lines = (_filled_if_known(text, self) for text in self.help_texts)
        return tuple(line for line in lines if line)

    def fixes(self) -> tuple[Fix, ...]:
        """Those ways out that a program can apply."""
        text = _filled_if_known(self.fix_text, self)
        return respell(self.at, text) if text else ()

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")


class _Row(tuple[Any, ...]):
    """A tuple in a template."""

    __slots__ = ()

    def __format__(self, joint: str) -> str:
        return listed(self, joint.strip(",")) if joint else shape_text(self)


def _places(value: Any) -> tuple[Span | None, ...]:
    return value if type(value) is tuple else (value,)


def _fields(template: str, problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in re.findall(r"{(\w+)", template)}


def _filled(template: str, problem: Problem) -> str:
    fields = _fields(template, problem)
    rows = {name: _Row(value) for name, value in fields.items() if type(value) is tuple}
    return template.format_map(fields | rows)


def _filled_if_known(template: str, problem: Problem) -> str:
    """Nothing if a field is None or empty."""
    unknown = any(value in (None, "", ()) for value in _fields(template, problem).values())
    return "" if unknown else _filled(template, problem)


class Note(Problem):
    """A problem of the syntax whose best way out depends on which words there are. The stage that
    knows them may complete it."""

    is_note = True
    advice: tuple[str, ...] = ()
    """What that stage advises instead of what can be said without it."""

    def help(self) -> tuple[str, ...]:
        return self.advice or self.general_help()

    def general_help(self) -> tuple[str, ...]:
        """What can be said without knowing a word."""
        return super().help()


Completed = Callable[[Any], Problem | None]
"""From a note to the problem that says what was meant; None where another says it."""


@dataclass(slots=True)
class Problems:
    """The list to which every stage adds its problems."""

    found: list[Problem] = field(default_factory=list)
    """All but the notes, of which there is one for each place."""
    _notes: dict[tuple[Source, int], Problem] = field(default_factory=dict)
    """By the place where each ends."""
    _completed: dict[tuple[Source, int], Problem | None] = field(default_factory=dict)
    """What is said in the place of notes."""

    def add(self, problem: Problem) -> None:
        place = (problem.at.source, problem.at.end)
        if problem.is_note and place not in self._notes:
            self._notes[place] = problem
        else:
            self.found.append(problem)

    def notes(self) -> tuple[Problem, ...]:
        """What the grammar has noted."""
        return tuple(self._notes.values())

    def note_at(self, at: Span) -> Problem | None:
        """The note on what ends where a place does."""
        return self._notes.get((at.source, at.end))

    def complete(self, at: Span, completed: Completed) -> bool:
        """Says what was meant in place of the note on a place, once; False when there is none."""
        place = (at.source, at.end)
        if place in self._notes and place not in self._completed:
            self._completed[place] = completed(self._notes[place])
        return place in self._notes

    def forget(self, source: Source) -> None:
        """Drops all that was said of a text."""
        self.found = [problem for problem in self.found if problem.at.source is not source]
        self._notes = {place: note for place, note in self._notes.items() if place[0] is not source}

    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self)

    def __iter__(self) -> Iterator[Problem]:
        yield from self.found
        for place, note in self._notes.items():
            if (problem := self._completed.get(place, note)) is not None:
                yield problem

    def __len__(self) -> int:
        return len(self.found) + len(self._notes)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems by place, each place and code once, however many calls led there."""
    seen: set[tuple[str, str, int, int]] = set()
    result: list[Problem] = []
    for problem in sorted(problems, key=_place):
        key = (problem.code, problem.at.source.name, problem.at.start, problem.at.end)
        if key not in seen:
            seen.add(key)
            result.append(problem)
    return tuple(result)


def _place(problem: Problem) -> tuple[str, int, int, str]:
    return (problem.at.source.name, problem.at.start, problem.at.end, problem.code)
