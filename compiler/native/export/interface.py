"""What a program calls: the header of an exported network, and the functions that it declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...shapes import shape_text
from .contents import ExportedNetwork, NetworkOutput
from .names import comment_text, identifiers

STATUS = {
    "NETC_OK": (0, "all went well"),
    "NETC_BAD_INPUT": (1, "an input is not finite, or a token that the network does not know"),
    "NETC_NOT_LOADED": (2, "netc_load has not read the weights"),
    "NETC_NO_FILE": (3, "the file of weights cannot be opened"),
    "NETC_OTHER_WEIGHTS": (4, "the file does not hold all weights of this network"),
}


@dataclass(frozen=True, slots=True)
class NamedValue:
    """An input or output as C sees it."""

    macro: str
    """How many numbers it has."""
    parameter: str
    mark: str
    """What the names of its own functions begin with."""


@dataclass(frozen=True, slots=True)
class Interface:
    """The names of an exported network."""

    network: ExportedNetwork
    inputs: tuple[NamedValue, ...]
    outputs: tuple[NamedValue, ...]

    @classmethod
    def of(cls, network: ExportedNetwork) -> Interface:
        """A single input is `x` and a single output `y`; several have their names in the spec."""
        return cls(
            network,
            _named([own.name for own in network.inputs], "INPUTS", "x"),
            _named([own.name for own in network.outputs], "OUTPUTS", "y"),
        )

    def prediction(self) -> str:
        """The declaration of `netc_predict`."""
        type_ = self.network.type
        inputs = [f"const {type_} *{own.parameter}" for own in self.inputs]
        outputs = [f"{type_} *{own.parameter}" for own in self.outputs]
        return f"int netc_predict({', '.join([*inputs, *outputs])})"

    def classifiers(self) -> Iterator[tuple[NamedValue, NetworkOutput]]:
        """The outputs with classes."""
        pairs = zip(self.outputs, self.network.outputs, strict=True)
        return ((own, output) for own, output in pairs if output.classes is not None)


def _named(names: Sequence[str], kind: str, letter: str) -> tuple[NamedValue, ...]:
    if len(names) == 1:
        return (NamedValue(f"NETC_{kind}", letter, "netc_"),)
    return tuple(
        NamedValue(f"NETC_{name.upper()}_{kind}", f"{letter}_{name}", f"netc_{name}_")
        for name in identifiers(names)
    )


def header_text(interface: Interface, guard: str, *, loads: bool) -> str:
    """The header."""
    lines = [
        f"/* {comment_text(interface.network.title)} */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        *_sizes(interface),
        "",
        *_status(loads),
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        *_declarations(interface, loads),
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _sizes(interface: Interface) -> Iterator[str]:
    """How many numbers inputs and outputs have, and what they are."""
    network = interface.network
    for named, own in zip(interface.inputs, network.inputs, strict=True):
        remark = f": {own.remark}" if own.remark else ""
        yield f"/* {comment_text(f'`{own.name}`, {shape_text(own.shape)}{remark}')} */"
        yield f"#define {named.macro} {own.size}"
    for named, output in zip(interface.outputs, network.outputs, strict=True):
        yield f"/* {comment_text(f'`{output.name}`, {shape_text(output.shape)}')} */"
        yield f"#define {named.macro} {output.size}"
        if output.classes is not None:
            yield f"#define {named.mark.upper()}CLASSES {len(output.classes)}"


def _declarations(interface: Interface, loads: bool) -> Iterator[str]:
    if loads:
        yield "/* Reads the weights, once before the first prediction. */"
        yield "int netc_load(const char *path);"
        yield ""
    yield "/* Computes the outputs of one sample, in static memory: one call at a time. */"
    yield f"{interface.prediction()};"
    yield ""
    for named, output in interface.classifiers():
        yield "/* The name of a class as UTF-8; NULL for a number that none has. */"
        yield f"const char *{named.mark}class_name(int number);"
        yield ""
        if output.chooses:
            yield f"/* The number of the class that `{comment_text(output.name)}` says. */"
            yield f"int {named.mark}class(const {interface.network.type} *y);"
            yield ""


def _status(loads: bool) -> Iterator[str]:
    """What the functions give."""
    of_weights = ("NETC_NOT_LOADED", "NETC_NO_FILE", "NETC_OTHER_WEIGHTS")
    for name, (number, meaning) in STATUS.items():
        if loads or name not in of_weights:
            yield f"#define {name} {number} /* {meaning} */"
