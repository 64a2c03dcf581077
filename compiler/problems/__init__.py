"""What can be wrong with a spec, one class for each code, one file for each family."""
