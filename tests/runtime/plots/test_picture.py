"""Pictures as files: the numbers beside the drawing, and twice the same bytes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from netc.runtime.plots.curves import Curve, draw_curves
from netc.runtime.plots.picture import Picture, csv_text, save_pictures
from netc.runtime.plots.style import draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'netc[plots]'")


def fill(figure: Figure) -> None:
    draw_curves(figure.subplots(), [Curve("training", (1, 2, 3), (0.5, 0.25, 0.1))], label="loss")


PICTURE = Picture("curves", fill, {"epoch": (1, 2, 3), "loss": (0.5, 0.25, 0.1)})


def test_the_numbers_have_all_their_digits_and_short_columns_end_in_empty_cells() -> None:
    table = {"x": (0.1 + 0.2, 1e-300), "name, quoted": ("a",), "none": (None, 3)}
    assert csv_text(table) == 'x,"name, quoted",none\n0.30000000000000004,a,\n1e-300,,3\n'


def test_a_picture_is_three_files_which_are_the_same_the_second_time(tmp_path: Path) -> None:
    first, second = tmp_path / "deep" / "a", tmp_path / "b"
    written = save_pictures([PICTURE], first)
    assert [path.name for path in written] == ["curves.csv", "curves.png", "curves.svg"]
    save_pictures([PICTURE], second)
    for path in written:
        assert path.read_bytes() == (second / path.name).read_bytes()
    svg = (first / "curves.svg").read_text()
    assert {"epoch", "loss", "training"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        save_pictures([PICTURE], tmp_path / "file")


def test_a_slow_machine_is_no_reason_for_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """matplotlib warns where it has looked longer than a second for a place of the legend."""
    clock = SimpleNamespace(perf_counter=itertools.count(step=2).__next__)
    monkeypatch.setattr("matplotlib.legend.time", clock)
    two = [Curve("training", (1, 2), (0.5, 0.25)), Curve("validation", (1, 2), (0.6, 0.3))]
    draw(lambda figure: draw_curves(figure.subplots(), two, label="loss"), ".svg")
    assert clock.perf_counter() > 0  # it has looked
