"""What `make coverage` measures: every file of the three folders, without exceptions made elsewhere
than in place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("grammar", "compiler", "runtime")

MEASURED = """
import json
from coverage import Coverage
coverage = Coverage(data_file=None)
coverage.set_option("run:parallel", False)
coverage.start()
coverage.stop()
asked = ("run:branch", "run:omit", "report:omit", "report:exclude_also", "report:fail_under")
options = {option: coverage.get_option(option) for option in asked}
print(json.dumps([options, sorted(coverage.get_data().measured_files())]))
"""


def test_every_file_is_measured_and_has_to_reach_the_bound() -> None:
    pytest.importorskip("coverage", reason="it measures the tests")
    # what measures this test measures no other measurement
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURED],
        cwd=ROOT, env=environment | {"PWD": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    options, measured = json.loads(done.stdout)
    assert options == {
        "run:branch": True,
        "run:omit": [],
        "report:omit": None,
        "report:exclude_also": [],
        "report:fail_under": 95,
    }
    there = {str(file) for part in PARTS for file in (ROOT / part).rglob("*.py")}
    assert set(measured) == there
