"""Generated C in lines that show its blocks."""

from __future__ import annotations

INDENT = "  "


def indented(text: str) -> str:
    """The text with each line as deep as the braces around it; directives and what stands between
    the braces of an array stay where they are."""
    lines, depth = [], 0
    for line in text.splitlines():
        plain = line.strip()
        closing = len(plain) - len(plain.lstrip("}"))
        if not plain or plain.startswith("#"):
            lines.append(plain)
        else:
            deeper = INDENT if line.startswith(INDENT) else ""
            lines.append(f"{INDENT * max(depth - closing, 0)}{deeper}{plain}")
        depth += plain.count("{") - plain.count("}")
    return "\n".join(lines)
