"""A trained network as one file of plain C: its forward pass, weights and preparations."""
