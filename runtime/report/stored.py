"""A report's values as JSON, from which its page can be made again."""

from __future__ import annotations

import json
from functools import cache

from pydantic import ConfigDict, TypeAdapter, ValidationError

from .data import VERSION, ReportData

_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="strings")


class UnreadableReportError(ValueError):
    """A text that is not the values of a report: says why."""


@cache
def _adapter() -> TypeAdapter[ReportData]:
    """Pydantic builds it in some milliseconds."""
    ReportData.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]
    return TypeAdapter(ReportData)


def report_json(data: ReportData) -> bytes:
    """The values as JSON: see `report_schema`."""
    return _adapter().dump_json(data, exclude_defaults=False)


def report_of_json(content: bytes | str) -> ReportData:
    """The inverse. Raises UnreadableReportError."""
    try:
        return _adapter().validate_json(content)
    except ValidationError as error:
        raise UnreadableReportError(_reason(content, error)) from error


def report_schema() -> dict[str, object]:
    """The JSON Schema of what is written."""
    return _adapter().json_schema(mode="serialization")


def _reason(content: bytes | str, error: ValidationError) -> str:
    try:
        found = json.loads(content)
    except ValueError:
        return "it is not JSON"
    version = found.get("version") if isinstance(found, dict) else None
    if isinstance(version, int) and version > VERSION:
        return f"it is of version {version}, and this netc reads version {VERSION}"
    first = error.errors()[0]
    return f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}"
