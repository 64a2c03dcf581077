"""The text of a network as a tree: pipes of calls, with loops and blocks for what repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..language.kinds import Kind
from ..language.options import Options, options_of
from ..layers.layer import Layer
from ..layers.pool import Pool


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number, or a multiple of a parameter: `64`, `$c`, `(4*$c)`."""

    factor: int
    name: str = ""

    def __str__(self) -> str:
        if not self.name:
            return str(self.factor)
        return f"${self.name}" if self.factor == 1 else f"({self.factor}*${self.name})"


@dataclass(frozen=True, slots=True)
class WrittenText:
    """Any other value as it is written, or a parameter that stands for one."""

    text: str
    name: str = ""

    def __str__(self) -> str:
        return f"${self.name}" if self.name else self.text


@dataclass(frozen=True, slots=True)
class ValueList:
    """The values of a variable of `each`: `(64, 128)`."""

    values: tuple[WholeNumber | WrittenText, ...]

    def __str__(self) -> str:
        comma = "," if len(self.values) == 1 else ""
        return f"({', '.join(map(str, self.values))}{comma})"


TreeValue = WholeNumber | WrittenText | ValueList
ABSENT = WrittenText("")
"""The value of an option that is left to its default, which is no value."""


@dataclass(frozen=True, slots=True)
class CallSlot:
    """What a call can say: an option of a layer, or a parameter of a block."""

    key: str
    positional: bool
    default: TreeValue | None
    """None: it must be given."""
    varies: bool
    """Whether a parameter may take the place of its value."""


@dataclass(frozen=True, slots=True)
class CallText:
    """A layer, a merge of branches, a loop, or the call of a block, with a value for each slot."""

    word: str
    slots: tuple[CallSlot, ...] = ()
    values: tuple[TreeValue, ...] = ()
    branches: tuple[PipeTree, ...] = ()
    labels: tuple[str, ...] = ()
    """`concat @a @b`: the labels that it reads."""
    folds: bool = False
    """Whether it is a bare word of the layer before it: `relu` in `conv 32 3x3 relu`."""
    ends_stage: bool = False
    """Whether a person would begin a new line after it: where the positions change."""
    step: str = field(default="", compare=False)
    """The step of the network that it is, or what the names of its steps begin with."""
    letters: int = field(default=0, init=False, compare=False)
    """How long it is as text; found once, because everything is weighed by it."""

    def __post_init__(self) -> None:
        words = [self.word, *arguments(self), *(f"@{label}" for label in self.labels)]
        inside = sum(letters(branch) + 3 for branch in self.branches)
        object.__setattr__(self, "letters", len(" ".join(words)) + inside)


@dataclass(frozen=True, slots=True)
class LabelText:
    """`@name`, which is written once and read elsewhere."""

    name: str


TreeItem = CallText | LabelText
PipeTree = tuple[TreeItem, ...]
"""The identity where it is empty."""


def letters(pipe: PipeTree) -> int:
    """How long a pipe is as text."""
    own = (item.letters if isinstance(item, CallText) else len(item.name) + 1 for item in pipe)
    return sum(own) + 4 * (len(pipe) - 1) if pipe else 2


@dataclass(frozen=True, slots=True)
class BlockTree:
    """A definition: `block name(parameters) = pipe`."""

    name: str
    parameters: tuple[CallSlot, ...]
    body: PipeTree


@dataclass(frozen=True, slots=True)
class SpecTree:
    """The network as blocks and statements."""

    blocks: tuple[BlockTree, ...]
    statements: tuple[PipeTree, ...]

    def pipes(self) -> Iterator[PipeTree]:
        """Every pipe, also those inside others."""
        for pipe in (*(block.body for block in self.blocks), *self.statements):
            yield from nested(pipe)


def nested(pipe: PipeTree) -> Iterator[PipeTree]:
    """A pipe and all in its brackets."""
    yield pipe
    for item in pipe:
        if isinstance(item, CallText):
            for branch in item.branches:
                yield from nested(branch)


def is_tied(item: TreeItem) -> bool:
    """Whether it belongs to its place: it writes or reads a label, or has a name of its own."""
    if isinstance(item, LabelText):
        return True
    named = any(
        slot.key in ("name", "share") and value != slot.default
        for slot, value in zip(item.slots, item.values, strict=True)
    )
    inside = (part for branch in item.branches for part in branch)
    return named or bool(item.labels) or any(map(is_tied, inside))


def call_of(layer: Layer, step: str) -> CallText:
    """A layer as a call, every option in its normal form."""
    pairs = options_as_written(layer)
    return CallText(
        layer.word,
        tuple(slot for slot, _ in pairs),
        tuple(value for _, value in pairs),
        folds=layer.keeps_shape and all(slot.default is not None for slot, _ in pairs),
        ends_stage=(layer.resamples and layer.windowed) or layer.is_view,
        step=step,
    )


def options_as_written(options: Options) -> list[tuple[CallSlot, TreeValue]]:
    """Every option of a word in its normal form, the positional ones first."""
    found = []
    positional = type(options).positional
    for option in options_of(type(options)):
        default = None if option.required else _value(option.kind, option.default)
        in_order = option.name in positional
        varies = in_order or not isinstance(option.default, bool | None)
        slot = CallSlot(option.name, in_order, default, varies)
        found.append((slot, _value(option.kind, _normal(options, option.name))))
    return sorted(found, key=lambda pair: _place(pair[0].key, positional))


def _place(key: str, positional: tuple[str, ...]) -> int:
    return positional.index(key) if key in positional else len(positional)


def _value(kind: Kind, value: object) -> TreeValue:
    if value is None:
        return ABSENT
    if isinstance(value, int) and not isinstance(value, bool):
        return WholeNumber(value)
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], int):
        return WholeNumber(value[0])
    return WrittenText(kind.write(value))


def _normal(layer: Options, name: str) -> object:
    """The value of an option as a person would write it: one size where all are equal, except for
    windows, and no stride of a pool that is its window."""
    value = getattr(layer, name)
    if not isinstance(value, tuple) or name in ("kernel", "shape"):
        return value
    if isinstance(layer, Pool) and name == "stride" and value == layer.kernel:
        return None
    return value[:1] if len(set(value)) == 1 else value


def arguments(call: CallText) -> list[str]:
    """The values that must be written: those before the last positional one that is no default,
    and every other that is none."""
    pairs = list(zip(call.slots, call.values, strict=True))
    in_order = [pair for pair in pairs if pair[0].positional]
    while in_order and not _is_said(*in_order[-1]):
        in_order.pop()
    options = [pair for pair in pairs if not pair[0].positional and _is_said(*pair)]
    return [*(str(value) for _, value in in_order), *(f"{s.key}={value}" for s, value in options)]


def _is_said(slot: CallSlot, value: TreeValue) -> bool:
    return value not in (slot.default, ABSENT)


def steps_of(pipe: PipeTree) -> Iterator[str]:
    """The names of the steps in a pipe."""
    for item in pipe:
        if isinstance(item, CallText):
            for branch in item.branches:
                yield from steps_of(branch)
            if item.step:
                yield item.step
