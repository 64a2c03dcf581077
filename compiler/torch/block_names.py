"""What a spec calls the numbers that differ between the calls of its blocks: names for the
parameters of classes.

A model has no blocks, so the names come from the text. Only what a block passes on as it is, such
as `$c` in `conv $c 3x3`, has one; numbers that are computed or written out have none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ...grammar import ast
from ..language.vocabulary import Vocabulary
from ..resolve.arguments import Signature, Sorted, signature_of, sort_arguments

BlockNames = Mapping[tuple[str, str, str], str]
"""The name by the block, the layer or block that it calls (`conv1`), and the argument there: its
role for a layer, the name in its own class for a block."""

NO_NAMES: BlockNames = {}

ROLES = {
    "filters": "out_channels",
    "kernel": "kernel_size",
    "pad": "padding",
    "output_pad": "output_padding",
}
"""The roles of options that are called otherwise in PyTorch."""

LOOPS = "repeat", "each"


def block_names(files: Sequence[ast.File], vocabulary: Vocabulary) -> BlockNames:
    """The names in the blocks of these files."""
    blocks = {
        statement.name.text: statement
        for file in reversed(files)
        for statement in file.statements
        if isinstance(statement, ast.Block)
    }
    return {
        (name, *key): given
        for name, block in blocks.items()
        for key, given in _Reader(blocks, vocabulary).names(block)
    }


class _Reader:
    """Reads the calls in the body of a block."""

    def __init__(self, blocks: Mapping[str, ast.Block], vocabulary: Vocabulary) -> None:
        self.blocks, self.vocabulary = blocks, vocabulary
        self.counts = Counter[str]()
        self.at_loop = False
        """Whether a loop has come: how many layers it has is in no text, so that the names of those
        behind it are not known."""

    def names(self, block: ast.Block) -> Iterator[tuple[tuple[str, str], str]]:
        own = {parameter.name.text for parameter in block.parameters}
        for call, sorted_ in self.calls(block.body):
            signature = self.signature(call.name.text)
            if signature is None:
                continue
            given = dict(zip(signature.names, sorted_.values, strict=False))
            given |= {keyword.key.text: keyword.value for keyword in sorted_.keywords}
            attribute = self.attribute(call.name.text, given)
            for option, value in given.items():
                if isinstance(value, ast.Parameter) and value.name in own:
                    yield (attribute, ROLES.get(option, option)), value.name

    def calls(self, pipe: ast.Pipe) -> Iterator[tuple[ast.Call, Sorted]]:
        """The calls of layers and blocks in the order of their names, up to the first loop."""
        for stage in pipe.stages:
            if not isinstance(stage, ast.Call):
                continue
            self.at_loop = self.at_loop or stage.name.text in LOOPS
            found = sort_arguments(stage, self.signature)
            for branch in (pipe for branches in found.branches for pipe in branches.pipes):
                if not self.at_loop:
                    yield from self.calls(branch)
            if self.at_loop:
                return
            yield stage, found
            for word in found.words:
                if isinstance(word, ast.Call):
                    yield word, sort_arguments(word, self.signature)

    def signature(self, name: str) -> Signature | None:
        """What a call takes."""
        if name in self.blocks:
            names = tuple(parameter.name.text for parameter in self.blocks[name].parameters)
            return Signature((*names, "name"), len(names), names)
        if self.vocabulary.has("layer", name):
            return signature_of(self.vocabulary.get("layer", name))
        return Signature((), 1, ("count",)) if name in LOOPS else None

    def attribute(self, word: str, given: Mapping[str, object]) -> str:
        """The name of a layer or a block within the block."""
        self.counts[word] += 1
        name = given.get("name")
        return name.text if isinstance(name, ast.Name) else f"{word}{self.counts[word]}"
