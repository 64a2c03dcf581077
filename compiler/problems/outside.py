"""E079, W079: words and reporters that installed packages bring."""

from __future__ import annotations

from ...grammar.problem import Problem


class WordUnusable(Problem):
    """A package brings this word, and netc cannot use it.

    A package brings words by entry points of the group `netc.words`, such as `"layer.mish" =
    "netc_mish:Mish"`. The class must be there when its module is imported, be of that category and
    have that word, which neither netc itself nor another package has.

    ```text
    error[E0790]: the layer `mish` of the package `netc-mish` cannot be used
    ```
    """

    code = "E0790"
    title = "word of a package that cannot be used"
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
    """A word of a package raised an exception, so it has a mistake.

    A layer has to report what is wrong with its inputs, and to emit instructions that there are.
    Ask the author of the package, and show the exception.

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
    """A package brings this reporter, and netc cannot start it.

    `netc run --reporter NAME` calls what the entry point `reporter.NAME` of the package names,
    with the text after `=` if there is one, and what it gives must be a function of an event.

    ```text
    error[E0792]: the reporter `mail` of the package `netc-mail` cannot be used
    ```
    """

    code = "E0792"
    title = "reporter of a package that cannot be used"
    message_text = "the reporter `{name}` of the package `{package}` cannot be used"
    label_text = "{reason}"
    name: str
    package: str
    reason: str

    def help(self) -> tuple[str, ...]:
        return ("leave out `--reporter`", f"or update the package: `pip install -U {self.package}`")


class ReporterFailed(Problem):
    """A reporter of a package raised an exception while a network was trained.

    It is told nothing more, and the training goes on as without it. Ask the author of the package,
    and show the exception.

    ```text
    warning[W0793]: the reporter `mail` of the package `netc-mail` failed and is told nothing more
    ```
    """

    code = "W0793"
    title = "reporter of a package failed"
    message_text = (
        "the reporter `{name}` of the package `{package}` failed and is told nothing more"
    )
    label_text = "{error}"
    help_texts = ("this is a mistake in the package; the training goes on",)
    name: str
    package: str
    error: str
    """The exception, and where it was raised."""
