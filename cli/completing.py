"""What an argument or an option can be completed to, for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def any_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Files and folders, as the shell itself completes them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def data_sets(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The data sets that need no more than their name; where none begins like this, files."""
    from click.shell_completion import CompletionItem

    from ..compiler.data.files import Files
    from ..compiler.language.builtin import INSTALLED

    found = [
        CompletionItem(word)
        for word in INSTALLED.words("data")
        if word.startswith(incomplete) and not issubclass(INSTALLED.get("data", word), Files)
    ]
    return found or any_file(ctx, param, incomplete)


def runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The runs that are kept, the newest first; where none begins like this, files."""
    from click.shell_completion import CompletionItem

    from ..runtime.runs.folder import LATEST, all_runs, runs_folder

    names = [run.name for run in reversed(all_runs(runs_folder()))]
    known = [LATEST, *names] if names else []
    found = [CompletionItem(name) for name in known if name.startswith(incomplete)]
    return found or any_file(ctx, param, incomplete)


def subjects(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The words of the language; codes where an upper-case letter is typed."""
    from click.shell_completion import CompletionItem

    if incomplete[:1].isupper():
        from ..compiler.problems.catalog import all_problem_classes

        classes = all_problem_classes()
        return [
            CompletionItem(cls.code, help=cls.title)
            for cls in classes
            if cls.code.startswith(incomplete)
        ]
    from .glossary import known_words

    words = [word for word in known_words() if word.startswith(incomplete)]
    return [CompletionItem(word, help=_summary(word)) for word in words]


def _summary(word: str) -> str | None:
    """What a word of the language means, where it means one thing."""
    from ..compiler.language.builtin import INSTALLED

    categories = INSTALLED.categories_of(word)
    return INSTALLED.get(categories[0], word).summary if len(categories) == 1 else None
