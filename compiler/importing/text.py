"""Trees as the text of a spec, before it is formatted."""

from __future__ import annotations

from ...grammar.format.page import WIDTH
from ..language.options import Options
from .tree import (
    BlockTree,
    CallText,
    LabelText,
    PipeTree,
    SpecTree,
    TreeItem,
    arguments,
    options_as_written,
)


def spec_text(spec: SpecTree) -> str:
    """The blocks and statements of a spec, one on a line."""
    lines = [block_text(block) for block in spec.blocks]
    return "".join(f"{line}\n" for line in [*lines, *map(_statement_text, spec.statements)])


def _statement_text(pipe: PipeTree) -> str:
    """A statement, with a line for each stage where it is longer than a line."""
    flat = pipe_text(pipe)
    if len(flat) <= WIDTH:
        return flat
    text = ""
    on_line, fresh = 0, True
    for place, item in enumerate(pipe):
        call = item if isinstance(item, CallText) else CallText("")
        own_line, folds = bool(call.branches), call.folds
        broken = place > 0 and (fresh or own_line) and not folds
        text += ("\n -> " if broken else " -> ") if place else ""
        text += _item_text(item)
        on_line = 1 if broken else on_line + 1
        ends = own_line or (call.ends_stage and on_line > 1)
        fresh = place == 0 or ends or (fresh and folds)
    return text


def block_text(block: BlockTree) -> str:
    """`block cb(f, k=1x1) = conv $f $k -> bn`."""
    parameters = ", ".join(
        slot.key if slot.default is None else f"{slot.key}={slot.default}"
        for slot in block.parameters
    )
    head = f"{block.name}({parameters})" if parameters else block.name
    return f"block {head} = {pipe_text(block.body)}"


def pipe_text(pipe: PipeTree) -> str:
    """`conv 32 3x3 -> relu`; the identity is `id`."""
    return " -> ".join(map(_item_text, pipe)) if pipe else "id"


def _item_text(item: TreeItem) -> str:
    if isinstance(item, LabelText):
        return f"@{item.name}"
    words = [item.word, *arguments(item)]
    words += [f"@{label}" for label in item.labels]
    if item.branches:
        words.append(f"[{' | '.join(map(pipe_text, item.branches))}]")
    return " ".join(words)


def words_text(options: Options, *more: str) -> str:
    """A word with its options, and what else is written after them: `ce on=@digit`."""
    pairs = options_as_written(options)
    call = CallText(
        options.word, tuple(slot for slot, _ in pairs), tuple(value for _, value in pairs)
    )
    return " ".join([options.word, *arguments(call), *more])
