"""What is measured of outputs and targets, and what a spec expects of it.

Outputs and targets come in, batch by batch; one number per metric goes out.

class_metrics.py        accuracy, precision, recall, F1, AUC, ..., of classes and labels
regression_metrics.py   errors of measured numbers
expectations.py         `expect`, against what was measured
"""
