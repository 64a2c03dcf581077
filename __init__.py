"""netc, a compiler for neural networks that a person can read."""

__version__ = "0.1.0"
