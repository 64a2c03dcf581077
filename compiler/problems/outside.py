"""E079, W079: words and reporters that installed packages bring."""

from __future__ import annotations

from ...grammar.problem import Problem


class WordUnusable(Problem):
    """An installed package provides this word, but netc cannot use it.

    Packages provide words through entry points of the group `netc.words`, such as `"layer.mish" =
    "netc_mish:Mish"`. The class must exist in its module, belong to that category and have that
    word, and neither netc nor another package may define the same word.

    ```text
    error[E0790]: the layer `mish` of the package `netc-mish` cannot be used
    ```
    """

    code = "E0790"
    title = "unusable word of a package"
    message_text = "the {category} `{word}` of the package `{package}` cannot be used"
    label_text = "{reason}"
    word: str
    category: str
    package: str
    reason: str

    def help(self) -> tuple[str, ...]:
        return (
            f"update or uninstall the package: `pip uninstall {self.package}`",
            "`netc explain` lists the words of installed packages",
        )


class WordFailed(Problem):
    """A word that a package provides raised an exception.

    A layer must report invalid inputs as problems, and emit only instructions that exist. Please
    report the exception to the author of the package.

    ```text
    error[E0791]: the layer `mish` of the package `netc-mish` failed
    ```
    """

    code = "E0791"
    title = "word of a package failed"
    message_text = "the {category} `{word}` of the package `{package}` failed"
    label_text = "{error}"
    help_texts = ("this is a mistake in the package, not in your spec",)
    word: str
    category: str
    package: str
    error: str
    """The exception, and where it was raised."""


class ReporterUnusable(Problem):
    """An installed package provides this reporter, but netc cannot start it.

    `netc run --reporter NAME` calls the object that the package's entry point `reporter.NAME`
    names, with the text after `=` if there is any. It must return a function that takes an event.

    ```text
    error[E0792]: the reporter `mail` of the package `netc-mail` cannot be used
    ```
    """

    code = "E0792"
    title = "unusable reporter of a package"
    message_text = "the reporter `{name}` of the package `{package}` cannot be used"
    label_text = "{reason}"
    name: str
    package: str
    reason: str

    def help(self) -> tuple[str, ...]:
        return ("leave out `--reporter`", f"or update the package: `pip install -U {self.package}`")


class ReporterFailed(Problem):
    """A reporter of a package raised an exception while a network was trained.

    It receives no more events, and training continues without it. Please report the exception to
    the author of the package.

    ```text
    warning[W0793]: the reporter `mail` of the package `netc-mail` failed and receives no more
    events
    ```
    """

    code = "W0793"
    title = "reporter of a package failed"
    message_text = (
        "the reporter `{name}` of the package `{package}` failed and receives no more events"
    )
    label_text = "{error}"
    help_texts = ("this is a mistake in the package; training continues",)
    name: str
    package: str
    error: str
    """The exception, and where it was raised."""
