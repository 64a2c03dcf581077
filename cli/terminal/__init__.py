"""Text on a terminal: colours, widths, columns, numbers, charts."""
