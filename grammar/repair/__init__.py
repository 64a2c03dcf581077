"""What a statement that does not parse most likely meant. Knows no layer."""
