"""Any text is shown as far as it goes: as a table, as arithmetic, as JSON, as a picture."""

from __future__ import annotations

import json
from zlib import crc32

from fuzz_checker import ends_well, examined
from spec_mutations import document_seeds, mutated_spec
from target import Target

VIEWS: tuple[tuple[str, ...], ...] = (
    (), ("--arithmetic",), ("--resolved",), ("--json",), ("--graph", "s.svg"),
    ("--graph", "s.mmd"), ("--graph", "s.svg", "--direction", "right"),
)  # fmt: skip


def run(data: bytes) -> None:
    checked = examined(data.decode("utf-8", "replace"))
    view = VIEWS[crc32(data) % len(VIEWS)]
    if not checked.graph.nodes:
        return
    done = ends_well(data, "show", *view)
    if view == ("--json",) and done.returncode == 0:
        json.loads(done.stdout)


TARGET = Target(document_seeds, mutated_spec, run)
