"""Options of the whole test suite, and the check of a document that states its own errors."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# a test that wants its runs kept names a folder; the others leave nothing behind
os.environ["NETC_RUNS_DIR"] = ""

# a shell starts what runs in its background with Ctrl-C ignored, and some tests press it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# no law depends on a clock
settings.register_profile("netc", deadline=None)
settings.load_profile("netc")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots", action="store_true", help="write the expected outputs anew"
    )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says which order failed; `-q` hides where pytest-randomly says it."""
    seed = config.getoption("randomly_seed", None)
    if seed is not None:
        terminalreporter.write_line(f"in the order of --randomly-seed={seed}")


@pytest.fixture(scope="module", autouse=True)
def _states_of_generators(request: pytest.FixtureRequest) -> list[tuple[np.random.Generator, Any]]:
    values = vars(request.module).values()
    generators = [value for value in values if isinstance(value, np.random.Generator)]
    return [(generator, generator.bit_generator.state) for generator in generators]


@pytest.fixture(autouse=True)
def _same_draws(_states_of_generators: list[tuple[np.random.Generator, Any]]) -> None:
    """A module's generator draws the same numbers for a test in whatever order the tests run."""
    for generator, state in _states_of_generators:
        generator.bit_generator.state = state


@pytest.fixture(scope="session")
def _native_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("native")


@pytest.fixture
def native_cache(_native_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of all tests that compile: each text is compiled once. The test is skipped
    where there is no C compiler."""
    if not any(shutil.which(name) for name in ("cc", "clang", "gcc")):
        pytest.skip("no C compiler is installed")
    monkeypatch.setenv("NETC_CACHE_DIR", str(_native_folder))
    return _native_folder


MARK = re.compile(r"#\s*(?:error|warning):\s*([EW]\d{4}(?:\s+[EW]\d{4})*)")


@pytest.fixture
def check_document() -> Callable[..., None]:
    """Checks a spec whose lines say which problems stand on them: `# error: E0312`.

    Exactly these codes on exactly these lines are expected, a code as often as it stands there.
    """

    def check_one(text: str, **options: Any) -> None:
        from netc.compiler.language.builtin import BUILTIN
        from netc.compiler.pipeline import check
        from netc.compiler.reading import read_source, source_of

        expected = Counter(
            (number, code)
            for number, line in enumerate(text.splitlines(), start=1)
            for match in MARK.finditer(line)
            for code in match[1].split()
        )
        problems = check(source_of(text), BUILTIN, read_source, **options).problems
        found = Counter((problem.at.line, problem.code) for problem in problems)
        messages = [f"{item.at.line}: {item.code} {item.message()}" for item in problems]
        assert found == expected, "\n".join(messages)

    return check_one
