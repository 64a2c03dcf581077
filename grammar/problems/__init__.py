"""What can be wrong with the syntax, one class per code, one file per family."""
