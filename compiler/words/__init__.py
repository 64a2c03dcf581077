"""Losses, optimizers, schedules and every other word that is no layer."""
