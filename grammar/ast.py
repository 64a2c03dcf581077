"""What was written, one class for each rule of the grammar, nothing added and nothing lost.

Numbers keep their spelling (`Number.text`) so that the formatter can shorten them without
changing what they mean. Comments are kept beside the statements, in source order.
"""

from __future__ import annotations

from typing import NamedTuple

from .source import Source, Span


class Name(NamedTuple):
    """A word: `relu`, `same`, the name of a block or of an option."""

    text: str
    span: Span


class Number(NamedTuple):
    """`64`, `1e-3`, `20%`, `30ep`, `-0.5`. A whole number without `.` and `e` is an `int`."""

    value: int | float
    unit: str | None
    text: str
    span: Span


class Shape(NamedTuple):
    """`28x28x1`, `3x3`, `?x8`, `?`. `None` is a free size."""

    sizes: tuple[int | None, ...]
    span: Span


class String(NamedTuple):
    """`"digits.csv"`, without its quotes."""

    text: str
    span: Span


class Reference(NamedTuple):
    """`@name`: writes a label after `->`, reads it elsewhere."""

    name: str
    span: Span


class Parameter(NamedTuple):
    """`$name`: reads a block's parameter, an `each` variable or a `let`."""

    name: str
    span: Span


class Unary(NamedTuple):
    """`-value`, only inside parentheses."""

    operand: Value
    span: Span


class Binary(NamedTuple):
    """`left operator right` with one of `+ - * / //`, only inside parentheses."""

    operator: str
    left: Value
    right: Value
    span: Span


class Group(NamedTuple):
    """`(4*$c)`: one expression in parentheses. The span holds the parentheses."""

    value: Value
    span: Span


class List(NamedTuple):
    """`(64, 128)`, `(64,)` and `()`: values in parentheses with commas."""

    items: tuple[Value, ...]
    span: Span


class Function(NamedTuple):
    """`log(1e-4, 1e-1)`, `normal(0.01)`: a word directly followed by `(`, as a value."""

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


class Keyword(NamedTuple):
    """`key=value`."""

    key: Name
    value: Value
    span: Span


class Comparison(NamedTuple):
    """`acc>=98%`: `operator` is one of `>= <= > <`."""

    name: Name
    operator: str
    value: Value
    span: Span


class Branches(NamedTuple):
    """`[p | q | id]`: one pipe or several. The span holds the brackets."""

    pipes: tuple[Pipe, ...]
    span: Span


Argument = Value | Keyword | Comparison | Branches


class Call(NamedTuple):
    """`name argument ...`. The arguments are in the order of the text."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span


Stage = Call | Reference


class Pipe(NamedTuple):
    """`a -> b -> c`. As a statement of one call it may also be a directive (`loss ce`)."""

    stages: tuple[Stage, ...]
    span: Span


class Version(NamedTuple):
    """`netc 1`."""

    number: Number
    span: Span


class Let(NamedTuple):
    """`let width=64 lr=1e-3`."""

    bindings: tuple[Keyword, ...]
    span: Span


class Use(NamedTuple):
    """`use "blocks.net"`."""

    path: String
    span: Span


class BlockParameter(NamedTuple):
    """`c` or `c=64` in a block's list of parameters."""

    name: Name
    default: Value | None
    span: Span


class Block(NamedTuple):
    """`block name(a, b=1) = pipe`."""

    name: Name
    parameters: tuple[BlockParameter, ...]
    body: Pipe
    span: Span


Statement = Version | Let | Use | Block | Pipe


class Comment(NamedTuple):
    """`# text`, from the `#` to the end of the line, without the line's end."""

    text: str
    span: Span


class Broken(NamedTuple):
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
    pipe: Pipe | None = None
    """What it says when its unclosed brackets end where they seem to: no part of the network, but
    what it names can be looked up."""


class File(NamedTuple):
    """A whole text: the statements that could be read, those that could not, every comment."""

    source: Source
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    broken: tuple[Broken, ...]
    span: Span
