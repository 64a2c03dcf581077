"""From a finished session to what its report shows.

collect.py     a run, or a cross-validation; again.py a run that ended before
training.py    curves, figures and how the run ended
network.py     the layers and their picture; settings.py what runs differ in
held_out.py    the part that was held out: its classes and ROC curves; numbers.py numbers
inside.py      weights, outputs and gradients by layer
samples.py     the samples with the highest losses; png.py small pictures as files
times.py       the time of a training step by layer
"""
