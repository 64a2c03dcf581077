"""The formats for programs: concise, JSON, GitHub annotations, SARIF."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from netc import __version__
from netc.cli.problems.machine import concise, github, json_text
from netc.cli.problems.sarif import sarif_text, uri
from netc.cli.terminal.screen import UNICODE, Screen
from netc.grammar.problem import Edit, Fix, Label, Problem
from netc.grammar.source import Source, Span

Snapshot = Callable[[str, str], None]
PLAIN = Screen(UNICODE, "utf-8", False, 100)

MAIN = Source("nets/my net, v1:é.net", "input 8 -> dens 4 -> rleu\nloss ce\n")
BLOCKS = Source("/srv/blocks.net", "block cb(c) = conv $c 3x3 bn\n")


class UnknownThing(Problem):
    """No layer has this name.

    Look at the spelling: 100% of it counts.
    """

    code = "E0201"
    title = "unknown layer"
    word: str
    better: str

    def message(self) -> str:
        return f"no layer is called `{self.word}`"

    def label(self) -> str:
        return f"did you mean `{self.better}`?\n100%"

    def labels(self) -> tuple[Label, ...]:
        return (Label(Span(BLOCKS, 0, 5), "a block,\rhere"),)

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.better}`: it is known", "50% of all words are")

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix(f"write `{self.better}`", (Edit(self.at, self.better),), safe=True),)


class DoubtfulBias(Problem):
    """A bias before `bn` does nothing."""

    code = "W0311"
    title = "bias before bn"

    def message(self) -> str:
        return "a bias before `bn` does nothing"


def problems() -> list[Problem]:
    missing = Source("no/such.net", "")
    start = MAIN.text.index("dens")
    return [
        UnknownThing(
            at=Span(MAIN, start, start + 4),
            word="dens",
            better="dense",
            calls=(Span(BLOCKS, 14, 25),),
        ),
        UnknownThing(at=Span(MAIN, 21, 34), word="rleu", better="relu"),
        DoubtfulBias(at=Span(BLOCKS, 14, 25)),
        DoubtfulBias(at=Span(missing, 0, 0)),
    ]


def released(text: str) -> str:
    """The text without the version of netc, which a snapshot must outlive."""
    return text.replace(f'"{__version__}"', '"VERSION"')


def test_concise_is_a_line_for_each_problem(snapshot: Snapshot) -> None:
    text = concise(problems(), PLAIN)
    assert len(text.splitlines()) == len(problems())
    snapshot("machine/concise.txt", text)


def test_json_keeps_everything(snapshot: Snapshot) -> None:
    text = json_text(problems(), files=5)
    whole = json.loads(text)
    assert whole["summary"] == {"errors": 2, "warnings": 2, "files": 5}
    first = whole["problems"][0]
    assert first["place"]["start"] == {"line": 1, "column": 12, "offset": 11}
    assert first["place"]["end"] == {"line": 1, "column": 16, "offset": 15}
    assert first["fixes"][0]["edits"] == [{"place": first["place"], "text": "dense"}]
    snapshot("machine/problems.json", released(text))


def test_github_annotations_are_escaped(snapshot: Snapshot) -> None:
    text = github(problems())
    for line in text.splitlines():
        # The commands of a workflow: `::name key=value,key=value::text`.
        match = re.fullmatch(r"::(error|warning) ((?:\w+=[^:,]*,?)+)::([^\r\n]*)", line)
        assert match, line
        assert not re.search(r"%(?!25|0D|0A|3A|2C)", line)
    assert "file=nets/my net%2C v1%3Aé.net" in text
    snapshot("machine/github.txt", text)


def test_sarif_is_what_it_was(snapshot: Snapshot) -> None:
    snapshot("machine/problems.sarif", released(sarif_text(problems())))


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """A JSON schema of an object with these members and no others."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def some(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


TEXT = {"type": "string", "minLength": 1}
FROM_ONE = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed("text", text=TEXT)
MULTIFORMAT = closed("text", text=TEXT, markdown=TEXT)
REGION = closed(
    "startLine", startLine=FROM_ONE, startColumn=FROM_ONE, endLine=FROM_ONE, endColumn=FROM_ONE
)
# RFC 3986: what a reference may consist of.
URI = {"type": "string", "pattern": r"^([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$"}
ARTIFACT = closed("uri", uri=URI)
PHYSICAL = closed("artifactLocation", artifactLocation=ARTIFACT, region=REGION)
REPLACEMENT = closed(
    "deletedRegion",
    deletedRegion=REGION,
    insertedContent=closed("text", text={"type": "string"}),
)
CHANGE = closed(
    "artifactLocation replacements", artifactLocation=ARTIFACT, replacements=some(REPLACEMENT, 1)
)
RESULT = closed(
    "message",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations=some(closed("physicalLocation", physicalLocation=PHYSICAL)),
    relatedLocations=some(
        closed(
            "physicalLocation",
            id={"type": "integer", "minimum": 0},
            physicalLocation=PHYSICAL,
            message=MESSAGE,
        )
    ),
    fixes=some(closed("artifactChanges", description=MESSAGE, artifactChanges=some(CHANGE, 1))),
)
RULE = closed(
    "id",
    id=TEXT,
    name=TEXT,
    shortDescription=MULTIFORMAT,
    fullDescription=MULTIFORMAT,
    help=MULTIFORMAT,
    defaultConfiguration=closed("", level=LEVEL),
)
DRIVER = closed("name", name=TEXT, version=TEXT, rules={**some(RULE), "uniqueItems": True})
RUN = closed(
    "tool",
    tool=closed("driver", driver=DRIVER),
    invocations=some(closed("executionSuccessful", executionSuccessful={"type": "boolean"})),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=some(RESULT),
)
LOG = closed("version runs", **{"$schema": URI}, version={"const": "2.1.0"}, runs=some(RUN, 1))
"""The part of SARIF 2.1.0 that netc writes, with the standard's own rules for its members, and
closed, so that a member which the standard does not have cannot slip in."""


@pytest.mark.parametrize("found", [problems(), []], ids=["some", "none"])
def test_sarif_follows_the_standard(found: list[Problem]) -> None:
    log = json.loads(sarif_text(found))
    jsonschema.Draft202012Validator(LOG).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == len(found)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        ids = [place["id"] for place in result.get("relatedLocations", [])]
        assert len(set(ids)) == len(ids)


def test_a_file_without_text_has_no_region_in_sarif() -> None:
    log = json.loads(sarif_text(problems()))
    location = log["runs"][0]["results"][3]["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": "no/such.net"}}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lenet.net", "lenet.net"),
        ("my net.net", "my%20net.net"),
        ("é.net", "%C3%A9.net"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/srv/a.net", "file:///srv/a.net"),
    ],
)
def test_uris_are_encoded(name: str, expected: str) -> None:
    assert uri(Source(name, "")) == expected
