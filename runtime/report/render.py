"""A report's values as one HTML page, which needs nothing else and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from . import comparing, views
from .charts.markup import Element, spelled
from .data import ReportData
from .embedding import embedded
from .highlight import highlighted

if TYPE_CHECKING:
    from jinja2 import Environment

MANY_ROWS = 24
"""Longer tables are folded."""


def render(data: ReportData) -> str:
    """The page of a run. Raises ImportError without jinja2."""
    return _page("report.html", data=data, title=data.facts.title, views=views)


def render_comparison(runs: tuple[ReportData, ...] | list[ReportData]) -> str:
    """The page that compares several runs. Raises ImportError without jinja2."""
    comparison = comparing.comparison_of(tuple(runs))
    return _page("comparison.html", compared=comparison, title=comparison.title, views=views)


def _page(template: str, **values: Any) -> str:
    script = _text("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    found = (
        _environment()
        .get_template(template)
        .render(
            style=Element(_text("page.css")),
            script=Element(script),
            script_hash=f"sha256-{digest}",
            highlighted=highlighted,
            embedded=embedded,
            spelled=spelled,
            many=MANY_ROWS,
            **values,
        )
    )
    # a lone surrogate, of a broken name, has no place in UTF-8
    return found.encode("utf-8", "replace").decode()


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined

    names = ("base.html", "charts.html", "report.html", "comparison.html")
    return Environment(
        loader=DictLoader({name: _text(name) for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
