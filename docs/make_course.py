"""Runs the commands of the pages in docs/course, and puts into the pages what they give.

    python docs/make_course.py              every page
    python docs/make_course.py xor losses   some of them

A `console` listing has commands after `$ `, each with what it prints; a long table is cut to its
first rows and its last one. The commands of a page run in order, in a folder with a copy of specs/.
The picture `pictures/xor/surface.svg` of a page is `runs/xor/surface.svg` there, which
`--plots runs/xor` has written, and `pictures/net.svg` is `net.svg`. A `netc` listing after a
paragraph with a link to a spec is the text of that spec.

The last word of a listing says how it differs: `console try` is part of an exercise, shows no
output and is run by the test only, and in `console fails` every command must fail.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "docs" / "course"

CONSOLE = re.compile(r"^```console(?P<kind>[ a-z]*)\n(?P<text>.*?)^```$", re.M | re.S)
SPEC = re.compile(
    r"(?<=\]\()(?P<path>[^)\s]+\.net)(?P<between>\)(?:(?!\n\n|\.net\)).)*\n\n```netc\n).*?(?=^```$)",
    re.M | re.S,
)
PICTURE = re.compile(r"!\[[^\]]*\]\(pictures/([^)]+)\)")

TIMES = re.compile(r" *\b\d[\d.]* ?(?:ms|s|min)\b| · \d+ workers?")
HEAD, LONGEST = 3, 12
"""Of more than LONGEST similar rows, HEAD are shown, and the last one."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page: its words after `netc`, what the page says it prints, and the kind of
    its listing."""

    words: tuple[str, ...]
    shown: str
    kind: str

    def ends_well(self, status: object) -> bool:
        return (status == 0) == (self.kind != "fails")


def dialogues(text: str, kind: str) -> list[tuple[str, Command]]:
    """The commands of a listing, each with its line."""
    parts = re.split(r"^(\$ netc .*\n)", text, flags=re.M)
    assert not parts[0].strip(), f"a listing begins with {parts[0]!r}, not with `$ netc`"
    return [
        (line, Command(tuple(shlex.split(line)[2:]), shown, kind))
        for line, shown in zip(parts[1::2], parts[2::2], strict=True)
    ]


def commands(page: str) -> list[Command]:
    """The commands of a page, in order."""
    return [
        command
        for listing in CONSOLE.finditer(page)
        for _, command in dialogues(listing["text"], listing["kind"].strip())
    ]


def pictures(page: str) -> list[str]:
    """The pictures that a page shows, below `pictures/`."""
    return PICTURE.findall(page)


def written(picture: str, folder: Path) -> Path:
    """Where the commands of a page have written a picture."""
    return folder / "runs" / picture if "/" in picture else folder / picture


def shape(line: str) -> str:
    """A line of output without its numbers and the room that they take."""
    line = re.sub(r"[-+]?\d[\d.,]*(?:e[-+]?\d+)?", "0", line)
    return re.sub(r" +", " ", line.replace("0ms", "0s").rstrip(" *"))


def abridged(text: str) -> str:
    """Output without most of the rows of a long table."""
    lines: list[str] = []
    for _, group in groupby(text.rstrip().splitlines(), key=shape):
        rows = list(group)
        lines += rows if len(rows) <= LONGEST else [*rows[:HEAD], "   ...", rows[-1]]
    return "".join(f"{line.rstrip()}\n" for line in lines).lstrip("\n")


def with_specs(page: str, folder: Path) -> str:
    """The page with the texts of the specs that it links to."""

    def copied(match: re.Match[str]) -> str:
        spec = (folder / match["path"]).read_text(encoding="utf-8")
        return f"{match['path']}{match['between']}{spec}"

    return SPEC.sub(copied, page)


def with_outputs(page: str, folder: Path) -> str:
    """The page with what its commands print in `folder`. What differs in its times only stays."""

    def ran(match: re.Match[str]) -> str:
        kind = match["kind"].strip()
        if kind == "try":
            return match[0]
        text = ""
        for line, command in dialogues(match["text"], kind):
            printed = abridged(run(command, folder))
            same = TIMES.sub("", printed) == TIMES.sub("", command.shown.rstrip() + "\n")
            text += f"{line}{command.shown.rstrip() + chr(10) if same else printed}\n"
        return f"```console{match['kind']}\n{text.rstrip()}\n```"

    return CONSOLE.sub(ran, page)


def run(command: Command, folder: Path) -> str:
    """What a command prints in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "netc", *command.words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    printed = done.stdout + done.stderr
    if not command.ends_well(done.returncode):
        raise SystemExit(
            f"netc {shlex.join(command.words)} ended with {done.returncode}\n{printed}"
        )
    return printed


def make(file: Path) -> None:
    """Writes one page and its pictures anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "specs", folder / "specs")
        page = with_outputs(with_specs(file.read_text(encoding="utf-8"), file.parent), folder)
        file.write_text(page, encoding="utf-8")
        for picture in pictures(page):
            target = COURSE / "pictures" / picture
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(written(picture, folder), target)


if __name__ == "__main__":
    for page_name in sys.argv[1:] or sorted(file.stem for file in COURSE.glob("*.md")):
        print(page_name, flush=True)
        make(COURSE / f"{page_name}.md")
