"""The instructions as NumPy calls, one function each."""
