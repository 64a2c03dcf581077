"""netc as a library: what programs get."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import netc
import pytest


def test_a_good_spec_has_no_diagnostics() -> None:
    assert netc.check("input 784 -> dense 10 softmax; loss ce") == []


def test_a_diagnostic_is_plain_data() -> None:
    (found,) = netc.check("input 784\n  -> dens 10")
    assert (found.code, found.severity, found.file) == ("E0201", "error", "<text>")
    assert (found.line, found.column, found.end_line, found.end_column) == (2, 6, 2, 10)
    assert found.message == "unknown layer or block `dens`"
    assert found.label == "did you mean `dense`?"
    (fix,) = found.fixes
    assert fix.safe
    assert fix.edits == (netc.Edit(2, 6, 2, 10, "dense"),)
    assert str(found) == "<text>:2:6: E0201 unknown layer or block `dens`"


def test_a_text_and_a_path_are_checked(tmp_path: Path) -> None:
    text = "input 784\n  -> dens 10"
    path = tmp_path / "a.net"
    path.write_text(text)
    files = {}
    for source in (text, path, str(path)):
        (found,) = netc.check(source)
        assert (found.code, found.line, found.column) == ("E0201", 2, 6)
        files[source] = found.file
    assert files == {text: "<text>", path: str(path), str(path): str(path)}


def test_checking_a_file_that_cannot_be_read_gives_a_diagnostic(tmp_path: Path) -> None:
    assert [item.code for item in netc.check(tmp_path / "none.net")] == ["E0701"]
    assert [item.code for item in netc.check(tmp_path)] == ["E0702"]


def test_the_calls_around_a_mistake_are_named_innermost_first() -> None:
    text = "block a(n) = dense $n\nblock b(n) = a $n\ninput 4 -> b 0"
    (found,) = netc.check(text)
    assert [line for _, line, _ in found.calls] == [2, 3]


def test_a_model_is_compiled_from_a_text_and_from_a_path(tmp_path: Path) -> None:
    text = "let width=64\ninput 784 -> dense $width relu -> dense 10 softmax"
    path = tmp_path / "a.net"
    path.write_text(text)
    for source in (text, path, str(path)):
        assert netc.compile(source).parameters == 784 * 64 + 64 + 64 * 10 + 10


@pytest.mark.parametrize(
    ("value", "units"), [(32, 32), ("32", 32), ("(4*8)", 32), (32.0, 32), (1e1, 10)]
)
def test_constants_are_set_by_name(value: float | str, units: int) -> None:
    model = netc.compile("let width=64\ninput 4 -> dense $width", width=value)
    assert model.graph.nodes[-1].shape == (units,)


@pytest.mark.parametrize(
    ("value", "code"), [("", "E0136"), (True, None), ((1, 2), "E0234"), ("3; loss mse", "E0417")]
)
def test_a_constant_that_does_not_fit(value: object, code: str | None) -> None:
    with pytest.raises(netc.CompileError) as caught:
        netc.compile("let width=64\ninput 4 -> dense $width", width=value)  # type: ignore[arg-type]
    codes = [item.code for item in caught.value.diagnostics]
    assert codes
    assert code is None or codes[0] == code


def test_a_wrong_spec_raises_all_that_was_found() -> None:
    with pytest.raises(netc.CompileError, match="E0201") as caught:
        netc.compile("input 4 -> dens 3\nloss cee")
    assert [item.code for item in caught.value.diagnostics] == ["E0201", "E0203"]


def test_a_missing_file_raises_the_same_way() -> None:
    with pytest.raises(netc.CompileError, match="E0701"):
        netc.compile("there/is/no/such.net")


def test_checking_loads_no_arrays_and_no_terminal() -> None:
    """What `check` may import is a promise about how soon it answers."""
    program = (
        # where a tool measures the tests, it has loaded something already
        "import sys; before = set(sys.modules)\n"
        "import netc\n"
        "netc.check('input 8x8x1 -> conv 4 3x3 relu -> flatten -> dense 3 softmax; loss ce')\n"
        "heavy = {'numpy', 'rich', 'click', 'torch', 'json', 'asyncio'}\n"
        # from Python 3.13 on, pydantic's `importlib.metadata` needs it
        "heavy -= {'json'} if sys.version_info >= (3, 13) else set()\n"
        "print(sorted(heavy & (set(sys.modules) - before)))\n"
        "print([name for name in sys.modules if '.problems.' in name])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy, problems = done.stdout.splitlines()
    assert heavy == "[]"
    assert problems in ("[]", "['netc.compiler.suggest.spelling']")


def test_a_text_is_formatted() -> None:
    text = "input 784->dense 128->relu;loss   ce"
    written = netc.format(text)
    assert written == "input 784 -> dense 128 relu\nloss ce\n"
    assert netc.format(written, one_line=True) == "input 784 -> dense 128 relu; loss ce\n"


def test_a_text_that_cannot_be_parsed_is_not_formatted() -> None:
    with pytest.raises(netc.CompileError):
        netc.format("input 784 -> -> dense 3")
    with pytest.raises(ValueError, match="comments"):
        netc.format("input 784 # the pixels", one_line=True)


def test_the_data_of_a_spec_can_be_inspected(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,price\n" + "1,2,3\n" * 40)
    spec = tmp_path / "t.net"
    spec.write_text('let share=25%\ndata csv "t.csv" val=$share\ninput 3 -> dense 1\nloss mse\n')
    report = netc.inspect_data(spec)
    assert [part.samples for part in report.parts] == [26, 10, 4]
    assert netc.inspect_data(spec, share=0.5).parts[1].samples == 20
    assert [column.name for column in report.inputs[0].columns] == ["a", "b"]
    assert [item.code for item in report.errors] == ["E0504"]
    assert report.warnings[0].code == "W0501"


@pytest.mark.parametrize(
    ("text", "error", "code"),
    [
        ("input 4 -> dense 1", netc.CompileError, "E0654"),
        ("data irisses", netc.CompileError, "E0203"),
        ('data csv "none.csv"', netc.DataError, "E0501"),
        ("none.net", netc.CompileError, "E0701"),
    ],
)
def test_data_that_cannot_be_inspected_raises(
    text: str, error: type[netc.NetcError], code: str
) -> None:
    with pytest.raises(error) as caught:
        netc.inspect_data(text)
    assert caught.value.diagnostics[0].code == code
