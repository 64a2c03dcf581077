"""`netc` and `python -m netc`, which can be interrupted while the command is being loaded."""

from __future__ import annotations

import signal


def main() -> None:
    """The console script: runs the command and exits with its status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # an exception in the middle of an import would be told as a failure of netc
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli.main import main as command

    command()


if __name__ == "__main__":
    main()
