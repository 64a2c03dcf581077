"""The losses, one class each."""
