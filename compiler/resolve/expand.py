"""Expands pipes: blocks, `repeat`, `each`, branches and words become layers, one after the other.

A failed call gives an unknown tensor, and expansion goes on, so that every independent mistake is
found in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ...grammar import ast
from ...grammar.problem import Problem, Problems
from ...grammar.source import Source, Span
from ...grammar.tokens import ENOUGH
from ..language.call import Bound
from ..language.values import Value, Word
from ..language.vocabulary import Vocabulary
from ..layers.layer import Layer
from ..spans import Spans
from ..suggest.amend import amend_word, is_respelt, runs_on
from ..suggest.meant import lacks_brackets, meant_call, without_statements
from .arguments import Signature, Sorted, signature_of, sort_arguments
from .definitions import Definitions, report_depth, report_twice
from .draft import UNKNOWN, Late, Network, Tensor, Written
from .evaluate import evaluate
from .finish import wire
from .limits import DEEPEST, LIMIT, REHEARSED
from .scope import Names, Scope
from .survey import LOOPS, labels_written
from .words import DIRECTIVES, unknown_layer

Flow = Tensor | None
"""What flows into a stage: a tensor, or nothing at the head of a pipe."""


class Expander:
    """The work of expanding one spec."""

    def __init__(
        self,
        definitions: Definitions,
        files: dict[Source, Scope],
        vocabulary: Vocabulary,
        problems: Problems,
    ) -> None:
        self.definitions = definitions
        self.files = files
        """The scope of each file, which encloses its blocks."""
        self.vocabulary = vocabulary
        self.problems = problems
        self.network = Network()
        self.steps = 0
        self.level = 0
        self.input_lost = False
        """Whether a statement that could not be read may hold the missing input."""
        self.starved = 0
        """How many layers lack what should flow in."""
        self.unknown = 0
        """How many words are no layer and no block."""
        self.follows = False
        """Whether the pipe stands right behind another, and so may be meant to go on with it."""
        self.rehearsing = False
        """Whether what is expanded is no part of the network."""
        self.local_errors = 0
        """How many errors leave no doubt about which layer feeds which."""
        self.blocks_called: set[str] = set()
        self._sorted: dict[int, tuple[ast.Call, Sorted]] = {}
        self.bound: dict[int, Bound[Layer] | None] = {}
        """The options of the calls that have the same in every expansion."""
        self._rehearsed: set[int] = set()
        self._rehearsal_steps = LIMIT - REHEARSED

    # Pipes

    def pipe(self, pipe: ast.Pipe, flow: Flow, scope: Scope, *, branch: bool = False) -> Flow:
        """The tensor that comes out of a pipe. A branch need not read what flows in."""
        if self.level > DEEPEST and self.steps <= LIMIT:
            # Blocks that deep are made by a program or a slip: nothing more is expanded.
            self.steps = LIMIT + 1
            report_depth(pipe.span, self.problems, scope.calls)
        self.level += 1
        for index, stage in enumerate(pipe.stages):
            if self.steps > LIMIT:
                flow = UNKNOWN
                break
            if isinstance(stage, ast.Call):
                head = index == 0 and branch
                feed = None if head and self._starts(stage) else flow
                following = pipe.stages[index + 1 : index + 2]
                labelled = bool(following) and isinstance(following[0], ast.Reference)
                flow = self.call(stage, feed, scope, labelled=labelled)
            elif index == 0:
                flow = self._read(stage, None if branch else flow, scope)
            else:
                self._write(stage, flow, scope)
        self.level -= 1
        return flow

    def _starts(self, call: ast.Call) -> bool:
        return call.name.text == "input"

    def _read(self, reference: ast.Reference, flow: Flow, scope: Scope) -> Tensor:
        if flow is not None and flow is not UNKNOWN:
            from ..problems.flow import NothingReads

            self.report(
                NothingReads(at=reference.span, calls=scope.calls, word=f"@{reference.name}")
            )
        name = scope.read_label(reference, self.problems)
        return UNKNOWN if name is None else self.labelled(name, reference.span)

    def labelled(self, name: str, at: Span) -> Tensor:
        """The tensor of a label by its name in the model."""
        written = self.network.labels.get(name)
        return Late(name, at) if written is None else written.tensor

    def _write(self, reference: ast.Reference, flow: Flow, scope: Scope) -> None:
        if flow is None:
            flow = self.nothing_flows(f"@{reference.name}", reference.span, scope)
        name = scope.labels.get(reference.name)
        around = scope.around
        while name is None and around is not None:
            name, around = around.labels.get(reference.name), around.around
        if name is not None and name not in self.network.labels:
            local = scope.around is not None
            self.network.labels[name] = Written(flow, reference.span, reference.name, local)

    # Pipes that are no part of the network

    def rehearse(self, pipe: ast.Pipe, scope: Scope, values: Mapping[str, Value | None]) -> None:
        """Expands a pipe that is no part of the network, only to find what is wrong in it.

        What flows in is unknown, as are values that are None; they silence what depends on them.
        A pipe is rehearsed once, and its loops take one round.
        """
        if id(pipe) in self._rehearsed:
            return
        self._rehearsed.add(id(pipe))
        labels = [label.name for label in labels_written(pipe)]
        # One rehearsal may meet another, and what both make lies in one network.
        prefix = f"rehearsal{len(self._rehearsed)}."
        inner = Scope(
            scope.home,
            Names(prefix),
            values=dict(values),
            labels={label: f"{prefix}{label}" for label in labels},
            around=scope,
            calls=scope.calls,
        )
        network, steps = self.network, self.steps
        outermost = not self.rehearsing
        if outermost:
            self.network, self.rehearsing, self.steps = Network(), True, self._rehearsal_steps
        self.check_labels(pipe, scope)
        self.pipe(pipe, UNKNOWN, inner)
        if outermost:
            wire(self.network, Spans(), self.problems)
            self._rehearsal_steps = self.steps
            self.network, self.rehearsing, self.steps = network, False, steps

    def rehearse_branches(
        self,
        branches: Iterable[ast.Branches],
        scope: Scope,
        values: Mapping[str, Value | None] | None = None,
    ) -> None:
        """Rehearses every pipe in brackets that the network does not get."""
        for bracket in branches:
            for pipe in bracket.pipes:
                self.rehearse(pipe, scope, values or {})

    def read_names(self, call: ast.Call, scope: Scope) -> None:
        """Looks up what a call that means nothing mentions, which is right or wrong for itself."""
        for argument in call.arguments:
            if isinstance(argument, ast.Branches):
                self.rehearse_branches((argument,), scope)
            elif isinstance(argument, ast.Keyword | ast.Comparison):
                evaluate(argument.value, scope, self.problems)
            else:
                evaluate(argument, scope, self.problems)

    # Calls

    def call(self, call: ast.Call, flow: Flow, scope: Scope, *, labelled: bool = False) -> Flow:
        """One stage with the words behind it. `labelled`: a label follows."""
        if not self.step(call, scope):
            return UNKNOWN
        name = call.name.text
        starts = flow is None and self.level == 1
        if not self.is_known(name) and (starts or name in DIRECTIVES):
            # Most likely a statement, whose arguments follow rules of their own.
            return self._misplaced(call, flow, scope)
        arguments = self.arguments(call, scope)
        if name in self.definitions.blocks:
            from .blocks import expand_block

            flow = expand_block(self, call, arguments, flow, scope)
        elif name == "id" and not arguments.own and (arguments.words or not labelled):
            # What flows in, and no layer of its own: nothing refers to it.
            flow = self.nothing_flows("id", call.span, scope) if flow is None else flow
        elif self.vocabulary.has("layer", name):
            from .layers import expand_layer

            flow = expand_layer(self, call, arguments, flow, scope)
        elif name in LOOPS:
            from .loops import expand_loop

            flow = expand_loop(self, call, arguments, flow, scope)
            if not arguments.branches:
                return flow  # The words behind it were to stand in brackets.
        else:
            flow = self._stand_in(call, flow, scope)
        for word in without_statements(self, arguments.words):
            flow = self._word(call, word, flow, scope)
        return flow

    def is_known(self, name: str) -> bool:
        """Whether a word is a layer, a block, or something else that may stand in a pipe."""
        return (
            name in self.definitions.blocks
            or name == "id"
            or name in LOOPS
            or self.vocabulary.has("layer", name)
        )

    def _misplaced(self, call: ast.Call, flow: Flow, scope: Scope) -> Flow:
        """A statement in a pipe, or an unknown word that may be one: its words are no layers."""
        if call.name.text in DIRECTIVES:
            from ..problems.flow import StatementInPipe

            at = call.name.span
            self.report(StatementInPipe(at=at, calls=scope.calls, directive=call.name.text))
            self.read_names(call, scope)
            return UNKNOWN if flow is None else flow
        self._unknown(call, flow, scope)
        self.read_names(call, scope)
        return UNKNOWN

    def _stand_in(self, call: ast.Call, flow: Flow, scope: Scope) -> Tensor:
        """What an unknown word in a pipe leaves: a layer of which only the place is known."""
        known = len(self.problems.found)
        nearest = self._unknown(call, flow, scope)
        joins = any(isinstance(item, ast.Branches | ast.Reference) for item in call.arguments)
        if not joins:
            self.count_local(known)
        self.read_names(call, scope)
        if flow is None or joins:
            return UNKNOWN
        from .layers import place_unknown

        return place_unknown(self, call, nearest, flow, scope)

    def count_local(self, before: int) -> None:
        """Counts the errors found since there were so many problems as local: they concern a
        layer by itself."""
        self.local_errors += sum(problem.is_error for problem in self.problems.found[before:])

    def step(self, call: ast.Call, scope: Scope) -> bool:
        """Counts a call; says once when there are too many."""
        if self.steps == LIMIT:
            self.too_large(call.span, scope)
        self.steps += 1
        return self.steps <= LIMIT

    def has_room(self, calls: int) -> bool:
        """Whether so many more calls may be expanded."""
        return calls <= LIMIT - self.steps

    def too_large(self, at: Span, scope: Scope, *, certain: bool = False) -> None:
        """Says that the spec expands to too much, at the call in the spec that leads there.

        A rehearsal may be larger than what comes of it, so only what is certain is said there.
        """
        if self.rehearsing and not certain:
            return
        from ..problems.expansion import ExpansionTooLarge

        self.steps = LIMIT + 1
        outermost = scope.calls[-1] if scope.calls else at
        self.report(ExpansionTooLarge(at=outermost, limit=LIMIT))

    def arguments(self, call: ast.Call, scope: Scope) -> Sorted:
        """The arguments of a call, sorted once however often it is expanded."""
        known = self._sorted.get(id(call))
        if known is None:
            known = (call, sort_arguments(meant_call(self, call, scope), self._takes))
            self._sorted[id(call)] = known
            for problem in () if lacks_brackets(self, known[1], call) else known[1].problems:
                self.report(replace(problem, calls=scope.calls))
        return known[1]

    def check_labels(self, pipe: ast.Pipe, scope: Scope) -> None:
        """Says which labels of one expansion are written twice."""
        report_twice(labels_written(pipe), scope.calls, self.problems)

    def report(self, problem: Problem) -> None:
        self.problems.add(problem)

    # Words and the rest

    def _word(
        self, call: ast.Call, word: ast.Call | ast.Parameter, flow: Flow, scope: Scope
    ) -> Flow:
        if isinstance(word, ast.Call):
            return self.call(word, flow, scope)
        value = evaluate(word, scope, self.problems)
        if isinstance(value, Word):
            return self.named(value, flow, scope)
        if value is not None:
            self._late_value(call, word, scope)
        return UNKNOWN

    def named(self, word: Word, flow: Flow, scope: Scope) -> Flow:
        """A layer whose word came out of a `$name`."""
        return self.call(ast.Call(ast.Name(word.text, word.span), (), word.span), flow, scope)

    def _late_value(self, call: ast.Call, word: ast.Parameter, scope: Scope) -> None:
        from ..problems.calls import ArgumentOrder
        from .arguments import move

        arguments = self.arguments(call, scope)
        fix = move(word.span, arguments.head, f"put `${word.name}` before the words", safe=True)
        behind = next(item for item in arguments.words if isinstance(item, ast.Call))
        self.report(
            ArgumentOrder(
                at=word.span,
                calls=scope.calls,
                call=call.name.text,
                text=f"${word.name}",
                behind=behind.name.text,
                is_word=True,
                moved=fix,
            )
        )

    def _unknown(self, call: ast.Call, flow: Flow, scope: Scope) -> str | None:
        """Reports an unknown word; gives the known one that it was meant as, if one is near."""
        name = call.name.text
        self.unknown += 1
        if name in self.definitions.home.lost or self.unknown > ENOUGH:
            return None  # It is said already: a broken definition.
        problem = unknown_layer(
            name,
            call.name.span,
            scope.calls,
            self.definitions.blocks,
            self.vocabulary,
            self.definitions.home.nearest,
            starts_statement=flow is None and self.level == 1,
            text=call.span.text,
            statements=self.definitions.home.statements,
        )
        if is_respelt(name, call.name.span) or runs_on(call.name.span):
            amend_word(problem, self.problems)
        else:
            self.report(problem)
        nearest: str | None = getattr(problem, "nearest", None)
        return nearest

    def nothing_flows(self, word: str, at: Span, scope: Scope) -> Tensor:
        self.starved += 1
        if not self.input_lost and self.starved <= ENOUGH:
            from ..problems.flow import NothingFlowsIn

            follows = self.follows and self.level == 1
            self.report(NothingFlowsIn(at=at, calls=scope.calls, word=word, follows=follows))
        return UNKNOWN

    def wrong_brackets(
        self, call: ast.Call, at: ast.Branches, wanted: str, example: str, scope: Scope
    ) -> None:
        from ..problems.calls import WrongBrackets

        word = call.name.text
        example = f"{word} {example}" if example else ""
        self.report(
            WrongBrackets(at=at.span, calls=scope.calls, call=word, wanted=wanted, example=example)
        )

    def _takes(self, word: str) -> Signature | None:
        """What a layer or block takes."""
        block = self.definitions.blocks.get(word)
        if block is not None:
            names = tuple(parameter.name.text for parameter in block.parameters)
            return Signature((*names, "name"), len(names), names)
        if word in ("repeat", "id"):
            return Signature((), 1, ("count",)) if word == "repeat" else Signature((), 0, ())
        if not self.vocabulary.has("layer", word):
            return None
        return signature_of(self.vocabulary.get("layer", word))
