"""Any bytes give a syntax tree or problems, each in its place, with a message and a way out."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from netc.compiler.reading import ReadFailure, decode, explain_failure
from netc.grammar.parser import parse
from netc.grammar.problem import Problem, Problems
from spec_mutations import document_seeds, mutated_spec
from target import Target


def mutate(data: bytes, pool: Sequence[bytes], random: Random) -> bytes:
    """A changed text, or changed bytes."""
    if random.random() < 0.8 or not data:
        return mutated_spec(data, pool, random)
    at = random.randrange(len(data))
    return data[:at] + random.randbytes(random.choice((1, 1, 2, 8))) + data[at + 1 :]


def speaks(problem: Problem) -> None:
    """A problem stands inside its text, and has words for everything."""
    at = problem.at
    assert 0 <= at.start <= at.end <= len(at.source.text), f"place outside the text: {problem}"
    assert problem.message(), f"a problem says nothing: {problem}"
    assert all(problem.help()), f"an empty line of help: {problem}"
    problem.label()
    for label in problem.labels():
        assert label.text, f"a place without a word: {problem}"
    for fix in problem.fixes():
        assert fix.title, f"a fix without a title: {problem}"
        assert fix.edits, f"a fix without an edit: {problem}"
        for edit in fix.edits:
            inside = 0 <= edit.span.start <= edit.span.end <= len(edit.span.source.text)
            assert inside, f"an edit outside the text: {problem}"


def run(data: bytes) -> None:
    source = decode(data, "s.net", None)
    if isinstance(source, ReadFailure):
        assert explain_failure(source).message()
        return
    problems = Problems()
    file = parse(source, problems)
    assert file is not None
    for problem in problems:
        speaks(problem)


TARGET = Target(document_seeds, mutate, run)
