"""`netc fmt`: specs in their canonical form."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click

from ...grammar.parser import parse
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.text import counted
from ..completing import any_file
from ..options import color_option, text_option
from ..specs.inputs import STDIN, Document, read_all
from ..specs.writing import unified_diff, with_newlines, write_document
from ..terminal.output import print_document, print_text
from ..terminal.screen import ColorChoice, screen_for


@dataclass(frozen=True, slots=True)
class Formatted:
    """A document and its canonical text, or None where there is none."""

    document: Document
    text: str | None
    reason: str = ""
    """Why it has no canonical text, where no problem says so."""

    @property
    def differs(self) -> bool:
        return self.text is not None and self.text != self.document.source.text


@click.command()
@click.argument("paths", nargs=-1, shell_complete=any_file)
@text_option
@click.option(
    "--check", "only_check", is_flag=True, help="List files that would change; write nothing."
)
@click.option("--diff", is_flag=True, help="Show the changes as a diff; write nothing.")
@click.option("--one-line", is_flag=True, help="Write each spec on one line, with `;`.")
@color_option
def fmt(
    paths: tuple[str, ...],
    texts: tuple[str, ...],
    only_check: bool,
    diff: bool,
    one_line: bool,
    color: ColorChoice,
) -> int:
    """Format specs.

    PATHS are files, folders (all `.net` files in and below them) or `-` for standard input, which
    is written to standard output. Line endings (LF or CR LF) and byte order marks are kept. Files
    with syntax errors are not changed, and the errors are shown.

    With --check or --diff, the exit status is 1 if something would change.
    """
    problems = Problems()
    documents = read_all(paths, texts, problems)
    formatted = [format_document(document, problems, one_line=one_line) for document in documents]
    changed = [item for item in formatted if item.differs]
    if diff:
        print_document("".join(_diff(item) for item in changed))
    elif only_check:
        names = "".join(f"would change {item.document.source.name}\n" for item in changed)
        print_text(names)
    else:
        _write(formatted)
    errors = tuple(problem for problem in in_order(problems) if problem.is_error)
    _report(errors, formatted, len(changed), color, written=not (diff or only_check))
    refused = any(item.reason for item in formatted)
    return 1 if errors or refused or (changed and (diff or only_check)) else 0


def format_document(document: Document, problems: Problems, *, one_line: bool) -> Formatted:
    """The canonical text with the line ends of the document. Syntax errors go into `problems`."""
    from ...compiler.format_words import format_words
    from ...compiler.language.builtin import INSTALLED
    from ...grammar.format.document import format_file, has_one_line

    found = Problems()
    file = parse(document.source, found)
    if found.has_errors():
        problems.found.extend(found)
        return Formatted(document, None)
    if one_line and not has_one_line(file):
        return Formatted(
            document, None, "a comment cannot be written on one line with code after it"
        )
    text = format_file(file, format_words(INSTALLED), one_line=one_line)
    return Formatted(document, with_newlines(text, document.newline))


def _write(formatted: list[Formatted]) -> None:
    """Files that differ are written; other texts are printed, as they are where they are wrong."""
    for item in formatted:
        source = item.document.source
        if not item.document.is_file:
            text = source.text if item.text is None else item.text
            # A filter gives back what it got; a text of the command line had no line end to keep.
            is_open = text != "" and not text.endswith("\n") and source.name != STDIN
            print_document(f"{text}\n" if is_open else text)
        elif item.differs and item.text is not None:
            write_document(item.document, item.text)


def _diff(item: Formatted) -> str:
    source = item.document.source
    return unified_diff(source.name, source.text, item.text or "")


def _report(
    errors: tuple[Problem, ...],
    formatted: list[Formatted],
    changed: int,
    color: ColorChoice,
    *,
    written: bool,
) -> None:
    """What happened, on standard error: standard output is for texts."""
    screen = screen_for(sys.stderr, color)
    if errors:
        from ..problems.render import complaint

        print_text(complaint(errors, len(errors), screen), sys.stderr)
    for item in formatted:
        if item.reason:
            name = screen.clean(item.document.source.name)
            print_text(f"{name} is skipped: {item.reason}\n", sys.stderr)
    if all(not item.document.is_file for item in formatted):
        return
    left = len(formatted) - changed - sum(item.text is None for item in formatted)
    done = "reformatted" if written else "would be reformatted"
    kept = "unchanged" if written else "would be left unchanged"
    parts = [f"{counted(changed, 'file')} {done}"] if changed else []
    parts += [f"{counted(left, 'file')} {kept}"] if left else []
    print_text("".join(f"{', '.join(parts)}\n" if parts else ""), sys.stderr)
