"""Every format, damaged in every way, in every command that reads it: a result or a diagnosis.

A format in which other bytes cannot mean another number of samples never loses one silently.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import netc.cli.commands.predict  # noqa: F401 - which its command hides
import numpy as np
import pytest
from netc.cli.main import status_of
from reader_files import DAMAGES, SAMPLES, ReaderFile, npy, reader_files

predict = sys.modules["netc.cli.commands.predict"]

FORMS = reader_files()


def status(*command: str) -> int:
    """Runs a command as its own process would, but for what it leaves in memory."""
    return status_of([*command])


def put(files: dict[str, bytes]) -> None:
    for path, content in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The weights of a network for each format that `netc predict` takes."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, form in FORMS.items():
            folder = tmp_path_factory.mktemp("trained")
            patch.chdir(folder)
            patch.setenv("NETC_CACHE_DIR", str(folder / "cache"))
            put(form.files())
            assert status("run", "-e", form.spec, "--no-keep", "--save", "m.st") == 0, name
            found[name] = folder / "m.st"
    return found


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_file_is_diagnosed(
    name: str,
    trained: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    form = FORMS[name]
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    for number, (what, damage) in enumerate(DAMAGES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        put(form.files(damage(form.content)) | {"m.st": trained[name].read_bytes()})
        commands = [("data", "-e", form.spec)]
        # the others read the same way, so each has some of the damages
        other = (number + 5 * [*FORMS].index(name)) % 12
        if other == 0:
            commands.append(("run", "-e", form.spec, "--no-keep"))
        elif other == 1:
            commands.append(("check", "-e", form.spec))
        elif other == 2:
            commands.append(("eval", "m.st"))
        elif form.sample:
            commands.append(("predict", str(trained[name]), form.path))
        for command in commands:
            told = f"{name}, {what}: {command[0]}"
            code = status(*command)
            output = "".join(capfd.readouterr())
            assert code in (0, 1), f"{told}\n{output}"
            assert code == 0 or re.search(r"^error\[E\d{4}\]: .", output, re.MULTILINE), told
            assert "Traceback" not in output, told
            if command[0] == "data" and code == 0:
                _has_all_samples(form, output, told)


def _has_all_samples(form: ReaderFile, output: str, told: str) -> None:
    if form.counts:
        assert re.search(r"\b20 samples\b", output), told


def test_a_label_that_some_part_lacks_is_evaluated_or_named(
    trained: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    form = FORMS["idx of labels"]
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for at in (8, 13, 20):
        put(form.files(form.content[:at] + b"\x07" + form.content[at + 1 :]))
        # its data are beside it
        Path("m.st").write_bytes(trained["idx of labels"].read_bytes())
        assert status("eval", "m.st", "--part", "all") == 1
        assert f"sample {at - 7}" in capfd.readouterr().err
        assert status("eval", "m.st") in (0, 1)
        assert not re.search("Traceback|bug", capfd.readouterr().err)


def test_the_least_whole_number_is_no_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    form = FORMS["npy of targets"]
    monkeypatch.chdir(tmp_path)
    put(form.files(npy(np.full(SAMPLES, np.iinfo(np.int64).min))))
    assert status("data", "-e", form.spec) == 1
    assert "-9.22337e+18" in capfd.readouterr().err


def test_standard_input_has_a_bound(
    trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(predict, "MOST_INPUT", 99)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FORMS["csv"].content)))
    assert status("predict", str(trained["csv"]), "-") == 1
    assert "it has more than 99 bytes: pass a file" in capfd.readouterr().err


@pytest.mark.parametrize(
    "command", [("eval",), ("diff", "x.net"), ("new", "tabular"), ("report",), ("run", "--resume")]
)
def test_names_that_are_too_long_are_said_so(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status(*command, "a" * 300 + ".csv") in (1, 2)
    output = "".join(capfd.readouterr())
    assert "bug" not in output
    assert "Traceback" not in output
