"""Classes for the blocks: what their calls have in common is the class, where they differ it has
parameters.

Every number of a module that differs between the calls is a parameter or follows from one: the
same in all calls, a multiple, a part, a sum. A class that is called once has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .block_names import BlockNames
from .layer import ArgumentValue, ModuleArgument, constant_text
from .names import VARIABLE_NAMES, attribute_name, class_name, free_name
from .network import TorchNode
from .scopes import ScopeItem, TorchScope, construction_of

SIZES = frozenset(
    ("in_channels", "out_channels", "channels", "in_features", "units", "tokens", "width", "groups")
)
"""The roles of arguments that count channels, which may follow from each other."""
LARGEST_MULTIPLE = 16
FEWEST_FOR_SUMS = 3
"""The number of different values from which a sum or a difference is not a coincidence."""

Vector = tuple[ArgumentValue, ...]
"""What an argument is in each call of a class."""


@dataclass(eq=False, slots=True)
class ClassParameter:
    """A parameter of a class."""

    role: str
    attribute: str
    """Where it is used first."""
    values: Vector
    usual: ArgumentValue | type
    """What it is by default; `type`: it has none."""
    roles: set[str] = field(default_factory=set)
    uses: list[tuple[str, str]] = field(default_factory=list)
    """Where it is passed on as it is: a layer or a block, and the argument there."""
    name: str = ""


class Derived(NamedTuple):
    """An argument of a module in a class: a template of parameters, or a constant."""

    template: str
    parameters: tuple[ClassParameter, ...] = ()

    def text(self) -> str:
        return self.template.format(*(parameter.name for parameter in self.parameters))


class ModuleLine(NamedTuple):
    """The construction of a module in a class."""

    cls: str
    positional: tuple[Derived, ...]
    named: tuple[tuple[str, Derived], ...]
    repeats: Derived | None = None
    """How many of them are in a row."""

    def text(self) -> str:
        """The call. Where calls in a row grow, `i` counts them."""
        values = [value.text() for value in self.positional]
        values += [f"{name}={value.text()}" for name, value in self.named]
        call = f"{self.cls}({', '.join(values)})"
        if self.repeats is None:
            return call
        count = "i" if any(_counts(value) for value in self.all()) else "_"
        return f"nn.Sequential(*({call} for {count} in range({self.repeats.text()})))"

    def all(self) -> Iterator[Derived]:
        yield from self.positional
        yield from (value for _, value in self.named)


def _counts(value: Derived) -> bool:
    return value.template.endswith(" * i") or value.template.endswith(" + i")


@dataclass(eq=False, slots=True)
class ClassItem:
    """A layer or the calls of a block in a class."""

    attribute: str
    line: ModuleLine | None
    """None: it has no module of its own."""
    node: TorchNode | None
    """Of the first call."""
    item: ScopeItem
    """Of the first call."""
    owner: str | None = None
    """The attribute whose module it uses again."""


@dataclass(eq=False, slots=True)
class TorchClass:
    """A block as a class."""

    block: str
    calls: list[TorchScope]
    name: str = ""
    parameters: list[ClassParameter] = field(default_factory=list)
    items: list[ClassItem] = field(default_factory=list)

    def arguments(self, call: TorchScope) -> tuple[ModuleArgument, ...]:
        """What a call of the block gives to the class."""
        at = self.calls.index(call)
        return tuple(
            ModuleArgument(own.name, own.values[at], own.usual, own.role) for own in self.parameters
        )


@dataclass(frozen=True, slots=True)
class ClassTable:
    """All classes, each after those that it uses; that of the network is the last."""

    classes: tuple[TorchClass, ...]
    by_key: dict[object, TorchClass]

    def of(self, scope: TorchScope) -> TorchClass:
        return self.by_key[scope.key]


def classes_of(
    network: TorchScope, name: str, taken: Sequence[str], names: BlockNames
) -> ClassTable:
    """The classes of a network. `taken` are names that they must not have."""
    by_key: dict[object, TorchClass] = {}
    _collect(network, by_key)
    table = ClassTable(tuple(by_key.values()), by_key)
    used = {*taken, name}
    for cls in table.classes[:-1]:
        cls.name = free_name(class_name(cls.block), used)
        used.add(cls.name)
    table.classes[-1].name = name
    for cls in table.classes:
        _Solver(cls, table, names).solve()
    return table


def _collect(scope: TorchScope, by_key: dict[object, TorchClass]) -> None:
    for item in scope.items:
        for call in item.calls:
            _collect(call, by_key)
    by_key.setdefault(scope.key, TorchClass(scope.block, [])).calls.append(scope)


class _Solver:
    """Finds the parameters of a class, and what every argument is of them."""

    def __init__(self, cls: TorchClass, table: ClassTable, names: BlockNames) -> None:
        self.cls, self.table, self.names = cls, table, names

    def solve(self) -> None:
        taken: set[str] = set()
        for at in range(len(self.cls.calls[0].items)):
            own = [call.items[at] for call in self.cls.calls]
            longest = max(own, key=lambda item: len(item.calls))
            attribute = attribute_name(longest.attribute)
            while attribute in taken:
                attribute += "_"
            taken.add(attribute)
            self.cls.items.append(self.item(attribute, own))
        self.cls.parameters.sort(key=lambda parameter: parameter.usual is not type)
        _name_parameters(self.cls, self.names)

    def item(self, attribute: str, own: Sequence[ScopeItem]) -> ClassItem:
        first = own[0]
        if first.node is None:
            return ClassItem(attribute, self.calls(attribute, own), None, first)
        nodes = [item.node for item in own if item.node is not None]
        owner = self.owner(first.node)
        if owner is not None:
            return ClassItem(attribute, None, first.node, first, owner)
        expressions = {node.layer.expression for node in nodes}
        module = construction_of(first.node)
        is_function = first.node.layer.module is None and len(expressions) == 1
        if module is None or is_function:
            return ClassItem(attribute, None, first.node, first)
        modules = [construction_of(node) for node in nodes]
        rows = [found.arguments for found in modules if found is not None]
        line = self.line(attribute, module.cls, rows)
        return ClassItem(attribute, line, first.node, first)

    def owner(self, node: TorchNode) -> str | None:
        """The attribute in this class whose module a layer uses again, which shares its weights."""
        for item in self.cls.items:
            if item.node is not None and item.node.name == node.shares:
                same = construction_of(item.node) == construction_of(node)
                return item.attribute if same and item.line is not None else None
        return None

    def calls(self, attribute: str, own: Sequence[ScopeItem]) -> ModuleLine:
        """The construction of a block, or of several in a row."""
        child = self.table.of(own[0].calls[0])
        rows = [child.arguments(item.calls[0]) for item in own]
        counts: Vector = tuple(len(item.calls) for item in own)
        if set(counts) == {1}:
            return self.line(attribute, child.name, rows)
        grown = [0] * len(rows[0])
        for item in own:
            if len(item.calls) > 1:
                pairs = zip(*map(child.arguments, item.calls[:2]), strict=True)
                grown = [_growth(a.value, b.value) for a, b in pairs]
        return self.line(attribute, child.name, rows, grown, counts)

    def line(
        self,
        attribute: str,
        cls: str,
        rows: Sequence[Sequence[ModuleArgument]],
        grown: Sequence[int] = (),
        counts: Vector | None = None,
    ) -> ModuleLine:
        """The construction of a module, given its arguments in each call."""
        positional: list[Derived] = []
        named: list[tuple[str, Derived]] = []
        for at, column in enumerate(zip(*rows, strict=True)):
            argument = column[0]
            growth = grown[at] if grown else 0
            if all(found.is_usual for found in column) and not growth:
                continue
            value = self.derived(attribute, argument, tuple(found.value for found in column))
            if growth:
                value = Derived(f"{value.template} + {growth} * i", value.parameters)
            if argument.is_positional:
                positional.append(value)
            else:
                named.append((argument.name, value))
        repeats = None
        if counts is not None:
            argument = ModuleArgument("repeats", counts[0], type, "repeats")
            repeats = self.derived(attribute, argument, counts)
        return ModuleLine(cls, tuple(positional), tuple(named), repeats)

    def derived(self, attribute: str, argument: ModuleArgument, values: Vector) -> Derived:
        """An argument by its values: a constant, a parameter, or what follows from one."""
        if len({(type(value), value) for value in values}) == 1:
            return Derived(constant_text(values[0]).replace("{", "{{").replace("}", "}}"))
        group = _group(argument.role)
        known = [other for other in self.cls.parameters if _group(other.role) == group]
        uses = [(attribute, argument.name), (attribute, argument.role)]
        for other in known:
            if other.values == values:
                other.roles.add(argument.role)
                other.uses += uses
                return Derived("{}", (other,))
        named = any((self.cls.block, *use) in self.names for use in uses)
        found = None
        if not named:  # what has a name in the spec is written as it is there
            found = _follows(values, known) if group == "size" else _complements(values, known)
        if group == "padding":
            kernels = [other for other in self.cls.parameters if other.role == "kernel_size"]
            found = next((_half(other) for other in kernels if _is_half(values, other)), None)
        if found is not None:
            return found
        usual = _usual(argument, values)
        new = ClassParameter(argument.role, attribute, values, usual, {argument.role}, uses)
        self.cls.parameters.append(new)
        return Derived("{}", (new,))


def _growth(first: ArgumentValue, second: ArgumentValue) -> int:
    return second - first if type(first) is int and type(second) is int else 0


def _group(role: str) -> str:
    """Arguments of one group may be one parameter."""
    return "size" if role in SIZES else role


def _usual(argument: ModuleArgument, values: Vector) -> ArgumentValue | type:
    """The default of a new parameter: the module's, or what most calls have."""
    if argument.is_positional:
        return type
    most = max(values, key=lambda value: (values.count(value), value == argument.default))
    if argument.default in values and argument.default is not None:
        return argument.default
    return most if 2 * values.count(most) >= len(values) else type


