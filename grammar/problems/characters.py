"""E01, first part: characters and words that are none of the language."""

from __future__ import annotations

from ..problem import Edit, Fix, Label, Note, Problem, respell
from ..source import Span


class Misspelling(Problem):
    """The base of what should have been written in another way. With `help_texts` for where nobody
    knows what was meant."""

    intended: str | None

    def is_known(self) -> bool:
        """Whether there is another way. What is wrong twice may be taken for itself."""
        return self.intended not in (None, self.at.text)

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.intended}`",) if self.is_known() else super().help()

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, str(self.intended)) if self.is_known() else ()


def character_name(character: str) -> str:
    """What a character is called: "RIGHTWARDS ARROW (U+2192)"."""
    import unicodedata

    number = f"U+{ord(character):04X}"
    controls = {"\x00": "null character", "\r": "carriage return", "\x0c": "form feed"}
    name = controls.get(character) or unicodedata.name(character, "control character")
    return f"{name} ({number})"


class CharacterProblem(Problem):
    """The base of what is wrong with one character."""

    character: str

    @property
    def name(self) -> str:
        return character_name(self.character)


class UnknownCharacter(CharacterProblem):
    """A character is not part of the language, so the text cannot be read.

    Outside strings and comments, netc reads lower-case words, numbers, `-> = | [ ] ( ) , ;`, `@`,
    `$`, `"`, `#`, comparisons and, in parentheses, arithmetic.

    ```netc
    input 784 -> dense 10 &
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code = "E0101"
    title = "unknown character"
    hint: str = ""
    is_needless: bool = False
    """Whether all is right without it."""

    def message(self) -> str:
        shown = f"`{self.character}`" if self.character.isprintable() else self.name
        return f"{shown} is not part of the language"

    def label(self) -> str:
        return self.name if self.character.isprintable() and not self.character.isascii() else ""

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()

    def fixes(self) -> tuple[Fix, ...]:
        if not self.is_needless:
            return ()
        after = self.at.source.text[self.at.end : self.at.end + 1]
        blank = "" if after.isspace() else " "
        return (Fix("remove it", (Edit(self.at, blank),), safe=True),)


class LookalikeCharacter(CharacterProblem):
    """A character looks like one that netc reads but is a different one.

    This happens when text is copied from word processors and web pages, which replace quotes, minus
    signs and spaces with similar characters.

    ```netc
    input 784 -> dense 10 init=normal（0.01)
    ```

    Instead:

    ```netc
    input 784 -> dense 10 init=normal(0.01)
    ```
    """

    code = "E0102"
    title = "look-alike character"
    intended: str

    def message(self) -> str:
        shown = f"`{self.character}`" if self.character.isprintable() else self.name
        kind = {"": "nothing", " ": "a space"}.get(self.intended, f"`{self.intended}`")
        return f"{shown} looks like {kind} but is a different character"

    def label(self) -> str:
        return self.name if self.character.isprintable() else ""

    def help(self) -> tuple[str, ...]:
        return (self._way_out(),)

    def _way_out(self) -> str:
        return {"": "remove it", " ": "write a space"}.get(
            self.intended, f"write `{self.intended}`"
        )

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix(self._way_out(), (Edit(self.at, self.intended),), safe=True),)


class WrongArrow(Misspelling):
    """The arrow between layers must be `->`.

    ```netc
    input 784 => dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code = "E0103"
    title = "wrong arrow"
    intended: str | None = "->"

    def message(self) -> str:
        return f"the arrow is written `->`, not `{self.at.text}`"


class WrongOperator(Misspelling):
    """An operator of another programming language is used, which netc does not have.

    Options are set with `=`; comparisons are `>=`, `<=`, `>` and `<`.

    ```netc
    input 784 -> dense 10 bias: false
    ```

    Instead:

    ```netc
    input 784 -> dense 10 bias=false
    ```
    """

    code = "E0104"
    title = "wrong operator"

    def message(self) -> str:
        what = "an option is set" if self.intended == "=" else "the comparison is written"
        return f"{what} with `{self.intended}`, not `{self.at.text}`"


