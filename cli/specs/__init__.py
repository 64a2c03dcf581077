"""Specs as a command line meets them: found, read, checked, repaired, written."""