def _follows(values: Vector, known: Sequence[ClassParameter]) -> Derived | None:
    """A number of channels from others."""
    for other in known:
        pairs = [(v, o) for v, o in zip(values, other.values, strict=True)]
        if not all(type(v) is int and type(o) is int and v > 0 and o > 0 for v, o in pairs):
            continue
        whole = [(int(v), int(o)) for v, o in pairs]  # type: ignore[arg-type]  # checked above
        for times in range(2, LARGEST_MULTIPLE + 1):
            if all(v == times * o for v, o in whole):
                return Derived(f"{times} * {{}}", (other,))
            if all(times * v == o for v, o in whole):
                return Derived(f"{{}} // {times}", (other,))
        differences = {v - o for v, o in whole}
        if len(differences) == 1 and len(set(values)) >= FEWEST_FOR_SUMS:
            (difference,) = differences
            sign = "+" if difference > 0 else "-"
            return Derived(f"{{}} {sign} {abs(difference)}", (other,))
    return None


def _complements(values: Vector, known: Sequence[ClassParameter]) -> Derived | None:
    """What is left of a constant: windows that together cover the data."""
    if len(set(values)) < FEWEST_FOR_SUMS:
        return None
    for other in known:
        pairs = zip(values, other.values, strict=True)
        sums = {v + o if type(v) is int and type(o) is int else None for v, o in pairs}
        if len(sums) == 1 and None not in sums:
            return Derived(f"{sums.pop()} - {{}}", (other,))
    return None


