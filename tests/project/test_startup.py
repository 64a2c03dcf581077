"""What each command loads: a spec pays only for what it uses.

Looked at in `sys.modules` of a fresh process, because clocks differ and modules do not.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "resnet50.net"


def python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints that runs the code."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(code: str, *arguments: str) -> set[str]:
    """The modules and the packages that the code leaves behind."""
    listing = "import sys; print(*sys.modules)"
    lines = python(f"{code}\n{listing}", *arguments).splitlines()
    names = set(lines[-1].split())
    return names | {name.split(".")[0] for name in names}


def test_importing_netc_loads_nothing_of_it() -> None:
    names = {name for name in loaded("import netc") if name.startswith("netc.")}
    assert names == set()


def test_the_version_needs_neither_pydantic_nor_lark_nor_numpy() -> None:
    run = "import sys; sys.argv = ['netc', '--version']; from netc.cli.main import main\n"
    code = f"{run}try:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    assert not loaded(code) & {"pydantic", "lark", "numpy", "rich", "netc.compiler"}


UNUSED = {
    "numpy", "rich", "pooch", "safetensors",
    "netc.api", "netc.runtime", "netc.compiler.lower.isa", "netc.compiler.lower.program",
    "netc.compiler.lower.plan", "netc.compiler.lower", "netc.compiler.lower.passes",
    "netc.grammar.repair.mistakes",
}  # fmt: skip


def test_checking_a_right_spec_loads_only_what_checks() -> None:
    run = f"import sys; sys.argv = ['netc', 'check', {str(SPEC)!r}]; from netc.cli.main import main"
    code = f"{run}\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    names = loaded(code)
    assert not names & UNUSED
    assert not {name for name in names if name.startswith("netc.") and ".grammar.problems." in name}


def test_check_works_where_nothing_but_click_lark_and_pydantic_can_be_imported() -> None:
    code = """
import sys
for name in ("numpy", "rich", "pooch", "safetensors", "torch"):
    sys.modules[name] = None
sys.argv = ["netc", "check", *sys.argv[1:]]
from netc.cli.main import main
try:
    main()
except SystemExit as end:
    sys.exit(end.code)
"""
    python(code, str(ROOT / "specs"))
