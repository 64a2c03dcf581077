"""A trained network as an object and as a file: fit, evaluate, predict, save, load."""
