"""The functions that a program calls, and the program for trying them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..writer import read_header
from .contents import StoredArray
from .forward import ForwardPass
from .interface import Interface
from .layout import indented
from .names import string_literal
from .preparations import TableWriter, readable, write_output, write_preparation


def weights_text(arrays: Sequence[StoredArray], head: bytes, checksum: int) -> str:
    """The memory of weights that are in a file of their own, and what reads them."""
    lines = [f"static {array.type} {array.name}[{array.count}];" for array in arrays]
    reads = " &&\n".join(
        f"read_numbers(file, {array.name}, {array.count}, sizeof *{array.name}, checksum)"
        for array in arrays
    )
    numbers = ", ".join(map(str, head))
    return "\n".join(
        [
            *lines,
            f"static const unsigned char weights_head[{len(head)}] = {{{numbers}}};",
            f"static const uint32_t weights_checksum = {checksum}u;",
            read_header("export/load.h").replace("READ_WEIGHTS", reads),
        ]
    )


def functions_text(interface: Interface, forward: ForwardPass, *, loads: bool) -> str:
    """The functions that the header declares, and what they work with."""
    network, tables = interface.network, TableWriter()
    prepared = [
        write_preparation(str(number), own, network.type, tables)
        for number, own in enumerate(network.inputs)
        if own.steps
    ]
    body = list(_prediction(interface, forward, tables, loads=loads))
    return "\n".join(
        [
            f"static real arena[{forward.arena}] UNUSED;",
            f"static real workspace[{forward.workspace}] UNUSED;",
            *tables.texts,
            *(indented(text) for text in prepared),
            "",
            indented("\n".join(body)),
            "",
            indented("\n".join(_class_functions(interface))),
        ]
    )


def _prediction(
    interface: Interface, forward: ForwardPass, tables: TableWriter, *, loads: bool
) -> Iterator[str]:
    network = interface.network
    for number, own in enumerate(network.inputs):
        if own.steps:
            yield f"static {network.type} prepared_{number}[{own.fed}];"
    yield f"{interface.prediction()} {{"
    if loads:
        yield "if (!is_loaded) return NETC_NOT_LOADED;"
    for number, (named, own) in enumerate(zip(interface.inputs, network.inputs, strict=True)):
        pointer = forward.feeds[own.feed]
        if own.steps:
            call = f"prepare_{number}({named.parameter}, prepared_{number})"
            yield f"if (!{call}) return NETC_BAD_INPUT;"
            yield f"const real *const {pointer} = prepared_{number};"
            continue
        yield f"const real *const {pointer} = {named.parameter};"
        yield f"for (int64_t i = 0; i < {own.size}; i++)"
        yield f"  if (!({readable(own, pointer)})) return NETC_BAD_INPUT;"
    yield forward.calls
    for named, output in zip(interface.outputs, network.outputs, strict=True):
        address = forward.outputs[output.node]
        yield write_output(output, address, named.parameter, network.type, tables)
    yield "return NETC_OK;"
    yield "}"


def _class_functions(interface: Interface) -> Iterator[str]:
    for own, output in interface.classifiers():
        classes = output.classes or ()
        names = ",\n".join(map(string_literal, classes))
        yield f"const char *{own.mark}class_name(int number) {{"
        yield f"static const char *const names[{len(classes)}] = {{\n{names}\n}};"
        yield f"return number >= 0 && number < {len(classes)} ? names[number] : NULL;"
        yield "}"
        yield ""
        if not output.chooses:
            continue
        yield f"int {own.mark}class(const {interface.network.type} *y) {{"
        if output.size == 1:
            yield f"return y[0] > {output.threshold!r};"
        else:
            yield "int best = 0;"
            yield f"for (int i = 1; i < {output.size}; i++) if (y[i] > y[best]) best = i;"
            yield "return best;"
        yield "}"
        yield ""


def main_text(interface: Interface, *, loads: bool) -> str:
    """The program for trying it."""
    type_ = interface.network.type
    total = " + ".join(own.macro for own in interface.inputs)
    lines = [read_header("export/main.h").replace("NETC_NUMBER", type_).rstrip()]
    lines += ["", f"static {type_} row[{total}];"]
    lines += [f"static {type_} {own.parameter}[{own.macro}];" for own in interface.outputs]
    return "\n".join([*lines, "", indented("\n".join(_main(interface, total, loads))), "#endif\n"])


def _main(interface: Interface, total: str, loads: bool) -> Iterator[str]:
    yield "int main(int argc, char **argv) {"
    if loads:
        yield 'if (argc != 2) return fprintf(stderr, "usage: %s WEIGHTS\\n", argv[0]), 2;'
        yield 'if (netc_load(argv[1])) return fprintf(stderr, "cannot read the weights\\n"), 1;'
    else:
        yield "(void)argc, (void)argv;"
    arguments, before = [], list[str]()
    for own in interface.inputs:
        arguments.append(" + ".join(["row", *before]))
        before.append(own.macro)
    arguments += [own.parameter for own in interface.outputs]
    yield "for (;;) {"
    yield f"const int kind = read_row(row, {total});"
    yield "if (kind != 1) return kind < 0;"
    yield f"if (netc_predict({', '.join(arguments)}))"
    yield '  return fail("the network cannot read one of these numbers");'
    for number, (own, output) in enumerate(
        zip(interface.outputs, interface.network.outputs, strict=True)
    ):
        if number:
            yield "putchar(',');"
        if output.chooses:
            yield f"print_field({own.mark}class_name({own.mark}class({own.parameter})));"
            yield "putchar(',');"
        yield f"print_numbers({own.parameter}, {own.macro});"
    yield "putchar('\\n');"
    yield "line++;"
    yield "}"
    yield "}"
