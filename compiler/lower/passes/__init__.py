"""Rewrites of a network or a program that keep its meaning: one file with one function each, all of
them in the list of `pipeline.py`."""
