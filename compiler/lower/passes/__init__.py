"""Rewrites of a network or a program that keep its meaning. One file, one function each."""
