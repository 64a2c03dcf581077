"""From a text to a syntax tree, and from a tree to a formatted text."""
