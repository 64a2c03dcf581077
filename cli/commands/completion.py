"""`netc completion`: what makes a shell complete netc's command lines with the Tab key."""

from __future__ import annotations

import click

from ..terminal.output import print_text

VARIABLE = "_NETC_COMPLETE"
"""Where a script of click's says that it wants completions."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
def completion(shell: str) -> int:
    """Print a script that completes netc's commands, options, files, words and codes.

    To load it in every new shell, add one line to the shell's startup file:

    \b
    bash, to ~/.bashrc
        eval "$(netc completion bash)"
    zsh, to ~/.zshrc, after `autoload -U compinit; compinit`
        eval "$(netc completion zsh)"
    fish, to ~/.config/fish/config.fish
        netc completion fish | source
    PowerShell, to the file that $PROFILE names
        netc completion powershell | Out-String | iex

    bash must be 4.4 or newer.
    """
    from click.shell_completion import get_completion_class

    netc = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"completion for {shell} needs click 8.5: pip install 'click>=8.5'")
    print_text(found(netc, {}, "netc", VARIABLE).source())
    return 0
