"""Pictures of a network: graph -> text of an SVG, of a Mermaid flowchart, of a dot file."""
