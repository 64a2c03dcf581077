"""E01, first part: characters and words that are none of the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..problem import Edit, Fix, Label, Problem
from ..source import Span


def respell(at: Span, text: str) -> tuple[Fix, ...]:
    """The safe fix that writes a place in another way."""
    return (Fix(f"write `{text}`", (Edit(at, text),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCharacter(Problem):
    """A character is not part of the language.

    Outside strings and comments a text holds words in lower case, numbers, `-> = | [ ] ( ) , ;`,
    `@`, `$`, `"`, `#`, comparisons and, in parentheses, arithmetic.

    ```netc
    input 784 -> dense 10 &
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0101"
    title: ClassVar[str] = "character that is not part of the language"
    character: str
    name: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LookalikeCharacter(Problem):
    """A character looks like one of the language but is another.

    Word processors and web pages turn quotes, minus signs and blanks into other characters that
    look the same.

    ```netc
    input 784 -> dense 10 init=normal（0.01)
    ```

    Instead:

    ```netc
    input 784 -> dense 10 init=normal(0.01)
    ```
    """

    code: ClassVar[str] = "E0102"
    title: ClassVar[str] = "character that looks like another"
    character: str
    name: str
    meant: str

    def message(self) -> str:
        shown = f"`{self.character}`" if self.character.isprintable() else self.name
        kind = {"": "nothing", " ": "a blank"}.get(self.meant, f"`{self.meant}`")
        return f"{shown} looks like {kind} but is another character"

    def label(self) -> str:
        return self.name if self.character.isprintable() else ""

    def help(self) -> tuple[str, ...]:
        return (self._way_out(),)

    def _way_out(self) -> str:
        return {"": "remove it", " ": "write a blank"}.get(self.meant, f"write `{self.meant}`")

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix(self._way_out(), (Edit(self.at, self.meant),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongArrow(Problem):
    """Stages are joined by `->`, and by nothing else.

    ```netc
    input 784 => dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0103"
    title: ClassVar[str] = "arrow that is not `->`"

    def message(self) -> str:
        return f"the arrow is written `->`, not `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return ("write `->`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, "->")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongOperator(Problem):
    """A sign is written as in another language.

    A value is given with `=`; comparisons are `>= <= > <`.

    ```netc
    input 784 -> dense 10 bias: false
    ```

    Instead:

    ```netc
    input 784 -> dense 10 bias=false
    ```
    """

    code: ClassVar[str] = "E0104"
    title: ClassVar[str] = "sign of another language"
    meant: str

    def message(self) -> str:
        purpose = "a value is given" if self.meant == "=" else "the comparison is written"
        return f"{purpose} with `{self.meant}`, not with `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclosedString(Problem):
    """A string ends on the line on which it begins.

    ```text
    data csv "flowers.csv target=species
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species
    ```
    """

    code: ClassVar[str] = "E0105"
    title: ClassVar[str] = "string without its closing quote"
    line_end: Span

    def message(self) -> str:
        return "this string is never closed"

    def label(self) -> str:
        return "opened here"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.line_end, "the line ends here"),)

    def help(self) -> tuple[str, ...]:
        return ('put `"` behind its last character',)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongQuotes(Problem):
    """Strings stand in double quotes, the straight ones of the keyboard.

    ```text
    use 'blocks.net'
    ```

    Instead:

    ```text
    use "blocks.net"
    ```
    """

    code: ClassVar[str] = "E0106"
    title: ClassVar[str] = 'string in other quotes than `"`'
    meant: str

    def message(self) -> str:
        return "a string stands in straight double quotes"

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordNotLowerCase(Problem):
    """Words are written in lower case, with `_` between their parts.

    They begin with a letter from a to z; letters, digits and `_` follow.

    ```netc
    input 784 -> Dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0107"
    title: ClassVar[str] = "word that is not in lower case"
    meant: str | None
    is_value: bool = False

    def message(self) -> str:
        return f"`{self.at.text}` is no word: words are made of a-z, 0-9 and `_`"

    def help(self) -> tuple[str, ...]:
        ways = [] if self.meant is None else [f"write `{self.meant}`"]
        if self.is_value:
            ways.append(
                f'a text from outside, such as a column, stands in quotes: `"{self.at.text}"`'
            )
        return tuple(ways) or ("a name looks like `conv1` or `last_layer`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.meant is None or self.is_value else respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingName(Problem):
    """A name stands right behind `@` and `$`.

    `@skip` is a label, `$width` reads a parameter. Arithmetic stands in parentheses without a
    `$` of its own: `(4*$c)`.

    ```netc
    input 784 -> dense $
    ```

    Instead:

    ```netc
    let width=64
    input 784 -> dense $width
    ```
    """

    code: ClassVar[str] = "E0108"
    title: ClassVar[str] = "`@` or `$` without a name"
    next_character: str

    def message(self) -> str:
        kind = "label" if self.at.text == "@" else "parameter"
        return f"`{self.at.text}` needs the name of a {kind} right behind it"

    def help(self) -> tuple[str, ...]:
        if self.at.text == "@":
            return ("write the name without a blank, such as `@skip`",)
        if self.next_character == "(":
            return ("arithmetic needs no `$` before its parentheses: `(4*$c)`",)
        return ("write the name without a blank, such as `$width`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTooLarge(Problem):
    """A text is larger than a spec can sensibly be.

    A network of ten thousand layers takes half a million characters at most. What is larger than
    524,288 is most likely not a spec but data, whose place is a file that `data` names.

    ```text
    (1,048,577 characters)
    ```
    """

    code: ClassVar[str] = "E0115"
    title: ClassVar[str] = "text too large to be a spec"
    size: int
    most: int

    def message(self) -> str:
        return f"this text has {self.size:,} characters, more than the {self.most:,} of a spec"

    def help(self) -> tuple[str, ...]:
        return (
            "say what repeats with `repeat`, `each` or a `block`; data go into a file of their own",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongComment(Problem):
    """A comment begins with `#`.

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

    code: ClassVar[str] = "E0116"
    title: ClassVar[str] = "comment that does not begin with `#`"
    is_block: bool = False
    """Whether it is one that ends with a sign, rather than with its line."""

    def message(self) -> str:
        return f"a comment begins with `#`, not with `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        if self.is_block:
            return ("write `#` before each of its lines; a comment ends with its line",)
        return ("write `#`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.is_block else respell(self.at, "#")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnquotedText(Problem):
    """A path stands in quotes.

    ```text
    data csv flowers.csv target=species
    ```

    Instead:

    ```text
    data csv "flowers.csv" target=species
    ```
    """

    code: ClassVar[str] = "E0117"
    title: ClassVar[str] = "path without quotes"

    def message(self) -> str:
        return "a path stands in quotes"

    def help(self) -> tuple[str, ...]:
        return (f'write `"{self.at.text}"`',)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, f'"{self.at.text}"')
