"""From a written value to what it means: `$` is read and arithmetic is done.

`/` is true division; where both numbers are whole and nothing is left over, the result is whole,
so `dense ($width/2)` works for an even width and is refused, as any fraction is, for an odd one.
`//` rounds down.
"""

from __future__ import annotations

from math import isfinite

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ...grammar.tokens import LARGEST_WHOLE
from ..language.kinds import value_text
from ..language.values import (
    Extent,
    FunctionValue,
    LabelValue,
    Number,
    Sequence,
    ShapeValue,
    Text,
    WordValue,
    WrittenValue,
    extent_around,
)
from .limits import DEEPEST, HEAVIEST
from .scope import Scope


def evaluate(value: ast.Value, scope: Scope, problems: Problems) -> WrittenValue | None:  # noqa: PLR0912  one match
    """The value, or None when something in it is wrong (and reported) or unknown."""
    match value:
        case ast.Number():
            return Number(value.value, value.unit, value.span)
        case ast.Name():
            return WordValue(value.text, value.span)
        case ast.Parameter():
            return _read(value, scope, problems)
        case ast.Shape():
            return ShapeValue(value.sizes, value.span)
        case ast.Group():
            inner = evaluate(value.value, scope, problems)
            return None if inner is None else inner._replace(span=value.span)
        case ast.Binary():
            return _chain(value, scope, problems)
        case ast.Unary():
            operand = _number("-", value.operand, scope, problems)
            return None if operand is None else Number(-operand.value, operand.unit, value.span)
        case ast.List():
            items = _all(value.items, scope, problems)
            extent = None if items is None else _extent(items, value.span, scope, problems)
            if items is None or extent is None:
                return None
            return Sequence(items, value.span, extent)
        case ast.String():
            return Text(value.text, value.span)
        case ast.Reference():
            name = scope.read_label(value, problems)
            return None if name is None else LabelValue(name, value.span)
        case ast.Function():
            arguments = _all(value.arguments, scope, problems)
            extent = None if arguments is None else _extent(arguments, value.span, scope, problems)
            if arguments is None or extent is None:
                return None
            return FunctionValue(value.name.text, arguments, value.span, extent)


def describe(value: WrittenValue) -> str:
    """What a value is, with its article."""
    match value:
        case Number():
            return "a number" if value.unit is None else f"a number with the unit `{value.unit}`"
        case ShapeValue():
            return "a shape"
        case Text():
            return "text"
        case WordValue():
            return f"the word `{value.text}`"
        case LabelValue():
            return "a label"
        case Sequence():
            return "a list"
        case FunctionValue():
            return f"`{value.name}(...)`"


def _read(parameter: ast.Parameter, scope: Scope, problems: Problems) -> WrittenValue | None:
    found = scope.read(parameter, problems)
    return None if found is None else found._replace(span=parameter.span)


def _all(
    values: tuple[ast.Value, ...], scope: Scope, problems: Problems
) -> tuple[WrittenValue, ...] | None:
    items = [evaluate(item, scope, problems) for item in values]
    known = tuple(item for item in items if item is not None)
    return known if len(known) == len(items) else None


def _extent(
    items: tuple[WrittenValue, ...], at: Span, scope: Scope, problems: Problems
) -> Extent | None:
    """How large the list of some values is; None when it is larger than any may be."""
    extent = extent_around(items)
    if extent.weight > HEAVIEST + 1:
        from ..problems.values import ListTooLong

        problems.add(ListTooLong(at=scope.place(at), limit=HEAVIEST))
        return None
    if extent.depth > DEEPEST:
        from ..problems.expansion import ExpandedTooDeeply

        problems.add(ExpandedTooDeeply(at=scope.place(at), limit=DEEPEST))
        return None
    return extent


def _chain(binary: ast.Binary, scope: Scope, problems: Problems) -> Number | None:
    """A sum of any length, from left to right without recursion."""
    spine = [binary]
    while isinstance(spine[-1].left, ast.Binary):
        spine.append(spine[-1].left)
    first = spine[-1]
    result = _number(first.operator, first.left, scope, problems)
    while spine:
        step = spine.pop()
        right = _number(step.operator, step.right, scope, problems)
        if right is not None and right.value == 0 and step.operator in ("/", "//"):
            from ..problems.values import DivisionByZero

            problems.add(DivisionByZero(at=scope.place(right.span), text=step.span.text))
            result = None
        elif result is not None and right is not None:
            result = _compute(step, result, right, scope, problems)
        else:
            result = None
    return result


def _number(operator: str, value: ast.Value, scope: Scope, problems: Problems) -> Number | None:
    found = evaluate(value, scope, problems)
    if found is None or isinstance(found, Number):
        return found
    from ..problems.values import NotANumber

    problems.add(NotANumber(at=scope.place(found.span), operator=operator, got=describe(found)))
    return None


def _compute(
    step: ast.Binary, left: Number, right: Number, scope: Scope, problems: Problems
) -> Number | None:
    unit, fits = _unit(step.operator, left.unit, right.unit)
    if not fits:
        from ..problems.values import UnitsDoNotFit

        problems.add(
            UnitsDoNotFit(
                at=scope.place(step.span),
                operator=step.operator,
                left=value_text(left),
                right=value_text(right),
            )
        )
        return None
    result = _apply(step.operator, left.value, right.value)
    if result is None:
        from ..problems.values import ResultTooLarge

        problems.add(ResultTooLarge(at=scope.place(step.span), text=step.span.text))
        return None
    return Number(result, unit, step.span)


def _unit(operator: str, left: str | None, right: str | None) -> tuple[str | None, bool]:
    """The unit of a result, and whether the two units may meet."""
    if operator in "+-":
        return left, left == right
    if operator == "*":
        return left or right, left is None or right is None
    return left, right is None


def _apply(operator: str, left: int | float, right: int | float) -> int | float | None:
    """The result, or None when it is too large. Of the language's numbers Python computes all: a
    float becomes infinite, and a whole number longer."""
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "//":
            result = left // right
        case _:
            whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
            result = left // right if whole else left / right
    if isinstance(result, int):
        return result if abs(result) <= LARGEST_WHOLE else None
    return result if isfinite(result) else None
