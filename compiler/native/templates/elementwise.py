"""The rows that do the same to every element, as C statements over one element.

The names are those of the row's pattern: operands are variables with the element's value, results
are variables to assign, and a changed operand is both. A scalar operand is a number that does not
change, one for each column or each row is that of the element. An attribute is written in braces:
`{slope}` becomes an exact literal, True 1 and False 0. `real` is the precision of the plan. Without
branches the compiler makes vectors of it: use `?:`, and the functions of `c/functions.h`.

The writer puts the loop around it, and joins neighbouring rows over as many elements in one loop.
"""

from __future__ import annotations

ELEMENTWISE: dict[str, str] = {
    "add": "out = a + b;",
    "multiply": "out = a * b;",
    "scale": "y = {by} * x;",
    "scale_shift": "y = {by} * x + {plus};",
    "add_row": "y = x + b;",
    "add_row_relu": "y = x + b; y = y < 0 ? 0 : y;",
    "relu": "y = x < 0 ? 0 : x;",
    "relu_grad": "dx = y > 0 ? dy : 0;",
    "sgd": "p -= rate * g;",
    "adam": "m = {b1} * m + g; v = {b2} * v + g * g; p -= rate * m / (SQRT(v) + floor);",
}
