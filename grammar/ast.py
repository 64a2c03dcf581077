"""What was written, one class for each rule of the grammar, nothing added and nothing lost.

Numbers keep their spelling (`Number.text`) so that the formatter can shorten them without
changing what they mean. Comments stand beside the statements, in source order.
"""

from __future__ import annotations

from dataclasses import dataclass

from .source import Source, Span


@dataclass(frozen=True, slots=True)
class Name:
    """A word: `relu`, `same`, the name of a block or of an option."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    """`64`, `1e-3`, `20%`, `30ep`, `-0.5`. A whole number without `.` and `e` is an `int`."""

    value: int | float
    unit: str | None
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Shape:
    """`28x28x1`, `3x3`, `?x8`, `?`. `None` is a free size."""

    sizes: tuple[int | None, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class String:
    """`"digits.csv"`, without its quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """`@name`: writes a label after `->`, reads it elsewhere."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name`: reads a block's parameter, an `each` variable or a `let`."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-value`, only inside parentheses."""

    operand: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right` with one of `+ - * / //`, only inside parentheses."""

    operator: str
    left: Value
    right: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """`(4*$c)`: one expression in parentheses. The span holds the parentheses."""

    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class List:
    """`(64, 128)`, `(64,)` and `()`: values in parentheses with commas."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """`log(1e-4, 1e-1)`, `normal(0.01)`: a word with `(` right behind it, as a value."""

    name: Name
    arguments: tuple[Value, ...]
    span: Span


Value = (
    Number
    | Shape
    | String
    | Name
    | Reference
    | Parameter
    | Unary
    | Binary
    | Group
    | List
    | Function
)


@dataclass(frozen=True, slots=True)
class Keyword:
    """`key=value`."""

    key: Name
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Comparison:
    """`acc>=98%`: `operator` is one of `>= <= > <`."""

    name: Name
    operator: str
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Branches:
    """`[p | q | id]`: one pipe or several. The span holds the brackets."""

    pipes: tuple[Pipe, ...]
    span: Span


Argument = Value | Keyword | Comparison | Branches


@dataclass(frozen=True, slots=True)
class Call:
    """`name argument ...`. The arguments stand in the order in which they were written."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span


Stage = Call | Reference


@dataclass(frozen=True, slots=True)
class Pipe:
    """`a -> b -> c`. As a statement of one call it may also be a directive (`loss ce`)."""

    stages: tuple[Stage, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Version:
    """`netc 1`."""

    number: Number
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """`let width=64 lr=1e-3`."""

    bindings: tuple[Keyword, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """`use "blocks.net"`."""

    path: String
    span: Span


@dataclass(frozen=True, slots=True)
class BlockParameter:
    """`c` or `c=64` in a block's list of parameters."""

    name: Name
    default: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """`block name(a, b=1) = pipe`."""

    name: Name
    parameters: tuple[BlockParameter, ...]
    body: Pipe
    span: Span


Statement = Version | Let | Use | Block | Pipe


@dataclass(frozen=True, slots=True)
class Comment:
    """`# text`, from the `#` to the end of the line, without the line's end."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Broken:
    """A statement that could not be read.

    What it seems to say is kept, so that nobody reports a block as unknown, a label as never read
    or an input as missing which stand in it. Names are written as in the text: a block or a word
    `cb`, a `let` `$width`, a label `@skip`.
    """

    word: str
    """The word with which it begins: `block`, `input`, `data`; empty when it begins otherwise."""
    defines: tuple[str, ...]
    mentions: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """A whole text: the statements that could be read, those that could not, every comment."""

    source: Source
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    broken: tuple[Broken, ...]
    span: Span
