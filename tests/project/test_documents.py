"""The texts that people read: every example in them is checked, every command in them is run.

A fence of `netc` holds a whole spec, which must check without a remark; `netc E0312` one that must
give exactly that code. A fence of `console` holds commands behind `$ ` and what they print. Every
relative link leads to a file. A fence of `python` is run, and prints what its comments say.
Commands that a text or a help page lists line by line work, and every option that is named exists.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from types import ModuleType

import click
import netc
import pytest
from click.testing import CliRunner
from command import run_netc
from netc.cli.main import COMMANDS, WELCOME
from netc.cli.main import netc as command_line
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from sample_tables import WINES

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "docs" / "course"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *COURSE.glob("*.md")])
FENCE = re.compile(r"^(?P<mark>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=mark)$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced listing: where it stands, the words behind its marks, its text."""

    place: str
    words: tuple[str, ...]
    text: str


def fences(language: str) -> list[Fence]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text()
        for match in FENCE.finditer(text):
            words = tuple(match["info"].split())
            line = text.count("\n", 0, match.start()) + 1
            if words[:1] == (language,):
                found.append(
                    Fence(f"{document.relative_to(ROOT)}:{line}", words[1:], match["text"])
                )
    return found


DIALOGUES = [fence for fence in fences("console") if not fence.place.startswith("docs/course/")]
"""The pages of the course have a test of their own, test_course.py."""


def place(fence: Fence) -> str:
    return fence.place


def codes(text: str) -> list[str]:
    checked = check(source_of(text), BUILTIN, read_source)
    return [problem.code for problem in checked.problems]


@pytest.mark.parametrize("fence", fences("netc"), ids=place)
def test_an_example_gives_the_codes_that_it_states_and_no_other(fence: Fence) -> None:
    assert codes(fence.text) == list(fence.words)


@pytest.mark.parametrize("fence", fences("netc"), ids=place)
def test_formatting_an_example_changes_neither_its_meaning_nor_itself_twice(fence: Fence) -> None:
    once = netc.format(fence.text)
    assert netc.format(once) == once
    assert sorted(codes(once)) == sorted(fence.words)


def test_there_are_examples() -> None:
    assert len(fences("netc")) >= 10
    assert len(DIALOGUES) >= 2


VOLATILE = (
    (re.compile(r" · \d+ workers?"), ""),
    (re.compile(r"\d+(?:,\d{3})+|\d+\.\d+|\d+"), "0"),
    (re.compile(r"\b0ms\b"), "0s"),
    (re.compile(r" +\*$", re.M), ""),
    (re.compile(r" +"), " "),
    (re.compile(r"0-0-0_0-0-0_[0-9a-f]+"), "TIME"),
)
"""What differs between runs and machines: figures, the room that they take, the cores."""


def plain(text: str) -> str:
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


def dialogues(text: str) -> list[tuple[str, str]]:
    """The commands of a listing, each with what it prints."""
    parts = re.split(r"^\$ (.*)\n?", text, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the shipped specs and the files that the documents mention."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    for listing in fences("netc"):
        named = re.match(r"# (\w+\.net)\n", listing.text)
        if named:
            (tmp_path / named[1]).write_text(listing.text)
    return tmp_path


def skip_without_extras(fence: Fence) -> None:
    """Pictures need matplotlib, searches Optuna, reports jinja2, estimators scikit-learn."""
    for name in ("sklearn", "pandas"):
        if re.search(rf"^(from|import) (netc\.)?{name}\b", fence.text, re.M):
            pytest.importorskip(name, reason=f"the example uses {name}")
    if re.search(r"--plots|save_pictures", fence.text):
        pytest.importorskip("matplotlib", reason="the example draws pictures")
    if re.search(r"^report  ", fence.text, re.M):
        pytest.importorskip("jinja2", reason="the example makes a report")
    if re.search(r"\$ netc tune|netc\.tune", fence.text):
        pytest.importorskip("optuna", reason="the example searches values")


@pytest.mark.parametrize("fence", DIALOGUES, ids=place)
def test_a_command_prints_what_the_document_shows(fence: Fence, checkout: Path) -> None:
    skip_without_extras(fence)
    exact = "exact" in fence.words
    for command, shown in dialogues(fence.text):
        words = shlex.split(command)
        assert words[0] == "netc", f"{fence.place}: only netc's own commands are shown as dialogues"
        done = run_netc(checkout, *words[1:], COLUMNS="100", NO_COLOR="1", NETC_RUNS_DIR="runs")
        printed = done.stdout + done.stderr
        if exact:
            assert printed.strip("\n") == shown.strip("\n")
        else:
            assert plain(printed) == plain(shown)


@pytest.mark.parametrize("fence", fences("python"), ids=place)
def test_a_python_listing_runs(
    fence: Fence,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    skip_without_extras(fence)
    monkeypatch.chdir(checkout)
    # its classes look for the module that they are in
    module = ModuleType("listing")
    monkeypatch.setitem(sys.modules, "listing", module)
    exec(compile(fence.text, fence.place, "exec"), vars(module))
    assert capsys.readouterr().out.splitlines() == re.findall(r"^# prints (.*)$", fence.text, re.M)


def subcommand(name: str) -> click.Command:
    found = command_line.get_command(click.Context(command_line), name)
    assert found is not None, name
    return found


LISTINGS = {
    **{str(path.relative_to(ROOT)): path.read_text() for path in DOCUMENTS},
    **{f"netc {name} --help": indent(subcommand(name).help or "", "    ") for name in COMMANDS},
    "netc": indent(WELCOME, "  "),
}
"""The texts that list commands, each on a line of its own with a remark behind it."""

SMALL = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1"
NAMED = {
    "SPEC": "lenet.net",
    "FILE": "w.safetensors",
    "SAMPLES...": "samples.csv",
    "FILE.csv": "wine.csv",
}


def listed(text: str) -> list[list[str]]:
    """The commands of `netc` that a text lists, with files in place of their names."""
    found = re.findall(r"^ {4}(netc .*?)(?: {2}.*)?$", text, flags=re.M)
    return [[NAMED.get(word, word) for word in shlex.split(line)[1:]] for line in found]


@pytest.mark.parametrize("where", [name for name, text in LISTINGS.items() if listed(text)])
def test_a_listed_command_works(
    where: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    (checkout / "lenet.net").write_text(SMALL)
    (checkout / "specs" / "digits.net").write_text(SMALL)
    (checkout / "samples.csv").write_text("a,b,c,d\n1,2,3,4\n")
    (checkout / "wine.csv").write_text(WINES)
    for words in listed(LISTINGS[where]):
        if "native" in words and not any(map(shutil.which, ("cc", "clang", "gcc"))):
            continue
        done = CliRunner().invoke(command_line, words, input=SMALL, standalone_mode=False)
        assert (done.exception, done.return_value) == (None, 0), (words, done.output)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_option_in_a_document_exists(document: Path) -> None:
    options = {
        name
        for command in COMMANDS
        for parameter in subcommand(command).params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    for code in re.findall(r"`(netc [^`]*|--[^`]*)`", document.read_text()):
        for name in re.findall(r"(?<!\S)--[a-z-]+", code):
            assert name in options | {"--help", "--version"}, f"{document.name}: {code}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_commands_in_a_document_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text()))
    named |= set(re.findall(r"^ {4}make ([a-z-]+)", document.read_text(), re.M))
    assert named <= targets
