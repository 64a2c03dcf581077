"""E023: options that a word does not have, lacks, or has with a value that does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Edit, Fix, Problem, respell
from ...grammar.source import Span
from ...grammar.text import counted, listed


class UnknownOption(Problem):
    """A layer or statement has no option of this name.

    A misspelt option is never ignored: the network would silently be a different one.

    ```netc
    input 28x28x1 -> conv 8 3x3 strid=2
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 4x4 stride=2
    ```
    """

    code = "E0230"
    title = "unknown option"
    message_text = "unknown option `{option}` of `{word}`"
    word: str
    option: str
    known: tuple[str, ...]
    """The options that there are."""
    suggestion: str | None
    """The one that was probably meant."""
    is_certain: bool = True
    """Whether it takes the value that is given."""
    note: str = ""
    """What is known of an option of other frameworks: "`padding` is called `pad` here"."""
    way: Fix | None = None
    """What to write where another option is not the way out."""

    def help(self) -> tuple[str, ...]:
        if self.way is not None:
            return (self.way.title,)
        if not self.known:
            return (f"`{self.word}` takes no options",)
        options = f"the options of `{self.word}` are {listed(self.known)}"
        intended = self.note or (self.suggestion and f"did you mean `{self.suggestion}`?")
        return (intended, options) if intended else (options,)

    def fixes(self) -> tuple[Fix, ...]:
        if self.way is not None:
            return (self.way,)
        return respell(self.at, self.suggestion) if self.suggestion and self.is_certain else ()


class OptionGivenTwice(Problem):
    """An option is given two values in one call.

    The first may be positional: the 64 of `dense 64` is its `units`.

    ```netc
    input 4 -> dense 3 bias=true bias=false
    ```

    Instead:

    ```netc
    input 4 -> dense 3 bias=false
    ```
    """

    code = "E0231"
    title = "duplicate option"
    message_text = "duplicate option `{option}` of `{word}`"
    place_texts = {"first": "`{option}` is `{first.text}` here"}
    help_texts = ("keep one of them",)
    word: str
    option: str
    first: Span
    """The place of the first value."""


class MissingOption(Problem):
    """A required option is missing.

    Options without a sensible default are required, such as the number of units of a layer or the
    target column of a table.

    ```netc
    input 4 -> dense
    ```

    Instead:

    ```netc
    input 4 -> dense 10
    ```
    """

    code = "E0232"
    title = "missing required option"
    word: str
    needed: tuple[tuple[str, str], ...]
    """The options that are missing, each with its kind in words."""
    call: str
    """The whole call as it could be written."""

    def message(self) -> str:
        return f"`{self.word}` requires {listed(tuple(name for name, _ in self.needed), 'and')}"

    def help(self) -> tuple[str, ...]:
        kinds = tuple(f"`{name}` is {kind}" for name, kind in self.needed)
        return (*kinds, f"for example `{self.call}`")


class TooManyValues(Problem):
    """A layer or statement has more positional values than it takes.

    Only required options may be positional, in a fixed order. All others are written `key=value`.

    ```netc
    input 4 -> dense 3 5
    ```

    Instead:

    ```netc
    input 4 -> dense 3 -> dense 5
    ```
    """

    code = "E0233"
    title = "too many positional values"
    word: str
    places: tuple[str, ...]
    """The options that may be written without their name."""
    got: str
    named: str
    """The option that was probably meant, with its value: `momentum=0.9`; or nothing."""
    is_certain: bool
    """Whether it is the only value, and this its option."""
    keywords: tuple[str, ...]
    """The options that are written with their name."""
    without: str = ""
    """The call without the number of inputs or channels, which other libraries want first."""

    def message(self) -> str:
        if not self.places:
            return f"`{self.word}` takes no positional argument, got `{self.got}`"
        takes = f"{counted(len(self.places), 'positional argument')} ({listed(self.places, 'and')})"
        return f"`{self.word}` takes {takes}, and `{self.got}` is one too many"

    def help(self) -> tuple[str, ...]:
        if self.without:
            known = f"the size of the input is known: write `{self.without}`"
            if len(self.places) != 1:
                return (known,)
            return (known, f"two layers are `{self.word} ... -> {self.without}`")
        if self.named:
            return (f"write `{self.named}`",)
        if self.keywords:
            return (f"write options as `key=value`: {listed(self.keywords)}",)
        return ()

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.named) if self.is_certain else ()


@dataclass(frozen=True, slots=True)
class InvalidArgument:
    """A value that an option does not take."""

    word: str
    option: str
    expected: str
    """What it takes, in words: "a whole number of at least 1"."""
    got: str
    """The value as it would be written without `$` and arithmetic."""
    written: str = ""
    """What was written, where that is something else: `(2*$width)`."""
    hint: str = ""

    @property
    def name(self) -> str:
        """The option in a sentence."""
        if self.option == self.word:
            return f"`{self.option}`"
        return f"`{self.option}` of `{self.word}`"


class InvalidArgumentProblem(Problem):
    """The base of the problems about one value."""

    message_text = "{argument.name} must be {argument.expected}, got `{argument.got}`"
    argument: InvalidArgument
    way: Fix | None = None
    """What to write where another value is not the way out."""

    def label(self) -> str:
        return f"this is `{self.argument.got}`" if self.argument.written else ""

    def help(self) -> tuple[str, ...]:
        hint = self.argument.hint if self.way is None else self.way.title
        return (hint,) if hint else ()

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.way is None else (self.way,)


class WrongValue(InvalidArgumentProblem):
    """An option has a value of the wrong kind.

    Each option takes one kind of value: a whole number, a number, sizes such as `3x3`, a word,
    quoted text, a label such as `@x`. Values are never rounded or converted silently.

    ```netc
    input 4 -> dense 2.5
    ```

    Instead:

    ```netc
    input 4 -> dense 3
    ```
    """

    code = "E0234"
    title = "wrong kind of value"


class OutOfRange(InvalidArgumentProblem):
    """A number is outside the range of its option.

    A layer has at least one unit, for example, and a probability is at most 1.

    ```netc
    input 4 -> dense 8 relu -> dropout 1.5
    ```

    Instead:

    ```netc
    input 4 -> dense 8 relu -> dropout 0.5
    ```
    """

    code = "E0235"
    title = "value out of range"


class MissingUnit(InvalidArgumentProblem):
    """A number has no unit, but several are possible.

    The units are `ep` (epochs), `it` (iterations, one batch each), `%` of the run, and `s`, `min`
    and `h` of wall-clock time.

    ```netc
    input 4 -> dense 3 softmax
    loss ce
    stop patience=5
    ```

    Instead:

    ```netc
    input 4 -> dense 3 softmax
    loss ce
    stop patience=5ep
    ```
    """

    code = "E0236"
    title = "missing unit"
    message_text = "{argument.name} needs a unit, got `{argument.got}`"
    units: tuple[str, ...]
    """The units that fit."""

    def help(self) -> tuple[str, ...]:
        return (f"write {listed(tuple(self.argument.got + unit for unit in self.units), 'or')}",)


class WrongUnit(InvalidArgumentProblem):
    """A number has a unit that its option does not take.

    Most numbers have no unit, such as the units of a layer or the number of epochs.

    ```netc
    input 4 -> dense 3 softmax
    loss ce
    train epochs=20ep
    ```

    Instead:

    ```netc
    input 4 -> dense 3 softmax
    loss ce
    train epochs=20
    ```
    """

    code = "E0237"
    title = "wrong unit"
    number: str
    """The number without the unit: `0.9` for `90%`."""
    unit: str
    units: tuple[str, ...]
    """The units that fit; none where the number is plain."""

    def message(self) -> str:
        if not self.units:
            return f"{self.argument.name} takes no unit, got `{self.unit}`"
        units = listed(self.units, "or")
        return f"{self.argument.name} must be in {units}, got `{self.unit}`"

    def help(self) -> tuple[str, ...]:
        if not self.units:
            return (f"write `{self.number}`",)
        return (f"for example `{self.number}{self.units[0]}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.units or self.argument.written:
            return ()
        edit = Edit(self.at, self.number)
        return (Fix(f"write `{self.number}`", (edit,), safe=False),)


class UnknownChoice(InvalidArgumentProblem):
    """An option has a word that is not one of its choices.

    A misspelt choice is never replaced by the default.

    ```netc
    input 28x28x1 -> flatten -> dense 10 init=hee
    ```

    Instead:

    ```netc
    input 28x28x1 -> flatten -> dense 10 init=he
    ```
    """

    code = "E0238"
    title = "unknown choice"
    suggestion: str | None

    def help(self) -> tuple[str, ...]:
        return (f"did you mean `{self.suggestion}`?",) if self.suggestion else ()

    def fixes(self) -> tuple[Fix, ...]:
        if self.suggestion is None or self.argument.written:
            return ()
        return respell(self.at, self.suggestion)
