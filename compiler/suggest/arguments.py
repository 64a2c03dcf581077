"""From what the binder found wrong with a call to problems that say what was probably meant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ...grammar.problem import Edit, Fix, Problem, Problems
from ...grammar.text import shortened
from ...grammar.tokens import ENOUGH
from ..language.call import Binding, Wrong
from ..language.kinds import MOST_SHOWN, Misread, number_text, short_text, value_text
from ..language.numbers import fraction
from ..language.options import Option, accepts, options_of
from ..language.statements import STATEMENT_OF
from ..language.values import (
    FunctionValue,
    Number,
    ShapeValue,
    Text,
    UnknownValue,
    WordValue,
    WrittenValue,
)
from ..problems import options as found
from ..spans import Place
from .foreign import activation_after, translate
from .notes import report_value
from .spelling import closest

LARGEST_WINDOW = 11
"""The largest window that is usual: a larger number is one of filters."""

LIKELY = {"train": "epochs", "patience": "patience", "exp": "gamma"}
"""The option that a number without a name is most likely meant for. Of an
optimizer, which unlike a layer has no `name`, it is `lr`."""


def report(binding: Binding, problems: Problems) -> None:
    """Everything that is wrong with the call, one problem for one cause."""
    _move_up(binding)
    intended: set[str] = set()
    for key, value in binding.unknown[:ENOUGH]:
        names = _names(binding)
        word = binding.cls.word
        known = translate(f"option of {word}", key.text, names)
        known = known or translate("option", key.text, names)
        suggestion = known.here if known else closest(key.text, names)
        intended.update([suggestion] if suggestion else [])
        intended.update([known.about] if known else [])
        problems.add(
            found.UnknownOption(
                at=Place(key.span, binding.place.calls),
                word=word,
                option=key.text,
                known=names,
                suggestion=suggestion if suggestion not in binding.given else None,
                is_certain=suggestion is not None and _takes(binding, suggestion, value),
                note=known.note if known else "",
                way=activation_after(key, value, binding.place) if "name" in names else None,
            )
        )
    for key, value in binding.repeated:
        problems.add(
            found.OptionGivenTwice(
                at=Place(key.span.to(value.span), binding.place.calls),
                word=binding.cls.word,
                option=key.text,
                first=binding.given[key.text].span,
            )
        )
    if binding.extra:
        problems.add(_too_many(binding))
    swapped = _swapped(binding)
    for wrong in binding.wrong:
        problem = _invalid_argument(binding, wrong)
        if swapped is None or wrong.option.name not in binding.cls.positional:
            report_value(problem, problems)
        elif wrong.value is swapped[0]:
            problems.add(replace(problem, way=swapped[1]))
    # An option that was misspelt is not missing too.
    missing = [option for option in binding.missing if option.name not in intended]
    if missing and not binding.extra:
        problems.add(_missing(binding, missing))


def _takes(binding: Binding, name: str, value: WrittenValue | UnknownValue) -> bool:
    """Whether an option takes a value, or what a safe fix makes of it."""
    if isinstance(value, UnknownValue) or _fits(binding, name, value):
        return True
    option = next(option for option in options_of(binding.cls) if option.name == name)
    read = option.kind.read(value)
    reason = read.reason if isinstance(read, Misread) else "kind"
    return any(fix.safe for fix in _invalid_argument(binding, Wrong(option, value, reason)).fixes())


def _fits(binding: Binding, name: str, value: WrittenValue | UnknownValue) -> bool:
    """Whether an option takes a value."""
    if isinstance(value, UnknownValue):
        return False
    option = next(option for option in options_of(binding.cls) if option.name == name)
    read = option.kind.read(value)
    return not isinstance(read, Misread) and accepts(binding.cls, name, read)


def _move_up(binding: Binding) -> None:
    """In `conv 3x3` the first value is missing, not the second: the one that is there fits it."""
    places, given = binding.cls.positional, binding.arguments.positional
    wrong = {wrong.option.name for wrong in binding.wrong}
    missing = {option.name for option in binding.missing}
    if len(given) != 1 or len(places) != 2 or {places[0]} != wrong or {places[1]} != missing:
        return
    if _fits(binding, places[1], given[0]):
        binding.given[places[1]] = binding.given.pop(places[0])
        binding.missing[:] = [o for o in options_of(binding.cls) if o.name == places[0]]
        binding.wrong.clear()


def _swapped(binding: Binding) -> tuple[WrittenValue, Fix] | None:
    """For `conv 3x3 8`: the first value that does not fit, and the two in the order in which they
    do."""
    places, given = binding.cls.positional, binding.arguments.positional
    wrong = [item.value for item in binding.wrong if item.option.name in places]
    if len(places) != 2 or len(given) != 2 or not wrong:
        return None
    if not (_fits(binding, places[0], given[1]) and _fits(binding, places[1], given[0])):
        return None
    first, second = (value.span for value in given)
    title = f"`{places[0]}` comes first: write `{binding.cls.word} {second.text} {first.text}`"
    edits = (Edit(first, second.text), Edit(second, first.text))
    return wrong[0], Fix(title, edits, safe="$" not in first.text + second.text)


def _names(binding: Binding) -> tuple[str, ...]:
    return tuple(option.name for option in options_of(binding.cls))


def _computed(value: WrittenValue) -> str:
    """What was written, when that is not the value itself: `$width`, `(4*$c)`."""
    written = value.span.text
    return shortened(written, MOST_SHOWN) if "$" in written else ""


def _invalid_argument(binding: Binding, wrong: Wrong) -> found.InvalidArgumentProblem:
    option, value = wrong.option, wrong.value
    at = Place(value.span, binding.place.calls)
    hint = wrong.hint or option.kind.hint(value)
    if isinstance(value, WordValue) and binding.arguments.defines(value.text):
        hint = f"to read its value, write `${value.text}`"
    elif isinstance(value, WordValue | Text) and not hint:
        foreign = translate(f"value of {option.name}", value.text, ())
        hint = foreign.note if foreign else ""
    argument = found.InvalidArgument(
        binding.cls.word,
        option.name,
        option.kind.describe(),
        short_text(value),
        _computed(value),
        hint,
    )
    if isinstance(value, Number) and wrong.reason == "no unit":
        return found.MissingUnit(at=at, argument=argument, units=option.kind.units)
    if isinstance(value, Number) and wrong.reason == "unit":
        number = value.value
        if value.unit == "%" and accepts(binding.cls, option.name, fraction(number)):
            number = fraction(number)
        return found.WrongUnit(
            at=at,
            argument=argument,
            number=number_text(number),
            unit=value.unit or "",
            units=option.kind.units,
        )
    if wrong.reason == "range":
        return found.OutOfRange(at=at, argument=argument)
    words = option.kind.words()
    if isinstance(value, Text) and value.text in words:
        return found.UnknownChoice(at=at, argument=argument, suggestion=value.text)
    if isinstance(value, WordValue) and words and not hint:
        foreign = translate("value", value.text, words)
        suggestion = foreign.here if foreign else closest(value.text, words)
        return found.UnknownChoice(at=at, argument=argument, suggestion=suggestion)
    return found.WrongValue(at=at, argument=argument)


def _too_many(binding: Binding) -> Problem:
    """The first value that has no place, and the option that it may have been meant for."""
    value = binding.extra[0]
    named = _intended(binding)
    for option in options_of(binding.cls):
        if named or option.name in binding.given or option.name == "name":
            continue
        if isinstance(value, WordValue):
            if value.text == option.name:
                named = f"{option.name}={_usual(option)}"
            elif value.text in option.kind.words():
                named = f"{option.name}={value.text}"
    return found.TooManyValues(
        at=Place(value.span, binding.place.calls),
        word=binding.cls.word,
        places=binding.cls.positional,
        got=short_text(value),
        named=named,
        is_certain=len(binding.extra) == 1
        and not named.startswith("stride")
        and isinstance(value, Number)
        and named.endswith(f"={value.span.text}"),
        keywords=tuple(n for n in _names(binding) if n not in binding.cls.positional),
        without=_without_inputs(binding),
    )


def _without_inputs(binding: Binding) -> str:
    """The call without its first number, where that may be the number of inputs or channels:
    `conv 64 3x3` for `conv 3 64 3x3`, `dense 10` for `dense 784 10`, `bn` for `bn 64`."""
    places = binding.cls.positional
    values = [*binding.arguments.positional[: len(places)], *binding.extra]
    first, rest = values[0], values[1:]
    is_count = isinstance(first, Number) and isinstance(first.value, int) and not first.unit
    takes_inputs = "bias" in _names(binding) or ("share" in _names(binding) and not places)
    if not is_count or not takes_inputs or len(rest) != len(places):
        return ""
    if not all(_fits(binding, name, value) for name, value in zip(places, rest, strict=True)):
        return ""
    if places and _are_window(binding, values[-2:]):
        return ""  # `conv 8 3 5` rather means a window of 3x5.
    return " ".join((binding.cls.word, *(value.span.text for value in rest)))


def _are_window(binding: Binding, values: Sequence[WrittenValue | UnknownValue]) -> bool:
    """Whether two numbers are rather the sides of a window, where the last place takes one."""
    sides = [int(value.value) for value in values if isinstance(value, Number)]
    if len(sides) < 2 or sides[0] > LARGEST_WINDOW:
        return False
    window = ShapeValue(tuple(sides), values[0].span)
    return _fits(binding, binding.cls.positional[-1], window)


def _intended(binding: Binding) -> str:
    """What numbers without a place were most likely meant as: `3x3` in `conv 8 3 3`, `lr=0.1` in
    `opt sgd 0.1` and `opt sgd lr 0.1`, `patience=5ep` in `stop patience 5`; or nothing."""
    first, *rest = binding.extra
    if isinstance(first, FunctionValue) and "name" in _names(binding):
        return " ".join(("->", first.name, *map(value_text, first.arguments)))
    places = binding.cls.positional
    if places and all(isinstance(value, Number) for value in binding.extra):
        start = binding.arguments.positional[len(places) - 1]
        numbers = (start, *binding.extra)
        sizes = tuple(
            int(n.value) for n in numbers if isinstance(n, Number) and math.isfinite(n.value)
        )
        is_mixed = len(set(sizes)) > 1 and "filters" not in places
        is_more = len(sizes) < len(numbers) or len(sizes) > 2 or is_mixed
        if is_more and "stride" in _names(binding):
            return _stride_and_pad(binding)
        if len(sizes) == len(numbers) and _fits(binding, places[-1], ShapeValue(sizes, first.span)):
            return "x".join(map(str, sizes))
        return ""
    if isinstance(first, WordValue) and rest:
        name, value = first.text, rest[0]
    else:
        usual = "" if "name" in _names(binding) else "lr"
        name, value = LIKELY.get(binding.cls.word, usual), first
    if name not in _names(binding) or name in binding.given or not isinstance(value, Number):
        return ""
    unit = next((u for u in ("", "ep") if _fits(binding, name, _with_unit(value, u))), None)
    return "" if unit is None else f"{name}={value_text(_with_unit(value, unit))}"


def _stride_and_pad(binding: Binding) -> str:
    """Numbers after a window in the order of other libraries: `stride=2 pad=1`."""
    names = ("stride", "pad")
    if len(binding.extra) > 2 or not all(name in _names(binding) for name in names):
        return ""
    pairs = tuple(zip(names, binding.extra, strict=False))
    if not all(name not in binding.given and _fits(binding, name, v) for name, v in pairs):
        return ""
    return " ".join(f"{name}={value.span.text}" for name, value in pairs)


def _with_unit(value: Number, unit: str) -> Number:
    return Number(value.value, unit, value.span) if unit and value.unit is None else value


def _usual(option: Option) -> str:
    """A value to show for an option that was written without one."""
    if option.kind.words() == ("true", "false"):
        return "true"
    if option.required or option.default is None or option.default == 0:
        return option.kind.example()
    return option.kind.write(option.default)


def _missing(binding: Binding, missing: list[Option]) -> Problem:
    """All missing options at once, with the whole call as it could be written."""
    cls = binding.cls
    statement = STATEMENT_OF.get(cls.category)
    head = f"{statement} {cls.word}" if statement else cls.word
    parts: list[str] = []
    for name in cls.positional:
        option = next(option for option in options_of(cls) if option.name == name)
        if name in binding.given:
            parts.append(binding.given[name].span.text)
        elif option in missing:
            parts.append(option.kind.example())
    for key, value in binding.arguments.keywords:
        if key.text in binding.given and key.text not in cls.positional:
            parts.append(f"{key.text}={value.span.text}")
    parts.extend(
        f"{option.name}={option.kind.example()}"
        for option in missing
        if option.name not in cls.positional
    )
    # `stop patience=5ep` names the rule by its option
    start = statement if missing[0].name == cls.word and len(parts) == 1 else head
    return found.MissingOption(
        at=binding.place,
        word=head,
        needed=tuple((option.name, option.kind.describe()) for option in missing),
        call=" ".join((start or head, *parts)),
    )
