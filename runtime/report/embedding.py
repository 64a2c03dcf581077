"""The picture of a network within a page. Values may come from a folder that somebody else made, so
only what a picture is made of is taken."""

from __future__ import annotations

from xml.etree import ElementTree

from .charts.markup import Element

NAMESPACE = "{http://www.w3.org/2000/svg}"
TAGS = frozenset(("svg", "title", "style", "g", "rect", "path", "text", "tspan", "circle", "line"))
"""What a picture may hold: nothing that refers to anything."""


def embedded(svg: str) -> Element | None:
    """The picture as a part of a page; None where it holds anything else, or there is none."""
    if not svg or "<!" in svg or "<?" in svg:
        return None
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return None
    whole = all(_is_plain(element) for element in root.iter())
    return Element(svg) if whole and root.tag == f"{NAMESPACE}svg" else None


def _is_plain(element: ElementTree.Element) -> bool:
    tag = element.tag.removeprefix(NAMESPACE)
    if tag not in TAGS:
        return False
    if any(name.startswith(("on", "{")) or "href" in name for name in element.attrib):
        return False
    texts = [element.get("style", ""), (element.text or "") if tag == "style" else ""]
    return not any("url(" in text or "@import" in text or "\\" in text for text in texts)
