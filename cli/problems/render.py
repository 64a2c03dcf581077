"""A problem as a person reads it: what is wrong, where, and ways out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...grammar.problem import Problem
from ...grammar.source import Source, Span
from ...grammar.text import counted, shortened
from ..terminal.fit import fit_lines, wrapped
from ..terminal.screen import Screen
from .snippet import Ink, Mark, last_line, snippet
from .summary import MOST, first_problems, hidden_line, summary

HANG = 2
"""The indentation of a long message that goes on."""
MOST_CALLS = 4
"""Of a longer chain of block calls the rest is only counted."""
MOST_LABELS = 8
"""Of more places that matter, too."""
LONGEST_NAME = 200
"""Characters of a name, a path or a value in a sentence; its line shows where it stands."""
QUOTED = re.compile(r"`([^`]*)`")


def render(problem: Problem, screen: Screen) -> str:
    """One problem in full, without the empty line that parts it from the next."""
    level = "error" if problem.is_error else "warning"
    head = screen.paint(f"{level}[{problem.code}]", level)
    message = screen.paint(f": {screen.clean(brief(problem.message()))}", "strong")
    rows = [fit_lines(head + message, screen, HANG)]
    groups = list(_groups(problem, level))
    texts = [marks for source, marks in groups if source.text]
    gutter = len(str(max((last_line(marks) for marks in texts), default=1)))
    ink = Ink(screen, gutter)
    for number, (source, marks) in enumerate(groups):
        glyph = screen.glyphs.branch if number else screen.glyphs.head
        rows.append(ink.fork(glyph, screen.clean(place_text(marks[0].span))))
        if source.text:
            if not number:
                rows.append(ink.row(""))
            rows.extend(snippet(source, marks, ink))
            rows.append(ink.row(""))
    for what in _left_out(problem):
        rows[-1:] = [ink.row(screen.paint(f"{screen.glyphs.ellipsis} {what}", "note")), ink.row("")]
    if not problem.at.source.text and problem.label():
        # There is no line to put it beside.
        rows.append(_note("help", problem.label(), ink))
    rows.extend(_note("help", text, ink) for text in problem.help())
    rows.append(_note("see", f"netc explain {problem.code}", ink))
    return "\n".join(rows)


def brief(text: str) -> str:
    """A text whose quoted names are at most `LONGEST_NAME` characters long."""
    return QUOTED.sub(lambda found: f"`{shortened(found[1], LONGEST_NAME)}`", text)


def place_text(span: Span) -> str:
    """`lenet.net:6:8`, or only the name where there is no text to point into."""
    if not span.source.text:
        return span.source.name
    return f"{span.source.name}:{span.line}:{span.column}"


def block_name(call: Span) -> str:
    """The word that a call starts with."""
    return re.split(r"[\s(]", call.text, maxsplit=1)[0]


def _groups(problem: Problem, level: str) -> Iterator[tuple[Source, list[Mark]]]:
    """The sources to show, each with its marks: the place itself with the labels beside it,
    labels in other texts, then the calls that led there, innermost first."""
    marks = [Mark(problem.at, brief(problem.label()), primary=True, style=level)]
    others: dict[int, tuple[Source, list[Mark]]] = {}
    for label in problem.labels()[:MOST_LABELS]:
        mark = Mark(label.span, brief(label.text), primary=False, style="frame")
        if label.span.source is problem.at.source:
            marks.append(mark)
        else:
            source = label.span.source
            others.setdefault(id(source), (source, []))[1].append(mark)
    yield problem.at.source, marks
    yield from others.values()
    for call in problem.calls[:MOST_CALLS]:
        text = f"in this call of `{block_name(call)}`"
        yield call.source, [Mark(call, text, primary=False, style="note")]


def _left_out(problem: Problem) -> Iterator[str]:
    """What is only counted."""
    if (places := len(problem.labels()) - MOST_LABELS) > 0:
        yield f"and {counted(places, 'further place')}"
    if (calls := len(problem.calls) - MOST_CALLS) > 0:
        yield f"inside {counted(calls, 'further call')}"


def _note(word: str, text: str, ink: Ink) -> str:
    screen = ink.screen
    indent = " " * (ink.gutter + 1)
    hang = ink.gutter + 5 + len(word)
    lines = [screen.clean(line) for line in brief(text).split("\n")]
    if screen.terminal:
        lines = [part for line in lines for part in wrapped(line, screen.width - hang)]
    body = ("\n" + " " * hang).join(lines)
    return f"{indent}{screen.paint('=', 'frame')} {screen.paint(word, 'note')}: {body}"


def render_all(problems: Iterable[Problem], screen: Screen) -> str:
    """Problems one after the other, an empty line after each."""
    return "".join(f"{render(problem, screen)}\n\n" for problem in problems)


def complaint(problems: Sequence[Problem], files: int, screen: Screen) -> str:
    """What a command says that does not go on: the first problems, and how many there are."""
    return render_first(problems, screen) + summary(problems, files, screen) + "\n"


def render_first(problems: Sequence[Problem], screen: Screen) -> str:
    """The first problems, and how many more there are."""
    shown, hidden = first_problems(problems, MOST)
    more = hidden_line(hidden, "`netc check --max-errors 0`", screen)
    return render_all(shown, screen) + more
