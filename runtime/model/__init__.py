"""A spec that was understood comes in; a model that can be fitted, used and saved goes out.

model.py            `netc.Model`
prediction.py       what a network computes for new samples
inference.py        outputs and gradients; units.py: for which numbers of a tensor
sampling.py         predictions with the noise of training; sampled.py: what they come to
reading.py          outputs as labels, probabilities and numbers
predict_files.py    `netc predict`
arguments.py        arguments of a program that have the wrong type
"""
