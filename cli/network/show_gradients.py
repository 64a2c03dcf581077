"""`netc show --gradients`: forward values, deltas and gradients of one sample, as on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ...compiler.language.builtin import INSTALLED
from ...compiler.pipeline import Checked
from ...compiler.shapes import shape_text
from ...grammar.problem import Problems, in_order
from ...grammar.text import counted
from ..options import GradientsOptions
from ..specs.one_spec import Opened, fail, require_sizes
from ..terminal.columns import width_of
from ..terminal.fit import fit_lines, wrapped
from ..terminal.screen import ColorChoice, Screen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...runtime.analysis.backprop import Backprop, GivenSample, LayerPass
    from ...runtime.training.trained_state import TrainedState

MOST_SHOWN, MOST_COLUMNS = 64, 12
"""Numbers of a tensor that a person reads, and numbers in a row; of a larger one two figures are
shown."""
MOST_WRITTEN = 1_000_000
"""Numbers of a JSON text."""


def gradients_view(
    opened: Opened, options: GradientsOptions, screen: Screen, color: ColorChoice, *, as_json: bool
) -> str | None:
    """The text; None after a problem was shown. Raises UsageError."""
    from ...runtime.analysis.backprop import backprop
    from ...runtime.model.load import load_weights_for
    from ...runtime.training.spec import Spec

    checked, weights = opened.checked, options.weights
    require_sizes(checked.graph)
    spec, problems = Spec.of(checked), Problems()
    state: TrainedState | None = None
    if weights is not None:
        weighted = load_weights_for(spec, weights, INSTALLED, problems)
        if weighted is None:
            fail(in_order(problems), color)
            return None
        state = weighted.state
    chosen: int | GivenSample = options.sample or 1
    if options.inputs or options.targets:
        chosen = _given(checked, options.inputs, options.targets)
    elif checked.model.data is None:
        raise click.UsageError("the spec has no `data`: give a sample with --input and --target")
    found = backprop(
        spec, state, chosen, root=opened.root, problems=problems, reporter=lambda event: None
    )
    if found is None:
        fail(in_order(problems), color)
        return None
    if as_json:
        return _json(found)
    seed = checked.model.train.seed
    start = "those of `init`" if checked.model.weights is not None else f"as drawn with seed {seed}"
    of = f"as in {weights}" if weights is not None else f"before training, {start}"
    which = "given" if options.inputs else f"number {chosen} of the training part"
    return _text(found, {"sample": which, "weights": of}, screen)


def _given(checked: Checked, inputs: tuple[str, ...], targets: tuple[str, ...]) -> GivenSample:
    """The sample on the command line. Raises UsageError when it does not fit."""
    from ...runtime.analysis.backprop import GivenSample
    from ...runtime.data.user_arrays import expected_targets, input_names

    names = input_names(checked.model)
    if len(inputs) != len(names):
        raise click.UsageError(
            f"--input is needed {len(names)} times, for {', '.join(names)}"
            if len(names) > 1
            else "--input is needed once, with the numbers of the sample"
        )
    numbers = []
    for name, text in zip(names, inputs, strict=True):
        values = _values(text)
        size = _size(checked.graph.node(name).shape)
        if any(isinstance(value, str) for value in values):
            raise click.UsageError(f"--input {text}: expected numbers, such as 1,0")
        if len(values) != size:
            shape = shape_text(checked.graph.node(name).shape)
            count = counted(len(values), "number")
            raise click.UsageError(f"--input has {count}, and `{name}` is {shape}")
        numbers.append(tuple(value for value in values if not isinstance(value, str)))
    wanted = expected_targets(checked.model, checked.graph)
    if len(targets) != len(wanted):
        raise click.UsageError(
            f"--target is needed {len(wanted)} times, for {', '.join(one.name for one in wanted)}"
            if len(wanted) > 1
            else f"--target is needed {'once' if wanted else 'by no loss'}"
        )
    return GivenSample(tuple(numbers), tuple(map(_values, targets)))


def _size(shape: tuple[int | None, ...]) -> int:
    count = 1
    for size in shape:
        count *= size or 0
    return count


def _values(text: str) -> tuple[float | str, ...]:
    """Numbers, whole ones as such, or a text."""
    parts = [part.strip() for part in text.split(",")]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return (text,)
    whole = not any(set(part) & set(".einEIN") for part in parts)
    return tuple(int(part) for part in parts) if whole else tuple(numbers)


# The text


def _text(found: Backprop, facts: dict[str, str], screen: Screen) -> str:
    target = "; ".join(_row(one.reshape(-1)) for one in found.targets) or "the input"
    facts |= {"target": target, "loss": f"{' + '.join(found.losses)} {_number(found.loss)}"}
    lines = [fit_lines(f"{key:<9}{screen.clean(value)}", screen, 9) for key, value in facts.items()]
    wide = max(width_of(layer.node.name) for layer in found.layers) + 2
    lines += ["", screen.paint("forward", "strong")]
    paper = Paper(wide, screen.width - wide - 10 if screen.terminal else None)
    for layer in found.layers:
        symbol = _symbol(layer)
        tensors: LayerNumbers = {**layer.parameters, symbol: layer.output}
        lines += _block(screen.clean(layer.node.name), tensors, paper)
    lines += ["", screen.paint("backward", "strong")]
    for layer in reversed(found.layers):
        symbol = _symbol(layer)
        name = "delta" if symbol == "z" else f"dL/d{symbol}"
        first = _why_none(layer, found) if layer.gradient is None else layer.gradient
        gradients = {f"dL/d{one}": array for one, array in layer.gradients.items()}
        lines += _block(screen.clean(layer.node.name), {name: first, **gradients}, paper)
    lines += ["", *(fit_lines(line, screen, 2) for line in LEGEND)]
    return "\n".join(lines) + "\n"


LEGEND = (
    "L is the loss, z the output of a layer with weights, a of an activation, y of any other "
    "layer.",
    "dense: z = x w + b; delta = dL/dz; dL/dw = x' delta; dL/db = delta; dL/dx = delta w'",
    "activation: a = f(z); delta = dL/da f'(z)",
)

LayerNumbers = dict[str, "NDArray[Any] | str"]
"""By symbol; a text says why there is none."""


def _symbol(layer: LayerPass) -> str:
    if not layer.node.inputs:
        return "x"
    if layer.node.layer.activation:
        return "a"
    return "z" if "w" in layer.parameters or layer.node.shares is not None else "y"


def _why_none(layer: LayerPass, found: Backprop) -> str:
    if layer.node.layer.probabilities:
        return f"differentiated together with {' and '.join(found.losses)}, see delta"
    return "0: nothing comes back"


class Paper(NamedTuple):
    """What the numbers are written on."""

    name: int
    """The columns of a layer's name."""
    room: int | None
    """Those of its numbers, on a terminal."""


