"""A training as it is seen and kept: the table of epochs, folds, trials, the folder of the run."""
