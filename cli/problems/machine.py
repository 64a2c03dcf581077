"""Problems for programs: one line each, JSON, and the annotations of GitHub Actions.

The JSON is one object:

    version     1, the version of this shape: members may be added to it, none changes its meaning
    netc        the version of netc
    problems    a list, in the order in which people see them
    summary     {"errors", "warnings", "files"}; `files` is how many texts were checked

A problem is `{code, severity, title, message, label, place, labels, calls, help, fixes}`.
`severity` is `error` or `warning`. A place is `{file, start, end}` where `start` and `end` are
`{line, column, offset}`: lines and columns from 1, the offset from 0, all in characters, `end`
just after the last one. `labels` are `{place, text}`, `calls` are places, innermost first, `help`
are texts, `fixes` are `{title, safe, edits}` and an edit is `{place, text}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ... import __version__
from ...grammar.problem import Problem
from ...grammar.source import Span
from ..terminal.screen import Screen
from .render import brief, place_text


def concise(problems: Sequence[Problem], screen: Screen) -> str:
    """`lenet.net:6:8: error[E0312]: message: label`, a line for each problem."""
    lines = []
    for problem in problems:
        level = level_of(problem)
        code = screen.paint(f"{level}[{problem.code}]", level)
        parts = [problem.message(), problem.label()]
        words = ": ".join(" ".join(brief(part).split()) for part in parts if part)
        lines.append(f"{screen.clean(place_text(problem.at))}: {code}: {screen.clean(words)}\n")
    return "".join(lines)


def level_of(problem: Problem) -> str:
    return "error" if problem.is_error else "warning"


def json_text(problems: Sequence[Problem], files: int) -> str:
    """All problems as one JSON object, in ASCII."""
    errors = sum(problem.is_error for problem in problems)
    whole = {
        "version": 1,
        "netc": __version__,
        "problems": [_problem(problem) for problem in problems],
        "summary": {"errors": errors, "warnings": len(problems) - errors, "files": files},
    }
    return json.dumps(whole, indent=2) + "\n"


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": level_of(problem),
        "title": problem.title,
        "message": problem.message(),
        "label": problem.label(),
        "place": _place(problem.at),
        "labels": [{"place": _place(item.span), "text": item.text} for item in problem.labels()],
        "calls": [_place(call) for call in problem.calls],
        "help": list(problem.help()),
        "fixes": [
            {
                "title": fix.title,
                "safe": fix.safe,
                "edits": [{"place": _place(edit.span), "text": edit.text} for edit in fix.edits],
            }
            for fix in problem.fixes()
        ],
    }


def _place(span: Span) -> dict[str, Any]:
    end_line, end_column = span.end_position
    return {
        "file": span.source.name,
        "start": {"line": span.line, "column": span.column, "offset": span.start},
        "end": {"line": end_line, "column": end_column, "offset": span.end},
    }


def github(problems: Sequence[Problem]) -> str:
    """Workflow commands, which GitHub Actions shows beside the lines of a pull request."""
    return "".join(_annotation(problem) for problem in problems)


def _annotation(problem: Problem) -> str:
    span = problem.at
    end_line, end_column = span.end_position
    properties = {"file": span.source.name, "line": span.line, "endLine": end_line}
    if end_line == span.line:
        properties |= {"col": span.column, "endColumn": end_column}
    properties["title"] = f"{problem.code} {problem.title}"
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = problem.message()
    if problem.label():
        text += f"\n{problem.label()}"
    text += "".join(f"\nhelp: {line}" for line in problem.help())
    return f"::{level_of(problem)} {written}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
