"""What is done to the numbers of a sample before the network, and to its numbers after it, in C.

As everywhere in netc, both compute in double precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from .contents import (
    BackScaling,
    BackStep,
    BorderStep,
    FillingStep,
    LinearStep,
    NetworkInput,
    NetworkOutput,
    PreparationStep,
    RotatingStep,
    StoredArray,
)
from .numbers import exact_number, number_list


@dataclass(slots=True)
class TableWriter:
    """The short arrays that the steps read."""

    texts: list[str] = field(default_factory=list)

    def element(self, values: tuple[float, ...]) -> str:
        """The C expression of the number that belongs to number i."""
        if len(set(values)) == 1:
            return f"({exact_number(values[0])})"
        name = f"table_{len(self.texts)}"
        self.texts.append(
            f"static const double {name}[{len(values)}] = {{\n{number_list(values)}\n}};"
        )
        return f"{name}[i % {len(values)}]"


def matrices_of(inputs: Sequence[NetworkInput]) -> tuple[StoredArray, ...]:
    """The large arrays of preparations."""
    return tuple(
        step.matrix for own in inputs for step in own.steps if isinstance(step, RotatingStep)
    )


def write_preparation(name: str, own: NetworkInput, type_: str, tables: TableWriter) -> str:
    """The function that prepares a sample: it gives 0 where a number is nothing that the network
    can read."""
    buffers = _buffers(own)
    lines = [f"static double stage_{name}_{n}[{size}];" for n, size in enumerate(buffers)]
    lines.append(f"static int prepare_{name}(const {type_} *x, {type_} *out) {{")
    source, size, waiting, stage = "x", own.size, list[PreparationStep](), 0
    for step in own.steps:
        if isinstance(step, LinearStep | FillingStep):
            waiting.append(step)
            continue
        before, after = f"stage_{name}_{stage}", f"stage_{name}_{stage + 1}"
        lines += _elementwise(waiting, source, f"{before}[i] = v;", size, tables)
        if isinstance(step, RotatingStep):
            lines += _rotation(step, before, after, size, tables)
        else:
            size = prod((*(axis + 2 * step.size for axis in step.shape[:-1]), step.shape[-1]))
            lines += _border(step, before, after, size)
        source, waiting, stage = after, [], stage + 2
    last = f"out[i] = ({type_})v;\nif (!({readable(own, 'out')})) return 0;"
    lines += _elementwise(waiting, source, last, size, tables)
    return "\n".join([*lines, "return 1;", "}"])


def _buffers(own: NetworkInput) -> list[int]:
    """The sizes of the arrays between steps that are more than one number for another."""
    sizes, size = [], own.size
    for step in own.steps:
        if isinstance(step, RotatingStep):
            sizes += [size, size]
        elif isinstance(step, BorderStep):
            sizes.append(size)
            size = prod((*(axis + 2 * step.size for axis in step.shape[:-1]), step.shape[-1]))
            sizes.append(size)
    return sizes


def _elementwise(
    steps: Sequence[PreparationStep], source: str, last: str, size: int, tables: TableWriter
) -> Iterator[str]:
    yield f"for (int64_t i = 0; i < {size}; i++) {{"
    yield f"double v = {source}[i];"
    for step in steps:
        if isinstance(step, FillingStep):
            yield f"if (isnan(v)) v = {tables.element(step.values)};"
        elif isinstance(step, LinearStep):
            yield f"v = (v - {tables.element(step.shift)}) * {tables.element(step.factor)};"
    yield last
    yield "}"


def _rotation(
    step: RotatingStep, before: str, after: str, size: int, tables: TableWriter
) -> Iterator[str]:
    yield f"for (int64_t j = 0; j < {size}; j++) {after}[j] = 0;"
    yield f"for (int64_t i = 0; i < {size}; i++) {{"
    yield f"const double v = {before}[i] - {tables.element(step.mean)};"
    yield (
        f"for (int64_t j = 0; j < {size}; j++) "
        f"{after}[j] += v * {step.matrix.name}[i * {size} + j];"
    )
    yield "}"


def _border(step: BorderStep, before: str, after: str, size: int) -> Iterator[str]:
    """Rows of an image, or a sequence as the only row."""
    *inner, channels = step.shape
    rows, columns = (1, inner[0]) if len(inner) == 1 else (inner[0], inner[1])
    top = 0 if len(inner) == 1 else step.size
    yield f"for (int64_t i = 0; i < {size}; i++) {after}[i] = 0;"
    yield f"for (int64_t r = 0; r < {rows}; r++)"
    yield f"  for (int64_t i = 0; i < {columns * channels}; i++)"
    yield (
        f"    {after}[((r + {top}) * {columns + 2 * step.size} + {step.size}) * {channels} + i] = "
        f"{before}[r * {columns * channels} + i];"
    )


def readable(own: NetworkInput, x: str) -> str:
    """The expression that is true where the network can read number i."""
    if own.tokens is None:
        return f"isfinite({x}[i])"
    return f"{x}[i] >= 0 && {x}[i] < {own.tokens} && {x}[i] == floor({x}[i])"


def write_output(own: NetworkOutput, address: str, to: str, type_: str, tables: TableWriter) -> str:
    """The statements that give an output in the unit of its target."""
    if not own.steps:
        return f"memcpy({to}, {address}, {own.size} * sizeof({type_}));"
    lines = [f"for (int64_t i = 0; i < {own.size}; i++) {{", f"double v = ({address})[i];"]
    lines += [_back(step, tables) for step in own.steps]
    return "\n".join([*lines, f"{to}[i] = ({type_})v;", "}"])


def _back(step: BackStep, tables: TableWriter) -> str:
    if isinstance(step, BackScaling):
        return f"v = v / {tables.element(step.factor)} + {tables.element(step.shift)};"
    return "v = exp(v);"
