"""What expanding works with: what holds for the whole spec, what has been found so far, and the
place that expansion has reached."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from ...grammar import ast
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Source, Span
from ...grammar.tokens import ENOUGH
from ..language.call import Bound
from ..language.statements import LOOPS
from ..language.values import WordValue, WrittenValue
from ..language.vocabulary import Vocabulary
from ..layers.layer import Arity, Layer
from .arguments import Signature, Sorted, signature_of
from .definitions import Definitions
from .draft import UNKNOWN, Late, NetworkDraft, Tensor
from .evaluate import evaluate
from .limits import DRY_RUN_LAYERS, LIMIT
from .scope import Scope

Feed = Tensor | None
"""What flows into a stage: a tensor, or nothing at the head of a pipe."""

CallKind = Literal["block", "id", "layer", "loop"]


class SpecContext(NamedTuple):
    """What holds for the whole spec."""

    definitions: Definitions
    files: dict[Source, Scope]
    """The scope of each file, which encloses its blocks."""
    vocabulary: Vocabulary
    input_lost: bool
    """Whether a statement that could not be read may hold the missing input."""


class Rounds(NamedTuple):
    """How often the pipe is expanded, and the value of each variable in each round."""

    times: int
    variables: dict[str, tuple[WrittenValue, ...]]


@dataclass(slots=True)
class Progress:
    """What was found so far, and what was worked out once for all expansions of a call."""

    starved: int = 0
    """How many layers have no input."""
    problems_most: int = ENOUGH
    """How many problems there may be before those that are different are counted."""
    local_errors: int = 0
    """How many errors leave no doubt about which layer feeds which."""
    blocks_called: set[str] = field(default_factory=set)
    sorted: dict[tuple[str, Span], Sorted] = field(default_factory=dict)
    """The arguments of each call, by its word and place."""
    bound: dict[tuple[str, Span | None], Bound[Layer] | None] = field(default_factory=dict)
    """The options of the calls that have the same in every expansion, by word and place; those of
    the calls without arguments by their word."""
    unknown: dict[tuple[Span, bool], str | None] = field(default_factory=dict)
    """The words that are unknown, by place and by whether something flows into them, with the
    known one that each was meant as."""
    rounds: dict[Span, Rounds | None] = field(default_factory=dict)
    """The rounds of the loops that have the same in every expansion."""
    dry_runs: set[Span] = field(default_factory=set)
    dry_run_steps: int = LIMIT - DRY_RUN_LAYERS


@dataclass(slots=True)
class Destination:
    """What the layers are added to: the network, or a dry run of code that is not part of it."""

    network: NetworkDraft = field(default_factory=NetworkDraft)
    steps: int = 0
    is_dry_run: bool = False


class Expansion(NamedTuple):
    """The place that expansion has reached."""

    spec: SpecContext
    work: Progress
    target: Destination
    problems: Problems
    scope: Scope
    level: int = 0
    """How many pipes lie around this place, over all blocks."""
    follows: bool = False
    """Whether the statement comes right after another pipe, which it may be meant to continue."""
    is_alone: bool = False
    """Whether the statement is one call, as those beside the network are."""

    def within(self, scope: Scope) -> Expansion:
        """The same place in the network, seen from another scope."""
        return self._at(scope, self.level)

    def deeper(self) -> Expansion:
        """The place inside one more pipe."""
        return self._at(self.scope, self.level + 1)

    def _at(self, scope: Scope, level: int) -> Expansion:
        return Expansion(  # `dataclasses.replace` takes several times as long.
            self.spec,
            self.work,
            self.target,
            self.problems,
            scope,
            level,
            self.follows,
            self.is_alone,
        )

    def report(self, problem: Problem) -> None:
        self.problems.add(replace(problem, calls=self.scope.calls))

    def evaluate(self, value: ast.Value) -> WrittenValue | None:
        return evaluate(value, self.scope, self.problems)

    def count_local(self, before: int) -> None:
        """Counts the errors found since there were so many problems as local: they concern a
        layer by itself. Expansion finds no warnings."""
        self.work.local_errors += len(self.problems) - before

    # Names

    def kind_of(self, name: str) -> CallKind | None:
        """What a word in a pipe is; None for one that is unknown there."""
        if name in self.spec.definitions.blocks:
            return "block"
        if name == "id":
            return "id"
        if name in LOOPS:
            return "loop"
        return "layer" if self.spec.vocabulary.has("layer", name) else None

    def is_merge(self, name: str) -> bool:
        """Whether a word merges tensors: `add`, `concat`."""
        return self.kind_of(name) == "layer" and self.layer(name).arity is Arity.MANY

    def is_label(self, name: str) -> bool:
        return self.scope.labels_here(name)

    def is_value(self, name: str) -> bool:
        """Whether `$name` is something here, and the bare name is not a word of any kind."""
        return self.scope.defines(name) and not self.spec.vocabulary.categories_of(name)

    def may_be_layer(self, parameter: ast.Parameter) -> bool:
        """Whether the value of a `$name` is a word, or is not known."""
        value = evaluate(parameter, self.scope, Problems())
        return value is None or isinstance(value, WordValue)

    def layer(self, name: str) -> type[Layer]:
        cls = self.spec.vocabulary.get("layer", name)
        assert issubclass(cls, Layer)
        return cls

    def signature(self, name: str) -> Signature | None:
        """What a layer, block or loop takes; None for `each` and for a word that is unknown."""
        kind = self.kind_of(name)
        if kind == "block":
            parameters = self.spec.definitions.blocks[name].parameters
            names = tuple(parameter.name.text for parameter in parameters)
            return Signature((*names, "name"), len(names), names)
        if kind == "layer" or kind == "id":
            return signature_of(self.layer(name)) if kind == "layer" else Signature((), 0, ())
        return Signature((), 1, ("count",), True) if name == "repeat" else None

    def labelled(self, name: str, at: Span) -> Tensor:
        """The tensor of a label by its name in the model."""
        written = self.target.network.labels.get(name)
        return Late(name, at) if written is None else written.tensor

    # How much there is

    def step(self, call: ast.Call) -> bool:
        """Counts a call; says once when there are too many. Expansion also ends when `ENOUGH`
        places are wrong."""
        if len(self.problems) >= self.work.problems_most:
            self.work.problems_most *= 2
            if len(in_order(self.problems)) >= ENOUGH:
                self.target.steps = LIMIT + 1
        if self.target.steps == LIMIT:
            self.too_large(call.span)
        self.target.steps += 1
        return self.target.steps <= LIMIT

    def has_room(self, calls: int) -> bool:
        """Whether so many more calls may be expanded."""
        return calls <= LIMIT - self.target.steps

    def too_large(self, at: Span, *, certain: bool = False) -> None:
        """Says that the spec expands to too much, at the call in the spec that leads there.

        A dry run may be larger than its result, so it reports only what is certain.
        """
        if self.target.is_dry_run and not certain:
            return
        from ..problems.expansion import ExpansionTooLarge

        self.target.steps = LIMIT + 1
        outermost = self.scope.calls[-1] if self.scope.calls else at
        self.problems.add(ExpansionTooLarge(at=outermost, limit=LIMIT))

    # Mistakes of several kinds of calls

    def no_input(self, word: str, at: Span) -> Tensor:
        """Says that nothing flows in."""
        self.work.starved += 1
        if not self.spec.input_lost:
            from ..problems.flow import NothingFlowsIn

            follows = self.follows and self.level == 1
            self.report(NothingFlowsIn(at=at, word=word, follows=follows))
        return UNKNOWN

    def reads_nothing(self, word: str, at: Span, flow: Feed) -> None:
        """Says that what flows in is lost, where something does."""
        if flow is not None and flow is not UNKNOWN:
            from ..problems.flow import NothingReads

            self.report(NothingReads(at=at, word=word))

    def wrong_brackets(self, word: str, at: Span, wanted: str, example: str = "") -> None:
        from ..problems.calls import WrongBrackets

        self.report(WrongBrackets(at=at, call=word, wanted=wanted, example=example))

    def choose_name(self, name: str, place: Span, at: Span) -> str:
        """The name that an author chose for a call, which is said to be taken where it is."""
        chosen, other = self.scope.names.choose(name, place)
        if other is not None:
            from ..problems.definitions import DefinedTwice

            self.report(DefinedTwice(at=at, what="layer name", name=name, first=other))
        return chosen
