"""The words about training: schedules, early stopping, regularisation, metrics, search."""