def _is_half(values: Vector, kernel: ClassParameter) -> bool:
    return all(
        type(k) is int and value == k // 2 for value, k in zip(values, kernel.values, strict=True)
    )


def _half(kernel: ClassParameter) -> Derived:
    return Derived("{} // 2", (kernel,))


def _name_parameters(cls: TorchClass, names: BlockNames) -> None:
    """The names that the spec has; of others their roles, and where a role has several, their
    layers too."""
    parameters, taken = cls.parameters, set(VARIABLE_NAMES)
    for parameter in parameters:
        found = (names.get((cls.block, *use)) for use in parameter.uses)
        own = next((name for name in found if name is not None), "")
        if own and own not in taken:
            parameter.name = free_name(own, taken)
            taken.add(parameter.name)
    others = [parameter for parameter in parameters if not parameter.name]
    bases = [_base(parameter, parameters) for parameter in others]
    for parameter, base in zip(others, bases, strict=True):
        several = bases.count(base) > 1
        parameter.name = free_name(f"{parameter.attribute}_{base}" if several else base, taken)
        taken.add(parameter.name)


def _base(parameter: ClassParameter, parameters: Sequence[ClassParameter]) -> str:
    if parameter.role == "out_channels":
        return "channels"
    outs = any(other.role == "out_channels" for other in parameters)
    if parameter.role == "in_channels" and "out_channels" in parameter.roles and not outs:
        return "channels"
    return parameter.role
