"""The page: whole, self-contained, escaped, small."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from netc.runtime.report.collecting.png import png_of
from netc.runtime.report.data import (
    CategoryRow,
    ConfusedPair,
    NetworkRow,
    ReportCurve,
    ReportData,
    ReportedClasses,
    ReportedData,
    ReportedNetwork,
    SamplePicture,
    Told,
    WorstSample,
    WorstSamples,
)
from netc.runtime.report.render import render, render_comparison
from netc.runtime.report.thinning import thinned
from report_examples import HOSTILE, SPECS, UNICODE, example
from reporting import FACTS, PageReader, read_page

pytest.importorskip("jinja2", reason="pages are made with it")

LARGEST = 3_000_000
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"><text>%s</text></svg>'
MINIMAL = ReportData(
    facts=FACTS,
    spec="",
    settings=(),
    network=ReportedNetwork((), None, None),
    data=ReportedData("", "", ()),
    status="interrupted",
    status_text="",
    epochs=0,
    best_epoch=None,
    weights_of=None,
    curves=(),
    figures=(),
)


def assert_self_contained(page: str) -> PageReader:
    """Nothing in it asks for anything, and the only script is ours."""
    reader = read_page(page)
    for tag, attributes in reader.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            target = attributes.get(name, "")
            assert target.startswith(("data:", "#")) or not target, (tag, name, target[:80])
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "url(" not in attributes.get("style", "")
        assert tag not in ("iframe", "object", "embed", "base", "form", "foreignobject", "use")
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style is not None
    assert "url(" not in style.group(1)
    assert "@import" not in style.group(1)
    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", page, re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policies = [item for item in reader.named("meta") if item.get("http-equiv")]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]["content"]
    assert f"script-src 'sha256-{digest}'" in policies[0]["content"]
    assert len(page.encode()) < LARGEST
    return reader


@pytest.mark.parametrize("name", SPECS)
def test_the_page_of_every_kind_of_run_needs_nothing_else(name: str, tmp_path: Path) -> None:
    data = example(name, tmp_path)
    reader = assert_self_contained(render(data))
    assert "What was asked" in reader.text
    assert data.spec.splitlines()[0] in reader.text
    assert "netc run small.net --seed 1" in reader.text
    for curve in data.curves:
        assert {"acc": "accuracy"}.get(curve.quantity, curve.quantity) in reader.text
    identifiers = [item["id"] for _, item in reader.elements if "id" in item]
    assert len(identifiers) == len(set(identifiers))
    targets = {item["href"][1:] for item in reader.named("a")}
    assert targets <= set(identifiers)


def test_names_and_comments_that_hold_html_are_texts(tmp_path: Path) -> None:
    title = "<img src=x onerror=alert(4)>"
    data = example("binary", tmp_path, replace(FACTS, title=title, command=f"netc '{HOSTILE}'"))
    page = render(data)
    reader = assert_self_contained(page)
    for text in (title, HOSTILE, UNICODE, "<script>alert(2)</script> <img src=x onerror=alert(3)>"):
        assert text in reader.text
    assert "<img src=x" not in page
    assert page.count("<script") == 1
    titles = [text for text in reader.texts if "predicted" in text]
    assert any(HOSTILE in text for text in titles)


def test_every_text_of_a_report_is_escaped() -> None:
    bad = "</style></script></title><b>&amp;\"'"
    data = replace(
        MINIMAL,
        facts=replace(
            FACTS, title=bad, command=bad, started=bad, environment=((bad, bad),),
            reproduce=(bad,), files=((bad, bad),),
        ),
        spec=f"# {bad}\n",
        settings=((bad, bad),),
        network=ReportedNetwork((NetworkRow(bad, bad, bad, 1, 1, bad),), 1, 1, f"<svg>{bad}</svg>"),
        data=ReportedData(bad, bad, ((bad, 3),), ((bad, bad),), (bad,)),
        status_text=bad,
        curves=(ReportCurve(bad, bad, (1, 2), (0.5, 0.25)),),
        told=(Told("W0001", bad, bad, (bad,)),),
        classes=ReportedClasses(
            bad, (CategoryRow(bad, (3,), 1.0, 1.0, 1.0),), ((3,),), (ConfusedPair(bad, bad, 1),),
            3, 3,
        ),
        worst=WorstSamples(
            bad, 1, 1, (WorstSample(bad, 1.0, bad, bad, None, (), (), (bad,)),), (bad,)
        ),
        missing=((bad, bad),),
    )  # fmt: skip
    for page in (render(data), render_comparison([data, replace(data, epochs=2)])):
        reader = assert_self_contained(page)
        assert page.count("</style>") == page.count("</title>") - page.count("<title>") + 1
        assert bad in reader.text
        assert "&amp;amp;" in page


def test_a_run_without_anything_has_a_page() -> None:
    reader = assert_self_contained(render(MINIMAL))
    assert "interrupted" in reader.text


def large_report() -> ReportData:
    """100 classes with long names, 10,000 epochs, 300 layers and noisy pictures."""
    random = np.random.default_rng(0)
    names = [f"class number {n} with quite a long name indeed" for n in range(100)]
    values = random.random(10_000)
    kept = thinned(values.tolist())
    curves = [
        ReportCurve(quantity, part, tuple(at + 1 for at in kept), tuple(values[kept].tolist()))
        for quantity in ("loss", "acc", "f1", "auc", "top5")
        for part in ("training", "validation")
    ]
    counts = random.integers(0, 50, (100, 100))
    rows = [CategoryRow(name, (500, 60, 70), 0.5, 0.25, 0.375, 0.75, 70) for name in names]
    pictures = [SamplePicture(png_of(random.random((224, 224, 3)))) for _ in range(24)]
    samples = [
        WorstSample(f"sample {n}", 1.0, names[n], names[n + 1], 0.5, (picture,))
        for n, picture in enumerate(pictures)
    ]
    layers = [
        NetworkRow(f"conv{n}", "conv 64 3x3 pad=1", "56x56x64", 9, 9, "3x3") for n in range(300)
    ]
    return replace(
        MINIMAL,
        network=ReportedNetwork(tuple(layers), 1, 1, DRAWING % ("x" * 390_000)),
        data=ReportedData("large", "", (("training", 500), ("validation", 60), ("test", 70))),
        epochs=10_000,
        curves=tuple(curves),
        classes=ReportedClasses(
            "test", tuple(rows), tuple(tuple(row) for row in counts.tolist()), (), 1, 2
        ),
        worst=WorstSamples("test", 2000, 10_000, tuple(samples)),
    )


def test_a_large_report_is_below_three_megabytes() -> None:
    data = large_report()
    page = render(data)
    reader = assert_self_contained(page)
    assert sum(1 for tag, item in reader.elements if item.get("class") == "cell") > 9000
    assert_self_contained(render_comparison([data] * 8))


def test_several_runs_have_a_page_with_what_differs(tmp_path: Path) -> None:
    first = example("pictures", tmp_path, replace(FACTS, title="first"))
    other = replace(
        first,
        facts=replace(FACTS, title="second"),
        settings=tuple(
            (name, "0.5" if name == "opt lr" else value) for name, value in first.settings
        ),
        figures=tuple(replace(one, value=one.value / 2) for one in first.figures),
    )
    reader = assert_self_contained(render_comparison([first, other]))
    assert "Comparison of 2 runs" in reader.text
    assert "opt lr" in reader.text
    assert "opt momentum" not in reader.text
    assert "accuracy, validation" in reader.text
    best = [item for item in reader.named("td") if "best" in item.get("class", "")]
    # of each part the accuracy of the first run, and the loss of the second
    assert len(best) == len(first.figures)


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    data = example("exact", tmp_path)
    reader = read_page(render_comparison([data, data]))
    assert "small 2026-01-02 03:04:05 (2)" in reader.text
    assert "All settings are the same." in reader.text


def test_folds_are_compared_by_their_mean(tmp_path: Path) -> None:
    folds = example("folds", tmp_path)
    other = replace(example("no test", tmp_path), facts=replace(FACTS, title="plain"))
    reader = assert_self_contained(render_comparison([folds, other]))
    assert "±" in reader.text
    assert "loss, validation" in reader.text
