"""Problems as SARIF 2.1.0, the OASIS format for the results of static analysis."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ... import __version__
from ...grammar.problem import Fix, Problem
from ...grammar.source import Source, Span
from .machine import level_of
from .page import page_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_text(problems: Sequence[Problem]) -> str:
    """One run with all problems; every code that occurs is a rule."""
    classes = {type(problem).code: type(problem) for problem in problems}
    codes = sorted(classes)
    run = {
        "tool": {
            "driver": {
                "name": "netc",
                "version": __version__,
                "rules": [_rule(classes[code]) for code in codes],
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes.index(problem.code)) for problem in problems],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(cls: type[Problem]) -> dict[str, Any]:
    page = page_text(cls)
    return {
        "id": cls.code,
        "name": cls.__name__,
        "shortDescription": {"text": cls.title},
        "fullDescription": {"text": page.split("\n", 1)[0]},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "error" if cls.code.startswith("E") else "warning"},
    }


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    text = problem.message()
    if problem.label():
        text += f": {problem.label()}"
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": level_of(problem),
        "message": {"text": "\n".join([text, *(f"help: {line}" for line in problem.help())])},
        "locations": [{"physicalLocation": _location(problem.at)}],
    }
    related = [(label.span, label.text) for label in problem.labels()]
    related += [(call, "in this call") for call in problem.calls]
    if related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _location(span), "message": {"text": words}}
            for number, (span, words) in enumerate(related, start=1)
        ]
    if problem.fixes():
        result["fixes"] = [_fix(fix) for fix in problem.fixes()]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    sources = {id(edit.span.source): edit.span.source for edit in fix.edits}
    changes = [
        {
            "artifactLocation": {"uri": uri(source)},
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                for edit in fix.edits
                if edit.span.source is source
            ],
        }
        for source in sources.values()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _location(span: Span) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": uri(span.source)}}
    if span.source.text:
        location["region"] = _region(span)
    return location


def _region(span: Span) -> dict[str, Any]:
    end_line, end_column = span.end_position
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def uri(source: Source) -> str:
    """A relative path as a relative reference, an absolute one as a `file:` URI."""
    name = source.name.replace(os.sep, "/")
    if os.path.isabs(source.name):
        return "file://" + ("" if name.startswith("/") else "/") + quote(os.fsencode(name))
    return quote(os.fsencode(name))
