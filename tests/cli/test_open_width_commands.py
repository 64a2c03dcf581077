"""A run of a spec that leaves its widths to a table, and what reads its weights."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

SPEC = """data csv "t.csv" target=y
prep onehot
input ? -> dense 4 relu -> dense ? softmax
loss ce
opt adam
train epochs=1
"""


def test_run_eval_and_predict(
    netc: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    rows = [f"{n},{['red', 'green'][n % 2]},{['no', 'yes', 'maybe'][n % 3]}" for n in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["size,colour,y", *rows]))
    (tmp_path / "t.net").write_text(SPEC)
    ran = netc("run", "t.net", "--save", "t.safetensors")
    assert "31 parameters" in ran.stdout, ran.stdout + ran.stderr  # 3*4 + 4 + 4*3 + 3
    for command in (["eval", "t.safetensors"], ["eval", "t.net", "--weights", "t.safetensors"]):
        assert "31 parameters" in netc(*command).stdout, command
    assert netc("predict", "t.safetensors", "t.csv").returncode == 0
    (tmp_path / "u.csv").write_text("a,b,y\n" + "1,2,no\n2,3,yes\n" * 10)
    other = netc("eval", "t.net", "--weights", "t.safetensors", "--data", "u.csv")
    assert other.returncode == 1
    assert "E0" in other.stderr
    assert "number of parameters unknown" in netc("show", "t.net").stdout
