"""Files that use files, and files that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import LARGEST, ReadFailure, decode, explain_failure, read_source
from netc.grammar.source import Source

NET = 'use "blocks.net"\ninput 4 -> b $n'
BLOCKS = "let n=3\nblock b(n) = dense $n relu"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def checked(path: Path, **options: bool) -> Checked:
    source = read_source(str(path))
    assert isinstance(source, Source)
    return check(source, BUILTIN, read_source, **options)


def codes(path: Path, **options: bool) -> list[str]:
    return [problem.code for problem in checked(path, **options).problems]


def test_blocks_and_constants_come_from_another_file(tmp_path: Path) -> None:
    found = checked(write(tmp_path, {"a.net": NET, "blocks.net": BLOCKS}) / "a.net")
    assert found.problems == ()
    assert found.graph.nodes[-1].shape == (3,)
    assert found.model.lets == {"n": 3}


def test_a_path_is_relative_to_the_file_in_which_it_stands(tmp_path: Path) -> None:
    files = {
        "a.net": 'use "lib/one.net"\ninput 4 -> b 3',
        "lib/one.net": 'use "two.net"\nuse "../three.net"',
        "lib/two.net": "block b(n) = c $n",
        "three.net": "block c(n) = dense $n",
    }
    assert codes(write(tmp_path, files) / "a.net") == []


def test_a_file_that_two_use_is_read_once(tmp_path: Path) -> None:
    files = {
        "a.net": 'use "b.net"\nuse "c.net"\nuse "b.net"\ninput 4 -> b -> c',
        "b.net": 'use "d.net"\nblock b = d',
        "c.net": 'use "d.net"\nblock c = d',
        "d.net": "block d = dense 4",
    }
    assert codes(write(tmp_path, files) / "a.net") == []


def test_what_a_library_has_beside_blocks_is_not_taken(tmp_path: Path) -> None:
    files = {"a.net": NET, "blocks.net": BLOCKS + "\ninput 9 -> dense 5\nloss mse\nblock c = relu"}
    found = checked(write(tmp_path, files) / "a.net")
    assert found.problems == ()
    assert len(found.model.nodes) == 3
    assert found.model.losses == ()


def test_a_name_in_two_files_names_both(tmp_path: Path) -> None:
    files = {"a.net": 'use "blocks.net"\nlet n=1\ninput 4 -> b $n', "blocks.net": BLOCKS}
    (problem,) = checked(write(tmp_path, files) / "a.net").problems
    assert problem.code == "E0207"
    assert {problem.at.source.name, problem.labels()[0].span.source.name} == {
        str(tmp_path / "a.net"),
        str(tmp_path / "blocks.net"),
    }


def test_a_mistake_in_a_library_stands_in_the_library(tmp_path: Path) -> None:
    files = {"a.net": NET, "blocks.net": "let n=3\nblock b(n) = dense $n pad=3"}
    (problem,) = checked(write(tmp_path, files) / "a.net").problems
    assert (problem.code, problem.at.line) == ("E0230", 2)
    assert problem.at.source.name == str(tmp_path / "blocks.net")
    assert [(call.source.name, call.text) for call in problem.calls] == [
        (str(tmp_path / "a.net"), "b $n")
    ]


def test_a_syntax_error_in_a_library_is_one_error(tmp_path: Path) -> None:
    files = {"a.net": NET, "blocks.net": "let n=3\nblock b(n = dense $n"}
    assert codes(write(tmp_path, files) / "a.net") == ["E0120"]


@pytest.mark.parametrize(
    "files",
    [
        {"a.net": 'use "a.net"\ninput 4 -> relu'},
        {"a.net": 'use "b.net"\ninput 4 -> relu', "b.net": 'use "a.net"'},
        {
            "a.net": 'use "b.net"\ninput 4 -> relu',
            "b.net": 'use "x/c.net"',
            "x/c.net": 'use "../b.net"',
        },
    ],
)
def test_files_in_a_circle(files: dict[str, str], tmp_path: Path) -> None:
    (problem,) = checked(write(tmp_path, files) / "a.net").problems
    assert problem.code == "E0707"
    assert problem.message().count(".net`") >= 1


def test_a_long_chain_of_files_is_no_deep_recursion(tmp_path: Path) -> None:
    files = {f"f{n}.net": f'use "f{n + 1}.net"' for n in range(1500)}
    files |= {"a.net": 'use "f0.net"\ninput 4 -> b', "f1500.net": "block b = relu"}
    assert codes(write(tmp_path, files) / "a.net") == []


@pytest.mark.parametrize(
    "path", ["../secret.net", "/etc/passwd", "x/../../secret.net", "link.net", "folder/secret.net"]
)
def test_a_file_outside_the_folder_is_not_read(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    write(tmp_path, {"secret.net": "block b = relu", "outside/secret.net": "block b = relu"})
    write(folder, {"a.net": f'use "{path}"\ninput 4 -> b'})
    (folder / "link.net").symlink_to(tmp_path / "secret.net")
    (folder / "folder").symlink_to(tmp_path / "outside")
    assert "E0706" in codes(folder / "a.net")


@pytest.mark.parametrize("path", ["../secret.net", "link.net", "folder/secret.net"])
def test_a_file_outside_the_folder_can_be_permitted(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    write(tmp_path, {"secret.net": "block b = relu", "outside/secret.net": "block b = relu"})
    write(folder, {"a.net": f'use "{path}"\ninput 4 -> b'})
    (folder / "link.net").symlink_to(tmp_path / "secret.net")
    (folder / "folder").symlink_to(tmp_path / "outside")
    assert codes(folder / "a.net", allow_outside=True) == []


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"a.net": 'use "link.net"\ninput 4 -> b', "lib/b.net": "block b = relu"})
    (tmp_path / "link.net").symlink_to(tmp_path / "lib" / "b.net")
    assert codes(tmp_path / "a.net") == []


def test_a_text_without_a_file_uses_files_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netc.compiler.reading import source_of

    folder = tmp_path / "specs"
    write(tmp_path, {"secret.net": "block b = relu"})
    write(folder, {"blocks.net": BLOCKS})
    (folder / "link.net").symlink_to(tmp_path / "secret.net")
    monkeypatch.chdir(folder)
    for source in (source_of(NET), Source("<stdin>", NET)):
        assert check(source, BUILTIN, read_source).problems == ()
    for path in ("../secret.net", "link.net"):
        for source in (source_of(f'use "{path}"'), Source("<stdin>", f'use "{path}"')):
            found = check(source, BUILTIN, read_source).problems
            assert [problem.code for problem in found] == ["E0706"]


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"input 4\0", "E0703", "byte 7"),
        (b"\x89PNG\r\n\x1a\n\0\0", "E0703", "byte 8"),
        ("# Größe\n".encode("latin-1"), "E0704", "byte 4 is 0xf6"),
        (b"\xef\xbb\xbf# \xff", "E0704", "byte 5 is 0xff"),
        (b"#" * (LARGEST + 1), "E0705", "16,777,217 bytes"),
    ],
)
def test_a_file_that_is_no_text(data: bytes, code: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.net").write_bytes(data)
    failure = read_source(str(tmp_path / "bad.net"))
    assert isinstance(failure, ReadFailure)
    problem = explain_failure(failure)
    assert problem.code == code
    assert says in problem.message()
    write(tmp_path, {"a.net": 'use "bad.net"\ninput 4 -> relu'})
    (used,) = checked(tmp_path / "a.net").problems
    assert (used.code, used.at.text) == (code, '"bad.net"')


def test_a_mark_at_the_start_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_bytes(b"\xef\xbb\xbfinput 4\r\n  -> dens 3\r\n")
    (problem,) = checked(tmp_path / "a.net").problems
    assert (problem.at.line, problem.at.column) == (2, 6)


@pytest.mark.parametrize(
    ("path", "code"),
    [("missing.net", "E0701"), ("folder", "E0702"), ("a.net/b.net", "E0701"), ("", "E0702")],
)
def test_a_path_that_leads_to_no_file(path: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path, {"a.net": f'use "{path}"\ninput 4 -> relu'})
    assert codes(tmp_path / "a.net") == [code]


def test_a_pipe_in_the_file_system_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.net")
    failure = read_source(str(tmp_path / "pipe.net"))
    assert isinstance(failure, ReadFailure)
    assert explain_failure(failure).code == "E0702"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text("input 4")
    (tmp_path / "a.net").chmod(0)
    failure = read_source(str(tmp_path / "a.net"))
    assert isinstance(failure, ReadFailure)
    assert explain_failure(failure).code == "E0708"


def test_bytes_become_a_text() -> None:
    source = decode(b"\xef\xbb\xbfinput 4", "<stdin>", None)
    assert isinstance(source, Source)
    assert source.text == "input 4"
