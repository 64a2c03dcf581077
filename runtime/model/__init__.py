"""A spec that was understood comes in; a model that can be fitted, asked and saved goes out.

model.py            `netc.Model`
prediction.py       what a trained network computes for new samples
predict_files.py    `netc predict`
saved.py            a trained network as a file; load.py brings it back
arguments.py        arguments of a program that have the wrong type
"""
