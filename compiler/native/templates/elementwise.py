"""The rows that do the same to every element, as C statements over one element.

The names are those of the row's pattern: operands are variables with the element's value, results
are variables to assign, and a changed operand is both. A scalar operand is a number that does not
change, one for each column or each row is that of the element. An attribute is written in braces:
`{slope}` becomes an exact literal, True 1 and False 0. `real` is the precision of the plan. Without
branches the compiler makes vectors of it: use `?:`, and the functions of `c/functions.h`.

The writer puts the loop around it, and joins neighbouring rows over as many elements in one loop.
"""

from __future__ import annotations

from typing import NamedTuple


class Elementwise(NamedTuple):
    """A row that does the same to every element."""

    text: str
    """Statements over one element."""
    before: str = ""
    """Statements before the loop, over scalar operands and attributes alone; what they declare can
    be read in `text`. Every name in them begins with the row's own name, so that rows can be joined."""


ELEMENTWISE: dict[str, Elementwise] = {
    "add": Elementwise("out = a + b;"),
    "multiply": Elementwise("out = a * b;"),
    "scale": Elementwise("y = {by} * x;"),
    "scale_shift": Elementwise("y = {by} * x + {plus};"),
    "add_row": Elementwise("y = x + b;"),
    "add_row_relu": Elementwise("y = x + b; y = y < 0 ? 0 : y;"),
    "relu": Elementwise("y = x < 0 ? 0 : x;"),
    "relu_grad": Elementwise("dx = y > 0 ? dy : 0;"),
    "sgd": Elementwise("p -= rate * g;"),
    "adam": Elementwise(
        "m = {b1} * m + g; v = {b2} * v + g * g; p -= rate * m / (SQRT(v) + floor);"
    ),
}
