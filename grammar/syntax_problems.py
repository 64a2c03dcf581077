"""E01: what stands in the text is no statement of netc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedWord(Problem):
    """Something stands where it cannot stand.

    A statement is a pipe of calls: a word, its values, `key=value`, then bare words.

    ```netc
    input 784 -> 128
    ```

    Instead:

    ```netc
    input 784 -> dense 128
    ```
    """

    code: ClassVar[str] = "E0100"
    title: ClassVar[str] = "something stands where it cannot stand"
    found: str
    expected: str

    def message(self) -> str:
        return f"{self.found} cannot stand here"

    def label(self) -> str:
        return f"expected {self.expected}"


PROBLEMS: tuple[type[Problem], ...] = (UnexpectedWord,)
