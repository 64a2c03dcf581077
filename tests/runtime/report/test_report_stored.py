"""The JSON of a report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from netc.runtime.report.data import FinalFigure, SamplePicture, WorstSample, WorstSamples
from netc.runtime.report.stored import (
    UnreadableReportError,
    report_json,
    report_of_json,
    report_schema,
)
from report_examples import example


def test_pictures_and_numbers_without_value_come_back(tmp_path: Path) -> None:
    data = example("exact", tmp_path)
    sample = WorstSample("sample 1", 1.0, pictures=(SamplePicture(bytes(range(256))),))
    nan, infinite = FinalFigure("loss", "test", float("nan")), FinalFigure("mae", "test", -1e999)
    data = replace(data, worst=WorstSamples("test", 1, 1, (sample,)), figures=(nan, infinite))
    found = report_of_json(report_json(data))
    assert found.worst == data.worst
    assert found.figures[0].value != found.figures[0].value
    assert found.figures[1] == infinite
    assert replace(found, figures=()) == replace(data, figures=())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", "Input should be an object"),
        ("{}", "`facts`: Field required"),
        ('{"version": 2}', "it is of version 2, and this netc reads version 1"),
    ],
)
def test_what_cannot_be_read_says_why(content: str, reason: str) -> None:
    with pytest.raises(UnreadableReportError, match=reason):
        report_of_json(content)


def test_what_is_written_has_a_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="validates what is written")
    schema = report_schema()
    content = json.loads(report_json(example("regression", tmp_path)))
    jsonschema.validate(content, schema)
    assert content["version"] == 1
