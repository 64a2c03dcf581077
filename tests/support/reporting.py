"""Small runs, and the values of their reports."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.grammar.problem import Problem, Problems
from netc.grammar.source import Source
from netc.runtime.events import Event, Reporter, RunReport, Warned
from netc.runtime.report.collecting.collect import collect, collect_folds
from netc.runtime.report.data import ReportData, RunFacts
from netc.runtime.training.cross_validation import cross_validate
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import RunOptions, Spec

FACTS = RunFacts(
    title="small",
    command="netc run small.net",
    started="2026-01-02 03:04:05",
    seconds=1.5,
    environment=(("Python", "3.13"),),
    reproduce=("netc run small.net --seed 1",),
)


def report_of(
    text: str, folder: Path, facts: RunFacts = FACTS, *, measures: bool = False
) -> ReportData:
    """Trains a spec whose files are in a folder, and gives what its report shows."""
    spec, problems, told = _checked(text), Problems(), list[Problem]()
    if spec.model.kfold is not None:
        folds = cross_validate(
            spec, RunOptions(), root=folder, problems=problems, reporter=_listening(told)
        )
        assert folds is not None, [problem.message() for problem in problems]
        return collect_folds(spec, folds, facts, told)
    spec, session, report, said = trained(text, folder)
    try:
        return collect(session, report, facts, said, measures=measures)
    finally:
        session.engine.close()


def trained(text: str, folder: Path) -> tuple[Spec, Session, RunReport, list[Problem]]:
    """A spec whose files are in a folder, the session in which it was trained, what that came to,
    and what was said."""
    spec, problems, told = _checked(text), Problems(), list[Problem]()
    options, reporter = RunOptions(keeps_samples=True), _listening(told)
    session = prepare_run(spec, options, root=folder, problems=problems, reporter=reporter)
    assert session is not None, [problem.message() for problem in problems]
    report = train_session(session, problems, reporter)
    assert report is not None, [problem.message() for problem in problems]
    return spec, session, report, [*told, *problems]


def _checked(text: str) -> Spec:
    checked = check(Source("small.net", text), BUILTIN, lambda path: None)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return Spec.of(checked)


def _listening(told: list[Problem]) -> Reporter:
    def reporter(event: Event) -> None:
        if isinstance(event, Warned):
            told.append(event.problem)

    return reporter


class PageReader(HTMLParser):
    """The elements and the texts of a page. Fails at tags that do not pair."""

    VOID = frozenset(("meta", "link", "img", "br"))
    OPTIONAL = frozenset(("rect", "path", "circle", "svg"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All that a reader sees, and the tooltips."""
        return "".join(self.texts)

    def named(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def read_page(page: str) -> PageReader:
    """A page whose elements pair."""
    reader = PageReader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader
