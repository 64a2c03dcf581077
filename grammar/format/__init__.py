"""The canonical form of a spec: syntax tree in, text out."""
