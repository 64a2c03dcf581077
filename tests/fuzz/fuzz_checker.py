"""Any text is checked to the end, and its problems shown in every format, in bounded time."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from subprocess import CompletedProcess
from zlib import crc32

from command import run_netc
from fuzz_parser import speaks
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import ReadFailure
from netc.grammar.source import Source
from spec_mutations import document_seeds, mutated_spec
from target import Target

FORMATS = ("full", "concise", "json", "github", "sarif")


def read(path: str) -> Source | ReadFailure:
    """No other file is there."""
    return ReadFailure(path, "missing")


def examined(text: str) -> Checked:
    """What `check` says of a text."""
    return check(Source("s.net", text), BUILTIN, read)


def ends_well(data: bytes, *command: str) -> CompletedProcess[str]:
    """A command on a text in a folder of its own: a result or problems, and no bug in netc."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "s.net").write_bytes(data)
        done = run_netc(folder, command[0], "s.net", *command[1:])
    assert done.returncode in (0, 1), f"`{command[0]}` ends with a bug: {done.stderr}"
    assert "out of memory" not in done.stderr, f"`{command[0]}` is out of memory: {done.stderr}"
    return done


def run(data: bytes) -> None:
    checked = examined(data.decode("utf-8", "replace"))
    for problem in checked.problems:
        speaks(problem)
    form = FORMATS[crc32(data) % len(FORMATS)]
    done = ends_well(data, "check", "--format", form)
    if form in ("json", "sarif"):
        json.loads(done.stdout)


TARGET = Target(document_seeds, mutated_spec, run)
