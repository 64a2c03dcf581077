"""Tree to text, in the canonical form.

One statement a line; breaks before `->` stay where the author made them, and a line longer than 88
is broken there; brackets that the author opened over several lines stay open. Laws, with `ir` the
meaning: `fmt(fmt(x)) == fmt(x)`, `ir(fmt(x)) == ir(x)`, and the comments are the same comments.
"""

from __future__ import annotations

from .. import ast
from .page import Page
from .pipes import Lines
from .values import FormatWords, header_text, parameter_text, statement_text

__all__ = ["FormatWords", "format_file", "has_one_line"]


def has_one_line(file: ast.File) -> bool:
    """Whether the text has a one-line form: one with comments has none, as a comment ends with
    its line."""
    return not file.comments


def format_file(file: ast.File, words: FormatWords, *, one_line: bool = False) -> str:
    """The canonical text of a file that was read without a problem.

    Raises ValueError for a one-line form of a file with comments (see `has_one_line`), or when
    statements of the file could not be read.
    """
    if file.broken:
        raise ValueError("a file with statements that could not be read is not formatted")
    if one_line:
        if not has_one_line(file):
            raise ValueError("a file with comments has no one-line form")
        text = "; ".join(statement_text(item, words) for item in file.statements)
        return f"{text}\n" if text else ""
    page = Page.of(file.comments)
    end = 0
    for statement in file.statements:
        start = statement.span.start
        goes_on = end > 0 and page.is_pinned(statement.span) and not page.waiting(start)
        if goes_on and "\n" not in file.source.text[end:start]:
            page.add("; ")
        else:
            _comments_between(page, end, start)
            if page.lines and _has_blank_line(file, _last_end(page, end), start):
                page.blank()
            page.new_line("")
        _statement(page, statement, words)
        end = statement.span.end
    _comments_between(page, end, len(file.source.text) + 1)
    return "".join(f"{line}\n" for line in page.lines)


def _last_end(page: Page, end: int) -> int:
    """Where what was written last ended in the author's text: a statement or a comment."""
    if page.taken == 0:
        return end
    return max(end, page.comments[page.taken - 1].span.end)


def _has_blank_line(file: ast.File, start: int, end: int) -> bool:
    """Whether there is an empty line between two offsets."""
    return file.source.text.count("\n", start, end) > 1


def _comments_between(page: Page, end: int, until: int) -> None:
    """The comments between two statements, with the empty lines between them."""
    last = end
    for comment in page.waiting(until):
        text = comment.span.source.text
        if page.lines and text.count("\n", last, comment.span.start) > 1:
            page.blank()
        page.put_comments(comment.span.end, last, 0)
        last = comment.span.end


def _statement(page: Page, statement: ast.Statement, words: FormatWords) -> None:
    """Adds a statement to the last line."""
    if isinstance(statement, ast.Pipe):
        Lines(page, words).pipe(statement, 0)
        return
    is_simple = not page.waiting(statement.span.end)
    if isinstance(statement, ast.Block):
        _block(page, statement, words)
    elif isinstance(statement, ast.Let) and not is_simple:
        page.add("let")
        lines = Lines(page, words)
        for binding in statement.bindings:
            lines.argument(binding, 0, opens=False)
    else:
        page.add(statement_text(statement, words))


def _block(page: Page, block: ast.Block, words: FormatWords) -> None:
    lines = Lines(page, words)
    last = block.parameters[-1].span.end if block.parameters else block.name.span.end
    equal = _equal(page, block, last)
    if page.waiting(equal):
        page.add(f"block {block.name.text}")
        items = [(item.span, parameter_text(item)) for item in block.parameters]
        lines.items(items, block.name.span.end + 1, equal, 0, comma=False)
        page.add(" =")
    else:
        page.add(header_text(block))
    page.put_comments(block.body.span.start, equal, 2)
    if page.is_closed:
        page.new_line("  ")
        lines.pipe(block.body, 2)
    else:
        lines.body(block.body)


def _equal(page: Page, block: ast.Block, start: int) -> int:
    """The offset of the `=` after the parameters. A comment may contain another."""
    text = block.span.source.text
    for comment in page.waiting(block.body.span.start):
        found = text.find("=", start, comment.span.start)
        if found >= 0:
            return found
        start = max(start, comment.span.end)
    return text.find("=", start)