def _block(name: str, tensors: LayerNumbers, paper: Paper) -> list[str]:
    """The tensors of a layer under one another, equal units under equal units."""
    widths: dict[int, list[int]] = {}
    for tensor in tensors.values():
        if not isinstance(tensor, str) and tensor.ndim <= 2 and not _is_large(tensor):
            for row in _cells(tensor):
                known = widths.setdefault(len(row), [0] * len(row))
                widths[len(row)] = [max(w, len(cell)) for w, cell in zip(known, row, strict=True)]
    lines = []
    for symbol, tensor in tensors.items():
        if isinstance(tensor, str) or _is_large(tensor):
            text = tensor if isinstance(tensor, str) else _summary(tensor)
            texts = wrapped(text, paper.room) if paper.room else [text]
        else:
            texts = _rows(tensor, widths, paper.room)
        for index, text in enumerate(texts):
            head = symbol if index == 0 else ""
            lines.append(f"  {name:<{paper.name}}{head:<8}{text}".rstrip())
            name = ""
    return lines


def _rows(tensor: NDArray[Any], widths: dict[int, list[int]], room: int | None = None) -> list[str]:
    """The rows of a tensor, in parts where they are too long."""
    lines = list[str]()
    if tensor.ndim > 2:
        what = "channel" if tensor.ndim == 3 else "filter"
        for index in range(tensor.shape[-1]):
            part = tensor[..., index]
            own = {part.shape[-1]: [0] * part.shape[-1]}
            rows = _rows(part, own, room and room - 2)
            lines += [f"{what} {index + 1}", *(f"  {row}" for row in rows)]
        return lines
    cells = _cells(tensor)
    wide = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    wide = [max(pair) for pair in zip(wide, widths[len(wide)], strict=True)]
    if len(cells) == 1 and room and sum(wide) + 2 * len(wide) - 2 > room:
        wide = [max(wide)] * len(wide)  # the parts of a vector stand below one another
    aligned = [[c.rjust(w) for c, w in zip(row, wide, strict=True)] for row in cells]
    for first, last in _parts(wide, room):
        if len(cells) > 1 and last - first < len(wide):
            lines.append(f"columns {first + 1} to {last}" if last > first + 1 else f"column {last}")
        lines += ["  ".join(row[first:last]) for row in aligned]
    return lines


def _parts(wide: list[int], room: int | None) -> Iterator[tuple[int, int]]:
    """The columns that fit beside each other: the first, and the one after the last."""
    first, used = 0, 0
    for number, width in enumerate(wide):
        if room is not None and number > first and used + width > room:
            yield first, number
            first, used = number, 0
        used += width + 2
    yield first, len(wide)


def _summary(tensor: NDArray[Any]) -> str:
    """Size and figures of a tensor with many numbers."""
    mean, most = (_number(float(one)) for one in (abs(tensor).mean(), abs(tensor).max()))
    return f"{shape_text(tensor.shape)}, mean absolute value {mean}, largest {most}"


def _is_large(tensor: NDArray[Any]) -> bool:
    columns = tensor.shape[-1] if tensor.ndim <= 2 else tensor.shape[1]
    return tensor.size > MOST_SHOWN or columns > MOST_COLUMNS


def _cells(tensor: NDArray[Any]) -> list[list[str]]:
    """The numbers of a vector or a matrix, by rows."""
    return [[_number(float(one)) for one in row] for row in tensor.reshape(-1, tensor.shape[-1])]


def _row(array: NDArray[Any]) -> str:
    return "  ".join(_number(float(one)) for one in array)


def _number(value: float) -> str:
    return f"{value + 0.0:.5g}"  # no negative zero


# JSON


def _json(found: Backprop) -> str:
    """The same numbers, all of them."""
    count = sum(
        layer.output.size + 2 * sum(array.size for array in layer.parameters.values())
        for layer in found.layers
    )
    if count > MOST_WRITTEN:
        raise click.UsageError(
            f"the network has {count:,} numbers, and JSON takes {MOST_WRITTEN:,}: "
            "read them with `Model.outputs` and `Model.gradients`"
        )
    layers = [
        {
            "name": layer.node.name,
            "layer": layer.node.layer.heading(),
            "inputs": layer.node.inputs,
            "parameters": {name: array.tolist() for name, array in layer.parameters.items()},
            "output": layer.output.tolist(),
            "gradient": None if layer.gradient is None else layer.gradient.tolist(),
            "gradients": {name: array.tolist() for name, array in layer.gradients.items()},
        }
        for layer in found.layers
    ]
    whole = {
        "losses": found.losses,
        "loss": found.loss,
        "targets": [one.tolist() for one in found.targets],
        "layers": layers,
    }
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"
