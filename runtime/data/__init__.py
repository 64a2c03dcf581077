"""Data sets: where they come from, how they are divided and prepared."""
