"""The optimizers, one class each."""
