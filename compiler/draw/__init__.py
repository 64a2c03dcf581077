"""Drawings of a network: graph -> SVG, Mermaid flowchart or dot file."""
