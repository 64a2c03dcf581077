"""From an unresolved name or a call that does not fit to the best suggestion."""
