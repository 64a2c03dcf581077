"""The page that is printed when netc itself is at fault."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from pathlib import Path

from .. import __version__
from .terminal.output import print_text

BUG = 70
"""The exit status that `sysexits.h` calls EX_SOFTWARE."""
PARTS = ("api.py", "cli", "compiler", "grammar", "runtime")
"""What netc consists of."""


def report_bug(error: Exception, arguments: list[str]) -> int:
    """Prints what to report, on standard error, and gives the exit status 70."""
    if os.environ.get("NETC_DEBUG"):
        print_text("".join(traceback.format_exception(error)) + "\n", sys.stderr)
    what = traceback.format_exception_only(error)[-1].strip().splitlines() or [type(error).__name__]
    version = ".".join(str(part) for part in sys.version_info[:3])
    rows = {
        "error": what[0],
        "place": _innermost(error),
        "command": shlex.join(["netc", *arguments]),
        "version": f"netc {__version__}, Python {version}, {sys.platform}",
    }
    page = "".join(f"  {name:<8} {text}\n" for name, text in rows.items())
    hint = "" if os.environ.get("NETC_DEBUG") else "\nNETC_DEBUG=1 shows the traceback.\n"
    print_text(
        "this is a bug in netc, not in your spec. Please report these lines together with the "
        f"spec:\n\n{page}{hint}\n",
        sys.stderr,
    )
    return BUG


def _innermost(error: Exception) -> str:
    """The frame of netc that the exception came from or through last."""
    package = Path(__file__).resolve().parent.parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename).resolve()
        # In a checkout the package's folder also holds the virtual environment.
        if path.is_relative_to(package) and path.relative_to(package).parts[0] in PARTS:
            return f"netc/{path.relative_to(package).as_posix()}:{frame.lineno} in {frame.name}"
    return "outside netc"
