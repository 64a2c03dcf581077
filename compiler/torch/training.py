"""How a spec trains, as functions of a PyTorch file: `init_weights`, `loss_function`,
`make_optimizer`, `penalty`, `make_scheduler`, `make_plateau` and `train`. A function that a spec
does not need is not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, NamedTuple

from ...grammar.text import counted
from ..graph import Graph
from ..ir import Model
from ..training.directives import Train
from .layer import constant_text
from .losses import TorchLoss, torch_loss
from .names import VARIABLE_NAMES, free_name
from .network import TorchNetwork
from .optimizers import torch_optimizer
from .rates import RateWriter
from .schedules import torch_schedule
from .updates import UpdateWriter, sum_lines
from .wrapping import WIDTH, wrapped

Function = list[str]
"""The lines of a function."""


class TorchTarget(NamedTuple):
    """What a loss compares an output with: an argument of `loss_function`, one for each loss."""

    loss: int
    """Which loss of the spec it is."""
    feed: str | None
    """What netc calls the target of the data; None: it is an input or an output."""
    input: str | None
    """The input that is the target, by node."""
    output: int | None
    """The output that is the target, by its place in what `forward` returns."""
    takes_classes: bool
    """Whether it is one of several classes, int64, without an axis of channels."""


@dataclass(frozen=True, slots=True)
class TrainingText:
    """The functions, and what they need."""

    functions: tuple[Function, ...] = ()
    helpers: tuple[str, ...] = ()
    targets: tuple[TorchTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingWriter:
    """Writes the functions of one spec."""

    model: Model
    graph: Graph
    network: TorchNetwork
    updates: UpdateWriter
    names: Mapping[str, str]
    """The variables of the outputs, by node."""
    losses: list[TorchLoss] = field(default_factory=list)

    def write(self) -> TrainingText:
        """All of them. Raises NoCounterpartError."""
        for site in self.network.sites:
            units = self.graph.node(site.prediction).shape[-1] or 1
            self.losses.append(torch_loss(site.loss, units))
        optimizer = self.model.optimizer
        own = None if optimizer is None else torch_optimizer(optimizer)
        functions = [self.loss_function()] if self.losses else []
        if own is not None and not own.solves:
            functions += [self.updates.make_optimizer(own), self.updates.penalty(), *self.rates()]
            if self.losses:
                functions.append(self.train())
        found = [loss.helper for loss in self.losses] + [own and own.helper]
        helpers = tuple(dict.fromkeys(name for name in found if name))
        return TrainingText(tuple(filter(None, functions)), helpers, tuple(self.targets()))

    # What is compared

    def targets(self) -> Iterator[TorchTarget]:
        outputs = [output.node for output in self.network.outputs]
        for site, loss in zip(self.network.sites, self.losses, strict=True):
            if site.target is None:
                yield TorchTarget(site.index, site.feed, None, None, loss.takes_classes)
                continue
            node = self.network.computed(site.target)
            if node in outputs:
                yield TorchTarget(site.index, None, None, outputs.index(node), False)
            else:
                yield TorchTarget(site.index, None, node, None, False)

    def loss_function(self) -> Function:
        """The sum of all losses, each times its weight."""
        nodes = [output.node for output in self.network.outputs]
        several = len(self.losses) > 1
        single = len(nodes) == 1
        outputs, targets = self.output_names(), self.target_names()
        terms = []
        for at, (site, loss) in enumerate(zip(self.network.sites, self.losses, strict=True)):
            text = loss.expression.format(output=outputs[self.read(at)], target=targets[at])
            factor = site.loss.factor
            terms.append(text if factor == 1 else f"{constant_text(float(factor))} * {text}")
        heads = ("output" if single else "outputs", "targets" if several else "target")
        lines = [f"def loss_function({', '.join(heads)}):"]
        if not single:
            used = {outputs[self.read(at)] for at in range(len(self.losses))}
            shown = [name if name in used else "_" for name in outputs]
            lines += wrapped(f"{', '.join(shown)} = outputs", 4)
        if several:
            lines += wrapped(f"{', '.join(targets)} = targets", 4)
        return [*lines, *sum_lines("loss", terms)]

    def output_names(self) -> list[str]:
        """The variables for what `forward` returns."""
        nodes = [output.node for output in self.network.outputs]
        return ["output"] if len(nodes) == 1 else [self.names[node] for node in nodes]

    def target_names(self) -> list[str]:
        """The variables for what the losses compare with."""
        outputs, found = self.output_names(), list[str]()
        taken = {*VARIABLE_NAMES, *outputs, "outputs", "targets", "loss", "x"}
        for at in range(len(self.losses)):
            several = len(self.losses) > 1
            name = f"{outputs[self.read(at)]}_target" if several else "target"
            found.append(free_name(name, (*taken, *found)))
        return found

    def read(self, at: int) -> int:
        """Which output a loss reads."""
        site = self.network.sites[at]
        name = self.network.computed(site.prediction)
        for place, output in enumerate(self.network.outputs):
            if name == (output.activation or output.node):
                return place
        raise AssertionError(f"{name} is what a loss reads, and no output")

    # The loop

    def train(self) -> Function:
        train: Train = self.model.train
        optimizer: Any = self.model.optimizer
        names = [
            free_name(found.node.replace(".", "_"), VARIABLE_NAMES) for found in self.network.inputs
        ]
        inputs = names if len(names) > 1 else ["x"]
        targets = [own for own, kind in self.named_targets() if kind.feed is not None]
        watched = self.watched()
        asked = bool(watched) and watched != "train_loss"
        arguments = ["model", "loader", f"epochs={train.epochs}"]
        arguments += ["measure"] if asked else []
        if asked:
            arguments = ["model", "loader", "measure", f"epochs={train.epochs}"]
        batch = "all samples" if train.batch == "all" else counted(int(train.batch), "sample")
        gives = ", ".join([*inputs, *targets])
        gives = f"({gives})" if ", " in gives else gives
        said = f"Trains on a `DataLoader` that gives batches {gives} of {batch}."
        lines = [
            *wrapped(f"def train({', '.join(arguments)}):", 0),
            *docstring(said, self.target_notes()),
            "    optimizer = make_optimizer(model)",
        ]
        has_scheduler, has_plateau = self.has_scheduler(), bool(watched)
        if has_scheduler:
            lines.append("    scheduler = make_scheduler(optimizer, len(loader), epochs)")
        if has_plateau:
            lines.append("    plateau = make_plateau(optimizer)")
        lines += [
            "    for epoch in range(epochs):",
            "        model.train()",
            "        total = 0.0",
            f"        for {', '.join([*inputs, *targets])} in loader:",
            "            optimizer.zero_grad()",
            *self.loss_lines(inputs, targets),
            "            loss.backward()",
        ]
        if optimizer.clip is not None:
            most = constant_text(float(optimizer.clip))
            lines.append(
                f"            nn.utils.clip_grad_norm_(model.parameters(), max_norm={most})"
            )
        lines.append("            optimizer.step()")
        if has_scheduler:
            lines.append("            scheduler.step()")
        lines.append("            total += loss.item()")
        if has_plateau:
            value = "measure(model)" if asked else "total / len(loader)"
            lines.append(f"        plateau.step({value})")
        lines.append('        print(f"epoch {epoch + 1}: loss {total / len(loader):.4f}")')
        return lines

    def watched(self) -> str:
        schedule = self.model.schedule
        return "" if schedule is None else torch_schedule(schedule, False).watches or ""

    def has_scheduler(self) -> bool:
        return any(function[0].startswith("def make_scheduler") for function in self.rates())

    def rates(self) -> list[Function]:
        """The functions of the schedule."""
        schedule = self.model.schedule
        return [] if schedule is None else RateWriter(schedule, self.model.train.epochs).functions()

    def named_targets(self) -> list[tuple[str, TorchTarget]]:
        return list(zip(self.target_names(), self.targets(), strict=True))

    def target_notes(self) -> list[str]:
        """What the targets of the data are."""
        notes = []
        for name, target in self.named_targets():
            if target.feed is None:
                continue
            kind = "class indices" if target.takes_classes else "numbers, shaped as the output"
            notes.append(f"    `{name}`: {kind}.")
        watched = self.watched()
        if watched and watched != "train_loss":
            notes.append(f"    `measure(model)` gives the {watched} after an epoch.")
        return ["", *notes] if notes else []

    def loss_lines(self, inputs: Sequence[str], fed: Sequence[str]) -> list[str]:
        """`loss = loss_function(model(x), target)`."""
        nodes = [found.node for found in self.network.inputs]
        names = iter(fed)
        call = f"model({', '.join(inputs)})"
        single = len(self.network.outputs) == 1
        compared = []
        for target in self.targets():
            if target.feed is not None:
                compared.append(next(names))
            elif target.input is not None:
                compared.append(inputs[nodes.index(target.input)])
            else:
                output = "output" if single else f"outputs[{target.output}]"
                compared.append(f"{output}.detach()")
        lines = []
        if any(target.output is not None for target in self.targets()):
            name = "output" if single else "outputs"
            lines.append(f"            {name} = {call}")
            call = name
        given = compared[0] if len(compared) == 1 else f"({', '.join(compared)})"
        lines += wrapped(f"loss = loss_function({call}, {given})", 12)
        if self.updates.penalty():
            lines.append("            loss = loss + penalty(model)")
        return lines


def docstring(said: str, notes: Sequence[str]) -> list[str]:
    """A docstring of a function: a sentence, and lines that stand below it."""
    first = wrap(f'"""{said}', WIDTH - 4, subsequent_indent="")
    if not notes and len(first) == 1:
        first[0] += '"""'
        return [f"    {first[0]}"]
    return [*(f"    {line}" for line in first), *notes, '    """']
