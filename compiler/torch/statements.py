"""The `forward` of a class: one statement for each layer that does something new, together with
the activation and the normalisation after it.

A value that is read no more passes its variable on, so a chain is a series of `x = ...`, as people
write it. What is read later keeps its own: the label of the spec where it has one, `branch1`,
`branch2`, ... where many branches are merged, else a letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .wrapping import WIDTH, wrapped

INDENT = 8
LETTERS = ("x", "y", "z", "u", "v", "w", *(f"x{number}" for number in range(2, 1000)))
MANY = 3
"""Values that are merged, from which the branches are numbered."""


@dataclass(frozen=True, slots=True)
class Term:
    """A Python expression."""

    text: str
    is_atom: bool = True
    """Whether something may follow it without parentheses: `.flatten(1)`."""

    def __format__(self, spec: str) -> str:
        return f"({self.text})" if spec == "atom" and not self.is_atom else self.text


@dataclass(frozen=True, slots=True)
class ForwardStep:
    """One layer or one call of a block."""

    value: str
    """What it gives."""
    reads: tuple[str, ...]
    template: str
    """With `{0}`, `{1}`, ... and `{all}`; `{self}` has been replaced."""
    is_atom: bool
    follows: bool
    """Whether it reads well in one expression with the step before it."""
    comment: str
    """Of what it gives: its shape."""

    def term(self, inputs: Sequence[Term]) -> Term:
        every = ", ".join(term.text for term in inputs)
        if self.template == "{0}":
            return inputs[0]
        return Term(self.template.format(*inputs, all=every), self.is_atom)


@dataclass(frozen=True, slots=True)
class ForwardSignature:
    """What flows into a class and out of it."""

    inputs: Mapping[str, str]
    """Values and their variables."""
    outputs: Sequence[str]
    labels: Mapping[str, str]
    """The variables of values that have a name of their own."""


def forward_lines(steps: Sequence[ForwardStep], signature: ForwardSignature) -> list[str]:
    """The body of `forward`."""
    return _Forward(steps, signature).write()


def feature_lines(steps: Sequence[ForwardStep], value: str) -> list[str]:
    """The statements of a function of a `model` that turn its `x` into a value, again `x`."""
    (name,) = steps[0].reads
    lines = forward_lines(steps, ForwardSignature({name: "x"}, (value,), {}))
    text = [line.removeprefix("    ").replace("self.", "model.") for line in lines]
    return [line.replace("    return ", "    x = ", 1) for line in text]


def commented(statement: str, comment: str) -> list[str]:
    """A statement as lines, with a comment where there is room for it."""
    lines = wrapped(statement, INDENT)
    if comment and len(lines[-1]) + len(comment) + 4 <= WIDTH:
        lines[-1] += f"  # {comment}"
    return lines


@dataclass(slots=True)
class _Forward:
    steps: Sequence[ForwardStep]
    signature: ForwardSignature
    variables: dict[str, str] = field(default_factory=dict)
    readers: dict[str, list[ForwardStep]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    """How often a value is still to be read."""

    def write(self) -> list[str]:
        signature = self.signature
        self.variables.update(signature.inputs)
        for step in self.steps:
            for name in step.reads:
                self.readers.setdefault(name, []).append(step)
                self.left[name] = self.left.get(name, 0) + 1
        for name in signature.outputs:
            self.left[name] = self.left.get(name, 0) + 1
        lines: list[str] = []
        chains = self.chains()
        for at, chain in enumerate(chains):
            ends = at == len(chains) - 1 and tuple(signature.outputs) == (chain[-1].value,)
            lines += self.statement(chain, ends=ends)
        if not chains or tuple(signature.outputs) != (chains[-1][-1].value,):
            found = ", ".join(self.variables[name] for name in signature.outputs)
            lines += wrapped(f"return {found}", INDENT)
        return lines

    def chains(self) -> list[list[ForwardStep]]:
        """Steps that may be one expression: each reads only the one before it."""
        found: list[list[ForwardStep]] = []
        for step in self.steps:
            last = found[-1][-1] if found else None
            if last is not None and step.follows and self.passes_to(last, step):
                found[-1].append(step)
            else:
                found.append([step])
        return found

    def passes_to(self, last: ForwardStep, step: ForwardStep) -> bool:
        """Whether a step reads nothing but another, which nothing else reads or names. What stands
        twice in an expression is computed before it."""
        return (
            step.reads == (last.value,)
            and self.left[last.value] == 1
            and last.value not in self.signature.labels
            and step.template.count("{0") == 1
        )

    def statement(self, chain: Sequence[ForwardStep], *, ends: bool) -> list[str]:
        """A chain as a statement, or as several where it is too long for a line."""
        inputs = [Term(self.variables[name]) for name in chain[0].reads]
        for name in chain[0].reads:
            self.left[name] -= 1
        target = self.variable(chain)
        term, comment = chain[0].term(inputs), chain[0].comment
        lines: list[str] = []
        for step in chain[1:]:
            longer = step.term([term])
            if INDENT + len(f"return {longer.text}") > WIDTH:
                lines += commented(f"{target} = {term.text}", comment)
                longer = step.term([Term(target)])
            term, comment = longer, step.comment
        self.variables[chain[-1].value] = target
        if ends:
            return [*lines, *commented(f"return {term.text}", comment)]
        return (
            lines if term.text == target else lines + commented(f"{target} = {term.text}", comment)
        )

    def variable(self, chain: Sequence[ForwardStep]) -> str:
        """What the value of a chain is called."""
        value = chain[-1].value
        labels = self.signature.labels
        if value in labels:
            return labels[value]
        live = {
            self.variables[name]
            for name, count in self.left.items()
            if count > 0 and name in self.variables
        }
        branch = self.branch(chain)
        if branch and branch not in live:
            return branch
        kept = {*labels.values(), *self.signature.inputs.values()} - {"x"}
        done = [self.variables[name] for name in chain[0].reads]
        for own in sorted(done, key=LETTERS[0].__ne__):
            if own not in live and own not in kept and own in LETTERS:
                return own
        return next(letter for letter in LETTERS if letter not in live and letter not in kept)

    def branch(self, chain: Sequence[ForwardStep]) -> str:
        """`branch2` where a chain begins or goes on with the second of many merged values."""
        if len(chain[0].reads) > 1:
            return ""
        value = chain[-1].value
        while True:
            readers = self.readers.get(value, [])
            if len(readers) != 1 or value in self.signature.outputs:
                return ""
            (reader,) = readers
            if len(reader.reads) >= MANY:
                return f"branch{reader.reads.index(value) + 1}"
            if len(reader.reads) > 1:
                return ""
            value = reader.value
