"""The charts, as far as a program can look at them."""

from __future__ import annotations

import re

import pytest
from netc.runtime.report.charts.frame import Chart
from netc.runtime.report.charts.histograms import histogram_chart
from netc.runtime.report.charts.lines import MOST_BANDS, ChartLine, LineAxes, line_chart
from netc.runtime.report.charts.markup import element, joined, points, spelled
from netc.runtime.report.charts.matrix import MOST_SAID, confusion_chart
from netc.runtime.report.charts.scales import ChartScale, spanning
from netc.runtime.report.charts.scatter import scatter_chart
from netc.runtime.report.data import ReportCurve, ReportHistogram
from netc.runtime.report.views import moment, quantity_chart, time_text

NAN, INFINITE = float("nan"), float("inf")


def said(chart: Chart) -> list[str]:
    return re.findall(r"<title>(.*?)</title>", chart.svg, re.S)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (12.0, "12"),
        (1234567.0, "1.23e6"),
        (0.98765, "0.9877"),
        (1234.5678, "1,235"),
        (0.000012345, "1.23e-5"),
        (-0.5, "-0.5"),
        (NAN, "-"),
        (INFINITE, "∞"),
        (-INFINITE, "−∞"),
    ],
)
def test_values_have_four_digits(value: float, text: str) -> None:
    assert spelled(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00002, "20 µs"),
        (0.0123, "12.3 ms"),
        (2.13, "2.1 s"),
        (65, "1 min 5 s"),
        (3720, "1 h 2 min"),
    ],
)
def test_times_are_in_units_that_fit(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_moments_are_as_people_write_them() -> None:
    assert moment("2026-11-29T10:48:10+00:00") == "2026-11-29 10:48:10"
    assert moment("") == ""


def test_what_is_put_into_an_element_is_escaped() -> None:
    found = element("text", "<b>&", element("title", 'a"'), class_="x", stroke_width=1.04)
    assert found == '<text class="x" stroke-width="1">&lt;b&gt;&amp;<title>a"</title></text>'
    assert element("path", d='"><script>') == '<path d="&quot;&gt;&lt;script&gt;"/>'
    assert joined(["<", found]).startswith("&lt;<text")


def test_values_without_a_place_break_a_curve() -> None:
    assert points([0, 1, 2, 3], [0, 1, NAN, 3]) == "M0 0L1 1M3 3"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (1.0, 30.0, [10, 20, 30]),
        (-0.02, 0.03, [-0.02, -0.01, 0, 0.01, 0.02, 0.03]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert ChartScale(low, high, 0, 100).ticks() == pytest.approx(ticks)


def test_ticks_of_whole_numbers_are_whole() -> None:
    assert ChartScale(1, 2, 0, 100).ticks(whole=True) == [1, 2]


def test_a_logarithmic_scale_has_powers() -> None:
    scale = spanning([1e-4, 10], 0, 100, log=True)
    assert scale.ticks() == pytest.approx([1e-4, 1e-2, 1])
    assert scale(0.0) != scale(0.0)
    assert spanning([0.03, 0.2], 0, 100, log=True).ticks() == pytest.approx([0.05, 0.1, 0.2])


@pytest.mark.parametrize("values", [[], [NAN], [2.0], [0.0, 0.0], [-1e308, 1e308], [INFINITE]])
@pytest.mark.parametrize("log", [False, True])
def test_any_values_have_a_scale(values: list[float], log: bool) -> None:
    scale = spanning(values, 0, 100, log=log)
    assert scale.low < scale.high
    assert scale.ticks()


def test_a_place_along_a_chart_says_the_values() -> None:
    lines = [ChartLine("a", (1, 2, 3), (0.5, 0.25, NAN)), ChartLine("b", (2, 3), (7, 8))]
    chart = line_chart("loss", lines, LineAxes("epoch", "", at=2, at_text="best epoch: 2"))
    texts = said(chart)
    assert "best epoch: 2" in texts
    assert "epoch 1\na 0.5" in texts
    assert "epoch 2\na 0.25\nb 7" in texts
    assert "epoch 3\na -\nb 8" in texts
    assert [item.text for item in chart.legend] == ["a", "b"]


def test_a_chart_of_many_epochs_says_the_values_of_some() -> None:
    line = ChartLine("", range(1, 5001), [1.0 / n for n in range(1, 5001)])
    texts = said(line_chart("loss", [line], LineAxes("epoch", "", log=True)))
    assert 100 <= len(texts) <= MOST_BANDS + 1
    assert texts[-1].startswith("epoch 5,000")


def test_a_curve_that_explodes_leaves_the_chart() -> None:
    curve = ReportCurve("loss", "training", (1, 2, 3), (1.0, 0.5, 400.0))
    chart = quantity_chart("mae", [curve], None)
    assert chart.note == ""  # far apart and positive: the axis is logarithmic
    signed = ReportCurve("r2", "training", (1, 2, 3), (1.0, -0.5, 400.0))
    assert quantity_chart("r2", [signed], None).note == "larger values are not shown"


def test_a_single_epoch_is_a_dot() -> None:
    chart = line_chart("loss", [ChartLine("a", (1,), (0.5,))], LineAxes("epoch", ""))
    assert "<circle" in chart.svg


def test_bars_count_everything() -> None:
    item = ReportHistogram("w", -1.0, 1.0, tuple(range(61)), 0.0, 1.0)
    counts = [int(text.rpartition(": ")[2]) for text in said(histogram_chart(item)) if ": " in text]
    assert sum(counts) == sum(range(61))
    assert len(counts) == 21


def test_a_matrix_says_its_largest_cells() -> None:
    names = [str(n) for n in range(100)]
    counts = [[row * column + 1 for column in range(100)] for row in range(100)]
    chart = confusion_chart(names, counts, "test part", "samples")
    assert len(said(chart)) == MOST_SAID
    assert chart.svg.count('class="cell"') == 10_000
    assert len(chart.svg) < 1_200_000
    assert any(text.startswith("true 99\npredicted 99\n9,802 samples, ") for text in said(chart))


def test_few_classes_have_numbers_in_their_cells() -> None:
    chart = confusion_chart(["<a>", "b"], [[3, 0], [1, 4]], "test part", "samples")
    assert re.findall(r'class="number(?: on)?"[^>]*>(\d+)<', chart.svg) == ["3", "1", "4"]
    assert "&lt;a&gt;" in chart.svg
    assert "true b\npredicted &lt;a&gt;\n1 samples, 20.0%" in said(chart)


def test_points_say_what_they_are() -> None:
    chart = scatter_chart("price", [1.0, 2.0, NAN], [1.5, INFINITE, 3.0])
    assert said(chart) == ["predicted = true", "true 1\npredicted 1.5"]
