"""Pipes over several lines: breaks before `->`, brackets that are open, comments inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import ast
from ..source import Span
from .page import WIDTH, Page
from .values import (
    FormatWords,
    argument_text,
    folds_into,
    ordered,
    stage_text,
    value_text,
)


@dataclass(slots=True)
class PipeStep:
    """A stage and the words that are folded into it."""

    stage: ast.Stage
    folded: list[ast.Call]

    @property
    def end(self) -> int:
        """Where it ended in the author's text."""
        return self.folded[-1].span.end if self.folded else self.stage.span.end


@dataclass(slots=True)
class Lines:
    """Writes pipes on a page."""

    page: Page
    words: FormatWords

    def body(self, pipe: ast.Pipe) -> None:
        """The pipe of a block after its `=`, or below it when its first stage is too long."""
        first = self.steps(pipe)[0]
        too_long = self.page.column + 1 + len(self.flat(first)) > WIDTH
        if too_long and not _brackets(first.stage) and not self.page.is_pinned(first.stage.span):
            self.page.new_line("  ")
            self.pipe(pipe, 2)
        else:
            self.page.add(" ")
            self.pipe(pipe, 0)

    def pipe(self, pipe: ast.Pipe, indent: int) -> None:
        """Goes on with the last line. Lines that begin with `->` are indented two columns more than
        `indent`; what is in brackets is measured from the first word of its line."""
        page = self.page
        base = indent
        end = pipe.span.start
        for place, step in enumerate(self.steps(pipe)):
            flat = self.flat(step)
            is_open = self.is_open(step.stage)
            if place > 0:
                start = step.stage.span.start
                page.put_comments(start, end, indent + 2)
                head = flat.partition("[")[0] + "[" if is_open else flat
                is_wide = page.column + len(f" -> {head}") > WIDTH
                too_long = is_wide and not page.is_pinned(step.stage.span)
                if page.is_closed or too_long or _has_newline(pipe, end, start):
                    page.new_line(" " * (indent + 2) + "-> ")
                    base = indent + 5
                else:
                    page.add(" -> ")
            if page.column + len(flat) > WIDTH and not page.is_pinned(step.stage.span):
                is_open = is_open or bool(_brackets(step.stage))
            if isinstance(step.stage, ast.Call) and is_open:
                self.open_call(step.stage, base)
                for word in step.folded:
                    page.add(f" {word.name.text}")
            else:
                page.add(flat)
            end = step.end

    def steps(self, pipe: ast.Pipe) -> list[PipeStep]:
        """The stages, with bare words folded where the author left them on the line."""
        steps: list[PipeStep] = []
        for stage in pipe.stages:
            if steps and isinstance(stage, ast.Call) and self._folds(pipe, steps[-1], stage):
                steps[-1].folded.append(stage)
            else:
                steps.append(PipeStep(stage, []))
        return steps

    def _folds(self, pipe: ast.Pipe, step: PipeStep, stage: ast.Call) -> bool:
        apart = _has_newline(pipe, step.end, stage.span.start)
        commented = self.has_comment(step.stage)
        return not apart and not commented and folds_into(step.stage, stage, self.words)

    def flat(self, step: PipeStep) -> str:
        """A stage and its folded words on one line."""
        return " ".join([stage_text(step.stage, self.words), *(w.name.text for w in step.folded)])

    def has_comment(self, stage: ast.Stage) -> bool:
        """Whether a comment is inside a stage and stays there. One inside the last argument
        moves to its end, unless parentheses or brackets hold it."""
        start, end = stage.span.start, stage.span.end
        if isinstance(stage, ast.Call) and stage.arguments and not _holds(stage.arguments[-1]):
            end = stage.arguments[-1].span.start
        return any(start < comment.span.start for comment in self.page.waiting(end))

    def is_open(self, stage: ast.Stage) -> bool:
        """Whether a stage takes several lines: it holds a comment, or brackets that do."""
        if self.has_comment(stage):
            return True
        return any(self._is_open_bracket(branches) for branches in _brackets(stage))

    def _is_open_bracket(self, branches: ast.Branches) -> bool:
        """Whether a comment is inside, or the author broke the line at a bracket, a `|` or an arrow
        inside."""
        start, end = branches.span.start, branches.span.end
        if any(start < comment.span.start for comment in self.page.waiting(end)):
            return True
        ends = [branches.span.start + 1]
        starts: list[int] = []
        for pipe in branches.pipes:
            for stage in pipe.stages:
                starts.append(stage.span.start)
                ends.append(stage.span.end)
        starts.append(branches.span.end - 1)
        text = branches.span.source.text
        if any("\n" in text[end:start] for end, start in zip(ends, starts, strict=True)):
            return True
        return any(self.is_open(stage) for pipe in branches.pipes for stage in pipe.stages)

    def open_call(self, call: ast.Call, base: int) -> None:
        """A call whose brackets take several lines."""
        page = self.page
        commented = self.has_comment(call)
        arguments = call.arguments if commented else ordered(call, self.words)
        brackets = _brackets(call)
        opened = [branches for branches in brackets if self._is_open_bracket(branches)]
        page.add(call.name.text)
        end = call.name.span.end
        for argument in arguments:
            if commented:
                page.put_comments(argument.span.start, end, base + 2)
            is_opened = isinstance(argument, ast.Branches) and (not opened or argument in opened)
            self.argument(argument, base, opens=is_opened)
            end = argument.span.end

    def argument(self, argument: ast.Argument, base: int, *, opens: bool) -> None:
        """One argument at the end of the last line."""
        page = self.page
        if page.is_closed:
            page.new_line(" " * (base + 2))
        else:
            page.add(" ")
        if isinstance(argument, ast.Branches):
            if opens:
                self.brackets(argument, base)
            else:
                page.add(argument_text(argument, self.words))
            return
        value = argument.value if isinstance(argument, ast.Keyword) else argument
        if not _holds(argument) or not page.waiting(argument.span.end):
            page.add(argument_text(argument, self.words))
            return
        if isinstance(argument, ast.Keyword):
            page.add(f"{argument.key.text}=")
        match value:
            case ast.Function():
                page.add(value.name.text)
                self.values(value.arguments, value.span, value.name.span.end + 1, base)
            case ast.List():
                self.values(value.items, value.span, value.span.start + 1, base, is_list=True)
            case ast.Group():
                self.values((value.value,), value.span, value.span.start + 1, base)

    def values(
        self,
        values: Sequence[ast.Value],
        span: Span,
        opened: int,
        base: int,
        *,
        is_list: bool = False,
    ) -> None:
        """`( )` with comments among its values, one value a line."""
        items = [(value.span, value_text(value)) for value in values]
        self.items(items, opened, span.end, base, comma=is_list and len(items) == 1)

    def items(
        self, items: list[tuple[Span, str]], opened: int, until: int, base: int, *, comma: bool
    ) -> None:
        """`(`, each item on its line with the comments after it, and `)`. With `comma` the last
        item has one too."""
        page = self.page
        page.add("(")
        starts = [span.start for span, _ in items] + [until]
        page.put_comments(starts[0], opened, base + 4)
        for place, (span, text) in enumerate(items):
            has_comma = comma or place + 1 < len(items)
            page.new_line(" " * (base + 4) + text + ("," if has_comma else ""))
            page.put_comments(starts[place + 1], span.end, base + 4)
        page.new_line(" " * (base + 2) + ")")

    def brackets(self, branches: ast.Branches, base: int) -> None:
        """`[`, each pipe on lines of its own, and `]` below the first word of the line."""
        page = self.page
        page.add("[")
        is_single = len(branches.pipes) == 1
        indent = base + 2 if is_single else base + 4
        end = branches.span.start + 1
        for place, pipe in enumerate(branches.pipes):
            page.put_comments(pipe.span.start, end, indent)
            page.new_line(" " * indent if place == 0 else " " * (base + 2) + "| ")
            self.pipe(pipe, indent)
            end = pipe.span.end
        page.put_comments(branches.span.end, end, indent)
        page.new_line(" " * base + "]")


def _brackets(stage: ast.Stage) -> list[ast.Branches]:
    if isinstance(stage, ast.Reference):
        return []
    return [argument for argument in stage.arguments if isinstance(argument, ast.Branches)]


def _holds(argument: ast.Argument) -> bool:
    """Whether an argument keeps the comments inside it, in its parentheses or brackets."""
    value = argument.value if isinstance(argument, ast.Keyword) else argument
    return isinstance(value, ast.List | ast.Group | ast.Function | ast.Branches)


def _has_newline(pipe: ast.Pipe, start: int, end: int) -> bool:
    """Whether the author broke the line between two offsets."""
    return "\n" in pipe.span.source.text[start:end]