class UnclosedString(Problem):
    """A string has no closing quote; it must end on the line on which it begins.

    ```text
    data csv "flowers.csv target=species
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species
    ```
    """

    code = "E0105"
    title = "unclosed string"
    message_text = "this string is never closed"
    label_text = "opened here"
    help_texts = ('write `"` after its last character',)
    line_end: Span

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.line_end, "the line ends here"),)


class WrongQuotes(Misspelling):
    """A string must be in straight double quotes: `"blocks.net"`, not `'blocks.net'`.

    A `"` in a string is written twice: `"5"" pipes"` is the text `5" pipes`.

    ```text
    use 'blocks.net'
    ```

    Instead:

    ```text
    use "blocks.net"
    ```
    """

    code = "E0106"
    title = "wrong quotes"
    message_text = "strings must be in straight double quotes"


class WordNotLowerCase(Note):
    """A name is not in lower case: names are a letter from a to z, then letters, digits and `_`.

    Every layer and option has exactly one name, without aliases, so specs always look the same.

    ```netc
    input 784 -> Dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code = "E0107"
    title = "name not in lower case"
    intended: str | None
    is_value: bool = False

    def message(self) -> str:
        return f"unknown name `{self.at.text}`: names are lower case (a-z, 0-9, `_`)"

    def help(self) -> tuple[str, ...]:
        if self.intended is not None:
            return (f"write `{self.intended}`",)
        if self.advice:
            return self.advice
        if self.is_value:
            return (f'text, such as the name of a column, must be quoted: `"{self.at.text}"`',)
        return ("a name looks like `conv1` or `last_layer`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.intended is not None:
            return respell(self.at, self.intended)
        return respell(self.at, f'"{self.at.text}"') if self.is_value and not self.advice else ()


class MissingName(Problem):
    """`@` and `$` must be followed by a name, without a space.

    `@skip` is a label of a tensor, `$width` the value of a constant or parameter. Arithmetic in
    parentheses needs no `$` before it: `(4*$c)`.

    ```netc
    input 784 -> dense $
    ```

    Instead:

    ```netc
    let width=64
    input 784 -> dense $width
    ```
    """

    code = "E0108"
    title = "`@` or `$` without a name"
    next_character: str

    def message(self) -> str:
        kind = "label" if self.at.text == "@" else "parameter"
        return f"`{self.at.text}` must be followed by the name of a {kind}"

    def help(self) -> tuple[str, ...]:
        if self.at.text == "@":
            return ("write the name without a space, as in `@skip`",)
        if self.next_character == "(":
            return ("arithmetic takes no `$` before its parentheses: `(4*$c)`",)
        return ("write the name without a space, as in `$width`",)


class TextTooLarge(Problem):
    """A text is too large to be a spec.

    Ten thousand layers written out take half a million characters. A text of more than 524,288
    characters or 50,000 statements is most likely data, which belongs in a file of its own that
    `data` names.

    ```text
    (1,048,577 characters)
    ```
    """

    code = "E0115"
    title = "text too large"
    message_text = "this text has {size:,} {unit}; a spec has at most {most:,}"
    help_texts = (
        "use `repeat`, `each` or a `block` for what repeats; put data in a file of its own",
    )
    size: int
    unit: str
    """What is counted."""
    most: int


class WrongComment(Misspelling):
    """Comments begin with `#`.

    ```netc
    // a small net
    input 784 -> dense 10
    ```

    Instead:

    ```netc
    # a small net
    input 784 -> dense 10
    ```
    """

    code = "E0116"
    title = "wrong comment sign"
    intended: str | None = "#"
    may_be_arrow: bool = False
    """Whether two dashes at the start of a line may have been an arrow."""

    def message(self) -> str:
        return f"comments begin with `#`, not `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        ways = super().help() or ("write `#` at the start of each line of the comment",)
        return (*ways, "layers are joined by `->`") if self.may_be_arrow else ways

    def fixes(self) -> tuple[Fix, ...]:
        return tuple(fix._replace(safe=not self.may_be_arrow) for fix in super().fixes())


class UnquotedText(Misspelling):
    """A path must be quoted.

    ```text
    data csv flowers.csv target=species
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species
    ```
    """

    code = "E0117"
    title = "path without quotes"
    message_text = "a path must be quoted"
