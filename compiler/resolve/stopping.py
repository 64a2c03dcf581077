"""`stop when acc=99%`: a comparison that was written as an option."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix
from ...grammar.source import Span
from ..language.values import UnknownValue, WordValue, WrittenValue
from ..training.monitors import Measure, measure, watchable
from .reader import Reader


def report_equality(keyword: tuple[WordValue, WrittenValue | UnknownValue], reader: Reader) -> None:
    """Says how the quantity is compared, in the direction in which it gets better."""
    from ..problems.options import UnknownOption
    from ..suggest.foreign import translate_quantity

    key, value = keyword
    foreign = translate_quantity(key.text, watchable())
    name = (foreign.here if foreign else None) or key.text
    name = name if name in watchable() else f"val_{name}"
    if name not in watchable():
        # What is wrong then is the quantity, as in a comparison.
        compared = (key, WordValue(">=", key.span), value)
        reader.bind("stop", "when", compared, (), key.span)
        return
    watched = measure(name)
    sign = ">=" if isinstance(watched, Measure) and watched.larger_is_better else "<="
    at = Span(key.span.source, key.span.start, value.span.start)
    text = f"{name}{sign}"
    fix = Fix(f"compare it: `{text}{value.span.text}`", (Edit(at, text),), safe=True)
    reader.report(
        UnknownOption(at=key.span, word="when", option=key.text, known=(), suggestion=None, way=fix)
    )
