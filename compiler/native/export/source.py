"""An exported network as its files: the text, the header, and the weights where they are apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .contents import ExportedNetwork, StoredArray
from .entries import functions_text, main_text, weights_text
from .forward import ForwardPass
from .interface import Interface, header_text
from .names import comment_text, file_stem
from .numbers import array_bytes, array_text, file_head
from .preparations import matrices_of


@dataclass(frozen=True, slots=True)
class ExportedFiles:
    """All that is written, a part at a time."""

    network: ExportedNetwork
    forward: ForwardPass
    weights: tuple[StoredArray, ...]
    """The arrays that the forward pass reads."""
    name: str
    """Of the file with the text."""
    apart: bool
    """Whether the weights are in a file of their own."""

    @property
    def arrays(self) -> tuple[StoredArray, ...]:
        """The weights, and the large arrays of preparations."""
        return (*self.weights, *matrices_of(self.network.inputs))

    @property
    def weight_bytes(self) -> int:
        return sum(array.bytes for array in self.arrays)

    @property
    def buffer_bytes(self) -> int:
        """The memory that a prediction works in."""
        item = 4 if self.network.precision == "f32" else 8
        prepared = sum(own.fed for own in self.network.inputs if own.steps)
        return (self.forward.arena + self.forward.workspace + prepared) * item

    @property
    def header_name(self) -> str:
        """The file that the text includes."""
        return f"{file_stem(self.name)}.h"

    def header(self) -> str:
        """The header."""
        guard = "NETC_" + "".join(c if c.isalnum() else "_" for c in self.header_name.upper())
        return header_text(Interface.of(self.network), guard, loads=self.apart)

    def text(self) -> Iterator[str]:
        """The file of C."""
        interface = Interface.of(self.network)
        yield self._introduction()
        yield f'#include "{self.header_name}"\n'
        if self.apart:
            yield "#include <stdio.h>\n"
        yield f"{self.forward.functions}\n\n"
        if self.apart:
            head = file_head(self.arrays)
            checksum = int.from_bytes(head[-4:], "little")
            yield f"{weights_text(self.arrays, head, checksum)}\n"
        else:
            for array in self.arrays:
                yield from array_text(array)
        yield f"{functions_text(interface, self.forward, loads=self.apart)}\n\n"
        yield main_text(interface, loads=self.apart)

    def data(self) -> Iterator[bytes]:
        """The file of weights."""
        yield file_head(self.arrays)
        yield from array_bytes(self.arrays)

    def _introduction(self) -> str:
        name = comment_text(self.name)
        argument = " WEIGHTS" if self.apart else ""
        return (
            f"/* {comment_text(self.network.title)}\n\n"
            f"   cc -O3 -c {name}                          {self.header_name} says how to call it\n"
            f"   cc -O3 -DNETC_MAIN {name} -o predict -lm  a program for trying it:\n"
            f"   ./predict{argument} < samples.csv\n*/\n"
        )
